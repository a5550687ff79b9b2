"""The simulation's tables as the export queries see them, and the export days of each.

A table `<subject>_export_days` has the columns id, file (day index) and as_of (s).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from ingestion.demo.catalogue.catalogue import (
    ALL_PRODUCTS,
    BRANDS,
    CAMPAIGNS,
    MARKETING_CHANNELS,
    STRATEGIES,
)
from ingestion.demo.catalogue.releases import launch_dates
from ingestion.demo.exports.export_days import LATE_SHARE, export_days, row_export_days
from ingestion.demo.marketing.lift import window
from ingestion.demo.people.groups import EVENT_EVERY, FIRST_EVENT
from ingestion.demo.simulation import Simulation
from ingestion.demo.voices.amplification import TOPICS
from ingestion.demo.voices.mentions import ORIGINAL, PLATFORMS
from ingestion.demo.voices.reviews import DIANPING
from ingestion.demo.voices.surveys import KIND_LABELS, SCALES
from ingestion.demo.world import DAY, NEVER, Ints, World

# Days between snapshots; more than a window's days is once, on the last day.
SNAPSHOTS = {"customers": 30, "products": 30, "campaigns": 30, "experiments": 365, "crises": 20}
SNAPSHOTS |= {"quality": 30, "market_panel": 30, "brand_pieces": 30, "training": 30}
SNAPSHOTS |= {"actions": 30, "content_stats": 15, "creators": 30, "note_stats": 15}
# Counters of a post are measured again this many days after it.
MEASURED_AGAIN = 3
WEEKLY_PLATFORMS = (PLATFORMS.index("zhihu"), PLATFORMS.index("forum"))
SECOND_DAY_PLATFORMS = (PLATFORMS.index("xiaohongshu"), PLATFORMS.index("douyin"))


@dataclass(frozen=True)
class _Subject:
    """Rows that come again when they change; `turns` are the columns of times of change."""

    name: str
    frame: pd.DataFrame
    number: str
    turns: tuple[str, ...]
    cadence: int = 1
    late_share: float = 0.0


def register(connection: duckdb.DuckDBPyConnection, simulation: Simulation) -> dict[str, int]:
    """Make every table of the simulation, and its export days, readable by the export queries.

    Returns:
        Rows that reach their first file late, by subject.
    """
    world = simulation.world
    for name, frame in {**_facts(simulation), **_constants(world)}.items():
        connection.register(name, pa.Table.from_pandas(frame, preserve_index=False))
    texts = pa.array(simulation.catalogue.texts, pa.string())
    ids = pa.array(np.arange(len(texts), dtype=np.int64))
    connection.register("texts", pa.table({"id": ids, "text": texts}))
    days = [
        (name, day, (day + 1) * DAY)
        for name, cadence in SNAPSHOTS.items()
        for day in export_days(world, cadence)
    ]
    connection.register("snapshot_days", pd.DataFrame(days, columns=["name", "file", "as_of"]))
    late: dict[str, int] = {}
    for subject in [*_voices(simulation), *_purchases(simulation), *_programme(simulation)]:
        late[subject.name] = _register_export_days(connection, world, subject)
    for name, parts in {
        "review": ("shop_review", "tmall_review", "store_review"),
        "mention": ("mention_daily", "mention_second_day", "mention_weekly"),
        "order": ("jd_order", "tmall_order"),
        "item": ("jd_item", "tmall_item"),
    }.items():
        union = " union all ".join(f"from {part}_export_days" for part in parts)
        connection.execute(f"create or replace temp view {name}_export_days as {union}")
    return late


def _register_export_days(
    connection: duckdb.DuckDBPyConnection, world: World, subject: _Subject
) -> int:
    found, late_count = row_export_days(
        world,
        subject.name,
        subject.frame[subject.number].to_numpy().astype(np.int64),
        [subject.frame[name].to_numpy().astype(np.int64) for name in subject.turns],
        cadence=subject.cadence,
        late_share=subject.late_share,
    )
    shown = pa.Table.from_pandas(found, preserve_index=False)
    connection.register(f"{subject.name}_export_days", shown)
    return late_count


def _facts(simulation: Simulation) -> dict[str, pd.DataFrame]:
    bought, service, loyalty = simulation.bought, simulation.service, simulation.loyalty
    invited = loyalty.referrals.query("fault in ['', 'device'] and invitee >= 0")
    surveys = simulation.surveys
    return {
        "customers": simulation.customers,
        "links": simulation.links,
        "touches": simulation.touches,
        "orders": bought.orders,
        "items": bought.items,
        "refunds": bought.refunds,
        "claims": bought.claims,
        "grants": simulation.grants,
        "reviews": simulation.reviews,
        "review_answers": simulation.review_answers,
        "mentions": simulation.mentions,
        "mention_answers": simulation.mention_answers,
        "messages": simulation.messages,
        "cases": service.cases,
        "case_events": service.events,
        "case_responses": service.responses,
        "contacts": service.contacts,
        "crises": simulation.crises,
        "referrals": loyalty.referrals,
        "invitations": invited[["inviter", "invitee"]],
        "points": loyalty.points,
        "experiments": _numbered(simulation.experiments, "unit"),
        "activity": _numbered(loyalty.activity, "activity").assign(
            is_event=loyalty.activity["day"] % EVENT_EVERY == FIRST_EVENT
        ),
        "surveys": surveys.assign(
            label=np.array(KIND_LABELS, dtype=object)[surveys["kind"]],
            scale=np.array(SCALES)[surveys["kind"]],
        ),
        "spend": simulation.spend,
        "creators": simulation.creators.creators,
        "notes": simulation.creators.notes,
        "searches": simulation.searches,
        "topic_window": pd.DataFrame([window(simulation.world)], columns=["first", "last"]),
        "content": simulation.studio.content,
        "topic_days": simulation.studio.topic_days,
        "actions": simulation.studio.actions,
        "ideas": simulation.partners.ideas,
        "trials": simulation.partners.trials,
        "erasures": simulation.erasures,
        "offers": simulation.offers,
        "market": simulation.brand_year.market,
        "quality": simulation.brand_year.quality,
        "pieces": simulation.brand_year.pieces,
        "training": simulation.brand_year.training,
    }


def _constants(world: World) -> dict[str, pd.DataFrame]:
    labels = {s.code: s.label for s in STRATEGIES}
    return {
        "topics": _numbered(
            pd.DataFrame(TOPICS, columns=["topic_ref", "name", "theme"]), "topic", 0
        ),
        "media": pd.DataFrame(MARKETING_CHANNELS.items(), columns=["code", "label"]),
        "brands": _numbered(pd.DataFrame(BRANDS), "brand", 0),
        "products": _numbered(pd.DataFrame(ALL_PRODUCTS), "product", 0).assign(
            launched=launch_dates(world)
        ),
        "campaigns": _numbered(pd.DataFrame(CAMPAIGNS), "campaign", 0).assign(
            label=[labels[c.strategy] for c in CAMPAIGNS]
        ),
    }


def _numbered(frame: pd.DataFrame, name: str, first: int = 1) -> pd.DataFrame:
    return frame.assign(**{name: np.arange(first, first + len(frame))})


def _first_answer(frame: pd.DataFrame, number: str, answers: pd.DataFrame) -> Ints:
    times = answers.groupby(number)["responded"].min()
    return frame[number].map(times).fillna(NEVER).to_numpy().astype(np.int64)


def _voices(simulation: Simulation) -> list[_Subject]:
    world, service = simulation.world, simulation.service
    reviews = simulation.reviews
    replied = _first_answer(reviews, "review", simulation.review_answers)
    reviews = reviews.assign(replied=replied)
    turns = ("posted", "replied", "edited", "deleted")
    mentions, answers = simulation.mentions, simulation.mention_answers
    # a reply on 微博 is a row of another file
    shown = answers.query("not is_automated and platform != 0")
    again = mentions["posted"] + MEASURED_AGAIN * DAY
    is_again = (mentions["kind"] == ORIGINAL) & (again < world.end)
    mentions = mentions.assign(
        replied=_first_answer(mentions, "mention", shown), again=np.where(is_again, again, NEVER)
    )
    is_weekly = mentions["platform"].isin(WEEKLY_PLATFORMS)
    is_second = mentions["platform"].isin(SECOND_DAY_PLATFORMS)
    talk = ("posted", "replied", "again")
    cases = service.cases
    is_scored = (cases["csat"] > 0) | (cases["compensation"] > 0)
    cases = cases.assign(scored=np.where(is_scored, cases["solved"], NEVER))
    store = reviews[reviews["channel"] == DIANPING]
    jd, tmall = reviews[reviews["channel"] == 0], reviews[reviews["channel"] == 1]
    usual = mentions[~is_weekly & ~is_second]
    return [
        _Subject("shop_review", jd, "review", turns, 1, LATE_SHARE),
        _Subject("tmall_review", tmall, "review", turns, 2, LATE_SHARE),
        _Subject("store_review", store, "review", turns, 7, LATE_SHARE),
        _Subject("mention_daily", usual, "mention", talk, 1, LATE_SHARE),
        _Subject("mention_second_day", mentions[is_second], "mention", talk, 2, LATE_SHARE),
        _Subject("mention_weekly", mentions[is_weekly], "mention", talk, 7, LATE_SHARE),
        _Subject("reply", answers, "reply", ("responded",), 7),
        _Subject("message", simulation.messages, "message", ("posted",), 7),
        _Subject("case", cases, "case", ("opened", "scored")),
        _Subject("event", service.events, "event", ("occurred",)),
        _Subject("response", service.responses, "response", ("responded",)),
        _Subject("contact", service.contacts, "contact", ("started",), 7),
        _Subject("survey", simulation.surveys, "survey", ("sent", "answered"), 7),
    ]


def _purchases(simulation: Simulation) -> list[_Subject]:
    world, bought = simulation.world, simulation.bought
    orders, claims = bought.orders, bought.claims
    jd, tmall = orders[orders["shop"] == 0], orders[orders["shop"] == 1]
    states = ("ordered", "completed", "cancelled", "refunded")
    claims = claims[claims["opened"] < world.end]
    claims = claims.assign(closed=claims["closed"].where(claims["closed"] < world.end, NEVER))
    return [
        _Subject("jd_order", jd, "order", states, 1, LATE_SHARE),
        _Subject("tmall_order", tmall, "order", states, 3, LATE_SHARE),
        _Subject("jd_item", jd, "order", ("ordered",), 1),
        _Subject("tmall_item", tmall, "order", ("ordered",), 3),
        _Subject("refund", bought.refunds, "refund", ("refunded",), 7),
        _Subject("claim", claims, "claim", ("opened", "closed"), 7),
        _Subject("offer", simulation.offers, "offer", ("offered", "claimed"), 7),
        _Subject("grant", simulation.grants, "grant", ("offered", "claimed"), 7),
    ]


def _programme(simulation: Simulation) -> list[_Subject]:
    loyalty, partners = simulation.loyalty, simulation.partners
    decided = ("submitted", "adopted", "released", "declined")
    activity = _numbered(loyalty.activity, "activity")
    activity = activity.assign(started=activity["day"] * DAY)
    spend = simulation.spend.assign(started=simulation.spend["day"] * DAY)
    searches = simulation.searches.assign(started=simulation.searches["day"] * DAY)
    return [
        _Subject("activity", activity, "activity", ("started",), 7),
        _Subject("link", simulation.links, "link", ("linked",), 7),
        _Subject("referral", loyalty.referrals, "invite", ("sent", "clicked", "registered"), 7),
        _Subject("point", loyalty.points, "entry", ("occurred",), 7),
        _Subject("touch", simulation.touches, "touch", ("touched",), 1, LATE_SHARE),
        _Subject("spend", spend, "line", ("started",), 7),
        _Subject("note", simulation.creators.notes, "note", ("published",), 7),
        _Subject("search", searches, "line", ("started",), 7),
        _Subject("content", simulation.studio.content, "content", ("published",), 7),
        _Subject("idea", partners.ideas, "idea", decided, 7),
        _Subject("trial", partners.trials, "trial", ("started", "ended"), 7),
        _Subject("erasure", simulation.erasures, "request", ("requested",), 7),
        _Subject("topic_day", simulation.studio.topic_days, "topic_day", ("measured",), 15),
    ]
