"""The report's section on customers: stages, moves, offers, the triangle, KOCs."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import duckdb
import pytest

from orchestration.report.bilingual import Bilingual
from orchestration.report.customers import HIDDEN, Cell, read_customers
from orchestration.report.lifetime_value import read_lifetime_value
from tests.unit.publication.house import House, dbt_manifest
from tests.unit.publication.pages import Node, page_at

MARTS = [
    "mart_customer_stages",
    "mart_stage_transitions",
    "mart_stage_offers",
    "mart_ltv_cac",
    "mart_cohorts",
    "mart_advocates",
    "mart_koc_candidates",
    "mart_koc_activation",
]
TABLES = """
create schema if not exists segments; create schema if not exists seeds;
create or replace table seeds.lifecycle_stages as select * from (values
    ('prospect', '潜在客户', 'prospect', 1), ('active', '活跃客户', 'active', 2), ('lost', '流失客户', 'lost', 3)
) as stages(lifecycle_code, lifecycle_name, lifecycle_name_en, stage_position);
create or replace table seeds.advocacy_rungs as select * from (values
    ('none', '尚未购买', 'not yet a buyer', 0), ('buyer', '购买者', 'buyer', 1), ('advocate', '拥护者', 'advocate', 2)
) as rungs(advocacy_code, advocacy_name, advocacy_name_en, rung);
create or replace table seeds.channel_labels as select * from (values
    ('xiaohongshu', '小红书', 'Xiaohongshu')
) as labels(channel_code, label_zh, label_en);
create or replace table segments.mart_customer_stages as select * from (values
    ('prospect', 'none', 40, 0, 0, 0.0, null, false), ('prospect', 'all', 40, 0, 0, 0.0, null, false),
    ('active', 'buyer', 20, 20, 25, 90000.0, 30000.0, false), ('active', 'advocate', null, null, null, null, null, true),
    ('active', 'all', 29, 29, 40, 123456.0, 45000.0, false), ('all', 'none', 40, 0, 0, 0.0, null, false),
    ('all', 'buyer', 20, 20, 25, 90000.0, 30000.0, false), ('all', 'advocate', null, null, null, null, null, true)
) as stages(lifecycle_code, advocacy_code, customer_count, buyer_count, order_count, net_cny,
    value_12m_cny, is_suppressed);
create or replace table segments.mart_stage_transitions as select * from (values
    ('lifecycle', date '2026-09-01', true, 'prospect', 'prospect', 30, 40, 0.75, false),
    ('lifecycle', date '2026-09-01', true, 'prospect', 'active', 10, 40, 0.25, false),
    ('lifecycle', date '2026-09-01', true, 'newly_known', 'active', null, null, null, true),
    ('lifecycle', date '2026-10-01', false, 'prospect', 'active', 7, 7, 1.0, false),
    ('advocacy', date '2026-09-01', true, 'none', 'buyer', 10, 2000, 0.005, false)
) as moves(ladder_code, month_start, is_complete, from_code, to_code, customer_count,
    from_customer_count, transition_share, is_suppressed);
create or replace table segments.mart_stage_offers as select * from (values
    ('all', 'welcome_pack', '新客<礼包>', 'active', true, 100, 0.8, 40, 0.5, 0.3, 0.2),
    ('all', 'welcome_pack', '新客<礼包>', 'lost', false, 9, 0.1, 1, 0.1, 0.1, 0.1),
    ('month', 'welcome_pack', '新客<礼包>', 'active', true, 50, 0.1, 1, 0.1, 0.1, 0.1)
) as offers(period_kind, offer_code, offer_name, lifecycle_code, is_right_stage, due_count, given_share,
    claimed_count, take_up_rate, bought_rate, untouched_bought_rate);
create or replace table seeds.strategies as select * from (values
    ('koc', 'KOC 种草', 'KOC seeding'), ('kol', 'KOL 种草', 'KOL seeding')
) as strategies(strategy_code, strategy_name, strategy_name_en);
create or replace table segments.mart_ltv_cac as
select *,
    case dimension_value when 'wom' then 900.0 end as ltv_365d_cny, 100.0 as ltv_30d_cny, null::double as ltv_predicted_cny,
    ltv_90d_cny - 10 as ltv_90d_low_cny, ltv_90d_cny + 10 as ltv_90d_high_cny,
    ltv_90d_cny / cac_cny as ltv_90d_to_cac, null::double as ltv_90d_to_cac_low,
    null::double as ltv_90d_to_cac_high, ltv_90d_cny - 200 as ltv_90d_minus_paid_cny,
    null::double as ltv_90d_minus_paid_low_cny, null::double as ltv_90d_minus_paid_high_cny
from (values
    ('all', 'group', 'unattributed', null, 30, null, 150.0, false),
    ('all', 'group', 'paid', null, 40, 100.0, 200.0, false), ('all', 'group', 'wom', null, 50, 60.0, 300.0, false),
    ('all', 'strategy', 'kol', 'KOL 种草', 20, 90.0, 250.0, false), ('all', 'strategy', 'koc', 'KOC 种草', 30, 30.0, 333.0, false),
    ('all', 'strategy', 'unattributed', null, 30, null, 150.0, false),
    ('all', 'strategy', 'media', '媒体', null, null, null, true), ('month', 'group', 'wom', null, 9, 1.0, 777.0, false)
) as ltv(period_kind, dimension_code, dimension_value, dimension_name, customer_count, cac_cny, ltv_90d_cny, is_suppressed);
create or replace table segments.mart_cohorts as select * from (values
    ('all', date '2026-08-01', 0, 50, 1.0, 100.0, true), ('all', date '2026-08-01', 1, 50, 0.2, 120.0, true),
    ('all', date '2026-08-01', 2, 50, null, null, false), ('all', date '2026-09-01', 0, null, null, null, true),
    ('all', date '2026-09-01', 1, null, null, null, true), ('all', date '2026-10-01', 0, 9, null, null, false),
    ('group', date '2026-08-01', 1, 50, 0.9, 1.0, true)
) as cohorts(dimension_code, cohort_month, period_number, customer_count, retention_share,
    cumulative_net_per_customer_cny, is_complete);
create or replace table segments.mart_advocates as select * from (values
    ('k1', 'candidate', false, true), ('k2', 'near_miss', false, false), ('k3', 'activated', true, false)
) as advocates(customer_key, status_code, is_activated, is_core_fan);
create or replace table segments.mart_koc_candidates as select * from (values
    ('k3', 1, 0.9, 0.9, 0.9, 0.9, true, 1, 10.0, 2, 0, 5, 4000, 'xiaohongshu', false),
    ('k1', 2, 0.805, 0.5, 0.95, 0.965, false, 3, 666.15, 4, 1, 20, 12345, 'xiaohongshu', true)
) as candidates(customer_key, rank, score, purchase_score, advocacy_score, engagement_score, is_activated,
    order_count, net_cny, positive_voice_count, referral_count, engagement_count, follower_count,
    follower_channel_code, is_core_fan);
create or replace table segments.mart_koc_activation as select * from (values
    ('orders', 4, 'amount', 12, 29.5, 0.1, 0.4, 10, 2, 14, 0.4, 0.15, 0.25, 0.05, 0.45, 1.6667),
    ('repurchase', 6, 'rate', 12, 29.5, 0.1, 0.4, 10, 2, 14, 0.4, 0.15, 0.25, 0.05, 0.45, null)
) as activation(measure_code, measure_position, measure_kind_code, activated_count, mean_followed_days,
    mean_before, mean_after, matched_treated_count, unmatched_treated_count, control_count, treated_mean,
    matched_control_mean, difference, difference_low, difference_high, relative_difference);
"""


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    database = duckdb.connect()
    database.execute(TABLES)
    return database


def read(connection: duckdb.DuckDBPyConnection) -> Any:
    return read_customers(connection, {f"segments.{name}" for name in MARTS})


def test_stages_stand_in_their_order_and_withheld_cells_stay_withheld(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    stages = read(connection)["stages"]
    assert [row["code"] for row in stages["rows"]] == ["prospect", "active"]
    assert [rung["code"] for rung in stages["rungs"]] == ["none", "buyer", "advocate"]
    assert stages["rows"][1]["cells"] == [Cell("0"), Cell("20", 0.3), HIDDEN]
    assert stages["totals"] == [Cell("40"), Cell("20"), HIDDEN]
    assert stages["unit"] == 10_000


def test_moves_are_those_of_the_newest_month_that_is_over(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    moves = read(connection)["transitions"]
    assert moves["month"] == date(2026, 9, 1)
    lifecycle, advocacy = moves["grids"]
    assert [(row["code"], row["count"]) for row in lifecycle["rows"]] == [
        ("newly_known", None), ("prospect", 40),
    ]  # fmt: skip
    assert lifecycle["rows"][0]["cells"] == [Cell(""), HIDDEN]
    assert lifecycle["rows"][1]["cells"] == [Cell("75%", 0.45, stays=True), Cell("25%", 0.15)]
    assert advocacy["rows"][0]["cells"][0].text == "0.5%"
    connection.execute("update segments.mart_stage_transitions set is_complete = false")
    assert read(connection)["transitions"]["month"] == date(2026, 10, 1)


def test_the_triangle_is_blank_where_a_month_is_not_over_and_says_nothing_of_few(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    cohorts = read(connection)["cohorts"]
    assert cohorts["periods"] == [1]
    assert [row["cells"] for row in cohorts["rows"]] == [
        [Cell("20.0%", 0.6)], [HIDDEN], [Cell("")],
    ]  # fmt: skip
    assert [row["net_per_customer"] for row in cohorts["rows"]] == [120.0, None, None]


def test_value_is_that_of_the_furthest_horizon_of_both_sides_and_word_of_mouth_comes_first(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    ltv: Any = read_lifetime_value(connection, {"segments.mart_ltv_cac"})
    assert ltv["horizon"] == Bilingual("首购后 90 天", "first 90 days")
    assert [row["code"] for row in ltv["groups"]] == ["wom", "paid", "unattributed"]
    assert [row["code"] for row in ltv["strategies"]] == ["koc", "kol"], "too few people: no row"
    assert (ltv["groups"][0]["ratio"], ltv["groups"][0]["gap"]) == (5.0, 100.0)


def test_who_is_a_koc_already_is_counted_and_not_proposed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    koc = read(connection)["koc"]
    assert koc["counts"] == {
        "candidate_count": 1, "near_miss_count": 1, "activated_count": 1, "core_fan_count": 1,
    }  # fmt: skip
    assert [row["customer_key"] for row in koc["rows"]] == ["k1"]


def test_a_mart_that_is_not_published_is_not_read() -> None:
    with duckdb.connect() as empty:
        assert set(read_customers(empty, set()).values()) == {None}
        assert read_lifetime_value(empty, set()) is None


# ---------------------------------------------------------------- the page


@pytest.fixture
def reported(house: House) -> House:
    house.manifest = copy.deepcopy(dbt_manifest())
    for name in MARTS:
        house.manifest["nodes"][f"model.koubei.{name}"] = {
            "resource_type": "model", "name": name, "schema": "segments", "description": "",
            "config": {"materialized": "table", "meta": {"label_zh": name}}, "columns": {},
        }  # fmt: skip
    house.manifest["exposures"]["exposure.koubei.members"] = {
        "depends_on": {"nodes": [f"model.koubei.{name}" for name in MARTS]}
    }
    house.run(TABLES)
    return house


def page_of(house: House) -> Node:
    return page_at(house.publish().path / "report.html")


def test_the_page_says_who_the_customers_are(reported: House) -> None:
    section = page_of(reported).section("segments")
    stages, *flows, cohorts = section.all("table", "heat")
    active = stages.one("tbody").all("tr")[1]
    assert active.one("th").said("en") == "active"
    assert [cell.said() for cell in active.all("td")] == ["0", "20", "·", "29", "12.3", "4.50"], (
        "123,456 in 10,000 CNY, and too few people are a dot"
    )
    assert active.all("td")[1].attributes["style"] == "background: rgba(var(--heat), 0.3)"
    assert "2026-09" in section.all("h3")[1].said("en"), "the month of the flows"
    unmoved = flows[0].all("td", "stays")
    assert [cell.said() for cell in unmoved] == ["75%"]
    assert cohorts.one("tbody").all("tr")[0].all("td")[1].said() == "20.0%"


def test_the_page_says_what_they_got_and_who_could_speak_for_us(reported: House) -> None:
    section = page_of(reported).section("segments")
    assert section.table("offers") == [
        ["新客<礼包>", "活跃客户", "100", "80.00%", "40", "50.00%", "30.00%", "20.00%"]
    ], "of all months, and of the right stage; what came from files is text"
    ((key, score, purchase, advocacy, engagement, why),) = section.table("koc", "en")
    assert (key, score, purchase, advocacy, engagement) == ("k1", "80.5", "50", "95", "97")
    assert why.endswith("12,345 followers on Xiaohongshu core fan")
    activation = section.table("activation", "zh")
    assert activation[0][-1] == "+0.25 (+0.05 – +0.45) +166.7%"
    assert activation[1][-1] == "+25.00 pp (+5.00 pp – +45.00 pp)"


def test_the_page_says_what_customers_are_worth(reported: House) -> None:
    groups, strategies = page_of(reported).section("wom").all("table", "ltv")
    assert [row.all("td")[0].said("zh") for row in groups.one("tbody").all("tr")] == [
        "口碑", "付费", "无触点",
    ]  # fmt: skip
    word_of_mouth = [cell.said() for cell in groups.one("tbody").all("tr")[0].all("td")]
    assert word_of_mouth[3:5] == ["300 (290 – 310)", "5.00×"]
    assert len(strategies.one("tbody").all("tr")) == 2


def test_empty_marts_are_sentences_and_no_broken_tables(reported: House) -> None:
    reported.run(*(f"delete from segments.{name}" for name in MARTS))
    page = page_of(reported)
    page_text = page.section("segments").said("zh") + page.section("wom").said("zh")
    for said in (
        "没有渠道交付过数据流",
        "没有流转",
        "不给出客户价值",
        "还没有过完一个月",
        "没有候选",
    ):
        assert said in page_text
    assert page.section("segments").all("table") == []
