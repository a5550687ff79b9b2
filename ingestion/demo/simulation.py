"""The whole simulated world, in the order in which one thing follows from another."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.brand import BrandYear, make_brand_year
from ingestion.demo.catalogue.catalogue import crises
from ingestion.demo.catalogue.releases import release
from ingestion.demo.marketing.creators import Creators, let_read, make_creators
from ingestion.demo.marketing.experiments import make_experiments
from ingestion.demo.marketing.journeys import Journeys, make_journeys
from ingestion.demo.marketing.lift import make_searches
from ingestion.demo.marketing.referrals import make_referrals
from ingestion.demo.marketing.spend import make_spend
from ingestion.demo.marketing.touches import attach_reviews, dress, numbered
from ingestion.demo.marketing.traffic import make_traffic
from ingestion.demo.people.customers import choose_kocs, link_identities, make_customers
from ingestion.demo.people.erasures import choose_erasures
from ingestion.demo.people.loyalty import Loyalty, make_loyalty
from ingestion.demo.people.offers import make_offers
from ingestion.demo.people.partners import Partners, make_partners
from ingestion.demo.sales.lapsed_customers import LapsedCustomers, add_lapsed_customers
from ingestion.demo.sales.orders import Orders, make_orders
from ingestion.demo.sales.service_desk import add_contacts
from ingestion.demo.texts.personal_data import plant
from ingestion.demo.texts.review_lines import Catalogue, make_catalogue
from ingestion.demo.voices.amplification import Studio, make_studio, make_wave, relieve
from ingestion.demo.voices.case_followups import assign_owners, better_reviews, contradict
from ingestion.demo.voices.cases import Service, make_service
from ingestion.demo.voices.koc import cast_advocates, hire, let_praise
from ingestion.demo.voices.mentions import make_mentions, make_messages
from ingestion.demo.voices.responses import answer_mentions, answer_reviews
from ingestion.demo.voices.reviews import make_grants, make_reviews
from ingestion.demo.voices.surveys import ask_where_from, make_surveys
from ingestion.demo.voices.trust import ask_for_trust, rescore
from ingestion.demo.world import DAY, HOUR, MINUTE, Ints, World


@dataclass(frozen=True)
class Simulation:
    """Everything that happened. Frames are documented where they are made."""

    world: World
    catalogue: Catalogue
    customers: pd.DataFrame
    kocs: Ints
    journeys: Journeys
    touches: pd.DataFrame  # as the tracker saw them, those that must not count among them
    creators: Creators
    experiments: pd.DataFrame
    searches: pd.DataFrame
    links: pd.DataFrame
    bought: Orders
    grants: pd.DataFrame
    reviews: pd.DataFrame
    review_answers: pd.DataFrame
    mentions: pd.DataFrame
    mention_answers: pd.DataFrame
    messages: pd.DataFrame
    service: Service
    conflicting: Ints  # cases in which two departments contradict each other
    agreeing: Ints  # cases in which two departments say the same
    loyalty: Loyalty
    surveys: pd.DataFrame
    spend: pd.DataFrame
    crises: pd.DataFrame
    planted_pii: pd.DataFrame
    wave: pd.DataFrame
    studio: Studio
    partners: Partners
    brand_year: BrandYear
    advocates: pd.DataFrame  # as `cast_advocates` makes them
    lapsed_customers: LapsedCustomers
    offers: pd.DataFrame  # as `make_offers` makes them
    erasures: pd.DataFrame  # as `choose_erasures` makes them


def simulate(world: World) -> Simulation:
    """Return every table of the world, simulated from its seed."""
    catalogue = make_catalogue(world)
    customers = make_customers(world)
    kocs = choose_kocs(world, customers)
    referrals = make_referrals(world, customers)
    bought, journeys = make_orders(world, customers, make_journeys(world, customers, referrals))
    usual = dress(world, customers, journeys.touches)
    people = journeys.journeys.loc[journeys.journeys["customer"] >= 0, "customer"].unique()
    creators = make_creators(world, kocs, catalogue)
    let_read(world, usual, creators)
    untouched = np.setdiff1d(np.flatnonzero(customers["is_linked"]), people)
    traffic = make_traffic(world, customers, untouched, creators, referrals)
    touched = np.union1d(people, traffic.known)
    links = link_identities(world, customers, touched, journeys.conversions)
    links = pd.concat([links, traffic.links], ignore_index=True)
    links = links.sort_values(["linked", "kind", "customer"], ignore_index=True)
    grants = make_grants(world, customers, bought.orders)
    reviews = make_reviews(world, bought.orders, bought.items, grants, catalogue)
    attach_reviews(world, usual, reviews)
    mentions = make_mentions(world, customers, kocs, catalogue)
    messages = make_messages(world, customers, catalogue)
    for subject, frame in (("review", reviews), ("mention", mentions), ("message", messages)):
        relieve(world, catalogue, subject, frame)
    service = make_service(world, customers, bought.orders, reviews, catalogue)
    surveys = make_surveys(world, customers, [c.day for c in crises(world)], catalogue)
    asked = ask_where_from(world, bought.orders, usual, surveys)
    surveys = pd.concat([surveys, asked], ignore_index=True)
    trust = ask_for_trust(world, customers, surveys)
    surveys = pd.concat([rescore(world, customers, surveys), trust], ignore_index=True)
    planted_pii = plant(
        world,
        catalogue,
        {
            "review": (reviews, "review"),
            "mention": (mentions, "mention"),
            "message": (messages, "message"),
            "case": (service.cases, "case"),
        },
    )
    review_answers = answer_reviews(world, reviews, catalogue)
    wave = make_wave(world, reviews, catalogue)
    studio = make_studio(world, reviews, catalogue)
    service = replace(service, contacts=add_contacts(world, service.contacts))
    service, conflicting, agreeing = contradict(world, assign_owners(world, service), catalogue)
    loyalty = make_loyalty(world, customers, bought.orders, reviews, referrals, touches=usual)
    bettered = better_reviews(world, reviews, review_answers, planted_pii, catalogue)
    advocates = cast_advocates(world, customers, bought.orders, kocs, mentions)
    items, bettered = release(world, bought.orders, bought.items, bettered)
    bought = replace(bought, items=items)
    lapsed_customers = add_lapsed_customers(world, customers, links, bought)
    orders = lapsed_customers.bought.orders
    offers = make_offers(world, lapsed_customers.customers, orders, lapsed_customers.people)
    partners = make_partners(world, customers, bought.orders)
    erasures = choose_erasures(
        world,
        customers,
        [
            *(frame["customer"] for frame in (usual, reviews, messages, loyalty.points)),
            *(frame["customer"] for frame in (surveys, loyalty.activity)),
            mentions["author"],
        ],
        bought.orders,
        [
            *(frame["customer"] for frame in (partners.ideas, partners.trials, service.cases)),
            *(frame["customer"] for frame in (advocates, offers, service.contacts, trust)),
            bought.orders.loc[bought.orders["claim_kind"] > 0, "customer"],
            traffic.touches["customer"],
            referrals["inviter"],
            referrals["invitee"],
            pd.Series(kocs),
        ],
    )
    return Simulation(
        world=world,
        catalogue=catalogue,
        customers=lapsed_customers.customers,
        kocs=kocs,
        journeys=journeys,
        touches=numbered(usual.assign(plant=0), traffic.touches),
        creators=hire(world, advocates, creators, catalogue),
        experiments=make_experiments(world),
        searches=make_searches(world),
        links=lapsed_customers.links.assign(link=np.arange(1, len(lapsed_customers.links) + 1)),
        bought=lapsed_customers.bought,
        grants=grants,
        # after all that draws from reviews, so that nothing else moves
        reviews=pd.concat([bettered, wave], ignore_index=True),
        review_answers=review_answers,
        mentions=let_praise(world, advocates, mentions, catalogue),
        mention_answers=answer_mentions(world, mentions, catalogue),
        messages=messages,
        service=service,
        conflicting=conflicting,
        agreeing=agreeing,
        loyalty=loyalty,
        surveys=surveys,
        spend=make_spend(world),
        crises=_crisis_facts(world),
        planted_pii=planted_pii,
        wave=wave,
        studio=studio,
        partners=partners,
        brand_year=make_brand_year(world),
        advocates=advocates,
        lapsed_customers=lapsed_customers,
        offers=offers,
        erasures=erasures,
    )


def _crisis_facts(world: World) -> pd.DataFrame:
    """What the press desk noted down on each crisis, times in seconds."""
    rows = []
    for number, crisis in enumerate(crises(world), start=1):
        broke = crisis.day * DAY + 10 * HOUR
        detected = broke + (100 if number == 1 else 35) * MINUTE
        rows.append(
            {
                "crisis": number,
                "code": crisis.code,
                "title": crisis.title,
                "level": crisis.level,
                "detected": detected,
                "declared": detected + 55 * MINUTE,
                "statement": detected + (270 if number == 1 else 90) * MINUTE,
                "apology": detected + (22 if number == 1 else 6) * HOUR,
                "plan": detected + 3 * DAY,
                "closed": detected + 7 * DAY,
            }
        )
    return pd.DataFrame(rows)
