"""Rows of one feed, from the temp table that a mapping fills into `raw`.

Exact repeats are left out and counted, texts go to `raw.texts` once, and what was delivered must
equal what landed, was rejected and was repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from ingestion.contracts.parsers import literal
from ingestion.files.registry import FileEntry
from ingestion.privacy.redaction import REDACTOR_VERSION
from ingestion.raw.queries import one_count, one_value
from ingestion.raw.schema import TEXT_SHA256
from ingestion.rows.mapping import MappedFeed

REPEATS_TABLE = "landing_repeats"


class RowCountMismatchError(Exception):
    """Rows went missing between the file and the warehouse: a fault of this program."""


@dataclass(frozen=True)
class FeedCounts:
    """Rows of one file for one feed; delivered = landed + rejected + duplicate."""

    delivered: int
    landed: int
    rejected: int
    duplicate: int


def make(
    connection: duckdb.DuckDBPyConnection,
    mapped: MappedFeed,
    hash_parameters: Mapping[str, bytes],
) -> None:
    """Run the statement that fills the feed's rows table."""
    parameters = hash_parameters if "$hmac" in mapped.statement else None
    # the steps are laid out already: looking for a better plan costs more than most files
    connection.execute("pragma disable_optimizer")
    try:
        connection.execute(mapped.statement, parameters)
    finally:
        connection.execute("pragma enable_optimizer")


def write(
    connection: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    mapped: MappedFeed,
    *,
    delivered: int,
    rejected: int,
    is_superseded: bool,
) -> FeedCounts:
    """Write the fit rows to `raw.<feed>` and the counts to `raw.file_feeds`.

    `is_superseded` says that a newer delivery is there already. Runs in the caller's transaction.

    Raises:
        RowCountMismatchError: a row is neither landed nor accounted for.
    """
    feed, delivery = mapped.feed, entry.delivery
    repeats = _find_repeats(connection, mapped)
    own = {name: f'"{name}"' for name in mapped.filled if name != mapped.text}
    if mapped.text is not None:
        _write_texts(connection, mapped, mapped.text, entry.load_id)
        own[TEXT_SHA256] = TEXT_SHA256
    columns = {
        "channel_code": literal(delivery.contract.channel),
        "export_name": literal(delivery.export.name),
        "export_date": f"date '{delivery.export_date.isoformat()}'",
        "file_id": literal(entry.file_id),
        "delivery_seq": str(entry.delivery_seq),
        "row_number": "row_id + 1",
        "load_id": str(entry.load_id),
        "superseded_load_id": str(entry.load_id) if is_superseded else "null",
        "record_key": mapped.record_key,
        "currency_code": literal(delivery.contract.currency),
        **own,
        "extra": mapped.extra_sql,
    }
    selected = ", ".join(f'{sql} as "{name}"' for name, sql in columns.items())
    without_repeats = f" and row_id not in (from {REPEATS_TABLE})" if repeats else ""
    counts = FeedCounts(
        delivered=delivered,
        landed=one_count(
            connection,
            f'insert into raw."{feed.name}" by name select {selected} from {mapped.table} '
            f"where fault is null{without_repeats}",
        ),
        rejected=rejected,
        duplicate=repeats,
    )
    if counts.delivered != counts.landed + counts.rejected + counts.duplicate:
        raise RowCountMismatchError(f"{delivery.file_name}, {feed.name}: {counts}")
    _write_counts(connection, entry, feed.name, counts)
    return counts


def _write_counts(
    connection: duckdb.DuckDBPyConnection, entry: FileEntry, feed: str, counts: FeedCounts
) -> None:
    connection.execute(
        "insert into raw.file_feeds values ($file_id, $load_id, $channel, $export, $feed, "
        "$delivered, $landed, $rejected, $duplicate)",
        {
            "file_id": entry.file_id,
            "load_id": entry.load_id,
            "channel": entry.delivery.contract.channel,
            "export": entry.delivery.export.name,
            "feed": feed,
            "delivered": counts.delivered,
            "landed": counts.landed,
            "rejected": counts.rejected,
            "duplicate": counts.duplicate,
        },
    )


def _find_repeats(connection: duckdb.DuckDBPyConnection, mapped: MappedFeed) -> int:
    """Find exact repeats of an earlier row of the file; return how many."""
    # rows can only be equal where their keys are: mostly no key stands twice, and that is all
    is_shared = one_value(
        connection,
        f"select count(*) > count(distinct {mapped.record_key}) "
        f"from {mapped.table} where fault is null",
    )
    if not is_shared:
        return 0
    # keys are part of it: rows that were made anonymous are equal, and two all the same
    values = [mapped.record_key, *(f'"{name}"' for name in mapped.filled)]
    values += [f"e{index}" for index in range(len(mapped.extra_headers))]
    return one_count(
        connection,
        f"""
        create or replace temp table {REPEATS_TABLE} as
        with keyed as (
            select row_id, {mapped.record_key} as record_key
            from {mapped.table} where fault is null
        ),
        shared as (
            select row_id from keyed where record_key in (
                select record_key from keyed group by record_key having count(*) > 1
            )
        )
        select row_id from {mapped.table} semi join shared using (row_id)
        qualify row_number() over (partition by {", ".join(values)} order by row_id) > 1
        """,
    )


def _write_texts(
    connection: duckdb.DuckDBPyConnection, mapped: MappedFeed, text: str, load_id: int
) -> None:
    """Add the texts that no earlier file brought."""
    connection.execute(
        f"""
        insert into raw.texts by name
        with delivered as (
            select {TEXT_SHA256}, any_value("{text}") as text_content
            from {mapped.table}
            where fault is null and "{text}" is not null
            group by all
        )
        select *, length(text_content) as char_count,
            {literal(REDACTOR_VERSION)} as redactor_version, {load_id} as load_id
        from delivered anti join raw.texts using ({TEXT_SHA256})
        """
    )
