"""Lifts against statsmodels: a Poisson regression for the estimates, least squares by day for the errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
import statsmodels.api as sm
from scipy import stats

from tests.unit.dbt.building import Build

Floats = npt.NDArray[np.float64]
FIRST = date(2026, 9, 1)
COLUMNS = (
    "log_lift, margin_of_log, treated_period_per_day - expected_per_day, margin_of_difference, "
    "lag_days, pre_trend_slope, pre_trend_margin"
)


def daily(before: int, during: int, lift: float, seed: int) -> tuple[Floats, Floats]:
    """Sales a day of a category and of its controls, who share the shop's good and bad days."""
    rng = np.random.default_rng(seed)
    shop = np.exp(np.convolve(rng.normal(0, 0.2, before + during), [0.6, 0.4], "same"))
    level = np.where(np.arange(before + during) < before, 1.0, 1.0 + lift)
    treated = rng.poisson(12 * shop * level).astype(np.float64)
    return treated, rng.poisson(60 * shop).astype(np.float64)


@pytest.fixture(scope="module")
def build() -> Iterator[Build]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield Build(connection)


def estimates(
    build: Build, worlds: Sequence[tuple[Floats, Floats]], before: int
) -> list[tuple[float, ...]]:
    """What the model says of the period after `before` days, a row a world."""
    days = [
        {
            "lift_code": f"{number:03}",
            "metric_code": "sale_units",
            "day": FIRST + timedelta(day),
            "period_code": "before" if day < before else "during",
            "treated_value": value,
            "control_value": control,
        }
        for number, world in enumerate(worlds)
        for day, (value, control) in enumerate(zip(*world, strict=True))
    ]
    build.connection.register("int_lift_days", pa.Table.from_pylist(days))
    build.run("int_lift_estimates")
    return build.connection.execute(
        f"select {COLUMNS} from int_lift_estimates where period_code = 'during' order by lift_code"
    ).fetchall()


@pytest.mark.parametrize(
    ("before", "during", "lift"), [(28, 12, 0.6), (14, 14, 0.0), (9, 30, -0.3)]
)
def test_a_lift_and_its_interval_are_those_of_regressions(
    build: Build, before: int, during: int, lift: float
) -> None:
    treated, control = daily(before, during, lift, seed=before)
    [(log_lift, margin_of_log, difference, margin, lag, slope, slope_margin)] = estimates(
        build, [(treated, control)], before
    )
    n = before + during
    is_during = (np.arange(n) >= before).astype(np.float64)
    t_975 = stats.t.ppf(0.975, n - 2)

    # the estimate: group, period and their product in one Poisson regression of both series
    group = np.repeat([1.0, 0.0], n)
    period = np.tile(is_during, 2)
    design = np.column_stack([np.ones(2 * n), group, period, group * period])
    poisson = sm.GLM(np.concatenate([treated, control]), design, family=sm.families.Poisson()).fit(
        tol=1e-12
    )
    assert log_lift == pytest.approx(poisson.params[3], abs=1e-8)

    # its error: each day's relative gap, by least squares, with Newey and West's covariance or White's
    def mean_of(values: Floats) -> Floats:
        return np.where(is_during == 1, values[before:].mean(), values[:before].mean())

    def by_day(values: Floats) -> tuple[float, float]:
        model = sm.OLS(values, sm.add_constant(is_during))
        together = model.fit(cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": True})
        apart = model.fit(cov_type="HC1")
        return float(apart.params[1]), float(max(together.bse[1], apart.bse[1]))

    gap = treated / mean_of(treated) - control / mean_of(control)
    coefficient, error = by_day(gap + is_during * log_lift)
    assert log_lift == pytest.approx(coefficient, abs=1e-8)
    assert margin_of_log == pytest.approx(t_975 * error, rel=1e-5)

    # the lift a day: what was sold less what the controls foretell, the days before at the later level
    before_ratio = treated[:before].mean() / control[:before].mean()
    growth = control[before:].mean() / control[:before].mean()
    coefficient, error = by_day(
        (treated - before_ratio * control) * np.where(is_during == 1, 1.0, growth)
    )
    assert difference == pytest.approx(coefficient, abs=1e-8)
    assert margin == pytest.approx(t_975 * error, rel=1e-5)
    assert lag == int(4 * (n / 100) ** (2 / 9))

    trend = sm.OLS(gap[:before], sm.add_constant(np.arange(before))).fit()
    assert slope == pytest.approx(trend.params[1], abs=1e-8)
    assert slope_margin == pytest.approx(stats.t.ppf(0.975, before - 2) * trend.bse[1], rel=1e-4)


def test_intervals_hold_the_truth_about_as_often_as_they_say(build: Build) -> None:
    """95 % of them, were there days without end; a month of days that hang together gives less."""
    worlds = [daily(28, 14, 0.5, seed) for seed in range(100)]
    hits = [
        abs(log_lift - np.log(1.5)) <= margin
        for log_lift, margin, *_ in estimates(build, worlds, 28)
    ]
    assert sum(hits) >= 0.9 * len(worlds)
