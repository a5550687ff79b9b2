"""How good class probabilities are, compared with known classes.

Classes are -1 negative, 0 neutral, 1 positive, everywhere.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int8]

ECE_BINS = 10
_RESAMPLES = 2_000
_SEED = 20_261_031


@dataclass(frozen=True)
class Quality:
    """What a card and `koubei evaluate` say of one scorer on one set of rows.

    Attributes:
        accuracy: Share of rows whose class is right.
        macro_f1: Unweighted mean of F1 over the classes that the rows have.
        auc: Area under the ROC curve of positive against negative rows; None without both.
        ece: Expected calibration error of P(positive | not neutral) over those rows; None without.
    """

    accuracy: float
    macro_f1: float
    auc: float | None
    ece: float | None

    def as_json(self) -> dict[str, float | None]:
        """The figures by name, as a model card holds them."""
        return asdict(self)


def quality(truth: Classes, predicted: Classes, p_positive: Floats) -> Quality:
    """All four figures; `p_positive` is P(positive | not neutral), NaN where unjudged."""
    # a second to import, and scoring has no use for it
    from sklearn.metrics import accuracy_score, f1_score, roc_auc_score  # noqa: PLC0415

    if not len(truth):
        return Quality(accuracy=float("nan"), macro_f1=float("nan"), auc=None, ece=None)
    is_polar = (truth != 0) & ~np.isnan(p_positive)
    is_positive, score = truth[is_polar] == 1, p_positive[is_polar]
    has_both = is_positive.any() and not is_positive.all()
    return Quality(
        accuracy=float(accuracy_score(truth, predicted)),
        macro_f1=float(f1_score(truth, predicted, labels=np.unique(truth), average="macro")),
        auc=float(roc_auc_score(is_positive, score)) if has_both else None,
        ece=ece(is_positive, score),
    )


def ece(is_positive: npt.NDArray[np.bool_], probability: Floats) -> float | None:
    """Expected calibration error in `ECE_BINS` equal bins of the probability (Naeini et al. 2015).

    The mean over rows of |mean probability - share positive| of the row's bin. scikit-learn has the
    curve (`calibration_curve`), but not how many rows a bin holds, so no error follows from it.
    """
    if not len(probability):
        return None
    bins = np.minimum((probability * ECE_BINS).astype(np.int64), ECE_BINS - 1)
    gap = np.bincount(bins, probability - is_positive, ECE_BINS)
    return float(np.abs(gap).sum() / len(probability))


@dataclass(frozen=True)
class Comparison:
    """A challenger against a champion on the same rows.

    Attributes:
        rows: Rows that both judged.
        difference: Macro-F1 of the challenger minus the champion's.
        difference_low: Lower end of its 95 % interval, by paired bootstrap.
        difference_high: Upper end.
        mcnemar_p: Two-sided exact McNemar test on which rows are right (McNemar 1947).
    """

    rows: int
    difference: float
    difference_low: float
    difference_high: float
    mcnemar_p: float

    @property
    def is_better(self) -> bool:
        """The rule of promotion: the whole interval lies above zero."""
        return self.difference_low > 0


def compare(truth: Classes, champion: Classes, challenger: Classes) -> Comparison:
    """Compare two predictions of the same rows.

    Rows are drawn anew with replacement; only how many fall on each (true class, champion's,
    challenger's) counts, so each drawing is one multinomial of 27 cells. The seed is fixed.
    """
    # half a second to import, and scoring has no use for it
    from scipy import stats  # noqa: PLC0415

    cells = ((truth.astype(np.int64) + 1) * 3 + champion + 1) * 3 + challenger + 1
    joint = np.bincount(cells, minlength=27)
    draws = np.random.default_rng(_SEED).multinomial(
        len(truth), joint / max(len(truth), 1), size=_RESAMPLES
    )
    low, high = np.quantile(_gain(draws.reshape(-1, 3, 3, 3)), [0.025, 0.975])
    only_champion = int(((champion == truth) & (challenger != truth)).sum())
    only_challenger = int(((champion != truth) & (challenger == truth)).sum())
    disagreed = only_champion + only_challenger
    return Comparison(
        rows=len(truth),
        difference=float(_gain(joint.reshape(3, 3, 3))),
        difference_low=float(low),
        difference_high=float(high),
        mcnemar_p=float(stats.binomtest(only_challenger, disagreed).pvalue) if disagreed else 1.0,
    )


def _gain(joint: npt.NDArray[np.int64]) -> Floats:
    """Macro F1 of the challenger (last axis) minus that of the champion (the one before)."""
    counts = joint.astype(np.float64)
    result: Floats = _macro_f1(counts.sum(axis=-2)) - _macro_f1(counts.sum(axis=-1))
    return result


def _macro_f1(counts: Floats) -> Floats:
    """Mean F1 over the true classes of many confusion tables, (..., 3, 3), true class first.

    From counts and not by scikit-learn, which reads rows: 2,000 drawings of 5,000 rows take it 9 s,
    and this 10 ms.
    """
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    either = counts.sum(axis=-1) + counts.sum(axis=-2)
    with np.errstate(invalid="ignore"):
        of_class = 2 * right / either
    result: Floats = np.nanmean(np.where(counts.sum(axis=-1) > 0, of_class, np.nan), axis=-1)
    return result
