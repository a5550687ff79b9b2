"""The query of the rows behind a KPI, cut from what dbt compiled."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.publication.kpi_queries import KpiQueryError, subjects_sql

COMPILED = """-- KPI: answers (all of them), by the day.
with

as_of as (

    select * from "warehouse"."staging"."stg_as_of"

),

marts as (

    -- it's a comment with a ) and a quote
    select * from "warehouse"."reviews"."fct_voices" where voice_text <> ') from counted, as_of ('

),

subjects as (

    select 'reviews.fct_voices' as row_table, voice_key as row_key, 1.0 as numerator
    from marts

),

counted as (

    select sum(numerator) as numerator from subjects cross join as_of

)

select * from counted"""


def test_it_runs_on_the_published_set_alone() -> None:
    sql = subjects_sql(COMPILED, "warehouse")
    with duckdb.connect() as connection:
        connection.execute("create schema reviews")
        connection.execute(
            "create table reviews.fct_voices as select 'review:jd:1' as voice_key, '好' as voice_text"
        )
        assert connection.execute(sql).fetchall() == [("reviews.fct_voices", "review:jd:1", 1.0)]


def test_it_holds_what_the_rows_need_and_nothing_else() -> None:
    sql = subjects_sql(COMPILED, "warehouse")
    assert sql.startswith("with -- KPI: answers (all of them), by the day.\n\nmarts as (")
    assert sql.endswith("select * from subjects")
    assert "stg_as_of" not in sql
    assert "counted as (" not in sql
    assert "warehouse" not in sql


def test_a_query_that_subjects_needs_through_another_is_kept() -> None:
    compiled = COMPILED.replace(
        'select * from "warehouse"."reviews"."fct_voices"',
        'select v.* from "warehouse"."reviews"."fct_voices" as v cross join as_of',
    )
    assert "as_of as (" in subjects_sql(compiled, "warehouse")


def test_a_model_of_another_shape_is_named() -> None:
    with pytest.raises(KpiQueryError, match="no CTE `subjects`"):
        subjects_sql("select 1 as numerator", "warehouse")
