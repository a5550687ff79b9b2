"""How good and how fast scorers are on labelled rows that none of them was trained on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from ingestion.scoring import Scorer, ScoringError
from ingestion.scoring.sentiment_model.corpus import Labelled, all_hashes, normal_hashes

# loading a model and compiling a kernel happen once, and are no matter of speed
_WARM_UP = 20


@runtime_checkable
class Trained(Scorer, Protocol):
    """A scorer that knows its rows and its calibration."""

    def trained_on(self) -> npt.NDArray[np.uint64]:
        """Sorted `corpus.normal_hashes` of its training rows."""
        ...

    def pooled_calibration(self) -> tuple[float, float]:
        """Slope and intercept on the logit, where no channel is known."""
        ...


@dataclass(frozen=True)
class ScorerEvaluation:
    """One scorer on the rows that are left; see `measures.Quality`.

    Attributes:
        unjudged: Rows without a verdict; they count as wrong.
        texts_per_second: Once its model is loaded, in this process.
    """

    scorer: str
    version: str
    accuracy: float
    macro_f1: float
    auc: float | None
    ece: float | None
    unjudged: int
    texts_per_second: float


@dataclass(frozen=True)
class Evaluation:
    """What `koubei evaluate` says.

    Attributes:
        rows: Rows of the file.
        excluded: Of these, rows left out: a scorer was trained on them (signs, blanks, case and
            width apart).
        classes: Rows that are left, by class.
        scorers: One a scorer, in the order given.
    """

    rows: int
    excluded: int
    classes: dict[str, int]
    scorers: list[ScorerEvaluation]


def evaluate(
    labelled: Labelled, scorers: Sequence[Scorer], *, band: tuple[float, float]
) -> Evaluation:
    """Measure scorers on the same rows.

    Args:
        labelled: All rows.
        scorers: Whom to measure.
        band: Negative below the first and positive from the second; used where neutral rows are
            among them and the scorer knows two classes. Without neutral rows one half decides.

    Raises:
        ScoringError: No row is left.
    """
    known = [all_hashes(), *(each.trained_on() for each in scorers if isinstance(each, Trained))]
    is_known = np.isin(normal_hashes(labelled.texts), np.concatenate(known))
    left = labelled.where(~is_known)
    if not len(left):
        raise ScoringError(
            f"all of the {len(labelled):,} rows are in the training corpus: nothing to measure on"
        )
    names = {"negative": -1, "neutral": 0, "positive": 1}
    return Evaluation(
        rows=len(labelled),
        excluded=int(is_known.sum()),
        classes={name: int((left.labels == value).sum()) for name, value in names.items()},
        scorers=[_evaluate_one(left, scorer, band) for scorer in scorers],
    )


def _evaluate_one(rows: Labelled, scorer: Scorer, band: tuple[float, float]) -> ScorerEvaluation:
    # numba and scipy are imported here, not where the command is looked up
    from ingestion.scoring.sentiment_model.calibration import Platt, logit  # noqa: PLC0415
    from ingestion.scoring.sentiment_model.metrics import quality  # noqa: PLC0415
    from ingestion.scoring.sentiment_model.model import classes_of  # noqa: PLC0415

    scorer.score(rows.texts[:_WARM_UP])
    started = time.perf_counter()
    scored = scorer.score(rows.texts)
    seconds = time.perf_counter() - started
    columns = {
        name: np.array(scored.column(name).to_numpy(), dtype=np.float64)
        for name in ("p_neutral", "p_positive")
    }
    neutral = None if np.isnan(columns["p_neutral"]).all() else columns["p_neutral"]
    positive = columns["p_positive"] / (1 if neutral is None else np.maximum(1 - neutral, 1e-12))
    if isinstance(scorer, Trained):
        positive = Platt(*scorer.pooled_calibration()).probability(logit(positive))
    has_neutral = bool((rows.labels == 0).any())
    predicted = (
        classes_of(positive, neutral, with_band=band) if has_neutral else classes_of(positive, None)
    )
    found = quality(rows.labels, predicted, positive)
    return ScorerEvaluation(
        scorer=scorer.name,
        version=scorer.version,
        accuracy=found.accuracy,
        macro_f1=found.macro_f1,
        auc=found.auc,
        ece=found.ece,
        unjudged=int(np.isnan(positive).sum()),
        texts_per_second=len(rows) / max(seconds, 1e-9),
    )
