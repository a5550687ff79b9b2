from __future__ import annotations

import copy
import re
from datetime import date
from pathlib import Path

import pytest

from orchestration.publication.report import amount, change
from tests.unit.publication.house import House, dbt_manifest

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
        "insert into kpis.kpi_history by name select 'kpi_nsr' as kpi_code, 'day' as period_kind, "
        "date '2026-10-30' - i::int as period_start, 'all' as channel_code, 'own' as brand_code, "
        "'all' as product_key, 0.5 + sin(i) / 10 as value, true as is_complete, "
        "date '2026-10-30' as as_of from range(30) as days(i)",
    )
    return house


def report_of(house: House) -> str:
    return (house.publish().path / "report.html").read_text(encoding="utf-8")


def test_the_report_is_one_file_in_both_languages(reported: House) -> None:
    page = report_of(reported)
    assert "数据截至 as of <b>2026-10-30</b>" in page
    assert "净情感度 NSR<span>Net sentiment rate (NSR)</span>" in page
    assert "62.3 %" in page
    assert "+2.2 个百分点 pp" in page
    assert "未达标" not in page.split('class="cards"')[0], "the leading period is the week"
    assert not re.findall(r'(?:src|href)="', page), "nothing is fetched from elsewhere"
    assert "<script" not in page


def test_a_value_that_is_hidden_gives_way_to_a_period_that_is_not(reported: House) -> None:
    page = report_of(reported)
    card = page[page.index("净推荐值 NPS") : page.index("声量")]
    assert "36.4" in card
    assert "29.1 – 43.7" in card
    assert "接近 near target · 目标 target 40.0" in card


def test_days_draw_a_line_and_each_point_lies_inside(reported: House) -> None:
    page = report_of(reported)
    (points,) = re.findall(r'points="([^"]+)"', page)
    places = [tuple(map(float, point.split(","))) for point in points.split()]
    assert len(places) == 30
    assert all(0 <= x <= 120 and 0 <= y <= 28 for x, y in places)
    assert [x for x, _ in places] == sorted(x for x, _ in places)


def test_what_came_from_files_cannot_become_markup(reported: House) -> None:
    reported.land("<script>alert(1)</script>.csv", date(2026, 10, 30), outcome="refused",
                  reason="<b>truncated</b>")  # fmt: skip
    page = report_of(reported)
    assert "<script" not in page
    assert "&lt;b&gt;truncated&lt;/b&gt;" in page


def test_health_of_the_data_is_told_by_channel_and_feed(reported: House) -> None:
    reported.land("jd_reviews_2026-10-31.csv", date(2026, 10, 31),
                  row_days=("2026-10-31 08:00",), rejected=2)  # fmt: skip
    for day in (28, 29):
        reported.land(f"weibo_{day}.csv", date(2026, 10, day), channel="weibo", feed="mentions")
    reported.run("update raw.files set export_date = '2026-10-27' where file_name like 'weibo_p%'")
    page = report_of(reported)
    assert "京东 jd" in page
    assert "评价 reviews" in page
    assert 'class="n late" data-label="落后天数 days behind">2<' in page, "weibo is daily"
    assert "not a time" in page


def test_a_publication_without_kpis_still_has_a_report(house: House) -> None:
    house.manifest["exposures"]["exposure.koubei.analysts"]["depends_on"]["nodes"] = [
        "model.koubei.fct_voices"
    ]
    assert "数据状况" in report_of(house)


def test_the_style_names_a_phone(reported: House, tmp_path: Path) -> None:
    page = report_of(reported)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "@media (max-width: 600px)" in page


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.1234, "share", "12.3 %"),
        (3.2, "multiple", "3.20x"),
        (1234.0, "count", "1,234"),
        (41.04, "nps", "41.0"),
        (None, "share", "–"),
    ],
)
def test_amounts_read_as_people_write_them(value: float | None, unit: str, said: str) -> None:
    assert amount(value, unit) == said


@pytest.mark.parametrize(
    ("value", "unit", "kind", "said"),
    [
        (0.022, "share", "points", "+2.2 个百分点 pp"),
        (-0.5, "count", "percent", "-50.0 %"),
        (-1.6, "nps", "points", "-1.6"),
        (0.25, "multiple", "points", "+0.25"),
        (None, "share", "points", ""),
    ],
)
def test_changes_are_points_or_percent(
    value: float | None, unit: str, kind: str, said: str
) -> None:
    assert change(value, unit, kind) == said


ATTENTION = """
create schema if not exists seeds; create schema if not exists intermediate;
create schema if not exists staging; create schema if not exists segments;
create or replace table staging.stg_as_of as select date '2026-10-30' as as_of;
create or replace table intermediate.int_brands as
    select * from (values ('hemu', true), ('beiyu', false)) as brands(brand_code, is_own_brand);
create or replace table seeds.aspects as select 'battery' as aspect_code, '电池续航' as label_zh;
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
select * from (values ('a2', 'text', 1, '电池鼓包了'), ('a1', 'text', 1, '电池一般')) as evidence(
    alert_key, evidence_kind, evidence_rank, excerpt);
create or replace table reviews.mart_action_queue as
select * from (values
    ('q1', 'after_sales', '售后服务部', -30.0, 'proposed', '回复负面声音：电池', '电池鼓包了', 81),
    ('q2', 'after_sales', '售后服务部', 20.0, 'proposed', '回复负面声音', null, 40),
    ('q3', 'after_sales', '售后服务部', -90.0, 'done', '写教程', null, 99)
) as queue(action_id, department_code, department_label_zh, minutes_left, status_code, title_zh,
    evidence_text, priority_score);
create or replace table reviews.mart_pain_points as
select * from (values
    ('hemu', 'all', 'battery', 264, 0.107, 12, '三天就没电'),
    ('hemu', 'crm:P001', 'battery', 200, 0.9, null, '鼓包'),
    ('beiyu', 'all', 'battery', 999, 0.5, null, '别家的')
) as pains(brand_code, product_key, aspect_code, negative_count, negative_share,
    previous_negative_count, example_evidence_text);
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
    alerts, queues = page.index("口碑预警"), page.index("待办<small>")
    pains, health = page.index("痛点<small>"), page.index("数据状况")
    assert alerts < queues < pains < health
    assert page[alerts:queues].count("<tr><td") == 1, "neither the old one nor the competitor's"
    assert "禾木轻薄本" in page[alerts:queues]
    assert "2026-10-21 – 2026-10-23" in page[alerts:queues]
    assert "电池鼓包了" in page[alerts:queues], "the evidence of its worst day"
    assert "高 high" in page[alerts:queues]
    assert 'items">2<' in page[queues:pains], "what is done does not wait"
    assert 'class="n late" data-label="逾期 overdue">1<' in page[queues:pains]
    assert "回复负面声音：电池：电池鼓包了" in page[queues:pains]
    assert page[pains:health].count("<tr><td") == 1
    assert "10.7 %" in page[pains:health]
    assert "三天就没电" in page[pains:health]
