"""What was planted of service: contacts, repairs and what they bring, releases."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import ALL_PRODUCTS, SUCCESSOR_OF
from ingestion.demo.catalogue.releases import SUCCESSOR, launch_dates
from ingestion.demo.sales.orders import CLAIM_KINDS, REPEAT_CHANCE
from ingestion.demo.sales.service_desk import NIGHT_FROM, NIGHT_TO, STAGES, is_night
from ingestion.demo.simulation import Simulation
from ingestion.demo.voices.reviews import DIANPING
from ingestion.demo.world import DAY, HOUR, NEVER
from tests.planted_truths.forms import Json, rate


def service_contacts(simulation: Simulation) -> Json:
    """By stage: contacts, answers, first responses, orders that came of it; and by the hour."""
    world, frame = simulation.world, simulation.service.contacts
    weekday = np.array([world.date_of(day).isoweekday() for day in range(world.days)])
    is_answered = frame["first_reply"] != NEVER
    hours = frame.assign(
        is_missed=~is_answered,
        hour=frame["started"] % DAY // HOUR,
        weekday=weekday[frame["started"] // DAY],
    )
    by_hour = hours.groupby("hour")["is_missed"].agg(["size", "sum"])
    by_week = hours.groupby(["weekday", "hour"])["is_missed"].agg(["size", "sum"])
    night = hours[is_night(hours["started"])]
    return {
        "contacts": len(frame),
        "unanswered": int((~is_answered).sum()),
        "stages": {name: _stage(frame[frame["stage"] == code]) for code, name in enumerate(STAGES)},
        "empty_from_hour": NIGHT_FROM,
        "empty_to_hour": NIGHT_TO,
        "at_night": {"contacts": len(night), "unanswered": int(night["is_missed"].sum())},
        "by_hour": {
            str(hour): {"contacts": int(row["size"]), "unanswered": int(row["sum"])}
            for hour, row in by_hour.iterrows()
        },
        "hours_of_week_with_contacts": len(by_week),
        "hours_of_week_without_an_answer": int((by_week["size"] == by_week["sum"]).sum()),
    }


def _stage(frame: pd.DataFrame) -> Json:
    answered = frame[frame["first_reply"] != NEVER]
    wait = (answered["first_reply"] - answered["started"]) / 60
    scored = frame[frame["csat"] > 0]
    orders = int((frame["order"] > 0).sum())
    known = frame[frame["customer"] >= 0]
    return {
        "contacts": len(frame),
        "answered": len(answered),
        "median_first_response_minutes": round(float(wait.median()), 6) if len(wait) else None,
        "converted": orders,
        "conversion_rate": rate(orders, len(frame)),
        "conversion_rate_of_answered": rate(orders, len(answered)),
        "of_known_customers": len(known),
        "conversion_rate_of_known": rate(orders, len(known)),
        "scored": len(scored),
        "mean_csat": rate(int(scored["csat"].sum()), len(scored)),
    }


def warranty(simulation: Simulation) -> Json:
    """Per kind of repair: closed claims, hours, money; repeat orders beyond the unserved.

    The unserved are 京东 first orders, early enough for a second one and without a repair.
    """
    world, claims, orders = simulation.world, simulation.bought.claims, simulation.bought.orders
    kept = orders[orders["is_repeat"] & (orders["cancelled"] == NEVER)]
    last = kept.groupby("customer")["ordered"].max()
    ends = np.array([end for _, end in world.seasons])
    season = np.searchsorted(ends, np.maximum(orders["ordered"], 0), side="right")
    season = np.minimum(season, len(ends) - 1)
    is_able = (orders["ordered"] + int(24 * DAY * world.tempo) < ends[season]) & (
        orders["ordered"] >= 0
    )
    able = orders[is_able & ~orders["is_repeat"] & (orders["shop"] == 0)]
    able = able[(able["claim_kind"] == 0) & (able["cancelled"] == NEVER)]
    again = able["customer"].map(last).fillna(NEVER) > able["ordered"]
    opened = claims[claims["opened"] < world.end]
    result: Json = {
        "unserved": {
            "orders": len(able),
            "repurchased": int(again.sum()),
            "repurchase_rate": rate(int(again.sum()), len(able)),
        }
    }
    for code, name in enumerate(CLAIM_KINDS[1:], start=1):
        group = opened[opened["kind"] == code]
        done = group[group["closed"] < world.end]
        hours = (done["closed"] - done["opened"]) / HOUR
        result[name] = {
            "claims": len(group),
            "closed": len(done),
            "median_turnaround_hours": round(float(hours.median()), 6) if len(done) else None,
            "cost_cny_of_closed": f"{int(done['cost'].sum()) / 100:.2f}",
            "charged_cny_of_closed": f"{int(done['price'].sum()) / 100:.2f}",
            "in_warranty": int(group["is_in_warranty"].sum()),
            "planted_uplift": round(REPEAT_CHANCE[name] - REPEAT_CHANCE["none"], 6),
        }
    return result


def releases(simulation: Simulation) -> list[Json]:
    """Two generations of one product, with their reviews in shops as they stand (no copies)."""
    world, reviews = simulation.world, simulation.reviews
    # 大众点评 speaks of stores
    own = reviews[(reviews["source"] == 0) & (reviews["channel"] != DIANPING)]
    dates = launch_dates(world)
    rows = []
    for index in (SUCCESSOR_OF, SUCCESSOR):
        group = own[own["product"] == index]
        rows.append(
            {
                "product_ref": ALL_PRODUCTS[index].code,
                "product_name": ALL_PRODUCTS[index].name,
                "launched_on": dates[index],
                "reviews": len(group),
                "mean_stars": round(float(group["stars"].mean()), 6) if len(group) else None,
                "deleted": int((group["deleted"] != NEVER).sum()),
            }
        )
    return rows
