"""Tests of experiments against statsmodels, scipy.stats, published examples and simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    power_proportions_2indep,
    proportions_ztest,
)

from dbt_project.estimators.experiment_power import design_of_means, design_of_rates
from dbt_project.estimators.experiments import (
    Sample,
    compare_means,
    compare_rates,
    exposure_ratio,
    holm,
    judge_arms,
    margin,
    sample_ratio,
)


def one(*values: float) -> Any:
    return tuple(np.array([value], dtype=float) for value in values)


# ---------------------------------------------------------------- single comparisons


@pytest.mark.parametrize(
    ("x", "n", "x_0", "n_0"),
    [(144, 800, 80, 800), (3, 40, 11, 35), (1, 1000, 0, 1000), (700, 701, 500, 701)],
)
def test_rates_are_statsmodels_pooled_z_and_wald_s_interval(
    x: int, n: int, x_0: int, n_0: int
) -> None:
    found = compare_rates(*one(x, n, x_0, n_0))
    _, p_value = proportions_ztest([x, x_0], [n, n_0])
    low, high = confint_proportions_2indep(x, n, x_0, n_0, compare="diff", method="wald")
    half = margin(found, np.array([0.05]))
    assert found.p_value[0] == pytest.approx(p_value, rel=1e-9)
    assert found.difference[0] - half[0] == pytest.approx(low, rel=1e-9)
    assert found.difference[0] + half[0] == pytest.approx(high, rel=1e-9)


def test_the_worked_case_of_two_shares() -> None:
    """200 of 1,000 against 150 of 1,000, by hand: pooled .175, error .016993, z 2.9424."""
    found = compare_rates(*one(200, 1000, 150, 1000))
    z = 0.05 / (0.175 * 0.825 * 2 / 1000) ** 0.5
    assert z == pytest.approx(2.9424, abs=1e-4)
    assert found.p_value[0] == pytest.approx(2 * (1 - stats.norm.cdf(z)), rel=1e-6)
    # Wald: 1.96 times the root of .2 * .8 / 1000 + .15 * .85 / 1000
    assert margin(found, np.array([0.05]))[0] == pytest.approx(1.959964 * 0.0169558, rel=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_means_are_scipy_s_welch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    own, base = rng.lognormal(5, 1, 5 + seed * 40), rng.lognormal(5.2, 0.5, 9)
    found = compare_means(
        Sample(*one(len(own), own.mean(), own.var(ddof=1))),
        Sample(*one(len(base), base.mean(), base.var(ddof=1))),
    )
    peer = stats.ttest_ind_from_stats(
        own.mean(), own.std(ddof=1), len(own), base.mean(), base.std(ddof=1), len(base),
        equal_var=False,
    )  # fmt: skip
    interval = stats.ttest_ind(own, base, equal_var=False).confidence_interval(0.95)
    assert found.p_value[0] == pytest.approx(peer.pvalue, rel=1e-9)
    assert margin(found, np.array([0.05]))[0] == pytest.approx(
        (interval.high - interval.low) / 2, rel=1e-9
    )


@pytest.mark.parametrize(
    "counts", [(0, 50, 0, 60), (50, 50, 60, 60), (1, 1, 0, 1), (0, 0, 3, 10), (0, 1, 5, 10)]
)
def test_where_nothing_can_be_tested_there_is_no_p_and_no_interval(counts: Any) -> None:
    found = compare_rates(*one(*counts))
    assert np.isnan(found.p_value[0])
    assert np.isnan(found.standard_error[0])


def test_means_without_spread_or_with_one_unit_have_no_p() -> None:
    for own, base in [((9, 5.0, 0.0), (9, 5.0, 0.0)), ((1, 5.0, np.nan), (9, 5.0, 2.0))]:
        assert np.isnan(compare_means(Sample(*one(*own)), Sample(*one(*base))).p_value[0])


# ---------------------------------------------------------------- families


def test_holm_by_hand() -> None:
    """Of .01, .04, .03: 3 * .01; 2 * .03; then .04, raised to the step before it."""
    adjusted, level, size = holm(np.array([0.01, 0.04, 0.03]), np.zeros(3, int), 0.05)
    assert adjusted == pytest.approx([0.03, 0.06, 0.06])
    # the first step is rejected at .05 / 3; the second fails at .05 / 2, and the third stops with it
    assert level == pytest.approx([0.05 / 3, 0.025, 0.025])
    assert size.tolist() == [3, 3, 3]


def test_holm_is_statsmodels_in_each_family(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 families of 1 to 6 hypotheses, with ties, with p at the borders and some without a p."""
    # statsmodels collects garbage at every call, which takes longer than the rest of this file
    monkeypatch.setattr("gc.collect", lambda: 0)
    rng = np.random.default_rng(5)
    family = np.repeat(np.arange(80), rng.integers(1, 7, 80))
    p_value = rng.random(len(family)) ** 3
    odd = rng.choice([0.0, 0.01, 0.025, 0.05, 1.0, np.nan], len(family))
    p_value = rng.permutation(np.where(rng.random(len(family)) < 0.3, odd, p_value))
    adjusted, level, _ = holm(p_value, family, 0.05)
    assert (np.isnan(adjusted) == np.isnan(p_value)).all()
    for number in range(80):
        tested = (family == number) & ~np.isnan(p_value)
        if tested.any():
            is_rejected, peer, _, _ = multipletests(p_value[tested], 0.05, method="holm")
            assert adjusted[tested] == pytest.approx(peer, rel=1e-12)
            # an interval at the level leaves out 0 exactly where Holm rejects
            assert ((p_value[tested] <= level[tested] * (1 + 1e-12)) == is_rejected).all()


# ---------------------------------------------------------------- the split


def test_the_split_is_pearson_s_chi_square() -> None:
    found = sample_ratio(np.array([608.0, 992.0]), np.array([0.5, 0.5]), np.zeros(2, int))
    assert found == pytest.approx([stats.chisquare([608, 992], [800, 800]).pvalue] * 2)
    three = sample_ratio(np.array([310.0, 290, 200]), np.array([0.4, 0.4, 0.2]), np.zeros(3, int))
    # by hand: 10^2 / 320 + 30^2 / 320 + 40^2 / 160 = 13.125, of which 2 degrees give exp(-13.125 / 2)
    assert three == pytest.approx(np.exp(-13.125 / 2), rel=1e-9)


def test_the_split_of_one_arm_or_without_a_plan_is_unknown() -> None:
    found = sample_ratio(
        np.array([10.0, 10, 10]), np.array([1, np.nan, np.nan]), np.array([0, 1, 1])
    )
    assert np.isnan(found).all()


def test_exposure_is_the_chi_square_of_the_table() -> None:
    found = exposure_ratio(np.array([90.0, 60]), np.array([100.0, 100]), np.zeros(2, int))
    peer = stats.chi2_contingency([[90, 10], [60, 40]], correction=False)
    assert found == pytest.approx([peer.pvalue] * 2, rel=1e-9)
    assert np.isnan(exposure_ratio(np.zeros(2), np.array([5.0, 5]), np.zeros(2, int))).all()


# ---------------------------------------------------------------- power


@pytest.mark.parametrize(("effect", "n", "n_0"), [(0.02, 2000, 1500), (-0.03, 900, 900)])
def test_power_of_rates_is_statsmodels(effect: float, n: int, n_0: int) -> None:
    share = 0.1
    found = design_of_rates(
        *one(share, n, n_0), effect=np.array([effect]), level=np.array([0.05]), wanted=0.8
    )
    peer = power_proportions_2indep(effect, share, n, ratio=n_0 / n, alpha=0.05).power
    assert found.power[0] == pytest.approx(peer, abs=1e-6)
    at_border = power_proportions_2indep(
        np.sign(effect) * found.detectable[0], share, n, ratio=n_0 / n, alpha=0.05
    ).power
    assert at_border == pytest.approx(0.8, abs=1e-6)
    k = found.needed_units[0] / n
    enough = power_proportions_2indep(effect, share, k * n, ratio=n_0 / n, alpha=0.05).power
    assert enough == pytest.approx(0.8, abs=2e-3)


def test_the_size_needed_is_the_published_one() -> None:
    """Fleiss, Levin and Paik, table A.4, .60 against .70 at 5 % and 80 %: 356 without correction."""
    found = design_of_rates(
        *one(0.6, 100, 100), effect=np.array([0.1]), level=np.array([0.05]), wanted=0.8
    )
    assert found.needed_units[0] == 356


def test_power_of_means_is_statsmodels() -> None:
    units, deviation = 64.0, 10.0
    error, freedom = one(deviation * (2 / units) ** 0.5, 2 * units - 2)
    found = design_of_means(
        error, freedom, np.array([units]),
        effect=np.array([5.0]), level=np.array([0.05]), wanted=0.8,
    )  # fmt: skip
    # the textbook case (Cohen 1988): half a deviation wants 64 a side
    assert found.power[0] == pytest.approx(TTestIndPower().power(0.5, 64, 0.05), abs=1e-9)
    assert found.needed_units[0] == pytest.approx(64, abs=1)
    peer = TTestIndPower().solve_power(nobs1=64, alpha=0.05, power=0.8) * deviation
    assert found.detectable[0] == pytest.approx(peer, rel=1e-5)


def test_an_effect_that_no_share_can_have_has_no_power() -> None:
    found = design_of_rates(
        *one(0.95, 500, 500), effect=np.array([0.2]), level=np.array([0.05]), wanted=0.8
    )
    assert np.isnan(found.power[0])
    assert np.isnan(found.needed_units[0])


# ---------------------------------------------------------------- whole experiments


def arm(variant: str, units: int, conversions: int, **more: Any) -> dict[str, Any]:
    return {
        "experiment_ref": "e", "variant_code": variant, "metric_code": "is_converted",
        "population_code": "itt", "is_rate": True, "is_control": variant == "a", "direction": 1,
        "unit_count": units, "conversion_count": conversions,
        "mean_value": conversions / units if units else None, "variance_value": None,
        "minimum_relevant_effect": 0.02, "assigned_count": units, "exposed_count": units,
        "planned_share": 0.5, **more,
    }  # fmt: skip


def judged(arms: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    rows = judge_arms(pa.Table.from_pylist(arms), alpha=0.05, power=0.8).to_pylist()
    return {row["variant_code"]: row for row in rows}


def test_a_control_is_compared_with_nobody() -> None:
    rows = judged([arm("a", 500, 50), arm("b", 500, 80)])
    assert rows["a"]["difference"] is None
    assert rows["a"]["comparison_count"] == 0
    assert rows["b"]["difference"] == pytest.approx(0.06)
    assert rows["a"]["sample_ratio_p_value"] == rows["b"]["sample_ratio_p_value"] == 1


def test_zero_conversions_on_both_sides_are_null_and_not_nan() -> None:
    row = judged([arm("a", 500, 0), arm("b", 500, 0)])["b"]
    assert row["p_value"] is None
    assert row["p_value_adjusted"] is None
    assert row["difference_low"] is None
    assert row["is_small_sample"] is True


def test_without_one_control_it_refuses() -> None:
    for arms in (
        [arm("b", 5, 1), arm("c", 5, 1)],
        [arm("a", 5, 1), arm("b", 5, 1, is_control=True)],
    ):
        with pytest.raises(ValueError, match="exactly one control"):
            judged(arms)


def test_nothing_in_nothing_out() -> None:
    empty = pa.Table.from_pylist([arm("a", 5, 1)]).slice(0, 0)
    assert len(judge_arms(empty, alpha=0.05, power=0.8)) == 0


counts = st.tuples(st.integers(2, 4000), st.floats(0, 1)).map(
    lambda each: (each[0], int(each[0] * each[1]))
)


@settings(max_examples=25, deadline=None)
@given(counts, counts)
def test_swapping_control_and_variant_flips_the_sign(one_side: Any, other: Any) -> None:
    there = judged([arm("a", *one_side), arm("b", *other)])["b"]
    back = judged([arm("a", *other), arm("b", *one_side)])["b"]
    assert there["difference"] == pytest.approx(-back["difference"])
    assert (there["p_value"] is None) == (back["p_value"] is None)
    if there["p_value"] is not None:
        assert there["p_value"] == pytest.approx(back["p_value"], rel=1e-9)
    if there["difference_low"] is not None:
        assert there["difference_low"] == pytest.approx(-back["difference_high"])


@settings(max_examples=20, deadline=None)
@given(st.lists(counts, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(sizes: list[Any], random: Any) -> None:
    arms = [arm("abcde"[place], *size) for place, size in enumerate(sizes)]
    other = [{**each, "experiment_ref": "f"} for each in arms]
    shuffled = [*arms, *other]
    random.shuffle(shuffled)
    table = judge_arms(pa.Table.from_pylist(shuffled), alpha=0.05, power=0.8)
    assert table.equals(judge_arms(pa.Table.from_pylist([*arms, *other]), alpha=0.05, power=0.8))
    alone = judge_arms(pa.Table.from_pylist(other), alpha=0.05, power=0.8)
    assert table.slice(len(arms)).equals(alone), "experiments do not touch each other"


# ---------------------------------------------------------------- error rates


def test_under_no_effect_hardly_any_of_three_variants_is_found_better_or_worse() -> None:
    """4,000 experiments: any finding among three variants in at most 5 % (one-sided bound 6 %)."""
    rng = np.random.default_rng(11)
    runs, units = 4000, 1000
    found = rng.binomial(units, 0.1, (runs, 4)).astype(float)
    size = np.full(runs * 3, float(units))
    compared = compare_rates(found[:, 1:].ravel(), size, np.repeat(found[:, 0], 3), size)
    adjusted, _, _ = holm(compared.p_value, np.repeat(np.arange(runs), 3), 0.05)
    false = (adjusted.reshape(runs, 3) <= 0.05).any(axis=1).mean()
    assert 0.02 < false < 0.06
    # without the correction it would be about 12 %: that is what the correction is for
    assert (compared.p_value.reshape(runs, 3) <= 0.05).any(axis=1).mean() > 0.09


def test_a_fair_split_is_called_invalid_once_in_a_hundred() -> None:
    rng = np.random.default_rng(12)
    runs = 20_000
    dealt = rng.multinomial(3000, [0.5, 0.3, 0.2], runs).astype(float)
    p_value = sample_ratio(
        dealt.ravel(), np.tile([0.5, 0.3, 0.2], runs), np.repeat(np.arange(runs), 3)
    )
    assert (p_value[::3] < 0.01).mean() == pytest.approx(0.01, abs=0.003)


def test_the_intervals_of_all_variants_cover_together() -> None:
    """Bonferroni's intervals: all three true differences inside in at least 95 % of runs."""
    rng = np.random.default_rng(13)
    runs, units, shares = 4000, 2000, np.array([0.1, 0.1, 0.13, 0.08])
    dealt = rng.binomial(units, shares, (runs, 4)).astype(float)
    size = np.full(runs * 3, float(units))
    compared = compare_rates(dealt[:, 1:].ravel(), size, np.repeat(dealt[:, 0], 3), size)
    half = margin(compared, np.full(runs * 3, 0.05 / 3))
    is_inside = np.abs(compared.difference - np.tile(shares[1:] - shares[0], runs)) <= half
    assert is_inside.reshape(runs, 3).all(axis=1).mean() > 0.945
