"""What becomes of rows that name somebody who was erased, on their way in and in `raw`.

The people are known by the nodes of their identifiers alone (`raw.suppressions`). What a feed's
rows become is the feed's own `erasure`. The text that such a row holds goes with the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import duckdb

from ingestion.contracts.feeds import Feed
from ingestion.contracts.parsers import literal
from ingestion.files.readers import SOURCE_TABLE
from ingestion.privacy.pseudonyms import hmac_sql
from ingestion.raw.queries import one_count
from ingestion.raw.schema import TEXT_SHA256
from ingestion.rows.mapping import ERASED_MARK, MappedFeed

ERASED_ROWS = "landing_erased"
# tables that hold a text, or what was read from it, by its hash
TEXT_TABLES = (
    "texts",
    "text_scores",
    "annotated_texts",
    "text_terms",
    "text_aspects",
    "text_themes",
    "text_minhash",
)
# where a feed binds identifiers to a membership: what is bound to an erased one is erased, too
_BINDING = {
    "customers": ("customer_ref", ("phone", "email")),
    "identities": ("customer_ref", ("identity_value",)),
    "creators": ("customer_ref", ("author_ref",)),
}


def mark_sql(record_key: str) -> str:
    """SQL of the mark that stands for an erased person: it identifies the row, and nothing else.

    Keyed, so that it cannot be computed from the identifier that the record key may hold. Needs
    `hash_parameters`.
    """
    keyed = hmac_sql(f"('erased|' || {record_key})")
    return f"{literal(ERASED_MARK)} || substr({keyed}, 1, 16)"


def is_active(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether anybody is suppressed; where not, landing skips the filter."""
    return one_count(connection, "select count(*) from raw.suppressions") > 0


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table of this file's rows that name somebody erased."""
    connection.execute(
        f"create or replace temp table {ERASED_ROWS} (feed varchar, row_id bigint, mark varchar, "
        "request_ref varchar, is_deleted boolean, is_fit boolean)"
    )


def filter_rows(
    connection: duckdb.DuckDBPyConnection,
    mapped: MappedFeed,
    hash_parameters: Mapping[str, bytes],
) -> MappedFeed:
    """Take erased people out of the rows that a mapped has made, before they are counted.

    Returns:
        The mapped, with a record key that names nobody where rows were made anonymous.
    """
    feed = mapped.feed
    named = [name for name in feed.identifiers if name in mapped.filled]
    if not named:
        return mapped
    marked = [mapped.sources[name] for name in named if name in mapped.sources]
    is_marked = [f"starts_with({cell}, {literal(ERASED_MARK)})" for cell in dict.fromkeys(marked)]
    marks = [
        f"if(starts_with(source.{cell}, {literal(ERASED_MARK)}), source.{cell}, null)"
        for cell in dict.fromkeys(marked)
    ]
    hits = [
        f"select row_id, named.request_ref from {mapped.table} as rows "
        f'join raw.suppressions as named on rows."{name}" = named.node'
        for name in named
    ]
    hits.append(f"select rowid, null from {SOURCE_TABLE} where {' or '.join(is_marked) or 'false'}")
    found = one_count(
        connection,
        f"""
        insert into {ERASED_ROWS}
        with hits as (
            select row_id, min(request_ref) as request_ref
            from ({" union all ".join(hits)}) group by row_id
        )
        select {literal(feed.name)}, rows.row_id,
            coalesce({", ".join([*marks, mark_sql(f"rows.{_KEY}")])}),
            hits.request_ref, {feed.erasure == "delete"}, rows.fault is null
        from hits
        join (select *, {mapped.record_key} as {_KEY} from {mapped.table}) as rows
            on hits.row_id = rows.row_id
        join {SOURCE_TABLE} as source on rows.row_id = source.rowid
        """,
        dict(hash_parameters),
    )
    if not found:
        return mapped
    _suppress_bound(connection, feed, mapped.table, set(mapped.filled))
    if feed.erasure == "delete":
        connection.execute(
            # a row that is rejected stays in raw.rejected_rows, which shows nothing of it
            f"delete from {mapped.table} where fault is null and row_id in "
            f"(select row_id from {ERASED_ROWS} where feed = {literal(feed.name)})"
        )
        return mapped
    _anonymise(connection, mapped, named)
    return replace(mapped, record_key=f"coalesce({_KEY}, {mapped.record_key})")


_KEY = "erased_record_key"


def _anonymise(connection: duckdb.DuckDBPyConnection, mapped: MappedFeed, named: list[str]) -> None:
    """Null what names the person and what the person wrote, in the rows table."""
    connection.execute(f"alter table {mapped.table} add column {_KEY} varchar")
    values = assignments(mapped.feed, named, mapped.record_key, "erased.mark")
    values.pop("record_key")
    key = key_without(mapped.record_key, named, "erased.mark")
    cleared = [f'"{mapped.text}"', TEXT_SHA256] if mapped.text else []
    cleared += [f"e{index}" for index in range(len(mapped.extra_headers))]
    sets = [
        f"{_KEY} = {key}",
        *(f'"{name}" = {value}' for name, value in values.items() if name in mapped.filled),
        *(f"{column} = null" for column in cleared),
    ]
    connection.execute(
        f"update {mapped.table} as rows set {', '.join(sets)} "
        f"from (select row_id as erased_row, min(mark) as mark from {ERASED_ROWS} "
        f"where feed = {literal(mapped.feed.name)} group by row_id) as erased "
        "where row_id = erased.erased_row"
    )


def key_without(record_key: str, named: list[str], mark: str) -> str:
    """SQL of a record key in which nobody is named any more."""
    # the row of a rewritten original has no node left, but the mark that stands for one
    for name in named:
        record_key = record_key.replace(f'"{name}"', f'coalesce("{name}", {mark})')
    for name in named:
        is_hit = f'"{name}" in (select node from raw.suppressions)'
        record_key = f'if({is_hit}, replace({record_key}, "{name}", {mark}), {record_key})'
    return record_key


def assignments(feed: Feed, named: list[str], record_key: str, mark: str) -> dict[str, str]:
    """SQL of the values that a row gets when it names nobody any more, by column."""
    stand_in = mark if feed.erasure == "stand_in" else "null"
    values = {
        name: f'if("{name}" is null or "{name}" in (select node from raw.suppressions), '
        f'{stand_in}, "{name}")'
        if feed.erasure == "stand_in"
        else f'if("{name}" in (select node from raw.suppressions), null, "{name}")'
        for name in named
    }
    # an invitation's code is its sender's
    if "invite_code" in feed.columns:
        values["invite_code"] = "null"
    values["record_key"] = key_without(record_key, named, mark)
    return values


def _suppress_bound(
    connection: duckdb.DuckDBPyConnection, feed: Feed, table: str, filled: set[str]
) -> None:
    """Suppress what a row binds to an erased membership, unless others are bound to it, too."""
    if feed.name not in _BINDING:
        return
    membership, bound = _BINDING[feed.name]
    for name in bound:
        if not {membership, name} <= filled:
            continue
        shared = " or ".join(
            f'exists (from raw."{other}" as others where others."{column}" = rows."{name}" '
            f'and others."{whose}" not in (select node from raw.suppressions))'
            for other, (whose, columns) in _BINDING.items()
            for column in columns
        )
        connection.execute(
            f'insert into raw.suppressions select distinct rows."{name}", whose.request_ref '
            f"from {table} as rows join raw.suppressions as whose "
            f'on rows."{membership}" = whose.node where rows."{name}" is not null '
            f'and rows."{name}" not in (select node from raw.suppressions) and not ({shared})'
        )


def record(connection: duckdb.DuckDBPyConnection, file_id: str) -> bool:
    """Write to `raw.erased_rows` how many records of a file were filtered; whether any rows were.

    Runs in the caller's transaction.
    """
    connection.execute(f"delete from raw.erased_rows where file_id = {literal(file_id)}")
    connection.execute(
        f"insert into raw.erased_rows select request_ref, {literal(file_id)}, feed, is_deleted, "
        f"count(distinct mark) from {ERASED_ROWS} where request_ref is not null and is_fit "
        "group by all"
    )
    return one_count(connection, f"select count(*) from {ERASED_ROWS}") > 0


def erase_rows(
    connection: duckdb.DuckDBPyConnection,
    feeds: Mapping[str, Feed],
    hash_parameters: Mapping[str, bytes],
) -> None:
    """Take all who are suppressed out of `raw`; doing it again changes nothing.

    Runs in the caller's transaction. Texts that nobody else has written go with what was read
    from them; a text that others have written, too, stays theirs.
    """
    connection.execute(f"create or replace temp table erased_texts ({TEXT_SHA256} varchar)")
    for feed in feeds.values():
        if feed.erasure == "keep":
            continue
        named = feed.identifiers
        is_hit = " or ".join(f'"{name}" in (select node from raw.suppressions)' for name in named)
        hits = " union all ".join(
            f"select rows.rowid as row, file_id, record_key, named.request_ref "
            f'from raw."{feed.name}" as rows '
            f'join raw.suppressions as named on rows."{name}" = named.node'
            for name in named
        )
        connection.execute(
            f"""
            insert into raw.erased_rows
            select request_ref, file_id, {literal(feed.name)}, {feed.erasure == "delete"},
                count(distinct record_key)
            from (
                select row, file_id, record_key, min(request_ref) as request_ref
                from ({hits}) group by all
            )
            group by all
            """
        )
        if feed.text_column:
            connection.execute(
                f'insert into erased_texts select distinct {TEXT_SHA256} from raw."{feed.name}" '
                f"where ({is_hit}) and {TEXT_SHA256} is not null"
            )
        if feed.erasure == "delete":
            connection.execute(f'delete from raw."{feed.name}" where {is_hit}')
            continue
        values = assignments(feed, named, "record_key", mark_sql("record_key"))
        values["extra"] = "null"
        if feed.text_column:
            values[TEXT_SHA256] = "null"
        sets = ", ".join(f'"{name}" = {value}' for name, value in values.items())
        statement = f'update raw."{feed.name}" set {sets} where {is_hit}'
        connection.execute(statement, dict(hash_parameters))
    _erase_texts(connection, feeds)


def _erase_texts(connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed]) -> None:
    used = " union ".join(
        f'select {TEXT_SHA256} from raw."{feed.name}"'
        for feed in feeds.values()
        if feed.text_column
    )
    connection.execute(
        f"delete from erased_texts where {TEXT_SHA256} in "
        f"(select {TEXT_SHA256} from ({used}) where {TEXT_SHA256} is not null)"
    )
    for table in TEXT_TABLES:
        connection.execute(f"delete from raw.{table} where {TEXT_SHA256} in (from erased_texts)")
    connection.execute("drop table erased_texts")
