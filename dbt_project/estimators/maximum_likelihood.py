"""Maximum likelihood of positive parameters, by their logarithms: one climb for every model.

A model hands over its weighted log-likelihood with the gradient; what comes back says whether the
top was reached, and whether it lies in the open or on the edge of what was searched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize

Floats = npt.NDArray[np.float64]
# log parameters -> log-likelihood and its gradient by them
LogLikelihood = Callable[[Floats], tuple[float, Floats]]

# how far from its starting point, on the logarithm, a parameter is searched: a factor of 1,000
_REACH = 6.91
_NEAR_BOUND = 1e-3
_POLISHING_STEPS = 20
# gain for each row that Newton's next step would bring, below which the top is reached
_TOP = 1e-12


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

    L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995) on the logarithms, which keeps parameters positive,
    then Newton's steps with a Hessian from differences of the gradient, so that the last digits do
    not depend on where it began.

    Args:
        log_likelihood: Sum over all rows, and its gradient by the log parameters.
        starts: Starting points; the search reaches a factor of 1,000 either side of the first.
        n: Rows behind the sum: a likelihood of millions is as steep as they are many.
    """
    logs = [np.log(start) for start in starts]
    low, high = logs[0] - _REACH, logs[0] + _REACH

    def down(point: Floats) -> tuple[float, Floats]:
        value, slope = log_likelihood(point)
        return -value / n, -slope / n

    climbs = [
        optimize.minimize(
            down, start, jac=True, method="L-BFGS-B", bounds=list(zip(low, high, strict=True)),
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
        )
        for start in logs
    ]  # fmt: skip
    best = min(climbs, key=lambda climb: float(climb.fun))
    point: Floats = np.asarray(best.x, dtype=np.float64)
    is_at_bound = bool(np.any((point - low < _NEAR_BOUND) | (high - point < _NEAR_BOUND)))
    is_converged = is_at_bound
    if not is_at_bound:
        point, is_converged = _polished(down, point)
        is_at_bound = bool(np.any((point <= low) | (point >= high)))
    return Fit(np.exp(point), -float(down(point)[0]) * n, is_converged, is_at_bound)


def _polished(down: LogLikelihood, point: Floats) -> tuple[Floats, bool]:
    """Newton's steps to the top, halved while they lead down; whether it was reached."""
    for _ in range(_POLISHING_STEPS):
        value, slope = down(point)
        try:
            step = -np.linalg.solve(_hessian(down, point), slope)
        except np.linalg.LinAlgError:
            return point, False
        gain = -float(slope @ step) / 2
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
        point = point + share * step
    return point, False


def _hessian(down: LogLikelihood, point: Floats, step: float = 1e-5) -> Floats:
    """Second derivatives by central differences of the gradient, made symmetric."""
    moves = np.eye(len(point)) * step
    rows = [(down(point + move)[1] - down(point - move)[1]) / (2 * step) for move in moves]
    matrix: Floats = np.asarray(rows)
    return (matrix + matrix.T) / 2
