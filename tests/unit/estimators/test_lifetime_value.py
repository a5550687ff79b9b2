"""BG/NBD and gamma-gamma against published numbers, quadrature, and worlds of known parameters."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import integrate, special, stats

from dbt_project.estimators import bgnbd, gamma_gamma
from dbt_project.estimators.lifetime_value import expect_purchases, fit_models
from tests.unit.estimators.customers import histories, purchases_between, simulate

# Fader, Hardie and Lee (2005), table 2: CDNOW, in weeks
CDNOW = bgnbd.Parameters(0.243, 4.414, 0.793, 2.426)
CDNOW_SPEND = gamma_gamma.Parameters(6.25, 3.74, 15.44)


def one(*values: float) -> Any:
    return tuple(np.array([value], dtype=float) for value in values)


# ---------------------------------------------------------------- formulas


def test_the_published_customer_is_expected_to_buy_1_23_times() -> None:
    """Fader, Hardie and Lee's spreadsheet, customer 0001: x 2, t_x 30.43, T 38.86, 39 weeks on."""
    found = bgnbd.expected_purchases(*one(2, 30.43, 38.86, 39), CDNOW)
    assert found[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize(
    "parameters",
    [CDNOW, bgnbd.Parameters(2.0, 3.0, 1.0, 4.0), bgnbd.Parameters(0.7, 9.0, 0.3, 0.4),
     bgnbd.Parameters(1.2, 5.0, 0.4, 0.6), bgnbd.Parameters(5.0, 2.0, 3.5, 1.1)],
)  # fmt: skip
@pytest.mark.parametrize("x", [0, 1, 2, 17, 400])
def test_purchases_of_the_living_are_the_integral_over_what_they_may_be(
    parameters: bgnbd.Parameters, x: int
) -> None:
    """Whoever stops with p buys (1 - exp(-rate p t)) / p times in t; a = 1 and a + b = 1 are limits."""
    r, alpha, a, b = parameters
    age, until = 30.0, 52.0

    def bought(p: float) -> float:
        return float(-np.expm1(-(r + x) * np.log1p(p * until / (alpha + age))) / max(p, 1e-300))

    integral, _ = integrate.quad(
        bought, 0, 1, weight="alg", wvar=(a - 1, b + x - 1), epsabs=0, epsrel=1e-10, limit=200
    )
    found = bgnbd.expected_of_the_living(*one(x, age, until), parameters)
    assert found[0] == pytest.approx(integral / special.beta(a, b + x), rel=1e-6)


def test_the_likelihood_is_the_integral_over_rates_and_stopping() -> None:
    """Equation 3 of a single customer, mixed over both distributions by quadrature."""
    r, alpha, a, b = parameters = bgnbd.Parameters(0.8, 4.0, 1.3, 2.4)
    for x, recency, age in [(0, 0.0, 12.0), (1, 3.0, 12.0), (6, 11.0, 12.0)]:

        def of_rate(rate: float, x: int = x, recency: float = recency, age: float = age) -> float:
            buys = stats.gamma.pdf(rate, r, scale=1 / alpha) * rate**x
            still = special.beta(a, b + x) / special.beta(a, b) * np.exp(-rate * age)
            gone = special.beta(a + 1, b + x - 1) * np.exp(-rate * recency) if x else 0.0
            return float(buys * (still + gone / special.beta(a, b)))

        likelihood, _ = integrate.quad(of_rate, 0, np.inf)
        found = bgnbd.log_likelihood(bgnbd.Histories(*one(x, recency, age, 3)), parameters)
        assert found == pytest.approx(3 * np.log(likelihood), rel=1e-6)


def test_who_bought_once_is_surely_alive_and_long_silence_tells() -> None:
    alive = bgnbd.p_alive(
        np.array([0.0, 5.0, 5.0, 300.0]),
        np.array([0.0, 37.0, 10.0, 1.0]),
        np.array([38.0, 38.0, 38.0, 500.0]),
        CDNOW,
    )
    assert alive[0] == 1
    assert alive[1] > 0.8
    assert alive[2] < 0.1
    assert alive[3] == 0  # and no warning of an overflow


def test_spend_expected_is_between_the_customers_own_and_the_population_s() -> None:
    """6.25 (15.44 + 60) / (6.25 * 2 + 2.74) by hand, and 6.25 * 15.44 / 2.74 of who has no history."""
    found = gamma_gamma.expected_spend(np.array([2.0, 0.0]), np.array([60.0, 0.0]), CDNOW_SPEND)
    assert found == pytest.approx([30.9383, 35.2190], abs=1e-4)
    no_mean = gamma_gamma.expected_spend(*one(2, 60), gamma_gamma.Parameters(6.25, 0.9, 15.44))
    assert np.isnan(no_mean[0])


# ---------------------------------------------------------------- worlds of known parameters


def test_bg_nbd_recovers_the_world_and_foretells_its_rest() -> None:
    truth = bgnbd.Parameters(0.9, 6.0, 0.8, 2.5)
    world = simulate(4000, 104, truth)
    known = histories(world, 78)
    fit = bgnbd.fit(known)
    assert fit.is_converged
    assert not fit.is_at_bound
    # Wilks: twice the gain over the truth is chi-square with four degrees of freedom
    gain = 2 * (fit.log_likelihood - bgnbd.log_likelihood(known, truth))
    assert 0 < gain < stats.chi2.ppf(0.999, 4)
    expected = bgnbd.expected_purchases(
        known.frequency, known.recency, known.age, np.full(len(known.age), 26.0),
        bgnbd.Parameters(*fit.parameters),
    )  # fmt: skip
    actual = purchases_between(world, 78, 104)
    assert expected.sum() == pytest.approx(actual.sum(), rel=0.06)
    for low, high in [(0, 0), (1, 2), (3, 6), (7, 200)]:
        of_class = (known.frequency >= low) & (known.frequency <= high)
        error = actual[of_class].std() / np.sqrt(of_class.sum())
        assert abs(expected[of_class].mean() - actual[of_class].mean()) < 4 * error


def test_gamma_gamma_recovers_the_world() -> None:
    truth = gamma_gamma.Parameters(5.0, 4.0, 90.0)
    world = simulate(3000, 60, bgnbd.Parameters(2.0, 10.0, 0.8, 2.5), truth)
    count = histories(world, 60).frequency.astype(int)
    totals = np.cumsum(world.value_cny[:, 1:], axis=1)[np.arange(len(count)), count - 1]
    bought = count > 0
    spending = gamma_gamma.Spending(
        count[bought].astype(float), totals[bought] / count[bought], np.ones(bought.sum())
    )
    fit = gamma_gamma.fit(spending)
    assert fit.is_converged
    assert not fit.is_at_bound
    assert fit.parameters == pytest.approx(truth, rel=0.25)
    p, q, v = fit.parameters
    assert p * v / (q - 1) == pytest.approx(5 * 90 / 3, rel=0.05)


def test_customers_who_are_all_alike_have_no_top_to_climb() -> None:
    """Poisson purchases of one rate: the likelihood rises for ever as r and alpha grow."""
    known = histories(simulate(1500, 40, bgnbd.Parameters(4000.0, 12000.0, 1.0, 400.0)), 40)
    assert bgnbd.fit(known).is_at_bound


# ---------------------------------------------------------------- Arrow tables


@cache
def tables(seed: int = 0) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Histories of a small world in whole days, in any order, and some spending."""
    known = histories(simulate(1200, 60, bgnbd.Parameters(0.9, 6.0, 0.8, 2.5)), 60)
    rows = np.stack([known.frequency, known.recency * 7, known.age * 7], axis=1).astype(int)
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(counts))
    spent = np.random.default_rng(3).gamma(6.0, 10.0, 300).round(2)
    return (
        pa.table({
            "fit_code": ["full"] * len(counts),
            "frequency": distinct[order, 0],
            "recency_days": distinct[order, 1],
            "age_days": distinct[order, 2],
            "customer_count": counts[order],
        }),
        pa.table({
            "fit_code": ["full"] * 300,
            "frequency": np.arange(300) % 4 + 1,
            "spend_cny": spent,
            "customer_count": np.ones(300, dtype=int),
        }),
        pa.table({"fit_code": ["calibration", "full"], "test_days": [14, 0]}),
    )  # fmt: skip


def test_order_of_rows_changes_nothing_and_weights_are_customers() -> None:
    fits = fit_models(*tables())
    assert fits.equals(fit_models(*tables(seed=9)))
    full = fits.to_pylist()[1]
    assert full["customer_count"] == 1200
    assert full["log_likelihood"] < 0
    assert full["expected_by_week"] == []
    # nobody is known to the other fit, and that is no error
    empty = fits.to_pylist()[0]
    assert (empty["customer_count"], empty["r"], empty["p"]) == (0, None, None)


def test_a_year_is_worth_less_when_waiting_costs() -> None:
    found = {}
    for rate in (0.0, 0.1):
        expected = expect_purchases(
            tables()[0], fit_models(*tables()), tables()[2], annual_discount_rate=rate
        )
        assert expected.num_rows == tables()[0].num_rows
        found[rate] = expected
    plain, cheaper = found[0.0], found[0.1]
    assert plain["discounted_orders_12m"].to_pylist() == pytest.approx(
        plain["expected_orders_12m"].to_pylist(), abs=1e-8
    )
    share = np.array(cheaper["discounted_orders_12m"]) / np.array(plain["expected_orders_12m"])
    # purchases thin out, so that the mean of the year lies a little before its middle
    assert np.all((share > 1.1**-0.5) & (share < 1.1**-0.4))
    assert cheaper["expected_test_orders"].null_count == cheaper.num_rows


def test_without_anybody_there_is_nothing_and_no_error() -> None:
    none = tuple(table.slice(0, 0) for table in tables()[:2])
    fits = fit_models(none[0], none[1], tables()[2])
    assert fits["r"].null_count == 2
    assert expect_purchases(none[0], fits, tables()[2], annual_discount_rate=0.1).num_rows == 0
