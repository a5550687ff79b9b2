"""The model card: what a model was trained on and how good it is on rows that it never saw."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from ingestion.scoring.sentiment_model import metrics
from ingestion.scoring.sentiment_model.calibration import sigmoid
from ingestion.scoring.sentiment_model.corpus import Labelled, normal_hashes
from ingestion.scoring.sentiment_model.model import Model, classes_of


def make_card(
    model: Model,
    *,
    basis: str,
    rows: Labelled,
    held_out: Labelled,
    sources: Mapping[str, int],
    trained_as_of: date | None,
) -> dict[str, Any]:
    """The card of a trained model.

    Args:
        model: With everything but its card.
        basis: `packaged`, or `brand` for one trained on the brand's own reviews as well.
        rows: What it was trained on.
        held_out: What it is measured on; rows that are in `rows` are left out and counted.
        sources: Rows of each source that it was trained on.
        trained_as_of: The date of the data; None where no data of a home are in it.
    """
    is_leaked = np.isin(normal_hashes(held_out.texts), model.trained_on)
    clean = held_out.where(~is_leaked)
    margin, neutral = model.judge(clean.texts)
    calibrated = model.polar.probability(margin)
    truth = clean.labels
    found = metrics.quality(truth, classes_of(calibrated, neutral), calibrated)
    before = metrics.quality(truth, classes_of(calibrated, neutral), sigmoid(margin))
    return {
        "scorer": "sentiment",
        "scorer_version": model.version,
        "basis": basis,
        "sources": dict(sources),
        "class_count": 3 if model.neutral else 2,
        "negative_count": int((rows.labels == -1).sum()),
        "neutral_count": int((rows.labels == 0).sum()),
        "positive_count": int((rows.labels == 1).sum()),
        "held_out_count": len(clean),
        "accuracy": _rounded(found.accuracy),
        "macro_f1": _rounded(found.macro_f1),
        "auc": _rounded(found.auc),
        "ece_before": _rounded(before.ece),
        "ece_after": _rounded(found.ece),
        "leaked_count": int(is_leaked.sum()),
        "slope": model.polar.slope,
        "intercept": model.polar.intercept,
        "trained_as_of": trained_as_of.isoformat() if trained_as_of else None,
    }


def _rounded(value: float | None) -> float | None:
    # beyond six digits a figure on some thousand rows says nothing, and platforms may differ
    return None if value is None else round(value, 6)
