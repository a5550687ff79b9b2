"""Every number leads to its rows: each KPI's query on the published set alone, what moved it, files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from orchestration.explain import kpis
from orchestration.explain.contributions import KpiRows
from orchestration.explain.explain import Question, explain
from orchestration.explain.periods import Period
from orchestration.explain.render import show
from orchestration.explain.scope import Scope, own_brands
from orchestration.home.settings import Settings
from orchestration.publication.connections import open_published
from orchestration.publication.labels import Labels
from tests.integration.home import Home

pytestmark = pytest.mark.integration

_SCOPES = """
    (h.channel_code = 'all' or h.channel_code = s.channel_code)
    and (h.product_key = 'all' or h.product_key = s.product_key)
"""


@pytest.fixture(scope="module")
def published(demo_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published database as an analyst's tool opens it: nothing else is within reach."""
    with open_published(Settings(_env_file=None, home=demo_home.path)) as connection:
        ours = ", ".join(f"'{brand}'" for brand in own_brands(connection))
        connection.execute(
            f"create temp table own_brands as select unnest(['own', {ours}]) as brand_code"
        )
        yield connection


def subjects(published: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, list[str]]]:
    """Every KPI with its rows in the temp table `s`: code, additivity, columns."""
    queries = published.execute(
        "select kpi_code, additivity, subjects_sql from meta.kpi_queries "
        "inner join kpis.kpi_catalogue using (kpi_code) order by kpi_code"
    ).fetchall()
    assert queries
    for code, additivity, sql in queries:
        published.execute(f"create or replace temp table s as {sql}")
        columns = [row[0] for row in published.execute("describe s").fetchall()]
        yield code, additivity, columns


def test_every_kpi_has_its_query_beside_it(published: duckdb.DuckDBPyConnection) -> None:
    without = published.execute(
        "select kpi_code from kpis.kpi_catalogue anti join meta.kpi_queries using (kpi_code)"
    ).fetchall()
    assert without == []


def test_the_rows_of_every_kpi_stand_in_a_published_table(
    demo_home: Home, published: duckdb.DuckDBPyConnection
) -> None:
    tables = demo_home.manifest["tables"]
    for code, _, _ in subjects(published):
        named = published.execute(
            "select row_table, count(*) filter (where row_key is null) from s group by all"
        ).fetchall()
        for table, without_key in named:
            assert table in tables, code
            assert without_key == 0, code
            key = tables[table]["key"]
            if len(key) == 1:
                lost = published.execute(
                    f"select count(*) from s where row_table = '{table}' "
                    f"and row_key not in (select cast({key[0]} as varchar) from {table})"
                ).fetchall()
                assert lost == [(0,)], (code, table)


def test_the_rows_of_a_summed_kpi_add_up_to_its_history(
    published: duckdb.DuckDBPyConnection,
) -> None:
    compared = 0
    for code, additivity, columns in subjects(published):
        if additivity != "sum":
            continue
        segment = (
            "(h.segment_kind = 'all' or (h.segment_kind = s.segment_kind "
            "and h.segment_code = s.segment_code))"
            if "segment_kind" in columns
            else "h.segment_kind = 'all'"
        )
        rows = published.execute(
            f"""
            select
                h.period_kind, h.period_start, h.channel_code, h.product_key, h.segment_code,
                any_value(h.numerator), round(cast(sum(s.numerator) as double), 6),
                any_value(h.denominator), round(cast(sum(s.denominator) as double), 6)
            from kpis.kpi_history as h
            left join s
                on s.period_date between h.period_start and h.until_on
                and s.brand_code in (from own_brands) and {_SCOPES} and {segment}
            where h.kpi_code = ? and h.brand_code = 'own' and h.period_kind <> 'day'
            group by all
            """,
            [code],
        ).fetchall()
        for row in rows:
            assert row[5] == pytest.approx(row[6], rel=1e-9, abs=1e-6), (code, row)
            assert (row[7] or 0) == pytest.approx(row[8] or 0, rel=1e-9, abs=1e-6), (code, row)
        compared += len(rows)
    assert compared > 500


def test_what_is_computed_by_period_is_the_sum_of_its_rows_unless_its_entry_says_otherwise(
    demo_home: Home, published: duckdb.DuckDBPyConnection
) -> None:
    manifest = json.loads(
        (demo_home.path / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8")
    )
    is_no_sum = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["config"].get("meta", {}).get("is_sum_of_subjects") is False
    }
    for code, additivity, columns in subjects(published):
        if additivity != "none" or code in is_no_sum:
            continue
        when = (
            "s.state_from <= h.until_on and s.state_to > h.until_on"
            if "state_from" in columns
            else "s.period_date between h.period_start and h.until_on"
        )
        rows = published.execute(
            f"""
            select
                h.period_kind, h.period_start, any_value(h.numerator), sum(s.numerator),
                any_value(h.denominator), sum(s.denominator)
            from kpis.kpi_history as h
            left join s on {when} and s.brand_code in (from own_brands) and {_SCOPES}
            -- what few people said is hidden in the history
            where h.kpi_code = ? and h.brand_code = 'own' and h.channel_code = 'all'
                and h.product_key = 'all' and h.segment_kind = 'all' and h.numerator is not null
            group by all
            """,
            [code],
        ).fetchall()
        for row in rows:
            assert row[2] == pytest.approx(row[3] or 0, rel=1e-6, abs=1e-6), (code, row)
            assert (row[4] or 0) == pytest.approx(row[5] or 0, rel=1e-6, abs=1e-6), (code, row)


def test_what_moved_a_kpi_is_the_same_at_the_command_line_and_in_the_table(
    published: duckdb.DuckDBPyConnection,
) -> None:
    # two calculations: from the finest rows of each KPI, and from the history's periods
    ours = own_brands(published)
    known = {kpi.code: kpi for kpi in kpis.catalogue(published)}
    pairs = published.execute("""
        select distinct
            h.kpi_code, h.period_kind, h.period_start, h.until_on, h.previous_period_start,
            h.previous_until_on, h.comparison_code, c.dimension_code
        from kpis.kpi_history as h
        inner join kpis.kpi_contributions as c using (kpi_code, period_kind, period_start)
        where h.brand_code = 'own' and h.channel_code = 'all' and h.product_key = 'all'
            and h.segment_kind = 'all' and h.period_kind in ('week', 'month')
        order by all
    """).fetchall()
    taken_apart = 0
    for code, kind, start, until, before, before_until, comparison, dimension in pairs:
        rows = KpiRows(published, known[code], Scope(), ours)
        movement = rows.movement(
            Period(kind, start, until),
            Period(kind, before, before_until, is_cut=comparison == "to_date"),
            dimension,
        )
        from_rows = dict(
            published.execute(
                "select member_code, contribution from kpis.kpi_contributions "
                "where kpi_code = ? and period_kind = ? and period_start = ? "
                "and dimension_code = ? and member_code <> 'not_separable'",
                [code, kind, start, dimension],
            ).fetchall()
        )
        here = {each.member_code: each.contribution for each in movement.contributions}
        assert here == pytest.approx(from_rows, abs=1e-6), (code, kind, start, dimension)
        taken_apart += bool(from_rows)
    assert taken_apart > 20


# ---------------------------------------------------------------- the command


def explained(home: Home, *arguments: str) -> dict[str, Any]:
    """What `koubei explain ... --json` says."""
    answer: dict[str, Any] = json.loads(home.run("explain", *arguments, "--json").stdout)
    return answer


def test_a_number_leads_to_its_rows_and_their_files(demo_home: Home) -> None:
    answer = explained(demo_home, "好评率", "--period", "week", "--channel", "jd", "--rows", "3")
    evidence, files = answer["evidence"], answer["files"]
    assert answer["kpi"]["code"] == "kpi_positive_review_share"
    assert evidence["denominator_rows"] == answer["now"]["denominator"] > 0
    assert evidence["is_sum"] is True
    assert len(evidence["of_numerator"]) == 3
    # the query runs as it is printed
    rows = demo_home.query(evidence["sql"])
    assert len(rows) == evidence["denominator_rows"]
    # each row has its file, and the delivered file holds the review
    assert files["is_exact"] is True
    assert files["unknown_rows"] == 0
    assert sum(each["denominator_rows"] for each in files["files"]) == len(rows)
    refs = [row["row_key"].removeprefix("review:jd:") for row in rows]
    for each in files["files"]:
        assert each["channel_code"] == "jd"
        delivered = (demo_home.exports / each["file_name"]).read_bytes()
        held = sum(ref.encode() in delivered for ref in refs)
        assert held >= each["denominator_rows"] > 0, each["file_name"]


def test_what_moved_it_sums_to_the_difference(demo_home: Home) -> None:
    answer = explained(demo_home, "nsr", "--period", "week")
    assert answer["delta"] == pytest.approx(answer["value"] - answer["previous_value"])
    apart = [each for each in answer["movements"] if each["contributions"]]
    assert {each["dimension"] for each in apart} == {"channel", "product"}
    for each in apart:
        moved = sum(mover["contribution"] for mover in each["contributions"])
        assert moved == pytest.approx(answer["delta"], abs=1e-9)
    (strategy,) = [each for each in answer["movements"] if each["dimension"] == "strategy"]
    assert "not split" in strategy["reason"]


def test_any_two_periods_are_compared_with_each_other(demo_home: Home) -> None:
    (last, *_, first) = [
        row["period_start"]
        for row in demo_home.query(
            "select distinct period_start from kpis.kpi_history where period_kind = 'week' "
            "and kpi_code = 'kpi_voice_volume' and brand_code = 'own' and is_complete "
            "order by 1 desc"
        )
    ]
    weeks = ["{}-W{:02d}".format(*date.fromisoformat(day).isocalendar()) for day in (last, first)]
    answer = explained(
        demo_home,
        "voice-volume",
        "--period",
        weeks[0],
        "--against",
        weeks[1],
        "--product",
        "crm:P001",
    )
    counts = demo_home.query(
        "select period_start, numerator from kpis.kpi_history where period_kind = 'week' "
        "and kpi_code = 'kpi_voice_volume' and brand_code = 'own' and product_key = 'crm:P001'"
    )
    by_start = {row["period_start"]: row["numerator"] for row in counts}
    assert answer["now"]["numerator"] == by_start[last]
    assert answer["before"]["numerator"] == by_start[first]
    assert answer["against"]["name"] == weeks[1]


def test_every_kpi_can_be_explained(demo_home: Home, published: duckdb.DuckDBPyConnection) -> None:
    cards = published.execute(
        "select kpi_code, any_value(period_kind || if(comparison_code = 'to_date', '-to-date', '')) "
        "from kpis.kpi_scorecard where value is not null group by all order by all"
    ).fetchall()
    settings = Settings(_env_file=None, home=demo_home.path)
    for code, period in cards:
        screen = Console(width=160, file=io.StringIO())
        answer = explain(settings, Question(code, period, rows=1))
        show(screen, answer, Labels(), with_sql=True)
        said = screen.file.getvalue()  # type: ignore[attr-defined]
        assert code in said
        assert "select * from subjects" in said
        assert answer.files.files, code
        for each in answer.movements:
            moved = sum(mover.contribution for mover in each.contributions)
            assert each.reason or moved == pytest.approx(answer.delta, abs=1e-6), code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nsrr",), "did you mean kpi_nsr"),
        (("nsr", "--period", "2031-W02"), "not covered: data run from"),
        (("nsr", "--period", "2026-W99"), "no such period"),
        (("nsr", "--channel", "nowhere"), "no channel nowhere; it has"),
        (("wom_conversion_multiple", "--period", "week"), "not available by week; it has: month"),
        (("nsr", "--period", "week", "--against", "2026-09"), "periods of two lengths"),
    ],
)
def test_a_mistake_is_one_line(demo_home: Home, arguments: tuple[str, ...], said: str) -> None:
    done = demo_home.run("explain", *arguments, expect=2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_the_build_file_files_are_named_by_channel_and_day(
    demo_home: Home, tmp_path: Path
) -> None:
    reader = tmp_path / "reader"
    reader.mkdir()
    (reader / "published").symlink_to(demo_home.path / "published")
    answer = explained(
        Home(reader, demo_home.extra), "好评率", "--period", "week", "--channel", "jd"
    )
    assert answer["files"]["is_exact"] is False
    start, until = (date.fromisoformat(answer["period"][each]) for each in ("start", "until"))
    days = {date.fromisoformat(each["export_date"]) for each in answer["files"]["files"]}
    assert days
    assert min(days) >= start
    assert sorted(days)[-2] <= until
    assert {each["channel_code"] for each in answer["files"]["files"]} == {"jd"}


def test_before_anything_is_published_it_says_so(tmp_path: Path) -> None:
    done = Home(tmp_path).run("explain", "nsr", expect=2)
    assert "nothing is published" in done.stderr
