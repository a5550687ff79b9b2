"""What follows on an answer: owners of cases, answers that contradict each other, better reviews.

Each of them draws from a stream of its own and changes nothing that was planted before: owners and
answers are rows more, and a bettered review is one that nobody had edited, deleted or copied.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ingestion.demo.draws import between, lognormal_seconds, to_minute
from ingestion.demo.texts.review_lines import POSITIVE, Catalogue
from ingestion.demo.voices.cases import AFTER_SALES, CUSTOMER_SERVICE, QUALITY, Service
from ingestion.demo.voices.reviews import DIANPING
from ingestion.demo.world import DAY, HOUR, NEVER, Ints, World

OWNED_SHARE = 0.9
GRANTS = ["您好，同意为您办理退款，3个工作日内到账", "核实过了，可以为您全额退款"]
REFUSES = ["经核实不符合条件，无法为您退款", "很抱歉，超过七天，不予退款"]


def assign_owners(world: World, service: Service) -> Service:
    """Most cases get an owner some minutes after they were opened: one more event each."""
    rng = world.rng("owners")
    cases = service.cases
    n = len(cases)
    opened = cases["opened"].to_numpy()
    when = opened + lognormal_seconds(rng, 14.0, 0.8, n)
    is_owned = (rng.random(n) < OWNED_SHARE) & (when < world.end)
    owner = rng.integers(1, 13, n)
    owners = pd.DataFrame(
        {
            "case": cases["case"].to_numpy(),
            "occurred": when,
            "field": "owner",
            "old": None,
            "new": [f"agent_{number:02d}" for number in owner],
            "actor": owner,
            "turn": -1,
        }
    )[is_owned]
    events = pd.concat([service.events.drop(columns="event"), owners], ignore_index=True)
    events = events.sort_values(["occurred", "case", "turn"], ignore_index=True)
    events["event"] = np.arange(1, len(events) + 1)
    return replace(service, events=events)


def contradict(world: World, service: Service, catalogue: Catalogue) -> tuple[Service, Ints, Ints]:
    """In some cases a second department takes back what the first one granted; in as many, not.

    Returns:
        The service with these answers, the cases in conflict, and those that agree.
    """
    rng = world.rng("contradictions")
    replies = service.responses.query("is_public and not is_automated")
    last = replies.groupby("case")["responded"].max()
    able = service.cases[service.cases["department"].isin([CUSTOMER_SERVICE, AFTER_SALES])]
    able = able.assign(last=able["case"].map(last)).dropna(subset=["last"])
    able = able[able["last"] < world.end - 3 * HOUR]
    count = min(len(able) // 2, max(2, len(able) // 50))
    chosen = able.iloc[rng.permutation(len(able))[: 2 * count]]
    first = chosen["last"].to_numpy().astype(np.int64) + rng.integers(600, HOUR, len(chosen))
    is_conflict = np.arange(len(chosen)) < count
    grants, refuses = catalogue.extend(GRANTS), catalogue.extend(REFUSES)
    base = pd.DataFrame(
        {
            "case": chosen["case"].to_numpy(),
            "department": chosen["department"].to_numpy(),
            "responded": first,
            "is_public": True,
            "is_automated": False,
            "text": grants[rng.integers(0, len(grants), len(chosen))],
            "order": 4,
            "responder": 1 + chosen["case"].to_numpy() % 12,
        }
    )
    second = base.assign(
        department=QUALITY,
        responded=first + rng.integers(600, HOUR, len(chosen)),
        text=np.where(
            is_conflict,
            refuses[rng.integers(0, len(refuses), len(chosen))],
            grants[rng.integers(0, len(grants), len(chosen))],
        ),
        order=5,
        responder=12,
    )
    frame = pd.concat([service.responses.drop(columns="response"), base, second], ignore_index=True)
    frame = frame.sort_values(["responded", "case", "order"], ignore_index=True)
    frame["response"] = np.arange(1, len(frame) + 1)
    numbers = base["case"].to_numpy()
    return replace(service, responses=frame), numbers[is_conflict], numbers[~is_conflict]


def better_reviews(
    world: World,
    reviews: pd.DataFrame,
    answers: pd.DataFrame,
    planted_pii: pd.DataFrame,
    catalogue: Catalogue,
) -> pd.DataFrame:
    """Some bad reviews are edited to four or five stars, a day or more after a person's reply.

    Returns:
        The reviews, those changed.
    """
    rng = world.rng("second thoughts")
    frame = reviews.copy()
    replied = answers.query("not is_automated").groupby("review")["responded"].min()
    held = planted_pii.loc[planted_pii["subject"] == "review", "number"]
    able = frame[
        (frame["stars_before"] <= 2)
        & (frame["channel"] != DIANPING)
        & (frame["edited"] == NEVER)
        & (frame["deleted"] == NEVER)
        & (frame["source"] == 0)
        & ~frame["review"].isin(frame["source"])
        & ~frame["review"].isin(held)
    ]
    able = able.assign(replied=able["review"].map(replied)).dropna(subset=["replied"])
    # the bad version is in an export before the good one: every shop writes within two days
    replied_at, posted = able["replied"].to_numpy(np.int64), able["posted"].to_numpy(np.int64)
    from_then = np.maximum(replied_at, posted // DAY * DAY + 3 * DAY)
    able = able.assign(edited_later=to_minute(from_then + between(rng, 0.02, 0.6, len(able))))
    able = able[able["edited_later"] < world.end]
    count = min(len(able), max(3, len(able) // 20))
    chosen = able.iloc[np.sort(rng.permutation(len(able))[:count])]
    stars = rng.integers(4, 6, len(chosen))
    frame.loc[chosen.index, "edited"] = chosen["edited_later"].to_numpy()
    frame.loc[chosen.index, "stars"] = stars
    frame.loc[chosen.index, "polarity"] = POSITIVE
    frame.loc[chosen.index, "text"] = catalogue.write(
        rng,
        chosen["product"].to_numpy(),
        np.full(len(chosen), POSITIVE),
        chosen["aspect"].to_numpy(),
    )
    return frame
