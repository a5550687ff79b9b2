"""What was planted of members: points, offers by stage, advocates, groups."""

from __future__ import annotations

import pandas as pd

from ingestion.demo.people.groups import EVENT_EVERY, FIRST_EVENT
from ingestion.demo.people.offers import OFFERED_SHARE, PROGRAMMES, TAKE_UP
from ingestion.demo.people.points import (
    EXPIRY,
    OVERDRAFT,
    REASONS,
    REDEMPTION,
    REVIEW,
    SPENT_ON_ORDER,
    TWICE,
)
from ingestion.demo.simulation import Simulation
from ingestion.demo.voices.koc import ROLES, activated_at
from ingestion.demo.world import DAY, NEVER, World
from tests.planted_truths.forgotten import forgotten
from tests.planted_truths.forms import Json, iso, member, opaque, rate


def points_ledger(simulation: Simulation) -> Json:
    """Sums of the ledger, by reason too, and what is wrong in it."""
    frame = simulation.loyalty.points
    plus, minus = frame[frame["delta"] > 0], frame[frame["delta"] < 0]
    by_reason = {
        name: {"entries": len(group), "points": int(group["delta"].sum())}
        for code, name in enumerate(REASONS)
        if len(group := frame[frame["reason"] == code])
    }
    balance = frame.groupby("customer")["delta"].sum()
    expired = -int(minus.loc[minus["reason"] == EXPIRY, "delta"].sum())
    return {
        "entries": len(frame),
        "members": len(set(balance.index) - forgotten(simulation)),
        "issued": int(plus["delta"].sum()),
        "redeemed": -int(minus.loc[minus["reason"] == REDEMPTION, "delta"].sum()),
        "expired": expired,
        "taken_back_by_hand": -int(
            minus.loc[~minus["reason"].isin([REDEMPTION, EXPIRY]), "delta"].sum()
        ),
        "balance": int(frame["delta"].sum()),
        "breakage": rate(expired, int(plus["delta"].sum())),
        "by_reason": by_reason,
        "overdrawn": [
            {
                "entry_ref": _entry(row["entry"]),
                "member": member(row["customer"]),
                "balance": int(balance.loc[row["customer"]]),
            }
            for row in frame[frame["plant"] == OVERDRAFT].to_dict("records")
        ],
        "booked_twice": _booked_twice(frame),
        "review_points": _review_points(simulation, frame),
    }


def _entry(number: int) -> str:
    return f"PT{int(number):08d}"


def _booked_twice(frame: pd.DataFrame) -> list[Json]:
    """Entries that are alike in all but their number."""
    twice = frame[frame["plant"] == TWICE]
    alike = frame.merge(twice[["customer", "occurred", "delta", "reason"]])
    return [
        {
            "member": member(int(group["customer"].iloc[0])),
            "points": int(group["delta"].iloc[0]),
            "entry_refs": [_entry(number) for number in group["entry"]],
        }
        for _, group in alike.groupby("customer")
    ]


def _review_points(simulation: Simulation, frame: pd.DataFrame) -> Json:
    """Points for reviews, and the orders that members paid for with these and all others."""
    world, orders = simulation.world, simulation.bought.orders.set_index("order")
    spent = frame[frame["plant"] == SPENT_ON_ORDER]
    earned = frame[(frame["reason"] == REVIEW) & frame["customer"].isin(spent["customer"])]
    before = earned["occurred"] < earned["customer"].map(
        spent.set_index("customer")["occurred"].groupby(level=0).max()
    )
    return {
        "issued": int(frame.loc[frame["reason"] == REVIEW, "delta"].sum()),
        "spent_on_orders": int(earned.loc[before, "delta"].sum()),
        "orders": [
            {
                "member": member(row["customer"]),
                "ordered_at": iso(world, int(row["occurred"])),
                "points": -int(row["delta"]),
                "shop": ("jd", "tmall")[int(orders["shop"].loc[row["order"]])],
            }
            for row in spent.to_dict("records")
        ],
    }


def stage_offers(simulation: Simulation) -> Json:
    """Per programme: offered, to the right stage and not, and claimed by the last day."""
    frame, lapsed_customers = simulation.offers, simulation.lapsed_customers.people
    result: Json = {
        name: {
            "offered": len(group),
            "to_the_right_stage": int(group["is_right"].sum()),
            "to_another_stage": int((~group["is_right"]).sum()),
            "claimed": int((group["claimed"] != NEVER).sum()),
            "take_up": rate(int((group["claimed"] != NEVER).sum()), len(group)),
        }
        for code, name in enumerate(PROGRAMMES)
        if len(group := frame[frame["programme"] == code])
    }
    for name, offered, take_up in zip(PROGRAMMES, OFFERED_SHARE, TAKE_UP, strict=False):
        if name in result:
            result[name] |= {"planted_offered_share": offered, "planted_take_up": take_up}
    is_sent = lapsed_customers["offered"] != NEVER
    came = lapsed_customers["returned"] != NEVER
    result["silent_members"] = {
        "members": len(lapsed_customers),
        "sent_a_coupon": int(is_sent.sum()),
        "came_back_with_coupon": int((is_sent & came).sum()),
        "came_back_without": int((~is_sent & came).sum()),
        "lost_on_the_last_day": int(
            (~came & (simulation.world.days - 1 - lapsed_customers["last"] // DAY >= 180)).sum()
        ),
    }
    return result


def koc_activation(simulation: Simulation) -> Json:
    """Who is to be found, who was made a KOC on the day, and who only looks like one."""
    world, advocates = simulation.world, simulation.advocates
    orders, mentions = simulation.bought.orders, simulation.mentions
    kept = orders[orders["cancelled"] == NEVER]
    posts = mentions[mentions["author"].isin(advocates["customer"]) & mentions["is_member"]]
    day = activated_at(world)
    result: Json = {"activated_on": world.date_of(day // DAY).isoformat()}
    for role, name in enumerate(ROLES):
        rows = []
        for who in advocates.loc[advocates["role"] == role, "customer"]:
            said = posts.loc[(posts["author"] == who) & (posts["platform"] == 1), "posted"]
            bought = kept.loc[kept["customer"] == who, "ordered"]
            rows.append(
                {
                    "member": member(who),
                    "xiaohongshu_author": opaque("xu", who),
                    "notes_before": int((said < day).sum()),
                    "notes_after": int((said >= day + DAY).sum()),
                    "orders_before": int((bought < day).sum()),
                    "orders_after": int((bought >= day + DAY).sum()),
                }
            )
        result[name] = rows
    return result


def private_domain(simulation: Simulation) -> Json:
    """Who joined 企业微信 and when, who ordered after it, who is active in its groups."""
    world, customers = simulation.world, simulation.customers
    orders, activity = simulation.bought.orders, simulation.loyalty.activity
    gone = forgotten(simulation)
    members = customers[customers["is_member"] & ~customers["customer"].isin(gone)]
    activity = activity[~activity["customer"].isin(gone)]
    joined = members[members["joined"] != NEVER]
    since = joined.set_index("customer")["joined"]
    linked = joined[joined["is_linked"]]
    kept = orders[(orders["cancelled"] == NEVER) & orders["customer"].isin(linked["customer"])]
    is_after = kept["ordered"] > kept["customer"].map(since)
    in_window = since[since >= 0]
    days = activity["day"] - activity["customer"].map(since) // DAY
    followed = since[(since >= 0) & (since // DAY + 30 <= world.days - 1)].index
    own = activity[activity["customer"].isin(followed)]
    events = activity[activity["day"] % EVENT_EVERY == FIRST_EVENT]
    return {
        "members": len(members),
        "joined": len(joined),
        "joined_share": rate(len(joined), len(members)),
        "joined_in_window": len(in_window),
        "joined_by_month": _by_month(world, in_window // DAY),
        "joined_and_linked": len(linked),
        "ordered_after_joining": int(kept.loc[is_after, "customer"].nunique()),
        "conversion_after_joining": rate(kept.loc[is_after, "customer"].nunique(), len(linked)),
        "active_members": int(activity["customer"].nunique()),
        "active_days": len(activity),
        "posts": int(activity["posts"].sum()),
        "active_in_last_thirty_days": int(
            activity.loc[activity["day"] > world.days - 1 - 30, "customer"].nunique()
        ),
        "events": {
            f"EV{day}": int(group["customer"].nunique()) for day, group in events.groupby("day")
        },
        "event_participants": int(events["customer"].nunique()),
        "followed_thirty_days": len(followed),
        "of_these_active_on_days_1_to_30": int(
            own.loc[days[own.index].between(1, 30), "customer"].nunique()
        ),
        "of_these_active_from_day_30_on": int(own.loc[days[own.index] >= 30, "customer"].nunique()),
    }


def _by_month(world: World, days: pd.Series) -> Json:
    months = pd.Series([world.date_of(day).isoformat()[:7] for day in days], dtype=object)
    return {str(month): int(n) for month, n in months.value_counts().sort_index().items()}
