"""Which files changed a number that had been published.

What caused it, the first of these that gives any file, among those landed since the previous
publication:

1. files of the same channel with a row whose time lies in the period, or that replaced such a row;
2. the same, of any channel;
3. all of them (a link between identities, or a snapshot, can move any day).

No file at all means that a seed, a setting or the code changed, and the cause is null.
"""

from __future__ import annotations

import duckdb

from orchestration.publication.content_hash import quoted

# what is kept of one table in one publication; the whole number stands in the manifest
ROWS_A_TABLE = 10_000
FILES_A_CAUSE = 5


def name_causes(
    connection: duckdb.DuckDBPyConnection, previous_load_id: int, *, has_any: bool
) -> None:
    """Keep what is kept of `restated`, each with the files that caused it (the module's rule)."""
    touches = _touches(connection, previous_load_id) if has_any else []
    connection.execute(
        "create or replace temp table touched (file_name varchar, channel_code varchar, day date)"
    )
    if touches:
        connection.execute(f"insert into touched {' union '.join(touches)}")
    cut = (
        f"[1:{FILES_A_CAUSE}], ', ') || case when len(files) > {FILES_A_CAUSE} "
        f"then ' (+' || (len(files) - {FILES_A_CAUSE}) || ')' else '' end"
    )
    connection.execute(f"""
        create or replace temp table restatements as
        with
        bounded as (
            select *, row_number() over (
                partition by table_name order by period_start, row_key, column_name
            ) as position
            from restated
        ),
        bounded_kept as (select * from bounded where position <= {ROWS_A_TABLE}),
        periods as (
            select distinct channel_code, period_start, period_end from bounded_kept
        ),
        found as (
            select
                periods.channel_code, periods.period_start, periods.period_end,
                list(distinct file_name order by file_name)
                    filter (where touched.channel_code = periods.channel_code) as same_channel,
                list(distinct file_name order by file_name) as any_channel
            from periods
            inner join touched
                on touched.day between periods.period_start and periods.period_end
            group by all
        ),
        landed as (
            select list(distinct file_name order by file_name) as all_files
            from raw.files
            where load_id > {int(previous_load_id)} and outcome = 'landed'
        ),
        chosen as (
            select periods.*, coalesce(same_channel, any_channel, all_files) as files
            from periods
            cross join landed
            left join found
                on periods.channel_code is not distinct from found.channel_code
                and periods.period_start = found.period_start
                and periods.period_end = found.period_end
        )
        select
            table_name, row_key, column_name, old_value, new_value, bounded_kept.period_start,
            array_to_string(files{cut} as cause_files
        from bounded_kept
        left join chosen
            on bounded_kept.channel_code is not distinct from chosen.channel_code
            and bounded_kept.period_start = chosen.period_start
            and bounded_kept.period_end = chosen.period_end
        order by table_name, position
    """)


def _touches(connection: duckdb.DuckDBPyConnection, previous_load_id: int) -> list[str]:
    """One query per feed and time column: which file touched which day of which channel."""
    clocks = connection.execute("""
        select table_name, list(column_name order by column_index)
        from duckdb_columns()
        where database_name = current_database() and schema_name = 'raw'
            and data_type in ('DATE', 'TIMESTAMP') and column_name <> 'export_date'
            and table_name in (
                select table_name from duckdb_columns()
                where database_name = current_database() and schema_name = 'raw'
                    and column_name = 'superseded_load_id'
            )
            and table_name <> 'files'
        group by all order by all
    """).fetchall()
    since = int(previous_load_id)
    return [
        sql
        for feed, times in clocks
        for time in times
        for sql in (
            # what a file brought; a snapshot brings every day again, so it says nothing here
            f"select files.file_name, rows.channel_code, cast({quoted(time)} as date) as day "
            f"from raw.{quoted(feed)} as rows inner join raw.files as files "
            "on rows.file_id = files.file_id and rows.load_id = files.load_id "
            f"where rows.load_id > {since} and files.mode = 'delta' "
            f"and {quoted(time)} is not null",
            # what a correction took away: the row that it replaced had its day, too
            f"select files.file_name, rows.channel_code, cast({quoted(time)} as date) as day "
            f"from raw.{quoted(feed)} as rows inner join raw.files as files "
            "on rows.superseded_load_id = files.load_id "
            "and rows.channel_code = files.channel_code and rows.export_name = files.export_name "
            "and rows.export_date = files.export_date "
            f"where rows.superseded_load_id > {since} and files.mode = 'delta' "
            f"and files.outcome = 'landed' and {quoted(time)} is not null",
        )
    ]
