"""What needs attention, for the report: alerts, the queue of each department, the pain points.

Only reads what the marts say of our own brands; which voices stand out and who owns what is decided
in the models.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import duckdb

ALERT_DAYS = 14
"""Alerts this many days back are still news: a crisis takes about a week to close."""

_QUEUES = 6
_PAIN_POINTS = 5

_OWN = "(select brand_code from intermediate.int_brands where is_own_brand)"

_ALERTS = f"""
select
    coalesce(products.product_name, episodes.product_key) as product_name,
    coalesce(aspects.label_zh, episodes.aspect_code) as aspect_name,
    episodes.brand_code,
    episodes.first_alert_date,
    episodes.last_alert_date,
    episodes.peak_count,
    coalesce(alerts.severity_code, 'low') as severity_code,
    evidence.excerpt
from reviews.mart_alert_episodes as episodes
left join (
    select episode_key, arg_max(severity_code, severity) as severity_code,
        arg_max(alert_key, severity) as alert_key
    from reviews.mart_alerts group by episode_key
) as alerts on alerts.episode_key = episodes.episode_key
left join reviews.mart_alert_evidence as evidence
    on evidence.alert_key = alerts.alert_key
    and evidence.evidence_kind = 'text' and evidence.evidence_rank = 1
left join segments.dim_products as products on products.product_key = episodes.product_key
left join seeds.aspects as aspects on aspects.aspect_code = episodes.aspect_code
where episodes.brand_code in {_OWN}
    and episodes.last_alert_date > (select as_of from staging.stg_as_of) - {ALERT_DAYS}
order by episodes.last_alert_date desc, episodes.peak_count desc, episodes.episode_key
"""

_TO_DO = f"""
select
    department_label_zh as department_name,
    department_code,
    count(*) as item_count,
    count(*) filter (where minutes_left < 0 or status_code = 'overdue') as overdue_count,
    max(title_zh) filter (where is_first) as first_title,
    max(evidence_text) filter (where is_first) as first_evidence
from (
    select *, row_number() over (
        partition by department_code order by priority_score desc, action_id
    ) = 1 as is_first
    from reviews.mart_action_queue
    where status_code <> 'done'
) as waiting
group by department_label_zh, department_code
order by overdue_count desc, item_count desc, department_code
limit {_QUEUES}
"""

_PAINS = f"""
select
    coalesce(aspects.label_zh, pains.aspect_code) as aspect_name,
    pains.negative_count,
    pains.negative_share,
    pains.previous_negative_count,
    pains.example_evidence_text
from reviews.mart_pain_points as pains
left join seeds.aspects as aspects on aspects.aspect_code = pains.aspect_code
where pains.product_key = 'all' and pains.brand_code in {_OWN}
order by pains.negative_count desc, pains.aspect_code
limit {_PAIN_POINTS}
"""

_PARTS = {
    "alerts": (_ALERTS, "reviews.mart_alert_episodes"),
    "queues": (_TO_DO, "reviews.mart_action_queue"),
    "pains": (_PAINS, "reviews.mart_pain_points"),
}


def read_attention(
    connection: duckdb.DuckDBPyConnection, published: Collection[str]
) -> dict[str, list[dict[str, Any]] | None]:
    """The parts of the section, each as rows; None for a part whose mart is not published.

    Args:
        connection: The build file.
        published: Names of the published tables, with their schema.
    """
    return {
        part: _rows(connection, sql) if mart in published else None
        for part, (sql, mart) in _PARTS.items()
    }


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
