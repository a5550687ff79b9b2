"""Trust and identity: two more questionnaires of every wave, answered differently by age.

The young trust less and feel less of a likeness: scores on 1..5 are drawn by quota within each age
group. Members whose year of birth the CRM does not show are asked as well.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.draws import between, quota, to_minute
from ingestion.demo.world import DAY, HOUR, NEVER, Bools, Floats, World

TRUST, IDENTITY = 2, 5  # places in surveys.KINDS
# Born in this year or later: young.
YOUNG_FROM = 1992
# Chances of 1..5 by questionnaire: of the older, of the young.
SCORES = {
    TRUST: ((0.02, 0.05, 0.13, 0.35, 0.45), (0.08, 0.17, 0.28, 0.30, 0.17)),
    IDENTITY: ((0.04, 0.08, 0.23, 0.35, 0.30), (0.06, 0.14, 0.32, 0.30, 0.18)),
}
ASKED_SHARE, FEWEST_ASKED, MOST_ASKED = 0.06, 30, 150
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
    born = customers["birth_year"].to_numpy()
    waves = surveys.drop_duplicates("sent")[["sent", "wave"]].sort_values("sent")
    waves = waves[waves["sent"] % (7 * DAY) == 10 * HOUR]
    parts = []
    for sent, wave in waves.itertuples(index=False):
        able = np.flatnonzero((registered < sent) & is_single)
        size = int(np.clip(round(len(able) * ASKED_SHARE), FEWEST_ASKED, MOST_ASKED))
        for kind, chances in SCORES.items():
            people = rng.permutation(able)[:size]
            people = people[np.argsort(born[people] >= YOUNG_FROM, kind="stable")]
            n = len(people)
            is_young = born[people] >= YOUNG_FROM
            is_answered = quota(rng, np.full(n, ANSWER_RATE))
            answered = to_minute(sent + 2 * HOUR + between(rng, 0.02, 4, n))
            is_answered &= answered < world.end
            score = np.zeros(n, dtype=np.int64)
            for value in (is_young, ~is_young):
                rows = np.flatnonzero(value & is_answered)
                if len(rows):
                    score[rows] = _dealt(rng, chances[int(is_young[rows[0]])], len(rows))
            parts.append(
                pd.DataFrame(
                    {
                        "kind": kind,
                        "customer": people,
                        "score": np.where(is_answered, score, -1),
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


def _dealt(rng: np.random.Generator, chances: tuple[float, ...], n: int) -> np.ndarray:
    """Scores 1..5 whose shares are met to within one answer."""
    edges: Floats = np.cumsum(np.asarray(chances))
    places = (np.arange(n) + rng.random()) / n
    return 1 + rng.permutation(np.minimum(np.searchsorted(edges, places, side="right"), 4))
