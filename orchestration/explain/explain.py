"""An explanation: the value, what it is compared with, what moved it, its rows and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import duckdb

from orchestration.explain import kpis
from orchestration.explain.contributions import DIMENSIONS, KpiRows, Measure, Movement
from orchestration.explain.errors import ExplainError
from orchestration.explain.kpis import Kpi
from orchestration.explain.period_choice import PeriodResolver
from orchestration.explain.periods import Period
from orchestration.explain.rows import Evidence, gather, keys_counted, query_of
from orchestration.explain.scope import Scope, own_brands, scope_of
from orchestration.explain.source_files import SourceFiles, files_of
from orchestration.home.settings import Settings
from orchestration.publication.connections import open_published

# those that `_require_tables` names
_TABLES = 2


@dataclass(frozen=True)
class Question:
    """A KPI, its period and the part of it that is asked for, as typed; `rows` of evidence."""

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
        missing_reason: Why there is no value, or none to compare it with; empty where there is.
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
    missing_reason: str
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
        _require_tables(connection)
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
        resolver = PeriodResolver(connection, kpi, scope, first_on, as_of)
        chosen = resolver.choose(question.period, question.against)
        period, against = chosen.period, chosen.against
        ours = own_brands(connection)
        rows = KpiRows(connection, kpi, scope, ours)
        now, before = rows.measure(period), rows.measure(against)
        if now.numerator is None and not chosen.history:
            raise ExplainError(
                f"{kpi.code}: nothing was counted in {period.describe()} for {scope.describe()}"
            )
        missing_reason = chosen.why_not_shown or _why_none(kpi, now, chosen.history)
        previous_missing_reason = chosen.why_not_compared or _why_none(kpi, before, chosen.former)
        movements = []
        if not missing_reason and not previous_missing_reason:
            movements = [rows.movement(period, against, each) for each in DIMENSIONS]
        sql = query_of(connection, kpi, period, scope, ours)
        evidence = gather(connection, kpi, sql, (now.numerator, now.denominator), question.rows)
        files = files_of(settings, connection, keys_counted(connection), period)
        names = connection.execute(
            "select product_key, product_name from segments.dim_products "
            "where product_name is not null"
        ).fetchall()
    return Answer(
        publication_id=publication_id,
        as_of=as_of,
        kpi=kpi,
        scope=scope,
        period=period,
        against=against,
        history=chosen.history,
        now=now,
        before=before,
        value=None if missing_reason else now.value(kpi),
        previous_value=None if previous_missing_reason else before.value(kpi),
        missing_reason=missing_reason
        or (f"{against.name}: {previous_missing_reason}" if previous_missing_reason else ""),
        movements=movements,
        evidence=evidence,
        files=files,
        product_names=dict(names),
    )


def _require_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise where the publication is of a version that did not explain its numbers yet."""
    ((found,),) = connection.execute(
        "select count(*) from duckdb_tables() where (schema_name, table_name) in "
        "(('meta', 'kpi_queries'), ('kpis', 'kpi_windows'))"
    ).fetchall()
    if found < _TABLES:
        raise ExplainError(
            "the current publication is of an earlier version, which held no queries of its KPIs: "
            "run koubei refresh"
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


def _why_none(kpi: Kpi, measured: Measure, history: Mapping[str, Any]) -> str:
    """Why what was measured is no value to show; empty where it is."""
    if measured.value(kpi) is None:
        return "没有可除的分母，或没有数据 nothing to divide by, or no data"
    if not history and not kpi.is_count and (measured.size or 0) < kpi.minimum_sample:
        return f"样本不足 n < {kpi.minimum_sample}"
    return ""
