"""Experiments: who is assigned to what, who sees it, and what comes of it.

Units are members, and visitors who are none: a small world can tell a lift from chance, too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ingestion.demo.draws import quota
from ingestion.demo.world import DAY, NEVER, Floats, Ints, World


class Variant(NamedTuple):
    """One arm: its planned and its real share of the units, and the rate at which it converts."""

    code: str
    planned: float
    dealt: float
    rate: float
    verdict: str


class Experiment(NamedTuple):
    """An experiment; the first variant is the control."""

    code: str
    variants: tuple[Variant, ...]

    @property
    def is_split_broken(self) -> bool:
        """Whether the units were dealt out otherwise than planned."""
        return any(variant.planned != variant.dealt for variant in self.variants)


EXPERIMENTS = (
    Experiment(
        "EXP_REPEAT_COUPON",
        (
            Variant("control", 0.50, 0.50, 0.10, "control"),
            Variant("treatment", 0.50, 0.50, 0.18, "lift"),
        ),
    ),
    # planned half and half, but assignment was broken: nothing can be said
    Experiment(
        "EXP_HOME_REVIEWS",
        (
            Variant("control", 0.50, 0.38, 0.12, "control"),
            Variant("treatment", 0.50, 0.62, 0.12, "invalid"),
        ),
    ),
    Experiment(
        "EXP_NEW_PAGE",
        (
            Variant("control", 0.40, 0.40, 0.14, "control"),
            Variant("buyer_photos", 0.30, 0.30, 0.23, "lift"),
            Variant("popup", 0.30, 0.30, 0.06, "harm"),
        ),
    ),
)
MEMBER_SHARE = 0.8
FEWEST_UNITS, MOST_UNITS = 1_800, 12_000
# Visitors are numbered from here on.
VISITORS = 1_000_000_000


def make_experiments(world: World) -> pd.DataFrame:
    """One row per unit and experiment; conversions by quota, so that each rate is met to one unit.

    Columns: experiment, subject (a member's number, or one from VISITORS on), variant (place in
    the experiment), variant_code, planned, assigned, exposed (s or NEVER), is_converted, value
    (cents).
    """
    parts = []
    for experiment in EXPERIMENTS:
        rng = world.rng(experiment.code)
        members = min(round(world.customers * MEMBER_SHARE), MOST_UNITS)
        people: Ints = np.sort(rng.permutation(world.customers)[:members]).astype(np.int64)
        visitors = VISITORS + np.arange(max(0, FEWEST_UNITS - members))
        subject = np.concatenate([people, visitors])
        n = len(subject)
        dealt = np.cumsum([variant.dealt for variant in experiment.variants])
        variant = np.zeros(n, dtype=np.int64)
        variant[rng.permutation(n)] = np.searchsorted(dealt, (np.arange(n) + 0.5) / n * dealt[-1])
        chance: Floats = np.array([each.rate for each in experiment.variants])[variant]
        order = np.argsort(variant, kind="stable")
        is_converted = np.zeros(n, dtype=bool)
        is_converted[order] = quota(rng, chance[order])
        assigned = (rng.random(n) * world.end * 0.4).astype(np.int64)
        exposed = assigned + rng.integers(60, DAY // 4, n)
        is_exposed = is_converted | (rng.random(n) < 0.85)
        value = np.where(is_converted, np.exp(rng.normal(6.3, 0.6, n)), 0.0)
        parts.append(
            pd.DataFrame(
                {
                    "experiment": experiment.code,
                    "subject": subject,
                    "variant": variant,
                    "variant_code": [experiment.variants[place].code for place in variant],
                    "planned": np.array([v.planned for v in experiment.variants])[variant],
                    "assigned": assigned,
                    "exposed": np.where(is_exposed & (exposed < world.end), exposed, NEVER),
                    "is_converted": is_converted,
                    "value": np.rint(value * 100).astype(np.int64),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
