"""Pieces of content night by night: what counters, registers and withdrawn files change, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from tests.unit.dbt.building import Build

COUNTERS = "impression_count, click_count, like_count, comment_count, share_count, save_count"


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """Three pieces and their counters, built on the first night."""
    connection = duckdb.connect()
    connection.execute(
        f"""
        create schema raw;
        create table raw.builds as select 1 as load_id;
        create table raw.engagement (
            record_key varchar, subject_ref varchar, load_id bigint, superseded_load_id bigint
        );
        create table fct_engagement as
        select ''::varchar as subject_key, null::date as measured_on, {
            ", ".join(f"null::bigint as {name}" for name in COUNTERS.split(", "))
        } limit 0;
        create table int_content_pieces as
        select
            'content:c' || n as piece_key, 'c:' || n as content_ref, null::varchar as voice_key,
            null::varchar as voice_ref, 'xiaohongshu' as channel_code, 'P1' as campaign_key,
            'kol' as strategy_code, 'k1' as creator_ref, 'kol' as tier_code,
            null::varchar as topic_ref, null::varchar as theme_code, 'post' as format_code,
            'earned' as ownership_code, null::decimal(18, 2) as fee_cny,
            null::decimal(18, 2) as product_cost_cny,
            timestamp '2026-10-01 09:00:00' as published_at
        from range(3) as numbers (n);
        create table hit_note_rules as
        select '*' as channel_code, 1000::bigint as engagement_from, true as is_share_counted;
        create table emv_rates as
        select
            'xiaohongshu' as channel_code, 'impression' as measure_code,
            20::decimal(18, 4) as cny_per_thousand, date '2000-01-01' as valid_from;
        """
    )
    count(connection, "c:0", 1, 5_000, 100)
    count(connection, "c:1", 1, 9_000, 1_200)
    Build(connection).run("mart_content_performance")
    return connection


def count(
    connection: duckdb.DuckDBPyConnection, ref: str, load: int, impressions: int, likes: int
) -> None:
    """A day's counters of a piece, in the raw feed and in the fact made of it."""
    connection.execute("insert into raw.engagement values (?, ?, ?, null)", [ref, ref, load])
    connection.execute(
        f"insert into fct_engagement (subject_key, measured_on, {COUNTERS})"
        " values ('content:' || replace(?, ':', ''), date '2026-10-01' + ?::integer, ?, null, ?,"
        " null, null, null)",
        [ref, load, impressions, likes],
    )


def new_counters(connection: duckdb.DuckDBPyConnection) -> None:
    count(connection, "c:0", 2, 80_000, 2_000)


def withdrawn_counters(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("update raw.engagement set superseded_load_id = 2 where record_key = 'c:1'")
    connection.execute("delete from fct_engagement where subject_key = 'content:c1'")


def a_piece_that_was_paid_for(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "update int_content_pieces set ownership_code = 'paid', fee_cny = 300"
        " where piece_key = 'content:c1'"
    )


def a_piece_that_is_gone(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from int_content_pieces where piece_key = 'content:c0'")


def nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """A night without news."""


@pytest.mark.parametrize(
    ("night", "moved"),
    [
        (new_counters, {"content:c0"}),
        (withdrawn_counters, {"content:c1"}),
        (a_piece_that_was_paid_for, {"content:c1"}),
        (a_piece_that_is_gone, {"content:c0"}),
        (nothing, set()),
    ],
)
def test_a_night_gives_the_rows_of_a_full_build(
    connection: duckdb.DuckDBPyConnection,
    night: Callable[[duckdb.DuckDBPyConnection], None],
    moved: set[str],
) -> None:
    connection.execute("create table before as from mart_content_performance")
    night(connection)
    Build(connection).run("mart_content_performance", incremental=True)
    connection.execute("create table nightly as from mart_content_performance")
    Build(connection).run("mart_content_performance")

    def difference(one: str, other: str) -> set[str]:
        rows = connection.execute(
            f"select piece_key from (from {one} except from {other})"
            f" union select piece_key from (from {other} except from {one})"
        ).fetchall()
        return {key for (key,) in rows}

    assert difference("nightly", "mart_content_performance") == set()
    assert difference("before", "nightly") == moved
