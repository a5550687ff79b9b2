"""Removal effects in a first-order Markov chain of channels, solved exactly as an absorbing chain.

The chain and the removal effect are those of Anderl, Becker, von Wangenheim and Schumann (2016),
"Mapping the customer journey: lessons learned from graph-based online attribution modeling",
International Journal of Research in Marketing 33(3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RemovalEffects:
    """How likely a journey converts, and what of that is lost without each channel."""

    conversion_probability: float
    effects: NDArray[np.float64]  # one per channel, 0 to 1: the share of conversions that is lost


def removal_effects(
    steps: NDArray[np.integer] | NDArray[np.floating],
    channel_of_state: NDArray[np.integer] | None = None,
) -> RemovalEffects:
    """Removal effect of every channel: 1 - P(conversion without it) / P(conversion).

    `steps[i, j]` counts the steps from i to j. With n states, row 0 is the start and row 1 + s is
    state s; column s is state s, column n the conversion, column n + 1 the null end. Removing a
    channel sends every step into one of its states to null. `channel_of_state` says which channel
    (from 0) each state belongs to, where a channel has several; by default every state is a
    channel. Without a conversion every effect is 0.

    Raises:
        ValueError: the shape is not (n + 1, n + 2), or a count is negative.
    """
    counts = np.asarray(steps, dtype=np.float64)
    count = counts.shape[0] - 1
    if counts.shape != (count + 1, count + 2) or (counts < 0).any():
        raise ValueError(f"steps must be counts of the shape (n + 1, n + 2), not {counts.shape}")
    channels = np.arange(count) if channel_of_state is None else np.asarray(channel_of_state)
    channel_count = int(channels.max(initial=-1)) + 1
    leaving = counts.sum(axis=1, keepdims=True)
    chances = np.divide(counts, leaving, out=np.zeros_like(counts), where=leaving > 0)
    start, chain, converts = chances[0, :count], chances[1:, :count], chances[1:, count]

    # Only states that can reach the conversion matter, and among them the chain always ends, so
    # that no system below is singular, whatever closed circles the other states may form.
    alive = _reaching(chain > 0, converts > 0)
    start, converts, channels = start[alive], converts[alive], channels[alive]
    chain = chain[np.ix_(alive, alive)]
    probability = _absorbed(chain[None], converts[None], start[None])[0] + chances[0, count]
    if probability == 0:
        return RemovalEffects(0.0, np.zeros(channel_count))

    kept = channels[None, :] != np.arange(channel_count)[:, None]
    without = _absorbed(
        chain[None] * kept[:, None, :],
        np.broadcast_to(converts, kept.shape),
        start[None] * kept,
    )
    effects = 1 - (without + chances[0, count]) / probability
    # a channel on no path to a conversion loses nothing, which rounding must not deny
    return RemovalEffects(float(probability), np.clip(effects, 0.0, 1.0))


def _reaching(leads: NDArray[np.bool_], ends: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """States from which an end can be reached."""
    found = ends
    while True:
        wider = found | (leads & found).any(axis=1)
        if (wider == found).all():
            return found
        found = wider


def _absorbed(
    chains: NDArray[np.float64], converts: NDArray[np.float64], starts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """P(conversion) of each of several chains: start (I - T)^-1 c."""
    if not chains.shape[-1]:
        return np.zeros(len(chains))
    identity = np.eye(chains.shape[-1])
    hits = np.linalg.solve(identity - chains, converts[..., None])[..., 0]
    absorbed: NDArray[np.float64] = (starts * hits).sum(axis=-1)
    return absorbed
