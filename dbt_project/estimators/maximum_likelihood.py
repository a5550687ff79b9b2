"""Maximum likelihood of positive parameters, by their logarithms, for every model.

A model hands over its weighted log-likelihood with the gradient; what comes back says whether the
maximum was reached, and whether it lies inside or on the edge of what was searched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize

Floats = npt.NDArray[np.float64]
# log parameters -> log-likelihood and its gradient by them
LogLikelihood = Callable[[Floats], tuple[float, Floats]]

# how far from its starting point, on the logarithm, a parameter is searched: a factor of 1,000
_REACH = 6.91
_NEAR_BOUND = 1e-3
# slope for each row under which a point counts as the maximum; the last digit of a sum is far below
_FLAT = 1e-9
_HESSIAN_STEP = 1e-5


def dot(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> float:
    """Sum of products, without BLAS.

    Its threads wait on each other for a hundred times the work of so few numbers where others are
    busy, and how many of them there are would decide the last digits.
    """
    return float(np.sum(left * right))


class Fit(NamedTuple):
    """Parameters at the maximum, and what can be said of it.

    `is_at_bound` is true where the likelihood still rises at the edge of what was searched: it has
    no maximum then (all alike, or nobody leaves), and the parameters mean nothing one by one.
    """

    parameters: Floats
    log_likelihood: float
    is_converged: bool
    is_at_bound: bool


def maximise(log_likelihood: LogLikelihood, starts: Sequence[Floats], n: float) -> Fit:
    """Maximise from every start (positive parameters) and return the highest maximum.

    A truncated Newton search on the logarithms, which keep parameters positive, then the root of
    the gradient, so that the digits that are published do not depend on where the search began. TNC
    and not L-BFGS-B, which calls BLAS at each tiny step: on two busy cores its threads wait on each
    other for 0.2 to 1.7 s, where the fits of a demo home take 0.1 s.

    Args:
        log_likelihood: Sum over all rows, and its gradient by the log parameters.
        starts: Starting points; the search reaches a factor of 1,000 either side of the first.
        n: Rows behind the sum: a likelihood of millions is as steep as they are many.
    """
    logs = [np.log(start) for start in starts]
    low, high = logs[0] - _REACH, logs[0] + _REACH

    def loss(point: Floats) -> tuple[float, Floats]:
        value, slope = log_likelihood(np.clip(point, low, high))
        return -value / n, -slope / n

    def slope(point: Floats) -> Floats:
        return loss(point)[1]

    bounds = optimize.Bounds(low, high)
    searches = [
        optimize.minimize(loss, start, jac=True, method="TNC", bounds=bounds) for start in logs
    ]
    point = min(searches, key=lambda search: search.fun).x
    if not _is_at(point, low, high):
        root = optimize.root(slope, point, jac=lambda point: _hessian(slope, point), tol=1e-14).x
        if np.abs(slope(root)).max() <= np.abs(slope(point)).max():
            point = np.clip(root, low, high)
    is_at_bound = _is_at(point, low, high)
    is_converged = is_at_bound or bool(np.abs(slope(point)).max() < _FLAT)
    return Fit(np.exp(point), float(-loss(point)[0] * n), is_converged, is_at_bound)


def _is_at(point: Floats, low: Floats, high: Floats) -> bool:
    return bool(np.any((point - low < _NEAR_BOUND) | (high - point < _NEAR_BOUND)))


def _hessian(slope: Callable[[Floats], Floats], point: Floats) -> Floats:
    """Second derivatives by central differences of the gradient, made symmetric."""
    moves = np.eye(len(point)) * _HESSIAN_STEP
    rows = [(slope(point + move) - slope(point - move)) / (2 * _HESSIAN_STEP) for move in moves]
    matrix: Floats = np.asarray(rows)
    return (matrix + matrix.T) / 2
