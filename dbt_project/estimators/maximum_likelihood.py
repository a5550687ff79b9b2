"""Maximum likelihood of positive parameters, by their logarithms: one climb for every model.

A model hands over its weighted log-likelihood with the gradient; what comes back says whether the
top was reached, and whether it lies in the open or on the edge of what was searched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
# log parameters -> log-likelihood and its gradient by them
LogLikelihood = Callable[[Floats], tuple[float, Floats]]

# how far from its starting point, on the logarithm, a parameter is searched: a factor of 1,000
_REACH = 6.91
_NEAR_BOUND = 1e-3
_CLIMBING_STEPS = 200
_POLISHING_STEPS = 20
# longest step on the logarithm, and slope for each row from which Newton's steps lead to the top
_LONGEST_STEP = 1.0
_NEAR_TOP = 1e-6
# gain for each row that Newton's next step would bring, below which the top is reached
_TOP = 1e-15


def dot(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> float:
    """Sum of products, without BLAS.

    Its threads wait on each other for a hundred times the work of so few numbers where others are
    busy, and how many of them there are would decide the last digits.
    """
    return float(np.sum(left * right))


class Fit(NamedTuple):
    """Parameters at the top, and what can be said of it.

    `is_at_bound` is true where the likelihood still rises at the edge of what was searched: it has
    no maximum then (all alike, or nobody leaves), and the parameters mean nothing one by one.
    """

    parameters: Floats
    log_likelihood: float
    is_converged: bool
    is_at_bound: bool


def maximise(log_likelihood: LogLikelihood, starts: Sequence[Floats], n: float) -> Fit:
    """Climb from every start (positive parameters) and return the highest top.

    BFGS on the logarithms, which keeps parameters positive, then Newton's steps with a Hessian from
    differences of the gradient, so that the last digits do not depend on where it began (Nocedal
    and Wright, Numerical Optimization, 2nd ed., algorithms 6.1 and 3.2). Written out, for
    scipy.optimize costs half a second of every night to import, and its L-BFGS-B wakes the threads
    of BLAS at each of its tiny steps, which takes longer than the likelihood.

    Args:
        log_likelihood: Sum over all rows, and its gradient by the log parameters.
        starts: Starting points; the search reaches a factor of 1,000 either side of the first.
        n: Rows behind the sum: a likelihood of millions is as steep as they are many.
    """
    logs = [np.log(start) for start in starts]
    low, high = logs[0] - _REACH, logs[0] + _REACH

    def down(point: Floats) -> tuple[float, Floats]:
        value, slope = log_likelihood(np.clip(point, low, high))
        return -value / n, -slope / n

    climbs = [np.clip(_descended(down, start, low, high), low, high) for start in logs]
    point = min(climbs, key=lambda climb: down(climb)[0])
    is_converged = True
    if not _is_at(point, low, high):
        point, is_converged = _polished(down, point, low, high)
    is_at_bound = _is_at(point, low, high)
    return Fit(np.exp(point), -float(down(point)[0]) * n, is_converged or is_at_bound, is_at_bound)


def _is_at(point: Floats, low: Floats, high: Floats) -> bool:
    return bool(np.any((point - low < _NEAR_BOUND) | (high - point < _NEAR_BOUND)))


def _descended(down: LogLikelihood, point: Floats, low: Floats, high: Floats) -> Floats:
    """Near the bottom of the valley that the start lies in, or the first point at a bound."""
    inverse = np.eye(len(point))
    value, slope = down(point)
    for _ in range(_CLIMBING_STEPS):
        step = -(inverse * slope).sum(axis=1)
        if dot(step, slope) >= 0:  # rounding has spoilt what was learnt of the curvature
            inverse, step = np.eye(len(point)), -slope
        step *= min(1.0, _LONGEST_STEP / float(np.abs(step).max(initial=1e-300)))
        share = 1.0
        while not (
            (found := down(point + share * step))[0] <= value + 1e-4 * share * dot(step, slope)
        ):
            share /= 2
            if share < _TOP:
                return point
        step = share * step
        change = found[1] - slope
        point, value, slope = point + step, *found
        if np.abs(slope).max() < _NEAR_TOP or _is_at(point, low, high):
            return point
        along = dot(change, step)
        if along > 0:
            turn = np.eye(len(point)) - np.outer(step, change) / along
            inverse = _product(_product(turn, inverse), turn.T) + np.outer(step, step) / along
    return point


def _product(left: Floats, right: Floats) -> Floats:
    """Of two matrices of a few rows."""
    return np.asarray((left[:, :, None] * right[None, :, :]).sum(axis=1))


def _polished(down: LogLikelihood, point: Floats, low: Floats, high: Floats) -> tuple[Floats, bool]:
    """Newton's steps to the top, halved while they lead down; whether it was reached."""
    for _ in range(_POLISHING_STEPS):
        value, slope = down(point)
        try:
            step = -np.linalg.solve(_hessian(down, point), slope)
        except np.linalg.LinAlgError:
            return point, False
        gain = -dot(slope, step) / 2
        if not gain >= 0:  # no top here: a saddle, or numbers that are none
            return point, False
        if gain < _TOP:
            return point, True
        share = 1.0
        while down(point + share * step)[0] > value:
            share /= 2
            if share < _TOP:
                # the value is flat to the last digit while its slope is not quite
                return point, gain < np.sqrt(_TOP) * max(1.0, abs(value))
        point = np.clip(point + share * step, low, high)
        if _is_at(point, low, high):
            return point, False
    return point, False


def _hessian(down: LogLikelihood, point: Floats, step: float = 1e-5) -> Floats:
    """Second derivatives by central differences of the gradient, made symmetric."""
    moves = np.eye(len(point)) * step
    rows = [(down(point + move)[1] - down(point - move)[1]) / (2 * step) for move in moves]
    matrix: Floats = np.asarray(rows)
    return (matrix + matrix.T) / 2
