"""Rows of one feed, from the temp table that a translation fills into `raw`.

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
from ingestion.rows.mapping import Translation

REPEATS_TABLE = "landing_repeats"


class CountsDoNotAddUpError(Exception):
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
    translation: Translation,
    hash_parameters: Mapping[str, bytes],
) -> None:
    """Run the statement that fills the feed's rows table."""
    parameters = hash_parameters if "$hmac" in translation.statement else None
    # the steps are laid out already: looking for a better plan costs more than most files
    connection.execute("pragma disable_optimizer")
    try:
        connection.execute(translation.statement, parameters)
    finally:
        connection.execute("pragma enable_optimizer")


def write(
    connection: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    translation: Translation,
    *,
    delivered: int,
    rejected: int,
    is_superseded: bool,
) -> FeedCounts:
    """Write the fit rows to `raw.<feed>` and the counts to `raw.file_feeds`.

    `is_superseded` says that a newer delivery is there already. Runs in the caller's transaction.

    Raises:
        CountsDoNotAddUpError: a row is neither landed nor accounted for.
    """
    feed, delivery = translation.feed, entry.delivery
    repeats = _find_repeats(connection, translation)
    own = {name: f'"{name}"' for name in translation.filled if name != translation.text}
    if translation.text is not None:
        _write_texts(connection, translation, translation.text, entry.load_id)
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
        "record_key": translation.record_key,
        "currency_code": literal(delivery.contract.currency),
        **own,
        "extra": translation.extra_sql,
    }
    selected = ", ".join(f'{sql} as "{name}"' for name, sql in columns.items())
    without_repeats = f" and row_id not in (from {REPEATS_TABLE})" if repeats else ""
    counts = FeedCounts(
        delivered=delivered,
        landed=one_count(
            connection,
            f'insert into raw."{feed.name}" by name select {selected} from {translation.table} '
            f"where fault is null{without_repeats}",
        ),
        rejected=rejected,
        duplicate=repeats,
    )
    if counts.delivered != counts.landed + counts.rejected + counts.duplicate:
        raise CountsDoNotAddUpError(f"{delivery.file_name}, {feed.name}: {counts}")
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


def _find_repeats(connection: duckdb.DuckDBPyConnection, translation: Translation) -> int:
    """Find rows that say exactly what an earlier row of the file said; return how many."""
    # rows can only be equal where their keys are: mostly no key stands twice, and that is all
    is_shared = one_value(
        connection,
        f"select count(*) > count(distinct {translation.record_key}) "
        f"from {translation.table} where fault is null",
    )
    if not is_shared:
        return 0
    # keys are part of it: rows that were made anonymous are equal, and two all the same
    values = [translation.record_key, *(f'"{name}"' for name in translation.filled)]
    values += [f"e{index}" for index in range(len(translation.extra_headers))]
    return one_count(
        connection,
        f"""
        create or replace temp table {REPEATS_TABLE} as
        with keyed as (
            select row_id, {translation.record_key} as record_key
            from {translation.table} where fault is null
        ),
        shared as (
            select row_id from keyed where record_key in (
                select record_key from keyed group by record_key having count(*) > 1
            )
        )
        select row_id from {translation.table} semi join shared using (row_id)
        qualify row_number() over (partition by {", ".join(values)} order by row_id) > 1
        """,
    )


def _write_texts(
    connection: duckdb.DuckDBPyConnection, translation: Translation, text: str, load_id: int
) -> None:
    """Add the texts that no earlier file brought."""
    connection.execute(
        f"""
        insert into raw.texts by name
        with delivered as (
            select {TEXT_SHA256}, any_value("{text}") as text_content
            from {translation.table}
            where fault is null and "{text}" is not null
            group by all
        )
        select *, length(text_content) as char_count,
            {literal(REDACTOR_VERSION)} as redactor_version, {load_id} as load_id
        from delivered anti join raw.texts using ({TEXT_SHA256})
        """
    )
