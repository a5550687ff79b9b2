"""Truths on who is reached and by what: strategies, journeys, word of mouth against advertising."""

from __future__ import annotations

from ingestion.demo.catalogue import CAMPAIGNS, STRATEGIES
from ingestion.demo.paths import CHANCE, CLASSES, HAS, chance_without
from ingestion.demo.simulation import Simulation
from ingestion.demo.truth_forms import Json, rate


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
                    c.code for c in CAMPAIGNS if c.strategy == strategy.code and c.is_touching
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
    """Orders that a journey led to, and all others."""
    orders = simulation.bought.orders
    has_journey = orders["journey"] >= 0
    return {
        "orders": len(orders),
        "with_journey": int(has_journey.sum()),
        "repeat_orders": int(orders["is_repeat"].sum()),
        "repeat_orders_with_journey": int((orders["is_repeat"] & has_journey).sum()),
        "unattributed_share": rate((~has_journey).sum(), len(orders)),
    }
