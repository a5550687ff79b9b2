"""Rows that cannot be landed, on their way to `raw.rejected_rows`: where they stand, and why."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from ingestion.contracts.feeds import Feed
from ingestion.contracts.models import Contract, Export
from ingestion.contracts.parsers import literal
from ingestion.files.csv_lines import Fault
from ingestion.files.readers import SOURCE_TABLE, Source
from ingestion.files.registry import FileEntry
from ingestion.privacy.redaction import redact_columns
from ingestion.raw.queries import one_count
from ingestion.rows.mapping import MappedFeed

REJECTS_TABLE = "landing_rejects"

# a value at fault is shown to find it again, not to keep it
_VALUE_CHARACTERS = 500
_KEPT_OF_A_REFUSED_FILE = 1000


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table of this file's rejections."""
    connection.execute(
        f"create or replace temp table {REJECTS_TABLE} (feed varchar, line_number bigint, "
        "row_number bigint, column_name varchar, value_text varchar, reason varchar)"
    )


def add_faults(
    connection: duckdb.DuckDBPyConnection,
    export: Export,
    feeds: Mapping[str, Feed],
    faults: list[Fault],
) -> None:
    """Add the records that could not be read at all, to the feed that the file is mainly for."""
    if not faults:
        return
    # such a line cannot be split into columns: where some of them identify people, nothing
    # of it may be shown
    is_shown = not _holds_identifiers(export, feeds)
    table = pa.table(
        {
            "line_number": pa.array([fault.line for fault in faults], pa.int64()),
            "value_text": pa.array(
                [fault.text if is_shown else None for fault in faults], pa.string()
            ),
            "reason": pa.array([fault.reason for fault in faults], pa.string()),
        }
    )
    connection.register("landing_fault_rows", table)
    main_feed = next(iter(export.feeds))
    connection.execute(
        f"insert into {REJECTS_TABLE} by name select {literal(main_feed)} as feed, line_number, "
        "value_text, reason from landing_fault_rows"
    )
    connection.unregister("landing_fault_rows")


def _holds_identifiers(export: Export, feeds: Mapping[str, Feed]) -> bool:
    return any(
        feeds[name].columns[target.to].identifier is not None
        for name, mapping in export.feeds.items()
        for targets in mapping.columns.values()
        for target in targets
    )


def add_rows(connection: duckdb.DuckDBPyConnection, mapped: MappedFeed, source: Source) -> None:
    """Add the rows of a feed that failed one of its checks."""
    found = connection.execute(
        f"select row_id from {mapped.table} where fault is not null order by row_id"
    ).fetchnumpy()["row_id"]
    if not len(found):
        return
    connection.register(
        "landing_reject_lines",
        pa.table({"row_id": pa.array(found), "line_number": pa.array(source.lines()[found])}),
    )
    # what an identifier was is not shown: it was not hashed
    numbered = list(enumerate(mapped.checks, start=1))
    values = _cases(
        {
            number: f"source.{check.source}"
            for number, check in numbered
            if check.source is not None and not check.is_identifier
        }
    )
    headers = _cases({number: literal(check.header) for number, check in numbered if check.header})
    reasons = _cases({number: literal(check.reason) for number, check in numbered})
    connection.execute(
        f"""
        insert into {REJECTS_TABLE} by name
        select {literal(mapped.feed.name)} as feed, lines.line_number,
            rows.row_id + 1 as row_number, {headers} as column_name, {values} as value_text,
            {reasons} as reason
        from {mapped.table} as rows
        join landing_reject_lines as lines on rows.row_id = lines.row_id
        join {SOURCE_TABLE} as source on rows.row_id = source.rowid
        where rows.fault is not null
        """
    )
    connection.unregister("landing_reject_lines")


def _cases(values: dict[int, str]) -> str:
    if not values:
        return "null"
    whens = " ".join(f"when {number} then {value}" for number, value in values.items())
    return f"case fault {whens} end"


def forget_values(connection: duckdb.DuckDBPyConnection, erased: str) -> None:
    """Null the values of rows that name somebody erased; table `erased` has their row_id."""
    connection.execute(
        f"update {REJECTS_TABLE} set value_text = null "
        f"where row_number in (select row_id + 1 from {erased})"
    )


def finish(connection: duckdb.DuckDBPyConnection) -> None:
    """Redact the values and cut them to what finds the place again."""
    if _is_empty(connection):
        return
    redact_columns(connection, REJECTS_TABLE, ["value_text"])
    connection.execute(
        f"update {REJECTS_TABLE} set value_text = left(value_text, {_VALUE_CHARACTERS}) "
        f"where length(value_text) > {_VALUE_CHARACTERS}"
    )


def _is_empty(connection: duckdb.DuckDBPyConnection) -> bool:
    return one_count(connection, f"select count(*) from {REJECTS_TABLE}") == 0


def reasons(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Return how many rows of each feed were rejected, by header and reason, commonest first."""
    rows = connection.execute(
        "select feed, concat_ws(' ', column_name, reason), count(*) "
        f"from {REJECTS_TABLE} group by all order by 3 desc, 2"
    ).fetchall()
    found: dict[str, dict[str, int]] = {}
    for feed, reason, times in rows:
        found.setdefault(feed, {})[reason] = times
    return found


def write(connection: duckdb.DuckDBPyConnection, contract: Contract, entry: FileEntry) -> int:
    """Write the rejections of a file to `raw.rejected_rows`; return how many were written.

    Of a refused file the first thousand explain enough.
    """
    if _is_empty(connection):
        return 0
    limit = f"limit {_KEPT_OF_A_REFUSED_FILE}" if entry.outcome == "refused" else ""
    return one_count(
        connection,
        f"""
        insert into raw.rejected_rows by name
        select $file_id as file_id, $load_id::bigint as load_id, $channel as channel_code,
            $export as export_name, $file_name as file_name, *
        from (from {REJECTS_TABLE} order by line_number, feed {limit})
        """,
        {
            "file_id": entry.file_id,
            "load_id": entry.load_id,
            "channel": contract.channel,
            "export": entry.delivery.export.name,
            "file_name": entry.delivery.file_name,
        },
    )
