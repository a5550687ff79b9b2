"""The report's section on attribution: the picture, the cost, the multiple, experiments."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import duckdb
import pytest

from orchestration.report.bilingual import money
from orchestration.report.credit import latest_month, read_credit
from orchestration.report.experiments import read_experiments, read_multiple
from tests.unit.publication.house import House, dbt_manifest
from tests.unit.publication.pages import Node, page_at

MARTS = [
    "strategy_performance",
    "mart_wom_multiple",
    "fct_experiments",
    "mart_attribution_calibration",
]
MODELS = [
    ("first_touch", "首次触点", "first touch", "rule"),
    ("last_touch", "末次触点", "last touch", "rule"),
    ("position_based", "位置加权（40/20/40）", "position-based (40/20/40)", "rule"),
    ("markov", "马尔可夫", "Markov", "data_driven"),
]
# credited in yuan by model, and spent
STRATEGIES: dict[str, tuple[str | None, list[int], int]] = {
    "koc": ("wom", [60000, 20000, 40000, 45000], 15000),
    "paid_search": ("paid", [10000, 50000, 30000, 25000], 50000),
    "organic_review": ("wom", [0, 0, 0, 0], 700),
    "kol": ("wom", [0, 0, 0, 0], 0),
    "unattributed": (None, [60000, 60000, 60000, 60000], 0),
}
TABLES = """
create schema if not exists attribution; create schema if not exists seeds;
create or replace table seeds.strategies as select * from (values
    ('koc', 'KOC 种草', 'KOC seeding'), ('paid_search', '搜索广告', 'paid search'),
    ('organic_review', '自然口碑', 'organic review'), ('kol', 'KOL 种草', 'KOL seeding')
) as strategies(strategy_code, strategy_name, strategy_name_en);
create or replace table seeds.attribution_models (
    model_code varchar, model_name varchar, model_name_en varchar, model_kind_code varchar,
    model_position bigint
);
create or replace table attribution.strategy_performance (
    strategy_code varchar, goal_code varchar, month_start date, model_code varchar,
    strategy_name varchar, touch_group_code varchar, credited_cny decimal(18, 2),
    conversion_count double, spend_cny decimal(18, 2), roas double
);
create or replace table attribution.mart_wom_multiple as
select *, 3 as mixed_conversion_count, 100 as mixed_window_count, 0.03::double as mixed_rate
from (values
    (date '2026-09-01', 'all', 50, 1000, 0.05, 20, 1600, 0.0125, 4.0, 2.4, 6.7, 'undecided', true),
    (date '2026-10-01', 'all', 9, 100, 0.09, 1, 100, 0.01, null, null, null, null, false)
) as multiples(month_start, product_key, wom_conversion_count, wom_window_count, wom_rate,
    paid_conversion_count, paid_window_count, paid_rate, multiple, multiple_low, multiple_high,
    band_code, is_complete);
create or replace table attribution.fct_experiments as select * from (values
    ('crm:EXP1', 'b', 'a', true, 'itt', false, 'rate', 800, 800, 0.18, 0.10, 0.08, 0.05, 0.11,
     'lift', '转化率变化 +8.00 个百分点', 'conversion rate changed by +8.00 pp', timestamp '2026-10-02'),
    ('crm:EXP1', 'b', 'a', false, 'itt', false, 'mean', 800, 800, 9.0, 8.0, 1.0, 0.5, 1.5,
     'lift', '次要', 'secondary', timestamp '2026-10-02'),
    ('crm:EXP1', 'a', 'a', true, 'itt', true, 'rate', 800, null, 0.10, null, null, null, null,
     'control', '对照组', 'control', timestamp '2026-10-02'),
    ('crm:EXP2', '<b>', 'a', true, 'itt', false, 'rate', 900, 500, 0.1, 0.1, 0.0, -0.1, 0.1,
     'invalid', '分流与计划不符', 'units do not split as planned', timestamp '2026-10-05')
) as experiments(experiment_ref, variant_code, control_variant_code, is_primary, population_code,
    is_control, metric_kind_code, unit_count, control_unit_count, mean_value, control_mean_value,
    difference, difference_low, difference_high, verdict_code, verdict_reason_zh,
    verdict_reason_en, last_assigned_at);
create or replace table attribution.mart_attribution_calibration as select * from (values
    ('crm:EXP1', 'b', 'markov', 'koc', 'lift', 64.0, 40.0, 88.0, 70.0, true),
    ('crm:EXP1', 'b', 'last_touch', 'koc', 'lift', 64.0, 40.0, 88.0, 20.0, false),
    ('crm:EXP2', 'b', 'markov', 'kol', 'invalid', 9.0, 4.0, 14.0, 777.0, null)
) as calibration(experiment_ref, variant_code, model_code, strategy_code, verdict_code,
    incremental_conversions, incremental_low, incremental_high, excess_credited_conversions,
    is_credit_within_interval);
"""


def fill(connection: duckdb.DuckDBPyConnection, month: str = "2026-09-01") -> None:
    connection.execute(TABLES)
    connection.executemany(
        "insert into seeds.attribution_models values (?, ?, ?, ?, ?)",
        [[*model, place] for place, model in enumerate(MODELS)],
    )
    rows = [
        [code, "sale", month, model[0], None, group, values[place], values[place] / 1000, spend,
         values[place] / spend if spend else None]
        for code, (group, values, spend) in STRATEGIES.items()
        for place, model in enumerate(MODELS)
    ]  # fmt: skip
    # another goal, and a month that is not over
    rows.append(["koc", "voice", month, "markov", None, "wom", 1, 1, 1, 1])
    rows.append(["koc", "sale", "2026-10-01", "markov", None, "wom", 999999, 1, 1, 1])
    connection.executemany(
        "insert into attribution.strategy_performance values (?,?,?,?,?,?,?,?,?,?)", rows
    )


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    database = duckdb.connect()
    fill(database)
    return database


PUBLISHED = {f"attribution.{name}" for name in MARTS}


def read(connection: duckdb.DuckDBPyConnection, as_of: str = "2026-10-30") -> Any:
    return read_credit(connection, PUBLISHED, as_of)


def multiple(connection: duckdb.DuckDBPyConnection, as_of: str = "2026-10-31") -> Any:
    return read_multiple(connection, PUBLISHED, latest_month(connection, as_of))


def test_the_picture_is_of_the_latest_complete_month_and_of_sales(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    picture = read(connection)
    assert picture["month"] == date(2026, 9, 1)
    assert [row["strategy_code"] for row in picture["rows"]] == [
        "koc", "paid_search", "organic_review", "unattributed",
    ], "by the leading model; what cost and brought nothing is left out, no touch comes last"  # fmt: skip
    assert picture["leading"]["model_code"] == "markov"
    assert picture["totals"] == [130000, 130000, 130000, 130000]
    assert picture["untouched_share"] == pytest.approx(6 / 13)


def test_the_last_day_of_a_month_completes_it(connection: duckdb.DuckDBPyConnection) -> None:
    assert read(connection, as_of="2026-10-31")["month"] == date(2026, 10, 1)


def test_shades_follow_the_money_and_no_touch_has_none(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = {row["strategy_code"]: row for row in read(connection)["rows"]}
    assert rows["koc"]["shades"] == [0.6, 0.2, 0.4, 0.45]
    assert rows["koc"]["tops"] == [True, False, True, True]
    assert rows["paid_search"]["tops"] == [False, True, False, False]
    assert rows["unattributed"]["shades"] == [0.0] * 4
    assert rows["unattributed"]["tops"] == [False] * 4


def test_return_stands_with_its_range_over_the_models(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = {row["strategy_code"]: row for row in read(connection)["rows"]}
    assert (rows["koc"]["roas"], rows["koc"]["roas_low"], rows["koc"]["roas_high"]) == (
        3.0, pytest.approx(4 / 3), 4.0,
    )  # fmt: skip
    assert rows["organic_review"]["roas"] == 0
    assert rows["unattributed"]["roas"] is None


def test_without_a_complete_month_there_is_no_picture_and_no_multiple(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert read(connection, as_of="2026-09-29")["rows"] == []
    assert multiple(connection, as_of="2026-09-29") == {}


def test_a_mart_that_is_not_published_is_not_read(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("drop schema attribution cascade")
    assert read_credit(connection, set(), "2026-10-30") is None
    assert read_multiple(connection, set(), date(2026, 9, 1)) is None
    assert set(read_experiments(connection, set()).values()) == {None}


def test_the_multiple_is_that_of_the_newest_month_whose_windows_are_over(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert multiple(connection)["month_start"] == date(2026, 9, 1)
    connection.execute(
        "update attribution.mart_wom_multiple set multiple = 3 where month_start = '2026-10-01'"
    )
    assert multiple(connection)["month_start"] == date(2026, 9, 1)
    connection.execute("update attribution.mart_wom_multiple set is_complete = true")
    assert multiple(connection)["month_start"] == date(2026, 10, 1)


def test_experiments_show_their_primary_metric_newest_first(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = read_experiments(connection, PUBLISHED)["experiments"]
    assert [(row["experiment_ref"], row["verdict_code"]) for row in rows] == [
        ("crm:EXP2", "invalid"), ("crm:EXP1", "lift"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (60000, 10000, "6.00"), (123456, 10000, "12.3"), (1234567, 10000, "123"), (99_999_999, 10000, "10,000"),
        (0, 10000, "0"), (-1234.5, 1, "-1,234"), (None, 1, "–"),
    ],
)  # fmt: skip
def test_money_fits_a_cell(value: float | None, unit: int, said: str) -> None:
    assert money(value, unit) == said


# ---------------------------------------------------------------- the page


@pytest.fixture
def reported(house: House) -> House:
    house.manifest = copy.deepcopy(dbt_manifest())
    for name in MARTS:
        house.manifest["nodes"][f"model.koubei.{name}"] = {
            "resource_type": "model", "name": name, "schema": "attribution", "description": "",
            "config": {"materialized": "table", "meta": {"label_zh": name}}, "columns": {},
        }  # fmt: skip
    house.manifest["exposures"]["exposure.koubei.leaders"] = {
        "depends_on": {"nodes": [f"model.koubei.{name}" for name in MARTS]}
    }
    return house


def page_of(house: House) -> Node:
    return page_at(house.publish().path / "report.html")


def test_the_page_says_what_each_strategy_brought_and_cost(reported: House) -> None:
    with reported.connect() as connection:
        fill(connection)
    page = page_of(reported)
    credit = page.section("credit")
    assert credit.one("h2").said("en") == "Attribution and cost2026-09"
    heat = credit.one("table", "heat")
    kinds = heat.all("th", scope="colgroup")
    assert [(kind.attributes["colspan"], kind.said("zh")) for kind in kinds] == [
        ("3", "规则"),
        ("1", "数据驱动"),
    ]
    koc = heat.one("tbody").all("tr")[0]
    assert koc.one("th").said("en") == "KOC seeding"
    assert koc.all("td")[0].said() == "6.00"
    assert "top" in koc.all("td")[0].classes
    assert koc.all("td")[0].attributes["style"] == "background: rgba(var(--heat), 0.6)"
    assert len(heat.all("tr", "rest")) == 1, "what had no touch stands apart"
    assert "46.15% 的金额没有触点" in credit.said("zh")
    assert credit.table("costs", "en")[0] == [
        "KOC seeding", "word of mouth", "45,000", "15,000", "3.00×", "1.33× – 4.00×",
    ]  # fmt: skip


def test_the_returns_are_drawn_with_their_numbers_behind(reported: House) -> None:
    with reported.connect() as connection:
        fill(connection)
    figure = page_of(reported).section("credit").one("figure")
    picture = figure.one("div", role="img")
    assert figure.one("h3").attributes["id"] == picture.attributes["aria-labelledby"]
    assert "KOC seeding" in picture.said("en")
    assert "KOC 种草" in picture.said("zh")
    assert "KOC seeding" not in picture.said("zh")
    assert figure.table("plain", "en")[0] == [
        "KOC seeding",
        "45,000",
        "15,000",
        "3.00×",
        "1.33× – 4.00×",
    ]


def test_the_page_says_what_was_measured(reported: House) -> None:
    with reported.connect() as connection:
        fill(connection)
    page = page_of(reported)
    assert "4.00×，95% 区间 2.40× – 6.70×" in page.section("wom").said("zh")
    trials = {row[0]: row for row in page.section("experiments").table("trials", "en")}
    said = {name.split(" ")[0]: row for name, row in trials.items()}
    assert said["EXP1"][1:3] == ["▲ lift", "10.00% → 18.00%"]
    assert said["EXP2"][1] == "✗ invalid"
    assert "<b>" in page.section("experiments").said("zh"), "what came from files is text"
    calibrations = page.section("experiments").one("table", "calibrations")
    assert "马尔可夫 70.0 区间内" in calibrations.said("zh")
    assert "last touch 20.0 outside" in calibrations.said("en")
    assert "实验无效，不作比较" in calibrations.said("zh")
    assert "777" not in calibrations.said("zh")


def test_empty_marts_are_sentences_and_no_broken_tables(reported: House) -> None:
    reported.run(
        TABLES,
        *(f"delete from attribution.{name}" for name in MARTS),
    )
    page = page_of(reported)
    assert "还没有完整的一个月" in page.section("credit").said("zh")
    assert "Too few conversions on a side" in page.section("wom").said("en")
    assert "没有渠道交付过数据流" in page.section("experiments").said("zh")
    for code in ("credit", "wom", "experiments"):
        assert page.section(code).all("table") == []
