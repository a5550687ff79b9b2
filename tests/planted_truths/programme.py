"""Truths on the member programme: the invitations and what they multiply to, the experiments."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.marketing.experiments import EXPERIMENTS
from ingestion.demo.simulation import Simulation
from ingestion.demo.world import DAY, NEVER, Ints
from tests.planted_truths.forgotten import forgotten
from tests.planted_truths.forms import Json, member, rate

FAULTS = ("self", "loop", "duplicate", "device")


def _people(simulation: Simulation) -> Ints:
    """Who each customer is: two memberships that show one telephone are one person."""
    members = simulation.customers[simulation.customers["is_member"]]
    is_shown = (members["phone_style"] < 3).to_numpy()
    number = np.where(is_shown, members["phone_person"], -1 - members["customer"])
    people: Ints = np.arange(len(simulation.customers), dtype=np.int64)
    people[members["customer"]] = members["customer"].groupby(number).transform("min").to_numpy()
    return people


def _counted(simulation: Simulation) -> pd.DataFrame:
    """Invitations that count, as people: inviter, invitee (-1 none), when, since when a member."""
    person = _people(simulation)
    rows = simulation.loyalty.referrals
    frame = rows.assign(
        inviter=person[rows["inviter"]],
        invitee=np.where(rows["invitee"] >= 0, person[np.maximum(rows["invitee"], 0)], -1),
    )
    members = simulation.customers[simulation.customers["is_member"]]
    since = members["registered"].groupby(person[members["customer"]]).min()
    joined = frame["invitee"].map(since).fillna(NEVER).to_numpy()
    is_known = (frame["invitee"] >= 0).to_numpy() & (joined <= frame["sent"].to_numpy())
    is_self = (frame["inviter"] == frame["invitee"]).to_numpy()
    frame = frame[~is_known & ~is_self & (frame["fault"] != "device").to_numpy()]
    frame = frame.sort_values(["registered", "sent", "invite"])
    again = (frame["invitee"] >= 0) & frame.duplicated("invitee")
    frame = frame[~again]
    return frame.assign(since=frame["inviter"].map(since))


def referrals(simulation: Simulation) -> Json:
    """Invitations, their planted faults, the K-factor and the largest trees."""
    rows = simulation.loyalty.referrals
    counted = _counted(simulation)
    joined = counted[counted["registered"] != NEVER]
    parents: dict[int, int] = dict(
        zip(joined["invitee"].tolist(), joined["inviter"].tolist(), strict=True)
    )
    roots: dict[int, int] = {}
    depths: dict[int, int] = {}
    # in order of registration, so that one pass knows every inviter before their invitees
    for invitee, inviter in parents.items():
        roots[invitee] = roots.get(inviter, inviter)
        depths[invitee] = depths.get(inviter, 0) + 1
    frame = pd.DataFrame({"root": pd.Series(roots), "depth": pd.Series(depths)})
    trees = frame.groupby("root").agg(invitees=("depth", "size"), depth=("depth", "max"))
    trees = trees.sort_values(["invitees", "depth"], ascending=False, kind="stable")
    generations = frame["depth"].value_counts().sort_index()
    faults = rows["fault"].value_counts()
    good = rows[(rows["fault"] == "") & (rows["invitee"] >= 0)]
    return {
        "invitations": len(rows),
        "registered": len(good),
        "faults": {name: int(faults.get(name, 0)) for name in FAULTS},
        "k_factor": _k_factor(simulation, counted),
        "generations": {str(depth): int(count) for depth, count in generations.items()},
        "trees": len(trees),
        "deepest": int(trees["depth"].max()) if len(trees) else 0,
        "largest": [
            {
                "member": member(int(str(root))),
                "invitees": int(row["invitees"]),
                "depth": int(row["depth"]),
            }
            for root, row in trees.head(20).iterrows()
        ],
    }


def _k_factor(simulation: Simulation, counted: pd.DataFrame) -> Json:
    """Over the whole window: who was active, what they sent, who came, and after how long."""
    person = _people(simulation)
    orders = simulation.bought.orders
    customers = simulation.customers
    is_known = (customers["is_linked"] & customers["is_member"]).to_numpy()
    kept = orders[(orders["cancelled"] == NEVER) & is_known[orders["customer"]]]
    kept = kept[~kept["customer"].isin(forgotten(simulation))]
    active = set(person[kept["customer"]].tolist()) | set(counted["inviter"].tolist())
    came = counted[counted["registered"] != NEVER]
    cycle = (came["registered"] - came["since"]) / DAY
    answer = (came["registered"] - came["sent"]) / DAY
    return {
        "active_customers": len(active),
        "invitations": len(counted),
        "conversions": len(came),
        "k_factor": rate(len(came), len(active)),
        "cycle_days": round(float(cycle.median()), 4) if len(came) else None,
        "answer_days": round(float(answer.median()), 4) if len(came) else None,
    }


def experiments(simulation: Simulation) -> Json:
    """Variants of every experiment as dealt out."""
    frame = simulation.experiments
    result: Json = {}
    for experiment in EXPERIMENTS:
        rows = frame[frame["experiment"] == experiment.code]
        control = experiment.variants[0]
        variants: Json = {}
        for place, variant in enumerate(experiment.variants):
            arm = rows[rows["variant"] == place]
            variants[variant.code] = {
                "planned_share": variant.planned,
                "units": len(arm),
                "exposed": int((arm["exposed"] != NEVER).sum()),
                "conversions": int(arm["is_converted"].sum()),
                "conversion_rate": rate(arm["is_converted"].sum(), len(arm)),
                "planted_difference": round(variant.rate - control.rate, 6),
                "verdict": variant.verdict,
            }
        result[experiment.code] = {
            "control": control.code,
            "is_split_broken": experiment.is_split_broken,
            "variants": variants,
        }
    return result
