"""Trust and identity: two more questionnaires of every wave, answered differently by age.

The young trust less and feel less of a likeness: scores on 1..5 are drawn by quota within each age
group. Members whose year of birth the CRM does not show are asked as well.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.draws import between, quota, to_minute
from ingestion.demo.world import DAY, HOUR, NEVER, Bools, Floats, Ints, World

TRUST, IDENTITY = 2, 5  # places in surveys.KINDS
# Born in this year or later: young.
YOUNG_FROM = 1992
# Chances of 1..5 by questionnaire: of the older, of the young.
SCORES = {
    TRUST: ((0.02, 0.05, 0.13, 0.35, 0.45), (0.08, 0.17, 0.28, 0.30, 0.17)),
    IDENTITY: ((0.04, 0.08, 0.23, 0.35, 0.30), (0.06, 0.14, 0.32, 0.30, 0.18)),
}
ASKED_SHARE, FEWEST_ASKED, MOST_ASKED = 0.06, 48, 150
ANSWER_RATE = 0.66


def shows_birth_year(customers: pd.DataFrame) -> Bools:
    """Whether the CRM knows when each was born: what its export leaves blank is left out here."""
    shown: Bools = (customers["customer"] % 5 != 0).to_numpy()
    return shown


def ask_for_trust(world: World, customers: pd.DataFrame, surveys: pd.DataFrame) -> pd.DataFrame:
    """Further rows of the surveys; columns as there."""
    rng = world.rng("trust")
    registered = customers["registered"].to_numpy()
    # somebody with two memberships would answer as one person of two ages
    twins = customers[customers["phone_person"] != customers["customer"]]
    doubled = np.concatenate([twins["customer"], twins["phone_person"]])
    is_single = ~customers["customer"].isin(doubled).to_numpy()
    group = _groups(customers)
    waves = surveys.drop_duplicates("sent")[["sent", "wave"]].sort_values("sent")
    waves = waves[waves["sent"] % (7 * DAY) == 10 * HOUR]
    parts = []
    for sent, wave in waves.itertuples(index=False):
        able = np.flatnonzero((registered < sent) & is_single)
        size = int(np.clip(round(len(able) * ASKED_SHARE), FEWEST_ASKED, MOST_ASKED))
        for kind, chances in SCORES.items():
            people = rng.permutation(able)[:size]
            # nobody is asked the same twice in a wave
            before = surveys.loc[(surveys["kind"] == kind) & (surveys["sent"] == sent), "customer"]
            people = people[~np.isin(people, before)]
            people = people[np.argsort(group[people], kind="stable")]
            n = len(people)
            is_answered = quota(rng, np.full(n, ANSWER_RATE))
            answered = to_minute(sent + 2 * HOUR + between(rng, 0.02, 4, n))
            is_answered &= answered < world.end
            score = _scores(rng, chances, group[people], is_answered)
            parts.append(
                pd.DataFrame(
                    {
                        "kind": kind,
                        "customer": people,
                        "score": score,
                        "wave": wave,
                        "sent": sent + 2 * HOUR,
                        "answered": np.where(is_answered, answered, NEVER),
                        "text": -1,
                        "heard": "",
                    }
                )
            )
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(survey=len(surveys) + 1 + np.arange(len(frame)))


def rescore(world: World, customers: pd.DataFrame, surveys: pd.DataFrame) -> pd.DataFrame:
    """The surveys, with what was answered about trust before in the shares of each group, too.

    An answer with a comment keeps its score, which the comment speaks of.
    """
    rng = world.rng("trust again")
    is_open = (surveys["kind"] == TRUST) & (surveys["answered"] != NEVER) & (surveys["text"] < 0)
    rows = np.flatnonzero(is_open)
    group = _groups(customers)[surveys["customer"].to_numpy()[rows]]
    score = surveys["score"].to_numpy(copy=True)
    score[rows] = _scores(rng, SCORES[TRUST], group, np.ones(len(rows), dtype=bool))
    return surveys.assign(score=score)


def _groups(customers: pd.DataFrame) -> Ints:
    """0 the older, 1 the young; 2 and 3 those whose year of birth is not shown."""
    is_young = (customers["birth_year"] >= YOUNG_FROM).to_numpy()
    groups: Ints = is_young + 2 * (~shows_birth_year(customers)).astype(np.int64)
    return groups


def _scores(
    rng: np.random.Generator,
    chances: tuple[tuple[float, ...], tuple[float, ...]],
    group: Ints,
    is_answered: Bools,
) -> Ints:
    """Scores 1..5 whose shares are met in each group to within one answer; -1 without one."""
    score = np.full(len(group), -1, dtype=np.int64)
    for number in range(4):
        rows = np.flatnonzero((group == number) & is_answered)
        edges: Floats = np.cumsum(np.asarray(chances[number % 2]))
        places = (np.arange(len(rows)) + rng.random()) / max(len(rows), 1)
        dealt = np.minimum(np.searchsorted(edges, places, side="right"), 4)
        score[rows] = 1 + rng.permutation(dealt)
    return score
