"""Data health: how fresh each feed of each channel is, what is missing, rejected or refused.

Asked of the build file; the answer travels in every publication's manifest, so that it can be read
while a refresh holds the build file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import duckdb

from orchestration.publication.content_hash import quoted

# The rhythm of an export is the usual distance between two of its days (daily, weekly, ...). What
# the rhythm expects up to as_of, and no landed file gave, is missing or late.

# A feed is as fresh as the last file that could have filled it: a header-only file says that
# nothing happened that day, and that is news.
_FEEDS = """
with
filled as (
    select distinct feeds.feed, feeds.channel_code, files.export_date
    from raw.file_feeds as feeds
    inner join raw.files as files
        on feeds.file_id = files.file_id and feeds.load_id = files.load_id
    where files.outcome = 'landed'
),
steps as (
    select *, lead(export_date) over (
        partition by feed, channel_code order by export_date
    ) - export_date as step_days
    from filled
),
fresh as (
    select
        feed, channel_code, max(export_date) as last_export_date,
        quantile_disc(step_days, 0.5) as step_days
    from steps
    group by all
),
live as ({live}),
rejected as (
    select feed, rejected.channel_code, count(distinct (file_id, line_number)) as rejected_count
    from raw.rejected_rows as rejected
    inner join raw.files as files using (file_id, load_id)
    where files.superseded_load_id is null
    group by all
)
select
    fresh.feed, fresh.channel_code, coalesce(live.row_count, 0) as row_count,
    fresh.last_export_date, cast($as_of as date) - fresh.last_export_date as days_behind,
    coalesce(days_behind >= 1.5 * fresh.step_days, false) as is_late,
    coalesce(rejected.rejected_count, 0) as rejected_count
from fresh
left join live on fresh.feed = live.feed and fresh.channel_code = live.channel_code
left join rejected on fresh.feed = rejected.feed and fresh.channel_code = rejected.channel_code
order by fresh.channel_code, fresh.feed
"""

_MISSING = """
with
days as (
    select distinct channel_code, export_name, export_date
    from raw.files where outcome = 'landed'
),
steps as (
    select *, lead(export_date) over (
        partition by channel_code, export_name order by export_date
    ) as next_date
    from days
),
rhythms as (
    select
        channel_code, export_name,
        cast(quantile_disc(next_date - export_date, 0.5) as integer) as step_days
    from steps
    group by all
    having step_days is not null
),
expected as (
    select
        channel_code, export_name, step_days,
        export_date + step_days * cast(unnest(generate_series(1, cast(round(
            (coalesce(next_date, cast($as_of as date) + step_days) - export_date) / step_days
        ) as bigint) - 1)) as integer) as missing_on
    from steps inner join rhythms using (channel_code, export_name)
)
select
    channel_code, export_name, step_days, count(*) as missing_count,
    list(missing_on order by missing_on) as missing_days
from expected
-- a week's export may come a day late before it is missed, a month's four
where missing_on <= cast($as_of as date) - step_days // 7
group by all
order by channel_code, export_name
"""

_REJECTIONS = """
select
    rejected.channel_code, rejected.feed, rejected.column_name, rejected.reason,
    count(*) as rejected_count, count(distinct rejected.file_name) as file_count,
    max(files.export_date) as last_export_date
from raw.rejected_rows as rejected
inner join raw.files as files
    on rejected.file_id = files.file_id and rejected.load_id = files.load_id
where files.superseded_load_id is null
group by all
order by rejected_count desc, rejected.channel_code, rejected.feed, rejected.column_name
"""

_REFUSALS = """
select file_name, channel_code, export_name, export_date, reason
from raw.files
where outcome <> 'duplicate'
qualify row_number() over (
    partition by channel_code, export_name, export_date, coalesce(cast(part as varchar), '')
    order by load_id desc, delivery_seq desc
) = 1 and outcome = 'refused'
order by export_date desc, file_name
"""


@dataclass(frozen=True)
class Health:
    """What the data are like, as lists of rows that a person or a program can read.

    Attributes:
        as_of: The last day that the data run through; None before anything has landed.
        feeds: feed, channel_code, row_count (live), last_export_date, days_behind, is_late (by its
            own rhythm), rejected_count.
        missing: channel_code, export_name, step_days, missing_count, missing_days.
        rejections: channel_code, feed, column_name, reason, rejected_count, file_count.
        refusals: file_name, channel_code, export_name, export_date, reason.
    """

    as_of: date | None = None
    feeds: list[dict[str, Any]] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list)
    rejections: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As plain lists and mappings; days are `date` objects."""
        return asdict(self)


def as_of_date(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The last day that landed data run through: the date of the data, never the clock."""
    row = connection.execute(
        "select max(export_date) from raw.files where outcome = 'landed'"
    ).fetchone()
    return None if row is None else row[0]


def has_landing(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the landing tables exist yet."""
    return "files" in _raw_tables(connection)


def read_health(connection: duckdb.DuckDBPyConnection) -> Health:
    """Ask the build file how the data are; empty before anything has landed."""
    if not has_landing(connection):
        return Health()
    as_of = as_of_date(connection)
    parameters = {"as_of": as_of}
    feeds = _feed_tables(connection)
    live = " union all ".join(
        f"select '{feed}' as feed, channel_code, count(*) as row_count from raw.{quoted(feed)} "
        "where superseded_load_id is null group by all"
        for feed in feeds
    )
    return Health(
        as_of=as_of,
        feeds=_rows(connection, _FEEDS.format(live=live), parameters) if feeds and as_of else [],
        missing=_rows(connection, _MISSING, parameters) if as_of else [],
        rejections=_rows(connection, _REJECTIONS),
        refusals=_rows(connection, _REFUSALS),
    )


def _feed_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The raw tables that landing fills: what only they carry is the key of a record."""
    found = connection.execute(
        "select table_name from information_schema.columns where table_catalog = current_database()"
        " and table_schema = 'raw' and column_name = 'record_key' order by table_name"
    ).fetchall()
    return [name for (name,) in found]


def _raw_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "select table_name from duckdb_tables() "
        "where database_name = current_database() and schema_name = 'raw' order by table_name"
    ).fetchall()
    return [name for (name,) in found]


def _rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters or {})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
