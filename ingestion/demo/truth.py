"""The planted truths, counted from the simulated tables: what truth.json holds.

What each entry means is told in the package's docstring. Nothing here reads an export: tests
compare the two.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.demo import (
    truth_answering,
    truth_attribution,
    truth_brand,
    truth_buyers,
    truth_members,
    truth_partners,
    truth_programme,
    truth_service,
    truth_studio,
    truth_voices,
)
from ingestion.demo.catalogue import BRANDS
from ingestion.demo.simulation import Simulation
from ingestion.demo.truth_forms import Json
from ingestion.demo.world import LAST_DAY


def make_truth(simulation: Simulation) -> Json:
    """Everything planted, except what concerns single files (the writer knows that)."""
    world = simulation.world
    return {
        "world": {
            "days": world.days,
            "customers": world.customers,
            "seed": world.seed,
            "first_day": world.first_day.isoformat(),
            "last_day": LAST_DAY.isoformat(),
            "own_brand": BRANDS[0].code,
            "brands": [b.code for b in BRANDS],
        },
        "strategies": truth_attribution.strategies(simulation),
        "word_of_mouth": truth_attribution.word_of_mouth(simulation),
        "attributed_sales": truth_attribution.attributed_sales(simulation),
        "identities": truth_buyers.identities(simulation),
        "crises": truth_voices.crises(simulation),
        "replies": truth_voices.replies(simulation),
        "cases": truth_voices.cases(simulation),
        "handling": truth_answering.handling(simulation),
        "handled_reviews": truth_answering.handled_reviews(simulation),
        "nps": truth_buyers.nps(simulation),
        "share_of_voice": truth_voices.share_of_voice(simulation),
        "orders": truth_buyers.orders(simulation),
        "repurchase": truth_buyers.repurchase(simulation),
        "lifetime_repair": truth_buyers.lifetime_repair(simulation),
        "segments": truth_buyers.segments(simulation),
        "incentives": truth_buyers.incentives(simulation),
        "suppression": truth_voices.suppression(simulation),
        "review_wave": truth_studio.review_wave(simulation),
        "content": truth_studio.content(simulation),
        "actions": truth_studio.actions(simulation),
        "relief": truth_studio.relief(simulation),
        "kocs": truth_voices.kocs(simulation),
        "referrals": truth_programme.referrals(simulation),
        "experiments": truth_programme.experiments(simulation),
        "traffic": truth_attribution.traffic(simulation),
        "topic_lift": truth_attribution.topic_lift(simulation),
        "creators": truth_attribution.creators(simulation),
        "campaigns": truth_attribution.campaigns(simulation),
        "points_ledger": truth_members.points_ledger(simulation),
        "stage_offers": truth_members.stage_offers(simulation),
        "koc_activation": truth_members.koc_activation(simulation),
        "private_domain": truth_members.private_domain(simulation),
        "service_contacts": truth_service.service_contacts(simulation),
        "warranty": truth_service.warranty(simulation),
        "releases": truth_service.releases(simulation),
        "ideas": truth_partners.ideas(simulation),
        "trials": truth_partners.trials(simulation),
        "erasures": truth_partners.erasures(simulation),
        "brand_trust": truth_brand.brand_trust(simulation),
        "market_share": truth_brand.market_share(simulation),
        "brand_programmes": truth_brand.brand_programmes(simulation),
        "staff_advocacy": truth_brand.staff_advocacy(simulation),
        "quality": truth_brand.quality(simulation),
    }


def collect(entries: Iterable[dict[str, list[Json]]]) -> Json:
    """Join what the writers noted on single files, by kind, in order."""
    kinds = (
        "bad_rows",
        "duplicate_rows",
        "duplicate_files",
        "late_files",
        "corrections",
    )
    found: Json = {kind: [] for kind in kinds}
    for entry in entries:
        for kind, rows in entry.items():
            found[kind].extend(rows)
    return found
