"""How often customers buy and when they stop: the beta-geometric/NBD model.

Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2). A
customer buys at a rate of their own (gamma with shape r and rate alpha) and after every repeat
purchase stops for good with a probability of their own (beta with a and b). All that it needs of a
customer is x, the number of repeat purchases, t_x, when the last one was, and T, how long they have
been known: customers with the same three are one row with a weight. Times are in one unit, counted
from the first purchase; arrays have one element a row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from dbt_project.estimators.maximum_likelihood import Fit, dot, maximise

Floats = npt.NDArray[np.float64]

# distance from a removable singularity within which a value is the mean of those on either side
_NEAR_POLE = 1e-5
# histories from twice as many of which on some of them are climbed first
_MANY = 40_000


class Parameters(NamedTuple):
    """Of the gamma distribution of rates (r, alpha) and the beta one of stopping (a, b)."""

    r: float
    alpha: float
    a: float
    b: float


class Histories(NamedTuple):
    """Distinct histories of customers, and how many have each."""

    frequency: Floats  # x: repeat purchases
    recency: Floats  # t_x: time of the last one; 0 without one
    age: Floats  # T: time until now
    weight: Floats  # customers


def fit(histories: Histories) -> Fit:
    """Parameters r, alpha, a, b by maximum likelihood of the weighted histories.

    Millions of them are climbed from the top of every n-th one alone, which lies close to theirs.
    """
    mean_age = float(np.average(histories.age, weights=histories.weight))
    mean_frequency = float(np.average(histories.frequency, weights=histories.weight))
    rate = max(mean_frequency, 1e-3) / max(mean_age, 1e-3)
    starts = [
        np.array([r, r / rate, a, b])
        for r, a, b in ((0.5, 0.5, 2.0), (2.0, 1.0, 5.0), (0.2, 0.2, 0.5))
    ]
    thinned = len(histories.weight) // _MANY
    if thinned > 1:
        some = fit(Histories(*(column[::thinned] for column in histories)))
        if some.is_converged and not some.is_at_bound:
            starts = [some.parameters]
    return maximise(_Likelihood(histories).at, starts, float(histories.weight.sum()))


def log_likelihood(histories: Histories, parameters: Parameters) -> float:
    """The weighted sum of equation 6's logarithm."""
    return _Likelihood(histories).at(np.log(np.array(parameters)))[0]


class _Likelihood:
    """The log-likelihood and its gradient by the log parameters, over fixed histories.

    Gamma functions are of x alone, of which there are few, and are taken once for each.
    """

    def __init__(self, histories: Histories) -> None:
        self._age = histories.age
        self._recency = histories.recency
        self._weight = histories.weight
        self._counts, self._place = np.unique(histories.frequency, return_inverse=True)
        self._frequency = histories.frequency
        self._weights = np.bincount(self._place, weights=histories.weight)
        self._total = float(histories.weight.sum())
        self._is_repeater = histories.frequency > 0

    def at(self, logs: Floats) -> tuple[float, Floats]:
        """Value and gradient at the logarithms of r, alpha, a, b."""
        r, alpha, a, b = np.exp(logs)
        x, n, weights = self._counts, self._total, self._weights
        log_age = np.log(alpha + self._age)
        log_recency = np.log(alpha + self._recency)
        exponent = r + self._frequency
        # of one who has stopped at the last purchase: nobody without a repeat purchase has
        with np.errstate(divide="ignore"):
            log_odds = np.where(x > 0, np.log(a) - np.log(np.maximum(b + x - 1, 0)), -np.inf)
        alive = -exponent * log_age
        stopped = log_odds[self._place] - exponent * log_recency
        both = np.logaddexp(alive, stopped)
        is_alive = np.exp(alive - both) * self._weight
        is_stopped = np.exp(stopped - both) * self._weight
        by_count = (
            special.gammaln(r + x) - special.gammaln(r)
            + special.gammaln(a + b) + special.gammaln(b + x)
            - special.gammaln(b) - special.gammaln(a + b + x)
        )  # fmt: skip
        value = dot(weights, by_count) + n * r * logs[1] + dot(self._weight, both)

        stopped_by_count = np.bincount(self._place, weights=is_stopped, minlength=len(x))
        changes = special.psi(a + b) - special.psi(a + b + x)
        with np.errstate(divide="ignore", invalid="ignore"):
            per_b = np.where(x > 0, stopped_by_count / (b + x - 1), 0.0)
        slope = np.array([
            dot(weights, special.psi(r + x) - special.psi(r)) + n * logs[1]
            - dot(is_alive, log_age) - dot(is_stopped, log_recency),
            n * r / alpha
            - dot(exponent, is_alive / (alpha + self._age))
            - dot(exponent, is_stopped / (alpha + self._recency)),
            dot(weights, changes) + stopped_by_count.sum() / a,
            dot(weights, changes + special.psi(b + x) - special.psi(b)) - per_b.sum(),
        ])  # fmt: skip
        return value, slope * np.array([r, alpha, a, b])


def p_alive(frequency: Floats, recency: Floats, age: Floats, parameters: Parameters) -> Floats:
    """Probability that a customer still buys: Fader, Hardie and Lee (2008), "Computing P(alive)".

    1 for whoever has bought once, for the model lets nobody stop before a repeat purchase.
    """
    return np.asarray(1 / (1 + _odds_of_having_stopped(frequency, recency, age, parameters)))


def expected_purchases(
    frequency: Floats, recency: Floats, age: Floats, until: Floats, parameters: Parameters
) -> Floats:
    """Purchases expected in the next `until` units of time, given the history (equation 10).

    Arrays are broadcast. That is what is expected of one who still buys, times P(alive).
    """
    return expected_of_the_living(frequency, age, until, parameters) * p_alive(
        frequency, recency, age, parameters
    )


def _odds_of_having_stopped(
    frequency: Floats, recency: Floats, age: Floats, parameters: Parameters
) -> Floats:
    """Odds: a/(b+x-1) * ((alpha+T)/(alpha+t_x))^(r+x), which may be infinite; 0 for x = 0."""
    r, alpha, a, b = parameters
    log_odds = (
        np.log(a)
        - np.log(np.where(frequency > 0, b + frequency - 1, 1.0))
        + (r + frequency) * (np.log(alpha + age) - np.log(alpha + recency))
    )
    with np.errstate(over="ignore"):
        return np.where(frequency > 0, np.exp(log_odds), 0.0)


def expected_of_the_living(
    frequency: Floats, age: Floats, until: Floats, parameters: Parameters
) -> Floats:
    """Purchases expected until t of somebody who still buys.

    Equation 10 has 1 - (1-z)^(r+x) F(r+x, b+x; a+b+x-1; z) with z = t / (alpha+T+t), whose
    function overflows for x of a few hundred while its factor vanishes. Euler's transformation
    F(A, B; C; z) = (1-z)^(C-A-B) F(C-A, C-B; C; z) (Abramowitz and Stegun 15.3.3) leaves
    1 - (1-z)^(a-1) F(a-1, a+b-1-r; a+b+x-1; z): x is in the denominator alone, and nothing grows.
    At a = 1, and at a + b + x = 1, the value is a limit.
    """
    r, alpha, a, b = parameters

    def at(a: float) -> Floats:
        share = alpha + age
        z = until / (share + until)
        c = a + b + frequency - 1
        series = special.hyp2f1(a - 1, a + b - 1 - r, c, z)
        # (1-z)^(a-1) F - 1 keeps its digits where both are near 1
        power = np.expm1((a - 1) * np.log1p(-z))
        return np.asarray(-c / (a - 1) * (power * series + (series - 1)))

    if min(abs(a - 1), abs(a + b - 1)) < _NEAR_POLE:
        return (at(a - 2 * _NEAR_POLE) + at(a + 2 * _NEAR_POLE)) / 2
    return at(a)
