"""What is worth a message: KPIs off target or withheld, open alerts, late feeds, a refused run.

Read from the published set as readers see it, so that a message never says what they cannot find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from orchestration.publication.store import Published
from orchestration.publication.tables import rows_of

ALERT_DAYS = 3
"""An alert is open while its voices are this many days back or fewer."""

# one line a KPI: the shortest whole period that is off, of those that are not a single day
_OFF_TARGET = """
select kpi_code, label_zh, label_en, unit, period_kind, period_start, value, delta, delta_kind,
    target, higher_is_better, sample_count
from kpis.kpi_scorecard
where status_code = 'off_target' and is_complete and period_kind <> 'day'
qualify row_number() over (
    partition by kpi_code
    order by case period_kind when 'week' then 1 when 'month' then 2 else 3 end
) = 1
order by kpi_code
"""
_WITHHELD = """
select kpi_code, any_value(label_zh) as label_zh, any_value(label_en) as label_en,
    arg_max(status_reason, period_end) as status_reason
from kpis.kpi_scorecard where status_code = 'withheld' and period_kind <> 'day'
group by kpi_code order by kpi_code
"""
_ALERTS = f"""
select
    coalesce(products.product_name, alerts.product_key) as product_name, alerts.aspect_code,
    alerts.first_alert_date, alerts.last_alert_date, alerts.peak_count
from reviews.mart_alert_episodes as alerts
left join (
    select product_key, any_value(product_name) as product_name
    from segments.dim_products group by product_key
) as products on products.product_key = alerts.product_key
where alerts.last_alert_date >= cast($as_of as date) - {ALERT_DAYS}
    and alerts.brand_code in (select brand_code from reviews.fct_voices where is_own_brand)
order by alerts.last_alert_date desc, alerts.peak_count desc, alerts.episode_key
"""


@dataclass(frozen=True)
class RunResult:
    """What a run came to, as far as a message reports it.

    Attributes:
        run_id: The run.
        refusals: Why the gate refused; nothing was published then.
        failures: Why it failed.
        postgres_error: Why PostgreSQL is behind, where it is.
    """

    run_id: str = ""
    refusals: Sequence[str] = ()
    failures: Sequence[str] = ()
    postgres_error: str | None = None


@dataclass(frozen=True)
class Exceptions:
    """What is worth a message, and the name under which it is sent only once."""

    key: str
    publication_id: str | None
    as_of: date | None
    run: RunResult = field(default_factory=RunResult)
    off_target: list[dict[str, Any]] = field(default_factory=list)
    withheld: list[dict[str, Any]] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    late: list[dict[str, Any]] = field(default_factory=list)
    refused_files: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        """Whether the run published nothing."""
        return bool(self.run.refusals or self.run.failures)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to report."""
        return not (
            self.is_refused
            or self.run.postgres_error
            or self.off_target
            or self.withheld
            or self.alerts
            or self.late
            or self.refused_files
        )


def find_exceptions(published: Published | None, run: RunResult) -> Exceptions:
    """What of a run is worth a message.

    A run that published nothing is reported alone: what readers see was reported when it appeared.
    """
    if run.refusals or run.failures or published is None:
        return Exceptions(
            key=f"run:{run.run_id}",
            publication_id=published.publication_id if published else None,
            as_of=published.as_of if published else None,
            run=run,
        )
    with duckdb.connect(str(published.database), read_only=True) as connection:
        there = {
            name
            for (name,) in connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables()"
            ).fetchall()
        }
        has_scorecard = "kpis.kpi_scorecard" in there
        has_alerts = {"reviews.mart_alert_episodes", "segments.dim_products"} <= there
        off_target = rows_of(connection, _OFF_TARGET) if has_scorecard else []
        withheld = rows_of(connection, _WITHHELD) if has_scorecard else []
        alerts = _alerts(connection, published.as_of) if has_alerts else []
    health = published.manifest.get("health", {})
    return Exceptions(
        key=published.publication_id,
        publication_id=published.publication_id,
        as_of=published.as_of,
        run=run,
        off_target=off_target,
        withheld=withheld,
        alerts=alerts,
        late=[each for each in health.get("feeds", []) if each.get("is_late")],
        refused_files=list(health.get("refusals", [])),
    )


def _alerts(connection: duckdb.DuckDBPyConnection, as_of: date) -> list[dict[str, Any]]:
    cursor = connection.execute(_ALERTS, {"as_of": as_of.isoformat()})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
