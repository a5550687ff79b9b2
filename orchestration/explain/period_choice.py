"""Which two periods are compared, and what the history says of them.

How far a running period counts, and which days of the one before match it, is the history's word:
a KPI that is known only days later ends earlier on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import duckdb

from orchestration.explain import periods
from orchestration.explain.errors import ExplainError
from orchestration.explain.kpis import Kpi
from orchestration.explain.periods import Period
from orchestration.explain.scope import Scope
from orchestration.publication.tables import rows_of


@dataclass(frozen=True)
class Chosen:
    """Two periods, each with its row of `kpis.kpi_history`; empty where that holds none.

    Attributes:
        is_default: Whether `against` is the period that the history itself compares with.
    """

    period: Period
    against: Period
    history: Mapping[str, Any]
    former: Mapping[str, Any]
    is_default: bool

    @property
    def why_not_shown(self) -> str:
        """Why the history shows no value; empty where it does, or holds no row."""
        return _reason(self.history)

    @property
    def why_not_compared(self) -> str:
        """Why it shows none to hold it against; empty where it does, or holds no row."""
        if self.is_default and self.history and self.history["previous_value"] is None:
            if self.history["comparison_code"] == "complete" and not self.history["is_complete"]:
                return str(self.history["status_reason"])
            return _reason(self.former) or "上期没有可比的数 no comparable number before"
        return _reason(self.former)


@dataclass(frozen=True)
class PeriodResolver:
    """Asks the published set about the periods of one KPI in one scope."""

    connection: duckdb.DuckDBPyConnection
    kpi: Kpi
    scope: Scope
    first_on: date
    as_of: date

    def choose(self, text: str, against: str | None) -> Chosen:
        """The periods that were typed.

        Raises:
            ExplainError: No such period, or the data do not reach it.
        """
        period, known = self._until(self._period(text))
        if against is None:
            before = period.before()
            if before.is_cut and known.get("previous_until_on"):
                before = replace(before, until=known["previous_until_on"])
        else:
            before, _ = self._until(self._against(period, against))
        return Chosen(
            period,
            before,
            self._row(period, self.scope),
            {} if before.is_cut else self._row(before, self.scope),
            against is None,
        )

    def _period(self, text: str) -> Period:
        kind = periods.kind_of(text)
        if kind is None:
            period = periods.named("--period", text)
            self._require(period)
            return period
        self._require_kind(kind)
        if periods.is_to_date(text):
            return periods.running(kind, self.as_of)
        ((start,),) = self.connection.execute(
            "select max(period_start) from kpis.kpi_history where kpi_code = ? "
            f"and period_kind = ? and is_complete and {self.scope.in_history()}",
            [self.kpi.code, kind],
        ).fetchall()
        if start is None:
            raise ExplainError(
                f"{self.kpi.code}: no {kind} is complete for {self.scope.describe()}; "
                f"data run from {self.first_on} to {self.as_of}: try --period {kind}-to-date"
            )
        return periods.starting(kind, start)

    def _against(self, period: Period, text: str) -> Period:
        against = None if periods.kind_of(text) else periods.named("--against", text)
        if against is None or against.kind != period.kind:
            raise ExplainError(
                f"--against {text}: name one {period.kind}, like {period.before().name}; "
                "periods of two lengths do not compare"
            )
        self._require(against)
        return against

    def _until(self, period: Period) -> tuple[Period, Mapping[str, Any]]:
        """The period up to where it counts, and the row that says so."""
        known = self._row(period, self.scope) or self._row(period, Scope())
        until = period.end
        if known:
            until = known["until_on"]
        elif period.end >= self.as_of:
            until = min(until, self.as_of - timedelta(days=self.kpi.maturity_days))
        if until < period.start:
            raise ExplainError(
                f"{self.kpi.code}: nothing of {period.name} is known yet, for it takes "
                f"{self.kpi.maturity_days} days, and data run to {self.as_of}"
            )
        return replace(period, until=until), known

    def _row(self, period: Period, scope: Scope) -> dict[str, Any]:
        rows = rows_of(
            self.connection,
            "select * from kpis.kpi_history where kpi_code = ? and period_kind = ? "
            f"and period_start = ? and {scope.in_history()}",
            [self.kpi.code, period.kind, period.start],
        )
        return rows[0] if rows else {}

    def _require(self, period: Period) -> None:
        self._require_kind(period.kind)
        if period.start > self.as_of or period.end < self.first_on:
            raise ExplainError(
                f"{period.name} is not covered: data run from {self.first_on} to {self.as_of}"
            )

    def _require_kind(self, kind: str) -> None:
        if kind not in self.kpi.kinds:
            kinds = ", ".join(self.kpi.kinds)
            raise ExplainError(f"{self.kpi.code} is not available by {kind}; it has: {kinds}")


def _reason(history: Mapping[str, Any]) -> str:
    if history and history["value"] is None:
        return str(history["status_reason"] or history["status_code"])
    return ""
