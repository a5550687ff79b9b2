"""Traffic that leads no customer to an order: robots, own links, a shop's tablet, passers-by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import CAMPAIGNS, STRATEGIES
from ingestion.demo.draws import day_times, share
from ingestion.demo.marketing.creators import Creators
from ingestion.demo.marketing.touches import CLICKED, IDENTITY_KINDS, VISITED
from ingestion.demo.world import DAY, HOUR, NEVER, Ints, World

# Identifiers that belong to no customer: robots' cookies, the tablet, devices that an inviter
# lends; and cookies of people who look in once and never become known.
ROBOT, PASSER_BY, TABLET, LENT = -500_000_000, -600_000_000, -700_000_000, -800_000_000
CLICKS_PER_HOUR = 130
OWN_NOTE_CLICKS, OWN_LINK_CLICKS = 3, 12
TABLET_VISITS_PER_DAY = 4
# Per member and day, to the very end: journeys thin out before it, and an export that has lost nine
# tenths of its rows is refused.
PASSERS_BY = 0.012
COOKIE, DEVICE = IDENTITY_KINDS.index("cookie"), IDENTITY_KINDS.index("device_id")
PLANTS = ("", "robot", "own_content", "own_link", "tablet")


@dataclass(frozen=True)
class Traffic:
    """Touches beside all journeys, links that say too much, and whose cookies must be known."""

    touches: pd.DataFrame  # as dressed touches, and plant (PLANTS)
    links: pd.DataFrame  # kind, identifier, customer, linked
    known: Ints  # members whose cookie the CRM knows


def make_traffic(
    world: World,
    customers: pd.DataFrame,
    untouched: Ints,
    made: Creators,
    referrals: pd.DataFrame,
) -> Traffic:
    """All of it. `untouched` are known members without a journey: one of them lets a robot run."""
    robots = np.concatenate([untouched[:1], [ROBOT]]).astype(np.int64)
    parts = [
        _robots(world, robots),
        _own_notes(world, made),
        _own_links(world, customers, referrals),
        _tablet_visits(world),
        _passers_by(world),
    ]
    touches = pd.concat(parts, ignore_index=True)
    touches = touches[touches["touched"] < world.end]
    links = pd.concat(
        [_tablet_links(world, customers), _lent_devices(referrals)], ignore_index=True
    )
    is_own = touches["plant"].isin([1, 2, 3]) & (touches["customer"] >= 0)
    known: Ints = np.unique(touches.loc[is_own, "customer"].to_numpy()).astype(np.int64)
    return Traffic(touches.assign(journey=-1, review=0), links, known)


def _seen(
    plant: str, people: Ints, touched: Ints, campaign: str | None, action: int
) -> pd.DataFrame:
    index = next((i for i, c in enumerate(CAMPAIGNS) if c.code == campaign), -1)
    strategy, channel = -1, "direct"
    if campaign is not None:
        strategy = [s.code for s in STRATEGIES].index(CAMPAIGNS[index].strategy)
        channel = STRATEGIES[strategy].channels[0]
    frame = pd.DataFrame({"customer": people, "touched": touched})
    return frame.assign(
        strategy=strategy,
        channel=channel,
        campaign=index,
        kind=COOKIE,
        action=action,
        creator=0,
        note=0,
        content=0,
        plant=PLANTS.index(plant),
    )


def _robots(world: World, robots: Ints) -> pd.DataFrame:
    """Each clicks for an hour on some days, faster than anybody can."""
    rng = world.rng("robots")
    days = rng.permutation(world.days)[: int(np.clip(world.days // 10, 1, 4))]
    people = np.repeat(robots, len(days) * CLICKS_PER_HOUR)
    starts = np.repeat(np.tile(days, len(robots)) * DAY + 3 * HOUR, CLICKS_PER_HOUR)
    touched = starts + rng.integers(0, HOUR, len(people))
    return _seen("robot", people, touched, "CM12", CLICKED)


def _own_notes(world: World, made: Creators) -> pd.DataFrame:
    """Members who are creators look at their own notes again and again."""
    rng = world.rng("own notes")
    own = made.creators[made.creators["customer"] >= 0]
    rows = made.notes[made.notes["creator"].isin(own["creator"])]
    rows = rows.loc[np.repeat(rows.index.to_numpy(), OWN_NOTE_CLICKS)]
    people = rows["creator"].map(own.set_index("creator")["customer"]).to_numpy(dtype=np.int64)
    touched = rows["published"].to_numpy() + rng.integers(HOUR, 2 * DAY, len(rows))
    frame = _seen("own_content", people, touched, "CM01", CLICKED)
    return frame.assign(creator=rows["creator"].to_numpy(), note=rows["note"].to_numpy())


def _own_links(world: World, customers: pd.DataFrame, referrals: pd.DataFrame) -> pd.DataFrame:
    """Inviters open the link that they have sent, right when the register notes a click on it."""
    rng = world.rng("own links")
    is_linked = customers["is_linked"].to_numpy()[referrals["inviter"]]
    opened = referrals[(referrals["invitee"] < 0) & (referrals["clicked"] != NEVER) & is_linked]
    chosen = opened.iloc[np.sort(rng.permutation(len(opened))[:OWN_LINK_CLICKS])]
    touched = chosen["clicked"].to_numpy() + rng.integers(2, 60, len(chosen))
    return _seen("own_link", chosen["inviter"].to_numpy(), touched, "CM07", CLICKED)


def _tablet_visits(world: World) -> pd.DataFrame:
    rng = world.rng("tablet")
    days = np.repeat(np.arange(world.days), TABLET_VISITS_PER_DAY)
    touched = days * DAY + rng.integers(10 * HOUR, 20 * HOUR, len(days))
    people = np.full(len(days), TABLET, dtype=np.int64)
    return _seen("tablet", people, touched, None, VISITED).assign(kind=DEVICE)


def _passers_by(world: World) -> pd.DataFrame:
    """Direct visits of strangers, each once: no plant, for they count and convert nobody."""
    rng = world.rng("passers-by")
    days = np.repeat(np.arange(world.days), max(2, round(world.customers * PASSERS_BY)))
    people = PASSER_BY - np.arange(len(days), dtype=np.int64)
    return _seen("", people, day_times(rng, days), None, VISITED)


def _tablet_links(world: World, customers: pd.DataFrame) -> pd.DataFrame:
    """A shop's tablet on which many a member has logged in."""
    rng = world.rng("tablet links")
    able = np.flatnonzero(customers["is_linked"])
    count = min(len(able), int(np.clip(round(world.customers * 0.03), 24, 60)))
    people = np.sort(able[share(rng, len(able), count / max(len(able), 1))])
    linked = np.maximum(
        rng.integers(0, max(1, world.end - DAY // 4), len(people)),
        customers["registered"].to_numpy()[people],
    )
    return pd.DataFrame(
        {"kind": "device_id", "identifier": TABLET, "customer": people, "linked": linked}
    )


def _lent_devices(referrals: pd.DataFrame) -> pd.DataFrame:
    """Invitations of somebody who holds the inviter's own device."""
    rows = referrals[referrals["fault"] == "device"]
    number = LENT - np.arange(len(rows))
    parts = [
        pd.DataFrame(
            {
                "kind": "device_id",
                "identifier": number,
                "customer": rows[side].to_numpy(),
                "linked": rows["registered"].to_numpy(),
            }
        )
        for side in ("inviter", "invitee")
    ]
    return pd.concat(parts, ignore_index=True)
