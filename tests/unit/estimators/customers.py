"""Simulated customers of known parameters: whose purchases BG/NBD and gamma-gamma describe exactly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dbt_project.estimators import bgnbd, gamma_gamma

Floats = npt.NDArray[np.float64]
# purchases of one customer that are drawn; whoever would make more makes these
MOST = 120


class World(NamedTuple):
    """Customers' first purchases and their repeat purchases, in weeks since the world began."""

    first_at: Floats
    bought_at: Floats  # one row a customer; infinite where there is none
    value_cny: Floats  # one row a customer, the first purchase leading


def simulate(
    n: int,
    weeks: float,
    parameters: bgnbd.Parameters,
    spending: gamma_gamma.Parameters | None = None,
    seed: int = 1,
) -> World:
    """Customers who come evenly over the first half of `weeks`, by the models' own stories."""
    random = np.random.default_rng(seed)
    rate = random.gamma(parameters.r, 1 / parameters.alpha, n)
    stops = random.beta(parameters.a, parameters.b, n)
    first_at = random.uniform(0, weeks / 2, n)
    with np.errstate(divide="ignore"):
        gaps = random.exponential(1.0, (n, MOST)) / rate[:, None]
    # after every repeat purchase they stop with their own probability
    last = random.geometric(np.clip(stops, 1e-12, 1.0))
    bought_at = first_at[:, None] + np.cumsum(gaps, axis=1)
    bought_at[np.arange(MOST)[None, :] >= last[:, None]] = np.inf
    values = np.ones((n, MOST + 1))
    if spending is not None:
        scale = random.gamma(spending.q, 1 / spending.v, n)
        values = random.gamma(spending.p, 1 / scale[:, None], (n, MOST + 1))
    return World(first_at, bought_at, values)


def histories(world: World, at: float) -> bgnbd.Histories:
    """What is known of the customers at a time, one row each; those who come later are left out."""
    is_known = world.first_at <= at
    first_at, bought_at = world.first_at[is_known], world.bought_at[is_known]
    has_been = bought_at <= at
    frequency = has_been.sum(axis=1).astype(float)
    recency = np.where(has_been, bought_at - first_at[:, None], 0).max(axis=1)
    return bgnbd.Histories(frequency, recency, at - first_at, np.ones(len(first_at)))


def purchases_between(world: World, start: float, end: float) -> Floats:
    """Repeat purchases in a span of those who had come before it, one element a customer."""
    bought_at = world.bought_at[world.first_at <= start]
    return ((bought_at > start) & (bought_at <= end)).sum(axis=1).astype(float)
