"""The member programme: invitations and their trees, points, group activity."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ingestion.demo.people.groups import answer_in_group, make_activity
from ingestion.demo.people.points import make_points
from ingestion.demo.world import World


@dataclass(frozen=True)
class Loyalty:
    """The member programme's tables."""

    referrals: pd.DataFrame
    # invite, inviter, invitee (-1 none), sent, clicked, registered (s or NEVER), fault
    points: pd.DataFrame  # as `points.make_points` makes them
    activity: pd.DataFrame  # as `groups.make_activity` makes it


def make_loyalty(
    world: World,
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    reviews: pd.DataFrame,
    referrals: pd.DataFrame,
    *,
    touches: pd.DataFrame,
) -> Loyalty:
    """Everything that members do in the programme."""
    return Loyalty(
        referrals,
        make_points(world, customers, orders, reviews, referrals),
        answer_in_group(world, customers, touches, orders, make_activity(world, customers)),
    )
