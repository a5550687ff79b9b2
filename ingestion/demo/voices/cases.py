"""Customer service: cases, their history, what was said in them, and contacts around a sale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo.catalogue.catalogue import PRODUCTS, crises
from ingestion.demo.draws import between, choose, day_times, lognormal_seconds, pick
from ingestion.demo.texts.review_lines import MIXED, NEGATIVE, Catalogue, choose_aspects
from ingestion.demo.voices.responses import DEPARTMENTS, phrases, reply_times
from ingestion.demo.voices.reviews import CRISIS_DAYS, JD
from ingestion.demo.world import DAY, HOUR, NEVER, Ints, World

SOURCES = ("京东评价", "电话", "在线客服", "社交媒体", "邮件")
PRIORITIES = ("urgent", "high", "normal", "low")
AFTER_SALES = DEPARTMENTS.index("after_sales")
CUSTOMER_SERVICE = DEPARTMENTS.index("customer_service")
QUALITY = DEPARTMENTS.index("quality")
PUBLIC_RELATIONS = DEPARTMENTS.index("public_relations")


@dataclass(frozen=True)
class Service:
    """All that the service desk keeps."""

    cases: pd.DataFrame
    # case, source, review (0 none), customer (-1 unknown), product, aspect, polarity, text, opened,
    # priority, department (in charge at the end), csat (0 none), compensation (cents), crisis,
    # first_solved, reopened, solved, closed (s or NEVER)
    events: pd.DataFrame  # event, case, occurred, field, old, new, actor
    responses: pd.DataFrame  # response, case, department, responded, is_public, is_automated, text
    contacts: pd.DataFrame  # contact, stage, customer, started, first_reply, ended, csat, order


def make_service(
    world: World,
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    reviews: pd.DataFrame,
    catalogue: Catalogue,
) -> Service:
    """Cases of the whole window, with everything that happens to them before its end."""
    rng = world.rng("cases")
    cases = _open_cases(world, rng, customers, reviews, catalogue)
    first_department = cases["department"].to_numpy().copy()
    responses = _answers(world, rng, cases, catalogue)
    _set_outcomes(world, rng, cases, responses)
    events = _events(world, rng, cases, first_department)
    return Service(cases, events, responses, _contacts(world, rng, customers, orders))


def _open_cases(
    world: World,
    rng: np.random.Generator,
    customers: pd.DataFrame,
    reviews: pd.DataFrame,
    catalogue: Catalogue,
) -> pd.DataFrame:
    low = reviews[(reviews["channel"] == JD) & (reviews["stars_before"] <= 2)]
    # the desk follows up on every review that names a crisis: they name its product
    day = low["posted"].to_numpy() // DAY
    is_crisis = np.zeros(len(low), dtype=bool)
    for crisis in crises(world):
        is_now = (day >= crisis.day) & (day < crisis.day + CRISIS_DAYS)
        is_crisis |= is_now & (low["product"] == crisis.product).to_numpy()
    low = low[(rng.random(len(low)) < 0.5) | is_crisis]
    opened = low["posted"].to_numpy() + rng.integers(60, 1_800, len(low))
    # a customer who is linked is recognised by the desk
    is_linked = customers["is_linked"].to_numpy()
    writer = low["customer"].to_numpy()
    from_reviews = pd.DataFrame(
        {
            "source": 0,
            "review": low["review"].to_numpy(),
            "customer": np.where((writer >= 0) & is_linked[np.maximum(writer, 0)], writer, -1),
            "product": low["product"].to_numpy(),
            "aspect": low["aspect"].to_numpy(),
            "opened": opened,
        }
    )
    n = round(0.20 * world.customers * world.flow)
    own = [i for i, p in enumerate(PRODUCTS) if p.sales > 0]
    product = rng.choice(own, n)
    others = pd.DataFrame(
        {
            "source": 1 + pick(rng, [0.4, 0.4, 0.15, 0.05], n),
            "review": 0,
            "customer": np.where(rng.random(n) < 0.8, rng.integers(0, world.customers, n), -1),
            "product": product,
            "aspect": choose_aspects(rng, product),
            "opened": day_times(rng, rng.integers(0, world.days, n)),
        }
    )
    cases = pd.concat([from_reviews, others, _crisis_calls(world)], ignore_index=True)
    cases["crisis"] = 0
    for number, crisis in enumerate(crises(world), start=1):
        day = cases["opened"].to_numpy() // DAY
        is_hit = (cases["product"] == crisis.product) & (day >= crisis.day) & (day < crisis.day + 6)
        cases.loc[is_hit, ["crisis", "aspect"]] = [number, crisis.aspect]
    cases = cases[cases["opened"] < world.end]
    cases = cases.sort_values(["opened", "source", "product"], ignore_index=True)
    n = len(cases)
    cases["case"] = np.arange(1, n + 1)
    cases["polarity"] = np.where(rng.random(n) < 0.8, NEGATIVE, MIXED)
    cases["text"] = catalogue.write(
        rng, *(cases[name].to_numpy() for name in ("product", "polarity", "aspect"))
    )
    cases["priority"] = np.where(cases["crisis"] > 0, 0, pick(rng, [0.06, 0.24, 0.5, 0.2], n))
    department = np.array([CUSTOMER_SERVICE, AFTER_SALES, QUALITY])[pick(rng, [6, 3, 1], n)]
    is_press = (cases["crisis"] > 0).to_numpy() & (rng.random(n) < 0.3)
    cases["department"] = np.where(is_press, PUBLIC_RELATIONS, department)
    return cases


def _crisis_calls(world: World) -> pd.DataFrame:
    """People who call because of a crisis, in the days after it breaks."""
    rng = world.rng("crisis calls")
    n = max(5, round(0.004 * world.customers))
    parts = []
    for crisis in crises(world):
        opened = day_times(rng, crisis.day + pick(rng, [3, 2, 1, 1], n))
        parts.append(
            pd.DataFrame(
                {
                    "source": 1,
                    "review": 0,
                    "customer": rng.integers(0, world.customers, n),
                    "product": crisis.product,
                    "aspect": crisis.aspect,
                    "opened": np.maximum(opened, crisis.day * DAY + 11 * HOUR),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _answers(
    world: World, rng: np.random.Generator, cases: pd.DataFrame, catalogue: Catalogue
) -> pd.DataFrame:
    """A robot's greeting, an internal note, and the first and second human answers."""
    n = len(cases)
    opened, department = cases["opened"].to_numpy(), cases["department"].to_numpy()
    human = reply_times(rng, opened, department)
    base = pd.DataFrame({"case": cases["case"], "department": department})
    yes, no = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    parts: list[pd.DataFrame] = []
    for name, keep, responded in (
        ("robot", rng.random(n) < 0.5, opened + rng.integers(1, 30, n)),
        ("note", rng.random(n) < 0.2, (opened + human) // 2),
        ("person", rng.random(n) < 0.95, human),
        ("person", rng.random(n) < 0.4, human + lognormal_seconds(rng, 120.0, 0.8, n)),
    ):
        parts.append(
            base.assign(
                responded=responded,
                is_public=name != "note",
                is_automated=name == "robot",
                text=phrases(rng, catalogue, yes, yes if name == "robot" else no),
                order=len(parts),
                responder=0 if name == "robot" else 1,
            )[keep]
        )
    frame = pd.concat(parts, ignore_index=True)
    # a second answer without a first one is the first one
    frame = frame[frame["responded"] < world.end]
    frame = frame.sort_values(["responded", "case", "order"], ignore_index=True)
    frame["responder"] = frame["responder"] * (1 + frame["case"] % 12)
    frame["response"] = np.arange(1, len(frame) + 1)
    return frame


def _set_outcomes(
    world: World, rng: np.random.Generator, cases: pd.DataFrame, responses: pd.DataFrame
) -> None:
    """When each case is solved, opened again, solved again and closed; scores and compensation."""
    n = len(cases)
    replies = responses[~responses["is_automated"] & responses["is_public"]]
    first = cases["case"].map(replies.groupby("case")["responded"].min())
    is_answered = first.notna().to_numpy()
    start = first.fillna(world.end).to_numpy().astype(np.int64)
    hours = np.array([3.0, 8.0, 14.0, 20.0])[cases["priority"]]
    solved = start + lognormal_seconds(rng, hours * 60, 0.8, n)
    is_solved = is_answered & (rng.random(n) < 0.92)
    reopened = solved + between(rng, 0.1, 2.0, n)
    is_reopened = is_solved & (rng.random(n) < 0.09)
    again = reopened + lognormal_seconds(rng, 600.0, 0.7, n)

    def happens(mask: np.ndarray, when: np.ndarray) -> np.ndarray:
        return np.where(mask & (when < world.end), when, NEVER)

    cases["first_solved"] = happens(is_solved, solved)
    cases["reopened"] = happens(is_reopened, reopened)
    # what is opened again too late stays open
    cases["solved"] = np.where(is_reopened, happens(is_reopened, again), cases["first_solved"])
    cases.loc[is_reopened & (cases["reopened"] == NEVER), "solved"] = cases["first_solved"]
    last = cases["solved"].to_numpy()
    closed = last + between(rng, 0.5, 1.5, n)
    cases["closed"] = happens((last != NEVER) & (rng.random(n) < 0.75), closed)
    is_scored = (last != NEVER) & (rng.random(n) < 0.6)
    mood = np.where(is_reopened, 2.6, 4.0)
    score = np.clip(np.rint(rng.normal(mood, 0.9)), 1, 5).astype(np.int64)
    cases["csat"] = np.where(is_scored, score, 0)
    is_paid = (last != NEVER) & (rng.random(n) < 0.2)
    cases["compensation"] = np.where(is_paid, rng.integers(2, 30, n) * 1_000, 0)


def _events(
    world: World, rng: np.random.Generator, cases: pd.DataFrame, department: Ints
) -> pd.DataFrame:
    """The history that the ticket system exports, in order of time."""
    number = cases["case"].to_numpy()
    opened = cases["opened"].to_numpy()
    first, again = cases["first_solved"].to_numpy(), cases["reopened"].to_numpy()
    last, closed = cases["solved"].to_numpy(), cases["closed"].to_numpy()
    parts: list[pd.DataFrame] = []

    def add(
        when: np.ndarray, field: str, old: str | np.ndarray | None, new: str, actor: int
    ) -> None:
        frame = pd.DataFrame({"case": number, "occurred": when})
        frame = frame.assign(field=field, old=old, new=new, actor=actor, turn=len(parts))
        parts.append(frame[(when != NEVER) & (when < world.end)])

    add(opened, "status", None, "open", 0)
    # the clock stops while the customer is asked for something
    room = first - opened
    is_paused = (first != NEVER) & (rng.random(len(cases)) < 0.15)
    add(np.where(is_paused, opened + room // 2, NEVER), "status", "open", "pending", 1)
    add(np.where(is_paused, opened + room * 3 // 4, NEVER), "status", "pending", "open", 0)
    names = np.array(DEPARTMENTS, dtype=object)
    moves = (rng.random(len(cases)) < 0.08) & (first != NEVER) & (department != QUALITY)
    moved = np.where(moves, opened + room * 4 // 5, NEVER)
    add(moved, "department", names[department], "quality", 1)
    cases["department"] = np.where(moved != NEVER, QUALITY, department)
    raises = (
        (rng.random(len(cases)) < 0.06) & (cases["priority"] == 1).to_numpy() & (first != NEVER)
    )
    add(np.where(raises, opened + room // 3, NEVER), "priority", "normal", "high", 1)
    add(first, "status", "open", "solved", 1)
    add(again, "status", "solved", "open", 0)
    add(np.where(again != NEVER, last, NEVER), "status", "open", "solved", 1)
    add(closed, "status", "solved", "closed", 0)
    events = pd.concat(parts, ignore_index=True)
    events = events.sort_values(["occurred", "case", "turn"], ignore_index=True)
    events["actor"] = events["actor"] * (1 + events["case"] % 12)
    events["event"] = np.arange(1, len(events) + 1)
    return events


def _contacts(
    world: World, rng: np.random.Generator, customers: pd.DataFrame, orders: pd.DataFrame
) -> pd.DataFrame:
    """Chats and calls; some pre-sale chats of recognised members end in their JD order."""
    n = round(0.25 * world.customers * world.flow)
    started = day_times(rng, rng.integers(0, world.days, n))
    stage = pick(rng, [0.4, 0.2, 0.4], n)
    customer = np.where(rng.random(n) < 0.7, rng.integers(0, world.customers, n), -1)
    frame = pd.DataFrame({"stage": stage, "customer": customer, "started": started, "order": 0})
    is_linked = customers["is_linked"].to_numpy()
    able = orders[(orders["shop"] == JD) & is_linked[orders["customer"]]]
    rows = np.flatnonzero(stage == 0)
    rows = rows[rng.random(len(rows)) < 0.25]
    chosen = able.iloc[np.unique(choose(rng, np.arange(len(able)), len(rows)))]
    rows = rows[: len(chosen)]
    talk = rng.integers(300, 3_600, len(rows))
    frame.loc[rows, "started"] = np.maximum(chosen["ordered"].to_numpy() - talk, 0)
    frame.loc[rows, "customer"] = chosen["customer"].to_numpy()
    frame.loc[rows, "order"] = chosen["order"].to_numpy()
    wait = lognormal_seconds(rng, 1.2, 0.9, n)
    is_missed = rng.random(n) < 0.05
    frame["first_reply"] = np.where(is_missed, NEVER, frame["started"] + wait)
    frame["ended"] = frame["started"] + wait + rng.integers(60, 1_500, n)
    frame["csat"] = np.where(rng.random(n) < 0.5, 1 + pick(rng, [1, 1, 2, 5, 9], n), 0)
    frame = frame[frame["ended"] < world.end]
    frame = frame.sort_values(["started", "customer"], ignore_index=True)
    frame["contact"] = np.arange(1, len(frame) + 1)
    return frame
