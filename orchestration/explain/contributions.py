"""What moved a KPI between two periods: the contribution of each member, summing to the difference.

A ratio n / d is taken apart at the midpoint m of its two values:

    contribution = (n1 - m d1) / D1 - (n0 - m d0) / D0

which sums to the difference whatever the members do, and divides by no member's own denominator, so
that a member may appear or disappear. With shares s = d / D and rates r = n / d of a member it is

    rate effect (s0 + s1) / 2 * (r1 - r0)  plus  mix effect (s1 - s0) * ((r0 + r1) / 2 - m)

(Kitagawa 1955, Components of a difference between two rates, JASA 50, 1168-1194). A count is the
plain difference. Members come from the KPI's own table, not from `kpis.kpi_contributions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb

from orchestration.explain.kpis import Kpi
from orchestration.explain.periods import Period
from orchestration.explain.scope import ALL, Scope
from orchestration.publication.content_hash import columns_of, literal, quoted
from orchestration.publication.tables import rows_of

DIMENSIONS = {
    "channel": ("渠道", "channel_code"),
    "product": ("商品", "product_key"),
    "strategy": ("策略", "segment_code"),
}
_DIMENSION_COLUMNS = (
    "channel_code", "brand_code", "product_key", "segment_kind", "segment_code",
)  # fmt: skip
_SUMS = (
    "round(cast(sum(numerator) as double), 6) as numerator, "
    "round(cast(sum(denominator) as double), 6) as denominator"
)
_NOT_SPLIT = "该指标不按此维度拆分 it is not split that way"
_NOT_SEPARABLE = "各部分之和不等于合计，无法拆分 its parts do not sum to the total"
# rounding of sums; further apart, members are no parts of the total
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Measure:
    """Numerator and denominator of one period; the denominator of a count is None."""

    numerator: float | None
    denominator: float | None

    @property
    def size(self) -> float | None:
        """What it rests on: the denominator, or a count itself."""
        return self.numerator if self.denominator is None else self.denominator

    def value(self, kpi: Kpi) -> float | None:
        """The KPI's value; None where there is nothing to divide by."""
        if self.numerator is None:
            return None
        if kpi.is_count:
            return kpi.scale * self.numerator
        return kpi.scale * self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True)
class Contribution:
    """A member and what it adds to the difference, in the KPI's own unit."""

    member_code: str
    numerator: float
    denominator: float | None
    value: float | None
    previous_numerator: float
    previous_denominator: float | None
    previous_value: float | None
    contribution: float
    rate_effect: float | None
    mix_effect: float | None


@dataclass(frozen=True)
class Movement:
    """The members of one dimension; none where the KPI cannot be taken apart so, and why."""

    dimension: str
    contributions: Sequence[Contribution]
    reason: str | None = None


@dataclass
class KpiRows:
    """A KPI's own published table, narrowed to a scope.

    Attributes:
        own_brands: The brands that `own` stands for at the finest grain.
    """

    connection: duckdb.DuckDBPyConnection
    kpi: Kpi
    scope: Scope
    own_brands: Sequence[str]

    def measure(self, period: Period) -> Measure:
        """What the KPI comes to in a period."""
        (found,) = self.connection.execute(self._total(period)).fetchall()
        return Measure(*found)

    def movement(self, period: Period, against: Period, dimension: str) -> Movement:
        """What each member of `dimension` adds to the step from `against` to `period`."""
        column = DIMENSIONS[dimension][1]
        if getattr(self.scope, column) != ALL:
            return Movement(dimension, (), f"已限定 narrowed to {getattr(self.scope, column)}")
        if column not in self._columns:
            return Movement(dimension, (), _NOT_SPLIT)
        found = rows_of(
            self.connection,
            _decomposed(
                self.kpi,
                self._members(period, dimension),
                self._members(against, dimension),
                self._total(period),
                self._total(against),
            ),
        )
        if not found:
            return Movement(dimension, (), _NOT_SPLIT)
        if not all(row.pop("is_separable") for row in found):
            return Movement(dimension, (), _NOT_SEPARABLE)
        return Movement(dimension, [Contribution(**row) for row in found])

    @cached_property
    def _columns(self) -> list[str]:
        return [each.name for each in columns_of(self.connection, quoted("kpis", self.kpi.code))]

    def _place(self, period: Period, free: Sequence[str] = ()) -> str:
        """From the rows of a period and scope; `free` are the columns of the members."""
        if self.kpi.is_summed:
            days = f"date '{period.start}' and date '{period.until}'"
            conditions = [
                f"period_date between {days}",
                *self.scope.in_rows(self._columns, self.own_brands),
            ]
        else:
            conditions = [
                f"period_kind = {literal(period.kind)}",
                f"period_date = date '{period.start}'",
                "is_cut" if period.is_cut else "not is_cut",
                *(
                    f"{column} = {literal(getattr(self.scope, column))}"
                    for column in _DIMENSION_COLUMNS
                    if column in self._columns and column not in free
                ),
            ]
        return f"from {quoted('kpis', self.kpi.code)} where {' and '.join(conditions)}"

    def _total(self, period: Period) -> str:
        return f"select {_SUMS} {self._place(period)}"

    def _members(self, period: Period, dimension: str) -> str:
        column = DIMENSIONS[dimension][1]
        free = ("segment_kind", column) if dimension == "strategy" else (column,)
        # what stands under `all` is of no member, and then the members are not all there is
        chosen = f"and {column} <> 'all'"
        if dimension == "strategy":
            chosen += " and segment_kind = 'strategy'"
        return (
            f"select {column} as member_code, {_SUMS} {self._place(period, free)} {chosen} "
            f"group by {column}"
        )


def _decomposed(kpi: Kpi, now: str, before: str, total: str, former: str) -> str:
    if kpi.is_count:
        value, former_value, contribution = "n1", "n0", "n1 - n0"
        rate_effect = mix_effect = "cast(null as double)"
    else:
        value, former_value = "n1 / nullif(d1, 0)", "n0 / nullif(d0, 0)"
        contribution = "(n1 - m * d1) / total_d1 - (n0 - m * d0) / total_d0"
        # who is there on one side only changes the mix, and no rate
        rate_effect = (
            "case when d1 > 0 and d0 > 0 "
            "then (d1 / total_d1 + d0 / total_d0) / 2 * (n1 / d1 - n0 / d0) else 0 end"
        )
        mix_effect = f"contribution - ({rate_effect})"
    near = f"<= {_TOLERANCE} * greatest(1, abs"
    return f"""
        with
        now as ({now}),
        before as ({before}),
        total as ({total}),
        former as ({former}),
        sides as (
            select
                coalesce(now.member_code, before.member_code) as member_code,
                coalesce(now.numerator, 0) as n1, coalesce(before.numerator, 0) as n0,
                coalesce(now.denominator, 0) as d1, coalesce(before.denominator, 0) as d0
            from now full join before on now.member_code = before.member_code
        ),
        against as (
            select
                sides.*, total.numerator as total_n1, total.denominator as total_d1,
                former.numerator as total_n0, former.denominator as total_d0,
                (total.numerator / nullif(total.denominator, 0)
                    + former.numerator / nullif(former.denominator, 0)) / 2 as m
            from sides cross join total cross join former
        ),
        parts as (
            select
                *, {contribution} as contribution,
                abs(sum(n1) over () - total_n1) {near}(total_n1))
                    and abs(sum(n0) over () - total_n0) {near}(total_n0))
                    and abs(sum(d1) over () - coalesce(total_d1, 0))
                        {near}(coalesce(total_d1, 0)))
                    and abs(sum(d0) over () - coalesce(total_d0, 0))
                        {near}(coalesce(total_d0, 0))) as is_separable
            from against
        )
        select
            member_code, n1 as numerator, {"null" if kpi.is_count else "d1"} as denominator,
            {kpi.scale} * ({value}) as value, n0 as previous_numerator,
            {"null" if kpi.is_count else "d0"} as previous_denominator,
            {kpi.scale} * ({former_value}) as previous_value,
            {kpi.scale} * contribution as contribution,
            {kpi.scale} * ({rate_effect}) as rate_effect,
            {kpi.scale} * ({mix_effect}) as mix_effect,
            coalesce(is_separable and contribution is not null, false) as is_separable
        from parts
        order by abs(contribution) desc, member_code
    """
