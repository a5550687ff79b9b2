"""Truths on who is reached and by what: strategies, journeys, word of mouth against advertising."""

from __future__ import annotations

import numpy as np

from ingestion.demo.catalogue.catalogue import ALL_PRODUCTS, CAMPAIGNS, STRATEGIES
from ingestion.demo.marketing.creators import COUNTERS, RATES, TIERS
from ingestion.demo.marketing.lift import (
    CAMPAIGN,
    CATEGORY,
    KEYWORDS,
    PRODUCT,
    SALES_LIFT,
    SEARCH_LIFT,
    window,
)
from ingestion.demo.marketing.paths import CHANCE, CLASSES, HAS, chance_without
from ingestion.demo.marketing.traffic import LENT, PLANTS, TABLET
from ingestion.demo.simulation import Simulation
from ingestion.demo.voices.amplification import PIECE_TOPICS, TOPICS
from ingestion.demo.world import DAY
from tests.planted_truths.forms import Json, rate, yuan


def strategies(simulation: Simulation) -> list[Json]:
    """Per strategy: its planted effect, what it brought in, and journeys that had it."""
    journeys = simulation.journeys.journeys
    known = journeys[journeys["customer"] >= 0]
    way = known["way"].to_numpy()
    last = simulation.journeys.touches.sort_values("touched").drop_duplicates(
        "journey", keep="last"
    )
    closing = known["journey"].map(last.set_index("journey")["strategy"]).to_numpy()
    single = known["touch_count"] == 1
    rows = []
    for index, strategy in enumerate(STRATEGIES):
        having = known[HAS[way, index]]
        # a return's chance moves with that of its way, so its share of it does, too
        lost = 1.0 - chance_without(index)[way] / CHANCE[way]
        alone = known[HAS[way, index] & single]
        rows.append(
            {
                "strategy_code": strategy.code,
                "is_word_of_mouth": strategy.is_word_of_mouth,
                "effect": strategy.effect,
                "incremental_conversions": round(float((known["chance"] * lost).sum()), 3),
                "marketing_channels": list(strategy.channels),
                "campaigns": [
                    c.code
                    for c in CAMPAIGNS
                    if c.strategy == strategy.code and (c.is_touching or c.is_topic)
                ],
                "journeys": len(having),
                "conversions": int(having["is_converted"].sum()),
                "conversions_closed": int((known["is_converted"] & (closing == index)).sum()),
                "single_touch_journeys": len(alone),
                "single_touch_conversions": int(alone["is_converted"].sum()),
            }
        )
    return rows


def word_of_mouth(simulation: Simulation) -> Json:
    """Journeys, customers and conversions by what touched them, and the multiple."""
    journeys = simulation.journeys.journeys
    result: Json = {}
    for index, name in enumerate(CLASSES):
        chosen = journeys[journeys["class_"] == index]
        known = chosen[chosen["customer"] >= 0]
        converted = int(known["is_converted"].sum())
        people = known.groupby("customer")["is_converted"].any()
        result[name] = {
            "customers": len(people),
            "converted_customers": int(people.sum()),
            "journeys": len(known),
            "anonymous_journeys": len(chosen) - len(known),
            "conversions": converted,
            "conversion_rate": rate(converted, len(known)),
            "expected_rate": round(float(known["chance"].mean()), 6) if len(known) else None,
        }
    wom, paid = result["word_of_mouth"], result["paid"]
    result["multiple"] = rate(wom["conversion_rate"] or 0, paid["conversion_rate"] or 0)
    result["expected_multiple"] = rate(wom["expected_rate"] or 0, paid["expected_rate"] or 0)
    return result


def attributed_sales(simulation: Simulation) -> Json:
    """Orders of the window that a journey led to, and all others."""
    orders = simulation.bought.orders
    orders = orders[orders["ordered"] >= 0]
    has_journey = orders["journey"] >= 0
    return {
        "orders": len(orders),
        "with_journey": int(has_journey.sum()),
        "repeat_orders": int(orders["is_repeat"].sum()),
        "repeat_orders_with_journey": int((orders["is_repeat"] & has_journey).sum()),
        "unattributed_share": rate((~has_journey).sum(), len(orders)),
    }


def traffic(simulation: Simulation) -> Json:
    """Touches that must not count, by kind, and the devices that say too much."""
    touches, links = simulation.touches, simulation.links
    result: Json = {}
    for number, plant in enumerate(PLANTS[1:], start=1):
        ids = touches.loc[touches["plant"] == number, "touch"]
        result[plant] = {"touches": len(ids), "ids": [f"TP{touch:09d}" for touch in ids]}
    robots = touches[touches["plant"] == PLANTS.index("robot")]
    result["robot"]["cookies"] = int(robots["customer"].nunique())
    result["robot"]["cookies_of_members"] = int((robots["customer"].unique() >= 0).sum())
    result["robot"]["days"] = int((robots["touched"] // DAY).nunique())
    result["tablet"]["members"] = int((links["identifier"] == TABLET).sum())
    result["lent_devices"] = int(links.loc[links["identifier"] <= LENT, "identifier"].nunique())
    return result


def topic_lift(simulation: Simulation) -> Json:
    """The lifting topic: its days, what it added to sales and to searches."""
    world = simulation.world
    first, last = window(world)
    orders, items = simulation.bought.orders, simulation.bought.items
    of_category = items[np.array([p.category == CATEGORY for p in ALL_PRODUCTS])[items["product"]]]
    sold = orders[orders["order"].isin(of_category["order"])]
    now = sold[(sold["ordered"] // DAY).between(first, last)]
    added = int((now["wanted"] == PRODUCT).sum())
    category_of = {keyword: category for keyword, (category, _) in KEYWORDS.items()}
    searches = simulation.searches
    own = searches[searches["keyword"].map(category_of) == CATEGORY]
    searched = own[own["day"].between(first, last)]
    return {
        "campaign": CAMPAIGN,
        "topic": TOPICS[PIECE_TOPICS][0],
        "category": CATEGORY,
        "first_day": world.date_of(first).isoformat(),
        "last_day": world.date_of(last).isoformat(),
        "planted_sales_lift": SALES_LIFT,
        "added_orders": added,
        "orders_in_window": len(now),
        "achieved_sales_lift": rate(added, len(now) - added),
        "planted_search_lift": SEARCH_LIFT,
        "searches_in_window": int(searched["count"].sum()),
        "keywords": category_of,
    }


def creators(simulation: Simulation) -> Json:
    """Creators and their notes by tier: engagements per impression at every reach, and hits."""
    made = simulation.creators
    result: Json = {}
    for tier, name in enumerate(TIERS):
        notes = made.notes[made.notes["tier"] == tier]
        plain = notes[~notes["is_hit"]]
        engagements = plain[list(COUNTERS)].sum(axis=1)
        result[name] = {
            "creators": int((made.creators["tier"] == tier).sum()),
            "notes": len(notes),
            "hits": [f"NT{note:05d}" for note in notes.loc[notes["is_hit"], "note"]],
            "hit_note_rate": rate(notes["is_hit"].sum(), len(notes)),
            "planted_engagement_rate": RATES[tier],
            "mean_engagement_rate": rate((engagements / plain["reach"]).sum(), len(plain)),
            "fees_cny": yuan(notes["fee"]),
        }
    return result


def campaigns(simulation: Simulation) -> Json:
    """Campaigns that cost and touch nobody, and those that touch and cost nothing."""
    spend = simulation.spend
    touched = set(simulation.touches["campaign"].tolist())
    paid = set(spend["campaign"].tolist()) | set(simulation.creators.notes["campaign"].tolist())
    return {
        "spend_without_touches": {
            CAMPAIGNS[index].code: yuan(spend.loc[spend["campaign"] == index, "cents"])
            for index in sorted(set(spend["campaign"].tolist()) - touched)
        },
        "touches_without_spend": [
            CAMPAIGNS[index].code for index in sorted(touched - paid) if index >= 0
        ],
    }
