"""Alerts of the last days and the crises: when who said what, and how loud it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb

from orchestration.publication.tables import rows_of
from orchestration.report.bilingual import Bilingual, amount, said
from orchestration.report.charts import BLUE, ORANGE, Figure, lines, numbers
from orchestration.report.names import Names

ALERT_DAYS = 14
"""Alerts this many days back are still news: a crisis takes about a week to close."""

_EPISODES = "reviews.mart_alert_episodes"
_CRISES = "reviews.fct_crises"
_VOICES = "reviews.fct_voices"
_SHOWN = 5
_DAYS = 60

OWN = "(select brand_code from intermediate.int_brands where is_own_brand)"

_ALERTS = f"""
select
    episodes.product_key, episodes.aspect_code, episodes.brand_code,
    episodes.first_alert_date, episodes.last_alert_date, episodes.peak_count,
    coalesce(alerts.severity_code, 'low') as severity_code,
    evidence.excerpt, evidence.voice_key
from {_EPISODES} as episodes
left join (
    select episode_key, arg_max(severity_code, severity) as severity_code,
        arg_max(alert_key, severity) as alert_key
    from reviews.mart_alerts group by episode_key
) as alerts on alerts.episode_key = episodes.episode_key
left join reviews.mart_alert_evidence as evidence
    on evidence.alert_key = alerts.alert_key
    and evidence.evidence_kind = 'text' and evidence.evidence_rank = 1
where episodes.brand_code in {OWN} and episodes.last_alert_date > cast(? as date) - {ALERT_DAYS}
order by episodes.last_alert_date desc, episodes.peak_count desc, episodes.episode_key
"""

_CRISIS_ROWS = f"""
select * from {_CRISES} order by detected_at desc nulls last, crisis_key limit {_SHOWN}
"""

_NEGATIVES = f"""
select cast(posted_at as date) as day, count(*) as voice_count,
    count(*) filter (where is_negative) as negative_count
from {_VOICES}
where is_public and is_original and is_own_brand and cast(posted_at as date) > ?
    and cast(posted_at as date) <= ?
group by day order by day
"""

STEPS = (
    ("declaration_minutes", Bilingual("内部定级", "declared")),
    ("first_statement_minutes", Bilingual("首次声明", "first statement")),
    ("apology_minutes", Bilingual("致歉", "apology")),
    ("plan_minutes", Bilingual("整改方案", "plan")),
    ("closing_minutes", Bilingual("结案", "closed")),
)


def read_crises(
    connection: duckdb.DuckDBPyConnection, published: Collection[str], names: Names, as_of: date
) -> dict[str, Any]:
    """The parts of the section; `alerts` and `crises` are None where their marts are missing."""
    found: dict[str, Any] = {"alerts": None, "crises": None, "figure": None}
    if _EPISODES in published:
        found["alerts"] = [
            {
                **row,
                "product": names.of("products", row["product_key"])
                if row["product_key"] not in (None, "all")
                else said(row["brand_code"]),
                "aspect": names.of("aspects", row["aspect_code"])
                if row["aspect_code"] not in (None, "all")
                else Bilingual("全部方面", "all aspects"),
            }
            for row in rows_of(connection, _ALERTS, [as_of])
        ]
    if _CRISES in published:
        found["crises"] = [_crisis_facts(row, names) for row in rows_of(connection, _CRISIS_ROWS)]
        if _VOICES in published:
            days = rows_of(connection, _NEGATIVES, [as_of - timedelta(_DAYS), as_of])
            begun = [
                row["detected_at"].date()
                for row in found["crises"]
                if row["detected_at"] and row["detected_at"].date() > as_of - timedelta(_DAYS)
            ]
            found["figure"] = _figure(days, begun)
    return found


def _crisis_facts(row: Mapping[str, Any], names: Names) -> dict[str, Any]:
    subject = [
        names.of(kind, row[column])
        for kind, column in (("products", "product_key"), ("aspects", "aspect_code"))
        if row[column] not in (None, "all")
    ]
    return {**row, "subject": subject, "steps": [(label, row[name]) for name, label in STEPS]}


def _figure(days: Sequence[Mapping[str, Any]], begun: Sequence[date]) -> Figure | None:
    if len(days) < 3:
        return None
    return Figure(
        svg=lines(
            {
                BLUE: [(row["day"], row["voice_count"]) for row in days],
                ORANGE: [(row["day"], row["negative_count"]) for row in days],
            },
            dashes={ORANGE: [5, 3]},
            marks=begun,
        ),
        title=Bilingual("公开声量与负面", "Public voices, and negative ones"),
        caption=Bilingual(
            "自有品牌每日公开声音；竖线为危机发现日。",
            "Public voices about our brands by day; vertical lines: a crisis was detected.",
        ),
        key=[(BLUE, Bilingual("全部", "all")),
             (ORANGE, Bilingual("负面（虚线）", "negative (dashed)"))],
        head=[Bilingual("日期", "day"), Bilingual("全部", "all"), Bilingual("负面", "negative")],
        rows=[
            numbers(
                row["day"], amount(row["voice_count"], "count"),
                amount(row["negative_count"], "count"),
            )
            for row in list(reversed(days))[:30]
        ],
    )  # fmt: skip
