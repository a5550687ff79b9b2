"""Truths on who buys: identities, orders, segments, incentives, surveys."""

from __future__ import annotations

from ingestion.demo.sales.orders import CLAIM_KINDS
from ingestion.demo.simulation import Simulation
from ingestion.demo.voices.reviews import CHANNELS
from ingestion.demo.world import DAY, NEVER
from tests.planted_truths.forms import Json, member, rate, yuan


def identities(simulation: Simulation) -> Json:
    """What the CRM links, and what it links late."""
    customers = simulation.customers
    members = customers[customers["is_member"]]
    links = simulation.links
    cookies = links[links["kind"] == "cookie"].set_index("customer")["linked"]
    converted = simulation.journeys.conversions
    linked = converted["customer"].map(cookies)
    twins = members[members["phone_person"] != members["customer"]]
    return {
        "links": {str(k): int(n) for k, n in links["kind"].value_counts().sort_index().items()},
        "conversions_linked_a_day_later": int((linked > converted["converted"] + DAY).sum()),
        "masked_phones": int((members["phone_style"] == 3).sum()),
        "blank_phones": int((members["phone_style"] == 4).sum()),
        "same_person": [
            {"member": member(a), "other": member(b)}
            for a, b in zip(twins["customer"], twins["phone_person"], strict=True)
        ],
    }


def orders(simulation: Simulation) -> Json:
    """Per shop: counts and exact sums."""
    orders, refunds = simulation.bought.orders, simulation.bought.refunds
    result: Json = {}
    for shop in (0, 1):
        own = orders[orders["shop"] == shop]
        kept = own[own["cancelled"] == NEVER]
        result[CHANNELS[shop]] = {
            "orders": len(own),
            "cancelled": int((own["cancelled"] != NEVER).sum()),
            "refunded": int((own["refunded"] != NEVER).sum()),
            "gross_cny": yuan(own["gross"]),
            "net_cny_kept": yuan(kept["net"]),
            "refunds": int((refunds["shop"] == shop).sum()),
            "refund_cny": yuan(refunds.loc[refunds["shop"] == shop, "amount"]),
        }
    return result


def repurchase(simulation: Simulation) -> Json:
    """Who bought twice."""
    orders = simulation.bought.orders
    kept = orders[orders["cancelled"] == NEVER]
    counts = kept.groupby("customer").size()
    linked = simulation.customers["is_linked"].to_numpy()
    members = counts[linked[counts.index]]
    return {
        "people": len(counts),
        "people_with_two_orders": int((counts >= 2).sum()),
        "linked_members": len(members),
        "linked_members_with_two_orders": int((members >= 2).sum()),
    }


def lifetime_repair(simulation: Simulation) -> Json:
    """Repurchase after a repair, by kind of repair."""
    orders, claims = simulation.bought.orders, simulation.bought.claims
    claimed = orders.merge(claims[["order", "kind", "opened"]], on="order")
    again = orders[orders["is_repeat"] & (orders["cancelled"] == NEVER)]
    last = again.groupby("customer")["ordered"].max()
    claimed["is_again"] = claimed["customer"].map(last).fillna(NEVER) > claimed["opened"]
    result: Json = {}
    for code, name in enumerate(CLAIM_KINDS[1:], start=1):
        group = claimed[claimed["kind"] == code]
        bought = int(group["is_again"].sum())
        result[name] = {
            "claims": len(group),
            "repurchased": bought,
            "repurchase_rate": rate(bought, len(group)),
        }
    others = [result[name] for name in CLAIM_KINDS[1:] if name != "lifetime"]
    rest = rate(sum(r["repurchased"] for r in others), sum(r["claims"] for r in others))
    result["uplift"] = round((result["lifetime"]["repurchase_rate"] or 0) - (rest or 0), 6)
    return result


def segments(simulation: Simulation) -> Json:
    """Members by what they did."""
    customers, orders = simulation.customers, simulation.bought.orders
    linked = customers["is_linked"].to_numpy()
    kept = orders[(orders["cancelled"] == NEVER) & linked[orders["customer"]]]
    counts = kept.groupby("customer").size()
    members = int(customers["is_member"].sum())
    reviews = simulation.reviews
    known = reviews[(reviews["customer"] >= 0) & (reviews["source"] == 0)]
    known = known[linked[known["customer"]]]
    happy = known[known["stars"] >= 4]
    referrers = simulation.loyalty.referrals.query("fault in ['', 'device'] and invitee >= 0")
    return {
        "members": members,
        "members_by_kept_orders": {
            "0": members - len(counts),
            "1": int((counts == 1).sum()),
            "2": int((counts == 2).sum()),
            "3+": int((counts >= 3).sum()),
        },
        "members_who_reviewed": int(known["customer"].nunique()),
        "members_who_gave_four_stars_or_more": int(happy["customer"].nunique()),
        "members_who_brought_somebody": int(referrers["inviter"].nunique()),
        "members_in_wecom": int((customers["joined"] != NEVER).sum()),
    }


def incentives(simulation: Simulation) -> Json:
    """Grants, and stars with and without one."""
    grants, reviews = simulation.grants, simulation.reviews
    jd = reviews[(reviews["channel"] == 0) & (reviews["source"] == 0)]
    paid, free = jd[jd["grant"] > 0], jd[jd["grant"] == 0]
    return {
        "grants": len(grants),
        "grants_requiring_praise": int(grants["is_positive_required"].sum()),
        "reviews_with": len(paid),
        "reviews_without": len(free),
        "mean_stars_with": round(float(paid["stars"].mean()), 6) if len(paid) else None,
        "mean_stars_without": round(float(free["stars"].mean()), 6) if len(free) else None,
    }


def nps(simulation: Simulation) -> list[Json]:
    """Per weekly wave: promoters, passives, detractors."""
    surveys = simulation.surveys
    rows = []
    for wave, group in surveys[surveys["kind"] == 0].groupby("wave", sort=True):
        scores = group.loc[group["answered"] != NEVER, "score"]
        promoters, detractors = int((scores >= 9).sum()), int((scores <= 6).sum())
        rows.append(
            {
                "wave_code": wave,
                "sent": len(group),
                "answered": len(scores),
                "promoters": promoters,
                "passives": len(scores) - promoters - detractors,
                "detractors": detractors,
                "nps": rate(promoters - detractors, len(scores)),
            }
        )
    return rows
