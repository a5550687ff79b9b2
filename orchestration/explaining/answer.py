"""One explanation: the number, what it is held against, what moved it, its rows and their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

from orchestration.explaining import kpis, periods
from orchestration.explaining.errors import ExplainError
from orchestration.explaining.evidence import Evidence, gather, keys_counted, query_of
from orchestration.explaining.files import SourceFiles, files_of
from orchestration.explaining.kpis import Kpi
from orchestration.explaining.movers import DIMENSIONS, KpiRows, Measure, Movement
from orchestration.explaining.periods import Period
from orchestration.explaining.scope import Scope, own_brands, scope_of
from orchestration.publication.tables import rows_of
from orchestration.reading.readers import open_published
from orchestration.settings import Settings


@dataclass(frozen=True)
class Question:
    """What was typed."""

    kpi: str
    period: str
    against: str | None = None
    channel: str | None = None
    brand: str | None = None
    product: str | None = None
    segment: str | None = None
    rows: int = 10


@dataclass(frozen=True)
class Answer:
    """What there is to say.

    Attributes:
        history: The row of `kpis.kpi_history`; empty where it does not hold this scope, and then
            the measures come from the KPI's own table.
        delta: value - previous value, in the KPI's unit; None where one of them is not shown.
        silence: Why there is no value, or none to hold it against; empty where there is.
    """

    publication_id: str
    as_of: date
    kpi: Kpi
    scope: Scope
    period: Period
    against: Period
    history: Mapping[str, Any]
    now: Measure
    before: Measure
    value: float | None
    previous_value: float | None
    silence: str
    movements: Sequence[Movement]
    evidence: Evidence
    files: SourceFiles
    product_names: Mapping[str, str]

    @property
    def delta(self) -> float | None:
        """The difference that the contributions sum to."""
        if self.value is None or self.previous_value is None:
            return None
        return self.value - self.previous_value

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return {
            **asdict(self),
            "period": {**asdict(self.period), "name": self.period.name},
            "against": {**asdict(self.against), "name": self.against.name},
            "delta": self.delta,
        }


def explain(settings: Settings, question: Question) -> Answer:
    """Answer from the published set; the build file is asked for the names of files alone.

    Raises:
        ExplainError: There is no such KPI, period or part of it.
        ReadError: Nothing was ever published.
    """
    with open_published(settings) as connection:
        kpi = kpis.find(kpis.catalogue(connection), question.kpi)
        publication_id, as_of, first_on = _covered(connection)
        scope = scope_of(
            connection,
            kpi,
            channel=question.channel,
            brand=question.brand,
            product=question.product,
            segment=question.segment,
        )
        period = _period(connection, kpi, question.period, scope, (first_on, as_of))
        against = _against(kpi, period, question.against, (first_on, as_of))
        ours = own_brands(connection)
        history = _history(connection, kpi, period, scope)
        former = _history(connection, kpi, against, scope) if against.is_whole else {}
        rows = KpiRows(connection, kpi, scope, ours)
        now, before = rows.measure(period), rows.measure(against)
        if now.numerator is None and not history:
            raise ExplainError(
                f"{kpi.code}: nothing was counted in {period.told()} for {scope.told()}"
            )
        value, silence = _shown(kpi, now, history)
        previous, former_silence = _shown(kpi, before, former)
        movements: list[Movement] = []
        if value is not None and previous is not None:
            movements = [rows.movement(period, against, each) for each in DIMENSIONS]
        sql = query_of(connection, kpi, period, scope, ours)
        evidence = gather(connection, kpi, sql, (now.numerator, now.denominator), question.rows)
        files = files_of(settings, connection, keys_counted(connection), period)
        names = connection.execute(
            "select product_key, product_name from segments.dim_products "
            "where product_name is not null"
        ).fetchall()
    return Answer(
        publication_id,
        as_of,
        kpi,
        scope,
        period,
        against,
        history,
        now,
        before,
        value,
        previous,
        silence or (f"{against.name}: {former_silence}" if former_silence else ""),
        movements,
        evidence,
        files,
        dict(names),
    )


def _covered(connection: duckdb.DuckDBPyConnection) -> tuple[str, date, date]:
    """The publication, the last day of its data, and the first."""
    (row,) = connection.execute(
        "select (select max_by(publication_id, published_at) from meta.publications "
        "where verdict = 'published'), max(as_of), min(from_on) from kpis.kpi_windows"
    ).fetchall()
    publication_id, as_of, first_on = row
    if as_of is None:
        raise ExplainError("the publication holds no period yet: nothing has landed")
    return publication_id, as_of, first_on


def _period(
    connection: duckdb.DuckDBPyConnection,
    kpi: Kpi,
    text: str,
    scope: Scope,
    covered: tuple[date, date],
) -> Period:
    first_on, as_of = covered
    kind = periods.kind_of(text)
    period = periods.named("--period", text) if kind is None else None
    _require_kind(kpi, period.kind if period else str(kind))
    if kind is not None and not periods.is_to_date(text):
        return _last_complete(connection, kpi, kind, scope, covered)
    period = period or periods.running(str(kind), as_of)
    if period.start > as_of or period.end < first_on:
        raise ExplainError(f"{period.name} is not covered: data run from {first_on} to {as_of}")
    # what is known only days later is not told before, and is held against the same days
    known_until = as_of - timedelta(days=kpi.maturity_days)
    if period.start > known_until:
        raise ExplainError(
            f"{kpi.code}: nothing of {period.name} is known yet, for it takes "
            f"{kpi.maturity_days} days, and data run to {as_of}"
        )
    return period.known(known_until)


def _last_complete(
    connection: duckdb.DuckDBPyConnection,
    kpi: Kpi,
    kind: str,
    scope: Scope,
    covered: tuple[date, date],
) -> Period:
    ((start,),) = connection.execute(
        "select max(period_start) from kpis.kpi_history where kpi_code = ? "
        f"and period_kind = ? and is_complete and {scope.in_history()}",
        [kpi.code, kind],
    ).fetchall()
    if start is None:
        first_on, as_of = covered
        raise ExplainError(
            f"{kpi.code}: no {kind} is complete for {scope.told()}; data run from {first_on} to "
            f"{as_of}: try --period {kind}-to-date"
        )
    return periods.starting(kind, start)


def _against(kpi: Kpi, period: Period, text: str | None, covered: tuple[date, date]) -> Period:
    if text is None:
        return period.before()
    against = None if periods.kind_of(text) else periods.named("--against", text)
    if against is None or against.kind != period.kind:
        raise ExplainError(
            f"--against {text}: name one {period.kind}, like {period.before().name}; "
            "periods of two lengths do not compare"
        )
    first_on, as_of = covered
    if against.start > as_of or against.end < first_on:
        raise ExplainError(f"{against.name} is not covered: data run from {first_on} to {as_of}")
    return against.known(as_of - timedelta(days=kpi.maturity_days))


def _require_kind(kpi: Kpi, kind: str) -> None:
    if kind not in kpi.kinds:
        raise ExplainError(f"{kpi.code} is not told by {kind}; it has: {', '.join(kpi.kinds)}")


def _history(
    connection: duckdb.DuckDBPyConnection, kpi: Kpi, period: Period, scope: Scope
) -> dict[str, Any]:
    rows = rows_of(
        connection,
        "select * from kpis.kpi_history where kpi_code = ? and period_kind = ? "
        f"and period_start = ? and {scope.in_history()}",
        [kpi.code, period.kind, period.start],
    )
    return rows[0] if rows else {}


def _shown(kpi: Kpi, measured: Measure, history: Mapping[str, Any]) -> tuple[float | None, str]:
    """The value, or why it is not shown: what the history hides is not told here either."""
    if history and history["value"] is None:
        return None, str(history["status_reason"] or history["status_code"])
    value = measured.value(kpi)
    if value is None:
        return None, "没有可除的分母，或没有数据 nothing to divide by, or no data"
    if not history and not kpi.is_count and (measured.size or 0) < kpi.minimum_sample:
        return None, f"样本不足 n < {kpi.minimum_sample}"
    return value, ""
