"""Surveys: weekly waves, who answers, and what they score. The scores are drawn by quota."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.draws import between, choose, pick, quota, to_minute
from ingestion.demo.texts.review_lines import MIXED, NEGATIVE, POSITIVE, SHORT, Catalogue
from ingestion.demo.world import DAY, HOUR, NEVER, World

KINDS = ("nps", "csat", "trust", "recommend", "heard_from", "identity")
KIND_LABELS = ("NPS", "满意度", "品牌信任", "推荐意愿", "了解渠道", "品牌认同")
# 0: nothing is scored
SCALES = (10, 5, 5, 5, 0, 5)
HEARD_FROM = KINDS.index("heard_from")
# Sent per wave, as a share of the members and at most so many: workbooks are slow to write.
# More of trust, and identity, are asked in `trust`.
SENT_SHARE = (0.08, 0.02, 0.01, 0.01)
SENT_CAP = (1_200, 600, 300, 300)
# Of the orders that a journey led to, those whose buyers are asked where they heard of us.
ASKED_SHARE, ASKED_CAP = 0.10, 400
# NPS before, in and after the first crisis: detractors, passives, promoters.
CALM, SHAKEN = (0.18, 0.32, 0.50), (0.34, 0.34, 0.32)


def make_surveys(
    world: World, customers: pd.DataFrame, crisis_days: list[int], catalogue: Catalogue
) -> pd.DataFrame:
    """One row per questionnaire.

    Columns: survey, kind, wave, customer, sent, answered (s or NEVER), score (-1 none), text
    (-1 none), heard (blank: the medium is not asked for here).
    """
    rng = world.rng("surveys")
    registered = customers["registered"].to_numpy()
    parts = []
    for first_day in range(0, world.days, 7):
        sent = first_day * DAY + 10 * HOUR
        year, week, _ = world.date_of(first_day).isocalendar()
        able = np.flatnonzero(registered < sent)
        for kind, (fraction, cap) in enumerate(zip(SENT_SHARE, SENT_CAP, strict=True)):
            n = min(max(2, round(len(able) * fraction)), cap, len(able))
            people = np.sort(choose(rng, rng.permutation(able)[:n], n) if n else able[:0])
            people = np.unique(people)
            shares = SHAKEN if any(0 <= first_day - day < 14 for day in crisis_days) else CALM
            parts.append(
                _wave(world, rng, kind, people, shares).assign(wave=f"{year}W{week:02d}", sent=sent)
            )
    frame = pd.concat(parts, ignore_index=True)
    n = len(frame)
    answered = to_minute(frame["sent"].to_numpy() + (between(rng, 0.02, 9, n)).astype(np.int64))
    frame["answered"] = np.where(frame["is_answered"] & (answered < world.end), answered, NEVER)
    frame["score"] = np.where(frame["answered"] != NEVER, frame["score"], -1)
    numbers = {name: catalogue.extend(SHORT[name]) for name in (POSITIVE, NEGATIVE, MIXED)}
    fraction_of_scale = frame["score"] / np.array(SCALES)[frame["kind"]]
    mood = np.select([fraction_of_scale >= 0.85, fraction_of_scale < 0.65], [0, 1], 2)
    comment = np.select(
        [mood == value for value in (POSITIVE, NEGATIVE, MIXED)],
        [numbers[value][rng.integers(0, len(numbers[value]), n)] for value in numbers],
    )
    has_comment = (frame["score"] >= 0) & (rng.random(n) < 0.3)
    frame["text"] = np.where(has_comment, comment, -1)
    frame["survey"] = np.arange(1, n + 1)
    return frame.drop(columns="is_answered").assign(heard="")


def ask_where_from(
    world: World, orders: pd.DataFrame, touches: pd.DataFrame, surveys: pd.DataFrame
) -> pd.DataFrame:
    """Questions to buyers where they heard of us, as further rows of the surveys.

    The answer, `heard`, is the medium of the first touch of the journey that led to the order.
    """
    rng = world.rng("heard from")
    able = orders[(orders["journey"] >= 0) & (orders["ordered"] < world.end - 2 * DAY)]
    count = min(round(len(able) * ASKED_SHARE), ASKED_CAP)
    chosen = able.iloc[np.sort(rng.permutation(len(able))[:count])]
    sent = (chosen["ordered"].to_numpy() // DAY + 1) * DAY + 10 * HOUR
    answered = to_minute(sent + between(rng, 0.02, 5, count).astype(np.int64))
    is_answered = (rng.random(count) < 0.7) & (answered < world.end)
    first = touches.sort_values("touched").drop_duplicates("journey").set_index("journey")
    names = first["channel"].reindex(chosen["journey"]).to_numpy()
    waves = surveys.drop_duplicates("sent").set_index(surveys["sent"].drop_duplicates() // DAY // 7)
    return pd.DataFrame(
        {
            "kind": HEARD_FROM,
            "customer": chosen["customer"].to_numpy(),
            "score": -1,
            "wave": waves["wave"].reindex(sent // DAY // 7).to_numpy(),
            "sent": sent,
            "answered": np.where(is_answered, answered, NEVER),
            "text": -1,
            "survey": len(surveys) + 1 + np.arange(count),
            "heard": np.where(is_answered, names, ""),
        }
    )


def _wave(
    world: World,
    rng: np.random.Generator,
    kind: int,
    people: np.ndarray,
    shares: tuple[float, float, float],
) -> pd.DataFrame:
    n = len(people)
    is_answered = rng.random(n) < 0.62
    if kind == 0:
        # shares of detractors, passives and promoters are met to within one answer
        is_promoter = quota(rng, np.where(is_answered, shares[2], 0.0))
        is_detractor = ~is_promoter & quota(
            rng, np.where(is_promoter, 0, shares[0] / (1 - shares[2]))
        )
        score = np.where(is_promoter, 9 + pick(rng, [1, 1], n), 7 + pick(rng, [1, 1], n))
        score = np.where(is_detractor, pick(rng, [1, 1, 1, 2, 3, 5, 8], n), score)
    else:
        score = 1 + pick(rng, [1, 1, 2, 5, 6] if shares is CALM else [3, 3, 3, 4, 4], n)
    return pd.DataFrame(
        {"kind": kind, "customer": people, "is_answered": is_answered, "score": score}
    )
