"""What was planted of ideas, trials and requests to be forgotten."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.people.erasures import UNKNOWN
from ingestion.demo.people.partners import PROGRAMMES, TRIAL_DAYS, TRUST_UPLIFT
from ingestion.demo.simulation import Simulation
from ingestion.demo.world import DAY, NEVER
from tests.planted_truths.forms import Json, iso, member, opaque, rate, yuan


def ideas(simulation: Simulation) -> Json:
    """Ideas as they stand on the last day, and whether those who had them bought again."""
    frame, orders = simulation.partners.ideas, simulation.bought.orders
    is_adopted, is_released = frame["adopted"] != NEVER, frame["released"] != NEVER
    is_decided = is_adopted | (frame["declined"] != NEVER)
    first = frame.groupby("customer")["submitted"].min()
    kept = orders[(orders["cancelled"] == NEVER) & orders["customer"].isin(first.index)]
    is_after = kept["ordered"] > kept["customer"].map(first)
    before = set(kept.loc[~is_after, "customer"])
    after = set(kept.loc[is_after, "customer"])
    return {
        "submitted": len(frame),
        "decided": int(is_decided.sum()),
        "adopted": int(is_adopted.sum()),
        "released": int(is_released.sum()),
        "adoption_rate": rate(int(is_adopted.sum()), len(frame)),
        "adoption_rate_of_decided": rate(int(is_adopted.sum()), int(is_decided.sum())),
        "median_days_to_adoption": _median_days(frame[is_adopted], "submitted", "adopted"),
        "median_days_from_adoption_to_release": _median_days(
            frame[is_released], "adopted", "released"
        ),
        "contributors": len(first),
        "contributors_who_bought_before": len(before),
        "contributors_who_bought_after": len(after),
        "contributors_who_bought_before_and_after": len(before & after),
    }


def _median_days(frame: pd.DataFrame, start: str, end: str) -> float | None:
    days = (frame[end] - frame[start]) / DAY
    return round(float(days.median()), 6) if len(days) else None


def trials(simulation: Simulation) -> Json:
    """Trials as they stand on the last day, and paired scores before and after."""
    world, frame = simulation.world, simulation.partners.trials
    is_over = frame["started"] + TRIAL_DAYS * DAY <= world.end - DAY
    is_dropped = (frame["ended"] != NEVER) & ~frame["is_finished"]
    result: Json = {
        "planted_uplift": TRUST_UPLIFT,
        **_scores(frame),
        "enrolled": len(frame),
        "finished": int(frame["is_finished"].sum()),
        "dropped": int(is_dropped.sum()),
        "running": int((frame["ended"] == NEVER).sum()),
        "enrolled_thirty_days_ago": int(is_over.sum()),
        "completion_rate_of_these": rate(int(frame["is_finished"].sum()), int(is_over.sum())),
        "livestreams": int(frame["streams"].sum()),
        "finished_without_post_score": int((frame["is_finished"] & (frame["post"] < 0)).sum()),
        "without_pre_score": int((frame["pre"] < 0).sum()),
    }
    result["programmes"] = {
        name: {"enrolled": len(group), "finished": int(group["is_finished"].sum())} | _scores(group)
        for place, name in enumerate(PROGRAMMES)
        if len(group := frame[frame["programme"] == place])
    }
    return result


def _scores(frame: pd.DataFrame) -> Json:
    both = frame[(frame["pre"] >= 0) & (frame["post"] >= 0)]
    before, after = both["pre"] / 10, both["post"] / 10
    gain = after - before
    if both.empty:
        return {"pairs": 0}
    return {
        "pairs": len(both),
        "mean_pre": round(float(before.mean()), 6),
        "mean_post": round(float(after.mean()), 6),
        "mean_uplift": round(float(gain.mean()), 6),
        "relative_uplift": rate(float(gain.mean()), float(before.mean())),
        "deviation": round(float(gain.std()), 6) if len(both) > 1 else None,
    }


def erasures(simulation: Simulation) -> list[Json]:
    """Who asks to be forgotten, and what the exports hold of them."""
    world, bought, links = simulation.world, simulation.bought, simulation.links
    rows = []
    for request in simulation.erasures.to_dict("records"):
        who = int(request["customer"])
        orders = bought.orders[bought.orders["customer"] == who]
        own_links = links[links["identifier"] == who]
        mentions = simulation.mentions
        rows.append(
            {
                "request_ref": f"ER{request['request']:03d}",
                "member": member(who),
                "requested_at": iso(world, int(request["requested"])),
                "is_known": who != UNKNOWN,
                "jd_account": opaque("jd_", who),
                "tmall_account": opaque("AAF", who),
                "links": sorted(own_links["kind"]),
                "orders": len(orders),
                "kept_orders": int((orders["cancelled"] == NEVER).sum()),
                "net_cny_kept": yuan(orders.loc[orders["cancelled"] == NEVER, "net"]),
                "reviews": int((simulation.reviews["customer"] == who).sum()),
                "mentions": int(((mentions["author"] == who) & mentions["is_member"]).sum()),
                "messages": int((simulation.messages["customer"] == who).sum()),
                "touches": int((simulation.touches["customer"] == who).sum()),
                "points": int((simulation.loyalty.points["customer"] == who).sum()),
                "point_balance": int(
                    simulation.loyalty.points.query("customer == @who")["delta"].sum()
                ),
                "surveys": int((simulation.surveys["customer"] == who).sum()),
                "activity_days": int((simulation.loyalty.activity["customer"] == who).sum()),
                "contacts": int((simulation.service.contacts["customer"] == who).sum()),
                "experiments": int(np.sum(simulation.experiments["subject"] == who)),
            }
        )
    return rows
