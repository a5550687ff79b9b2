"""What a purchase is worth to customers: the gamma-gamma model of spend.

Fader and Hardie (2013), "The Gamma-Gamma model of monetary value", note 025. The value of a
purchase varies about the customer's own mean (gamma with shape p), and the scale of that varies
between customers (gamma with shape q and rate v); neither depends on how often they buy. All that
it needs of a customer is x, the number of purchases averaged, and their mean, so equal customers
are one row with a weight.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from dbt_project.estimators.maximum_likelihood import Fit, dot, maximise

Floats = npt.NDArray[np.float64]


class Parameters(NamedTuple):
    """p: shape of purchases about a customer's mean; q and v: shape and rate between customers."""

    p: float
    q: float
    v: float


class Spending(NamedTuple):
    """Distinct spending of customers, and how many have each; x and the mean are above 0."""

    frequency: Floats  # x: purchases averaged
    monetary: Floats  # their mean value
    weight: Floats  # customers


def fit(spending: Spending) -> Fit:
    """Parameters p, q, v by maximum likelihood of the weighted spending (equation 1a)."""
    mean = float(np.average(spending.monetary, weights=spending.weight))
    starts = [
        np.array([p, q, mean * (q - 1) / p]) for p, q in ((4.0, 3.0), (1.5, 2.0), (15.0, 8.0))
    ]
    counts, place = np.unique(spending.frequency, return_inverse=True)
    by_count = np.bincount(place, weights=spending.weight)
    total = counts[place] * spending.monetary
    log_mean = np.bincount(place, weights=spending.weight * np.log(spending.monetary))
    n = float(spending.weight.sum())

    def at(logs: Floats) -> tuple[float, Floats]:
        p, q, v = np.exp(logs)
        shape = p * counts
        log_total = np.log(v + total)
        exponent = (shape + q)[place] * spending.weight
        of_log = np.bincount(place, weights=spending.weight * log_total)
        value = (
            dot(by_count, special.gammaln(shape + q) - special.gammaln(shape))
            + dot(by_count, shape * np.log(counts))
            - n * special.gammaln(q) + n * q * logs[2]
            + dot(shape - 1, log_mean) - dot(shape + q, of_log)
        )  # fmt: skip
        grown = special.psi(shape + q)
        slope = np.array([
            dot(by_count * counts, grown - special.psi(shape) + np.log(counts))
            + dot(counts, log_mean) - dot(counts, of_log),
            dot(by_count, grown) - n * special.psi(q) + n * logs[2] - of_log.sum(),
            n * q / v - dot(exponent, 1 / (v + total)),
        ])  # fmt: skip
        return value, slope * np.array([p, q, v])

    return maximise(at, starts, n)


def expected_spend(frequency: Floats, total: Floats, parameters: Parameters) -> Floats:
    """Mean value of a customer's purchases to come (equation 5).

    A mean of the population's, p v / (q - 1), and of the customer's own, weighted by how much is
    known of them; `total` is the sum of their x purchases. NaN where q <= 1: there is no mean then.
    """
    p, q, v = parameters
    if q <= 1:
        return np.full(np.shape(frequency), np.nan)
    return np.asarray(p * (v + total) / (p * frequency + q - 1))
