"""What to do next, and who: KPIs off target, alerts that are open, each department's queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb

from orchestration.publication.tables import rows_of
from orchestration.report.bilingual import Bilingual, said
from orchestration.report.contributions import largest_mover
from orchestration.report.kpi_tiles import Tile
from orchestration.report.names import Names

_QUEUE = "reviews.mart_action_queue"
_DEPARTMENTS = 8
# an alert of the last days wants an answer today
_ALERT_DAYS = 3

_TO_DO = f"""
select
    department_code,
    count(*) as item_count,
    count(*) filter (where is_overdue) as overdue_count,
    max(title_zh) filter (where is_first) as title_zh,
    max(title_en) filter (where is_first) as title_en,
    max(action_label_zh) filter (where is_first) as action_zh,
    max(action_code) filter (where is_first) as action_code,
    max(channel_code) filter (where is_first) as channel_code,
    max(product_key) filter (where is_first) as product_key,
    max(due_at) filter (where is_first) as due_at,
    max(evidence_text) filter (where is_first) as evidence_text,
    max(evidence_voice_key) filter (where is_first) as voice_key
from (
    select *, coalesce(minutes_left < 0 or status_code = 'overdue', false) as is_overdue,
        row_number() over (
            partition by department_code order by priority_score desc, action_id
        ) = 1 as is_first
    from {_QUEUE}
    where status_code <> 'done'
) as waiting
group by department_code
order by overdue_count desc, item_count desc, department_code
limit {_DEPARTMENTS}
"""


def read_next_steps(
    connection: duckdb.DuckDBPyConnection,
    published: Collection[str],
    names: Names,
    *,
    tiles: Mapping[str, Tile],
    changes: Sequence[Mapping[str, Any]] | None,
    alerts: Sequence[Mapping[str, Any]] | None,
    as_of: date,
) -> dict[str, Any]:
    """The parts of the section.

    Returns:
        `off_target` (tiles, each with what moved it), `alerts` (those of the last days), `queues`
        (a row per department, None where the queue is not published), `is_clear`.
    """
    off = [
        {"tile": tile, "why": largest_mover(changes, tile.code)}
        for tile in tiles.values()
        if tile.lead.status in ("off_target", "withheld")
    ]
    fresh = [
        alert for alert in alerts or [] if alert["last_alert_date"] > as_of - timedelta(_ALERT_DAYS)
    ]
    queues = None
    if _QUEUE in published:
        english = dict(
            connection.execute("select action_code, label_en from seeds.action_codes").fetchall()
        )
        queues = [
            {
                **row,
                "name": names.of("departments", row["department_code"])
                if row["department_code"]
                else Bilingual("未分派", "unassigned"),
                "title": said(row["title_zh"], row["title_en"]),
                "action": said(row["action_zh"] or "", english.get(row["action_code"])),
                "channel": names.channel(row["channel_code"]) if row["channel_code"] else None,
                "product": names.of("products", row["product_key"]).zh
                if row["product_key"] not in (None, "all", "unknown")
                else None,
            }
            for row in rows_of(connection, _TO_DO)
        ]
    return {
        "off_target": sorted(off, key=lambda each: each["tile"].owner.en),
        "alerts": fresh,
        "queues": queues,
        "is_clear": not off and not fresh and not queues,
    }
