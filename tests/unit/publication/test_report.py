from __future__ import annotations

import copy
from datetime import date

import pytest

from orchestration.publication.feed_health import Health
from orchestration.publication.labels import Labels
from orchestration.report.bilingual import Bilingual, amount, change, split
from orchestration.report.names import Names
from orchestration.report.sections import ORDER, Reasons
from orchestration.report.templates import voice_mark
from tests.unit.publication.house import House, dbt_manifest
from tests.unit.publication.pages import Node, page_at

SCORECARD = """
create or replace table kpis.kpi_scorecard as
select * from (values
    ('kpi_nsr', 'week', '净情感度 NSR', 'Net sentiment rate (NSR)', 'share', true,
     date '2026-10-19', date '2026-10-25', 0.623, null, null, 0.601, 0.022, 'points', 0.6,
     'on_target', null, 812),
    ('kpi_nsr', 'day', '净情感度 NSR', 'Net sentiment rate (NSR)', 'share', true,
     date '2026-10-30', date '2026-10-30', 0.41, null, null, 0.5, -0.09, 'points', 0.6,
     'off_target', null, 120),
    ('kpi_nps', 'week', '净推荐值 NPS', 'Net promoter score (NPS)', 'nps', true,
     date '2026-10-19', date '2026-10-25', null, null, null, null, null, 'points', 40.0,
     'hidden', '样本不足 n < 30', 12),
    ('kpi_nps', 'month', '净推荐值 NPS', 'Net promoter score (NPS)', 'nps', true,
     date '2026-09-01', date '2026-09-30', 36.4, 29.1, 43.7, 38.0, -1.6, 'points', 40.0,
     'near_target', null, 212),
    ('kpi_voice_volume', 'week', '声量', 'Voice volume', 'count', true,
     date '2026-10-19', date '2026-10-25', 12345.0, null, null, 11000.0, 0.12227, 'percent', null,
     'no_target', null, 12345)
) as cards(kpi_code, period_kind, label_zh, label_en, unit, higher_is_better, period_start,
    period_end, value, value_low, value_high, previous_value, delta, delta_kind, target,
    status_code, status_reason, sample_count)
"""


@pytest.fixture
def reported(house: House) -> House:
    house.manifest = copy.deepcopy(dbt_manifest())
    house.manifest["nodes"]["model.koubei.kpi_scorecard"] = {
        "resource_type": "model",
        "name": "kpi_scorecard",
        "schema": "kpis",
        "description": "指标卡；The leadership view.",
        "config": {"materialized": "table", "meta": {"label_zh": "指标卡"}},
        "columns": {},
    }
    house.manifest["exposures"]["exposure.koubei.leaders"] = {
        "depends_on": {"nodes": ["model.koubei.kpi_scorecard"]}
    }
    house.run(
        SCORECARD,
        "alter table kpis.kpi_history add column sample_count bigint",
        "alter table kpis.kpi_history add column as_of date",
        "insert into kpis.kpi_history by name select 'kpi_nsr' as kpi_code, 'week' as period_kind, "
        "date '2026-10-19' - 7 * i::int as period_start, 'all' as channel_code, "
        "'own' as brand_code, 'all' as product_key, 0.5 + sin(i) / 10 as value, "
        "true as is_complete, date '2026-10-30' as as_of from range(5) as weeks(i)",
    )
    return house


def report_of(house: House) -> Node:
    return page_at(house.publish().path / "report.html")


def tile_of(page: Node, code: str) -> Node:
    return page.one("section", "tile", data_kpi=code)


def test_the_report_is_one_file_in_two_languages(reported: House) -> None:
    page = report_of(reported)
    assert page.one("h1").said("zh") == "数据截至 2026-10-30"
    assert page.one("h1").said("en") == "Data as of 2026-10-30"
    assert page.all("script") == []
    fetched = [
        node.attributes
        for node in page.walk()
        if "src" in node.attributes or not node.attributes.get("href", "#").startswith("#")
    ]
    assert fetched == [], "nothing is fetched from elsewhere"
    assert "url(" not in str(page.one("style").children)


def test_every_section_stands_in_its_order_and_can_be_gone_to_in_either_language(
    reported: House,
) -> None:
    page = report_of(reported)
    codes = [code for code, _ in ORDER]
    sections = [node for node in page.all("section") if "data-section" in node.attributes]
    assert [node.attributes["data-section"] for node in sections] == codes
    targets = {node.attributes["id"] for node in page.walk() if "id" in node.attributes}
    for language in ("zh", "en"):
        links = [link.attributes["href"] for link in page.one("nav").all("a", language)]
        assert links == [f"#{language}-{code}" for code in codes]
        assert {link.removeprefix("#") for link in links} <= targets


def test_a_tile_says_value_change_target_and_n_of_the_last_complete_week(reported: House) -> None:
    tile = tile_of(report_of(reported), "kpi_nsr")
    assert tile.one("p", "value").said() == "62.30%"
    assert "较上一周 +2.20 个百分点 向好 前值 60.10%" in tile.said("zh")
    assert "vs the week before +2.20 pp better was 60.10%" in tile.said("en")
    assert tile.one("p", "state").said() == "✓ 达标 目标 ≥ 60.00%"
    assert "2026-10-19 – 10-25 · n = 812" in tile.said()
    days = [row for row in tile.all("tr") if "日" in row.said("zh")]
    assert [row.said("en") for row in days] == ["day 2026-10-30 41.00% 120"]


def test_a_value_that_is_hidden_gives_way_to_a_period_that_is_not(reported: House) -> None:
    tile = tile_of(report_of(reported), "kpi_nps")
    assert tile.one("p", "value").said() == "36.4 29.1 – 43.7"
    assert tile.one("p", "state").said("en") == "≈ near target target ≥ 40.0"
    assert "small" not in tile.classes


def test_what_is_withheld_says_why_though_another_period_has_a_value(reported: House) -> None:
    reported.run(
        "update kpis.kpi_scorecard set value = null, delta = null, status_code = 'withheld', "
        "status_reason = '以好评为条件的激励 6 条；rewards that require praise: 6 of 260' "
        "where kpi_code = 'kpi_nsr' and period_kind = 'week'"
    )
    page = report_of(reported)
    tile = tile_of(page, "kpi_nsr")
    assert tile.all("p", "value") == [], "no number is shown"
    assert tile.one("p", "state").said("en").startswith("withheld")
    assert tile.one("p", "why").said("zh") == "以好评为条件的激励 6 条"
    assert tile.one("p", "why").said("en") == "rewards that require praise: 6 of 260"
    assert "rewards that require praise" in page.section("next").said("en")


def test_few_answers_are_grey_and_say_so(reported: House) -> None:
    reported.run(
        "alter table kpis.kpi_scorecard add column is_small_sample boolean",
        "update kpis.kpi_scorecard set is_small_sample = (kpi_code = 'kpi_nsr')",
    )
    page = report_of(reported)
    assert "small" in tile_of(page, "kpi_nsr").classes
    assert tile_of(page, "kpi_nsr").one("span", "chip").said("en") == "small sample"
    assert "small" not in tile_of(page, "kpi_nps").classes


def test_the_running_period_stands_beside_the_complete_one(reported: House) -> None:
    reported.run(
        "alter table kpis.kpi_scorecard add column comparison_code varchar",
        "update kpis.kpi_scorecard set comparison_code = 'complete'",
        "insert into kpis.kpi_scorecard by name select * replace ('to_date' as comparison_code, "
        "0.7 as value, 0.1 as delta) from kpis.kpi_scorecard "
        "where kpi_code = 'kpi_nsr' and period_kind = 'week'",
    )
    tile = tile_of(report_of(reported), "kpi_nsr")
    assert tile.one("p", "value").said() == "62.30%"
    assert "本期至今 70.00% (较上期同样天数 +10.00 个百分点)" in tile.said("zh")


def test_core_figures_come_first_and_the_others_wait_by_family(reported: House) -> None:
    node = reported.manifest["nodes"]["model.koubei.kpi_scorecard"]
    reported.manifest["nodes"]["model.koubei.kpi_voice_volume"] = {
        **node, "name": "kpi_voice_volume", "patch_path": "koubei://models/kpis/_kpis_voice.yml",
    }  # fmt: skip
    reported.manifest["exposures"]["exposure.koubei.leaders"]["depends_on"]["nodes"].append(
        "model.koubei.kpi_voice_volume"
    )
    reported.run("create table kpis.kpi_voice_volume as select 1 as numerator")
    section = report_of(reported).section("kpis")
    (family,) = section.all("details", "family")
    assert family.all("summary")[0].said("en") == "Voice, ratings and sentiment1 figures"
    assert [tile.attributes["data-kpi"] for tile in family.all("section", "tile")] == [
        "kpi_voice_volume"
    ]
    codes = [tile.attributes["data-kpi"] for tile in section.all("section", "tile")]
    assert codes == ["kpi_nps", "kpi_nsr", "kpi_voice_volume"]


def test_weeks_draw_a_line_and_each_point_lies_inside_the_picture(reported: House) -> None:
    tile = tile_of(report_of(reported), "kpi_nsr")
    points = [
        tuple(map(float, point.split(",")))
        for point in tile.one("polyline").attributes["points"].split()
    ]
    assert len(points) == 5
    assert all(0 <= x <= 240 and 0 <= y <= 44 for x, y in points)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    named = tile.one("svg").attributes["aria-labelledby"].split()
    assert all(tile.all(id=name) for name in named)


def test_what_came_from_files_cannot_become_markup(reported: House) -> None:
    reported.land("<script>alert(1)</script>.csv", date(2026, 10, 30), outcome="refused",
                  reason="<b>truncated</b>")  # fmt: skip
    page = report_of(reported)
    assert page.all("script") == []
    assert "<b>truncated</b>" in page.section("health").said(), "as text"


def test_health_of_the_data_is_shown_by_channel_and_feed(reported: House) -> None:
    reported.land("jd_reviews_2026-10-31.csv", date(2026, 10, 31),
                  row_days=("2026-10-31 08:00",), rejected=2)  # fmt: skip
    for day in (28, 29):
        reported.land(f"weibo_{day}.csv", date(2026, 10, day), channel="weibo", feed="mentions")
    reported.run("update raw.files set export_date = '2026-10-27' where file_name like 'weibo_p%'")
    health = report_of(reported).section("health")
    (facts,) = health.all("div", "facts")
    assert "1 / 2数据流按时" in facts.said("zh")
    assert [item.said("zh") for item in health.all("li")] == [
        "迟到 微博 · 声量：最近一次是 2026-10-29，落后 2 天"
    ], "weibo is daily"
    assert "not a time" in health.said("en")


def test_a_publication_without_kpis_still_has_a_report_that_says_what_is_missing(
    house: House,
) -> None:
    house.manifest["exposures"]["exposure.koubei.analysts"]["depends_on"]["nodes"] = [
        "model.koubei.fct_voices"
    ]
    page = report_of(house)
    for code, table in (
        ("kpis", "kpis.kpi_scorecard"),
        ("changes", "kpis.kpi_contributions"),
        ("response", "reviews.mart_response_performance"),
        ("credit", "attribution.strategy_performance"),
        ("experiments", "attribution.fct_experiments"),
    ):
        missing = page.section(code).all("p", "missing")[0]
        assert table in missing.said("zh")
        assert table in missing.said("en")


def test_an_empty_section_says_which_feed_is_missing_or_without_a_row() -> None:
    names = Names(labels=Labels(feeds={"experiments": "实验", "cases": "工单"}))
    feed = {"channel_code": "crm", "last_export_date": date(2026, 10, 3), "rejected_count": 7}
    why = Reasons(
        Health(
            feeds=[
                {**feed, "feed": "cases", "row_count": 0, "is_late": False},
                {**feed, "feed": "orders", "row_count": 9, "is_late": True},
                {**feed, "feed": "reviews", "row_count": 9, "is_late": False},
            ]
        ),
        names,
    )
    assert why("experiments").zh == "没有渠道交付过数据流「实验」，所以这里没有数字。"
    assert "without a valid row (7 rejected)" in why("cases").en
    assert "已交付至 2026-10-03，但没有一行有效" in why("cases").zh
    assert "is late" in why("orders").en
    assert "too few" in why("reviews").en


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.1234, "share", "12.34%"),
        (3.2, "multiple", "3.20×"),
        (1234.0, "count", "1,234"),
        (41.04, "nps", "41.0"),
        (None, "share", "–"),
    ],
)
def test_amounts_read_as_people_write_them(value: float | None, unit: str, said: str) -> None:
    assert amount(value, unit) == Bilingual(said, said)


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (35.2, "minutes", "35 分钟", "35 min"),
        (125.0, "minutes", "125 分钟", "125 min"),
        (4320.0, "minutes", "4,320 分钟", "4,320 min"),
        (1234.4, "cny", "¥1,234", "¥1,234"),
        (2.25, "days", "2.3 天", "2.3 d"),
    ],
)
def test_units_are_words_in_both_languages(value: float, unit: str, zh: str, en: str) -> None:
    assert amount(value, unit) == Bilingual(zh, en)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("激励 22 条，占 1.9%；rewards: 22 of 1140", "激励 22 条，占 1.9%", "rewards: 22 of 1140"),
        ("样本不足 n < 30", "样本不足 n < 30", "too few: n < 30"),
        ("尚无完整周期 no whole period yet", "尚无完整周期", "no whole period yet"),
        ("甲；乙；one; two", "甲；乙", "one; two"),
        ("只有中文", "只有中文", "只有中文"),
        (None, "", ""),
    ],
)
def test_texts_that_say_it_twice_are_taken_apart(text: str | None, zh: str, en: str) -> None:
    assert split(text) == Bilingual(zh, en)


@pytest.mark.parametrize(
    ("value", "unit", "kind", "zh", "en"),
    [
        (0.022, "share", "points", "+2.20 个百分点", "+2.20 pp"),
        (-0.5, "count", "percent", "-50.0%", "-50.0%"),
        (-1.6, "nps", "points", "-1.6", "-1.6"),
        (0.25, "multiple", "points", "+0.25×", "+0.25×"),
        (-95.0, "minutes", "points", "-95 分钟", "-95 min"),
        (-1500.0, "cny", "points", "-¥1,500", "-¥1,500"),
        (None, "share", "points", "", ""),
    ],
)
def test_changes_are_points_or_percent(
    value: float | None, unit: str, kind: str, zh: str, en: str
) -> None:
    assert change(value, unit, kind) == Bilingual(zh, en)


ATTENTION = """
create schema if not exists seeds; create schema if not exists intermediate;
create schema if not exists staging; create schema if not exists segments;
create or replace table staging.stg_as_of as select date '2026-10-30' as as_of;
create or replace table intermediate.int_brands as
    select * from (values ('hemu', true), ('beiyu', false)) as brands(brand_code, is_own_brand);
create or replace table seeds.aspects as
    select 'battery' as aspect_code, '电池续航' as label_zh, 'Battery' as label_en;
create or replace table segments.dim_products as
    select 'crm:P001' as product_key, '禾木轻薄本' as product_name;
create or replace table reviews.mart_alert_episodes as
select * from (values
    ('e1', 'hemu', 'crm:P001', 'battery', date '2026-10-21', date '2026-10-23', 43),
    ('e2', 'hemu', 'crm:P001', 'battery', date '2026-09-01', date '2026-09-02', 99),
    ('e3', 'beiyu', 'crm:P009', null, date '2026-10-29', date '2026-10-29', 77)
) as episodes(episode_key, brand_code, product_key, aspect_code, first_alert_date, last_alert_date,
    peak_count);
create or replace table reviews.mart_alerts as
select * from (values ('a1', 'e1', 0.4, 'medium'), ('a2', 'e1', 0.9, 'high')) as alerts(
    alert_key, episode_key, severity, severity_code);
create or replace table reviews.mart_alert_evidence as
select * from (values
    ('a2', 'text', 1, '电池鼓包了', 'review:jd:R1'), ('a1', 'text', 1, '电池一般', 'review:jd:R2')
) as evidence(alert_key, evidence_kind, evidence_rank, excerpt, voice_key);
create or replace table reviews.mart_action_queue as
select * from (values
    ('q1', 'after_sales', -30.0, 'proposed', '回复负面声音：电池', 'Answer: battery', '电池鼓包了', 81),
    ('q2', 'after_sales', 20.0, 'proposed', '回复负面声音', 'Answer', null, 40),
    ('q3', 'after_sales', -90.0, 'done', '写教程', 'Tutorial', null, 99)
) as named(action_id, department_code, minutes_left, status_code, title_zh, title_en,
    evidence_text, priority_score),
(select 'reply' as action_code, '公开回复' as action_label_zh, 'jd' as channel_code,
    'crm:P001' as product_key, timestamp '2026-10-30 18:00' as due_at,
    'review:jd:R1' as evidence_voice_key) as rest;
create or replace table seeds.action_codes as
    select 'reply' as action_code, 'Reply in public' as label_en;
create or replace table seeds.departments as
    select 'after_sales' as department_code, '售后服务部' as label_zh, 'After-sales' as department_name;
create or replace table reviews.mart_pain_points as
select * from (values
    ('hemu', 'all', 'battery', 264, 0.107, 12, '三天就没电', 'review:jd:R1'),
    ('hemu', 'crm:P001', 'battery', 200, 0.9, null, '鼓包', 'review:jd:R1'),
    ('beiyu', 'all', 'battery', 999, 0.5, null, '别家的', null)
) as pains(brand_code, product_key, aspect_code, negative_count, negative_share,
    previous_negative_count, example_evidence_text, example_voice_key);
"""


def test_what_needs_attention_is_our_own_and_recent(reported: House) -> None:
    for name in ("mart_alert_episodes", "mart_action_queue", "mart_pain_points"):
        reported.manifest["nodes"][f"model.koubei.{name}"] = {
            "resource_type": "model",
            "name": name,
            "schema": "reviews",
            "description": "",
            "config": {"materialized": "table", "meta": {"label_zh": name}},
            "columns": {},
        }
        reported.manifest["exposures"]["exposure.koubei.leaders"]["depends_on"]["nodes"].append(
            f"model.koubei.{name}"
        )
    reported.run(ATTENTION)
    page = report_of(reported)
    assert page.table("alerts") == [
        ["禾木轻薄本", "电池续航", "2026-10-21 – 2026-10-23", "43", "高", "电池鼓包了"]
    ], "neither the old one nor the competitor's, with the evidence of its worst day"
    assert page.table("pains", "en") == [["Battery", "264", "10.70%", "12", "三天就没电"]]
    ((name, waiting, overdue, first),) = page.table("queues", "en")
    assert (name, waiting, overdue) == ("After-sales", "2", "1"), "what is done does not wait"
    assert (
        first == "Answer: battery: Reply in public · jd · 禾木轻薄本 · due 10-30 18:00 电池鼓包了"
    )
    quotes = page.all("q")
    assert {quote.attributes["data-of"] for quote in quotes} == {voice_mark("review:jd:R1")}
    off = page.section("next").all("li")
    assert off == [], "an alert of last week is not for today, and nothing else is off target"
