"""Training: a naive-Bayes weighted logistic regression, and its calibration out of fold.

Each bucket is first scaled by its log-count ratio (naive Bayes), then a logistic regression is
fitted on the scaled features: Wang & Manning 2012, "Baselines and Bigrams". Both fold into one
weight a bucket. scikit-learn is imported by the first training and by nothing else. The solver
(liblinear, primal) draws nothing at random, so the same rows give the same weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from ingestion.scoring.sentiment_model.calibration import Platt, fit_platt
from ingestion.scoring.sentiment_model.recipe import COST, FOLDS, SMOOTHING

Floats = npt.NDArray[np.float64]

_TOLERANCE = 1e-2
_ITERATIONS = 200


@dataclass(frozen=True)
class Head:
    """One fitted question with two answers.

    Attributes:
        weights: One a bucket.
        bias: Added to the weighted sum.
        platt: From a margin to a probability, fitted on rows that a fit had not seen.
    """

    weights: Floats
    bias: float
    platt: Platt


def train_head(
    grams: sparse.csr_matrix, is_yes: npt.NDArray[np.bool_], folds: npt.NDArray[np.int64]
) -> Head:
    """Fit one head on all rows, and once more without each fold for its calibration.

    Args:
        grams: `features.gram_matrix` of the rows.
        is_yes: The answer of each row.
        folds: The fold of each row, 0 to `FOLDS` - 1; what says the same belongs in the same.
    """
    # buckets that no row fills keep weight 0, and cost nothing from here on
    filled = np.flatnonzero(np.bincount(grams.indices, minlength=grams.shape[1]))
    compact = grams[:, filled]
    margin = np.empty(len(is_yes))
    for fold in range(FOLDS):
        is_out = folds == fold
        weights, bias = _fit(compact[~is_out], is_yes[~is_out], grams.shape[1])
        margin[is_out] = compact[is_out] @ weights + bias
    weights, bias = _fit(compact, is_yes, grams.shape[1])
    spread = np.zeros(grams.shape[1])
    spread[filled] = weights
    return Head(spread, bias, fit_platt(margin, is_yes))


def _fit(
    grams: sparse.csr_matrix, is_yes: npt.NDArray[np.bool_], buckets: int
) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    ratio = _log_count_ratio(grams, is_yes, buckets)
    scaled = grams.copy()
    scaled.data = grams.data * ratio[grams.indices]
    model = LogisticRegression(
        C=COST, solver="liblinear", tol=_TOLERANCE, max_iter=_ITERATIONS
    ).fit(scaled, is_yes)
    return ratio * model.coef_[0], float(model.intercept_[0])


def _log_count_ratio(
    grams: sparse.csr_matrix, is_yes: npt.NDArray[np.bool_], buckets: int
) -> Floats:
    """Log of (share of the bucket among yes rows / among no rows), each row counted once.

    Shares are of all `buckets`, also of those that no column stands for.
    """
    shares = []
    for mask in (is_yes, ~is_yes):
        counts = SMOOTHING + np.bincount(grams[mask].indices, minlength=grams.shape[1])
        shares.append(counts / (counts.sum() + SMOOTHING * (buckets - len(counts))))
    ratio: Floats = np.log(shares[0] / shares[1])
    return ratio
