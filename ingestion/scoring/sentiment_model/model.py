"""A trained model: how it scores, and how it is written and read.

A model is a folder named by its version: `weights.npz` (numbers only, never pickled) and
`card.json`. It is written beside and renamed, so that a reader sees all of it or nothing. The same
rows give the same bytes.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ingestion.scoring import ScoringError
from ingestion.scoring.sentiment_model import features
from ingestion.scoring.sentiment_model.calibration import Platt, sigmoid
from ingestion.scoring.sentiment_model.corpus import Labelled, normal_hashes
from ingestion.scoring.sentiment_model.linear import train_head
from ingestion.scoring.sentiment_model.metrics import Classes, Floats
from ingestion.scoring.sentiment_model.recipe import FOLDS

WEIGHTS = "weights.npz"
CARD = "card.json"


class ModelError(ScoringError):
    """A model's files are missing or damaged; the message names the folder."""


@dataclass(frozen=True)
class Model:
    """A trained model.

    Attributes:
        version: See `recipe.version_of`.
        table: How characters fold (`features.fold_table`), as it was when the model was trained.
        weights: (buckets, heads); the first head asks positive or negative, a second one neutral
            or not.
        biases: One a head.
        polar: From the first head's margin to P(positive | not neutral).
        neutral: From the second head's margin to P(neutral); None without that head.
        trained_on: Sorted `corpus.normal_hashes` of the rows that it was trained on.
        card: What is published about it.
    """

    version: str
    table: npt.NDArray[np.uint32]
    weights: npt.NDArray[np.float32]
    biases: Floats
    polar: Platt
    neutral: Platt | None
    trained_on: npt.NDArray[np.uint64]
    card: Mapping[str, Any]

    def judge(self, texts: Sequence[str]) -> tuple[Floats, Floats | None]:
        """Each text's margin of positive against negative, and its P(neutral) (None: two classes).

        NaN for a text without a letter, digit or Chinese character: nothing is there to judge. The
        margin's sigmoid is the probability before calibration.
        """
        margins = features.margins(texts, self.table, self.weights) + self.biases
        neutral = self.neutral.probability(margins[:, 1]) if self.neutral else None
        return margins[:, 0], neutral

    def probabilities(self, texts: Sequence[str]) -> tuple[Floats, Floats | None, Floats]:
        """P(negative), P(neutral) and P(positive) before calibration; they add up to 1."""
        margin, neutral = self.judge(texts)
        positive = sigmoid(margin)
        rest = 1.0 if neutral is None else 1.0 - neutral
        return rest * (1 - positive), neutral, rest * positive


def train(
    rows: Labelled, version: str, card: Mapping[str, Any], *, with_neutral: bool = False
) -> Model:
    """Train on all of the rows, which are distinct in their normal form.

    Args:
        rows: Of the classes -1 and 1, and 0 where `with_neutral`.
        version: The name that the model gets.
        card: What is published about it.
        with_neutral: Whether a second head learns the neutral rows.
    """
    table = features.fold_table()
    grams = features.gram_matrix(rows.texts, table)
    hashes = normal_hashes(rows.texts)
    # other bits than those that put rows aside
    folds = (hashes >> np.uint64(32)).astype(np.int64) % FOLDS
    is_polar = rows.labels != 0
    polar = train_head(grams[is_polar], rows.labels[is_polar] == 1, folds[is_polar])
    heads = [polar]
    if with_neutral:
        heads.append(train_head(grams, ~is_polar, folds))
    return Model(
        version=version,
        table=table,
        weights=np.ascontiguousarray(np.stack([head.weights for head in heads], axis=1), "f4"),
        biases=np.array([head.bias for head in heads]),
        polar=polar.platt,
        neutral=heads[1].platt if with_neutral else None,
        trained_on=np.unique(hashes),
        card=card,
    )


def save(model: Model, root: Path) -> Path:
    """Write a model into its folder under `root`, replacing what stands there; the folder.

    Raises:
        OSError: It cannot be written; nothing was changed.
    """
    root.mkdir(parents=True, exist_ok=True)
    target = root / model.version
    with tempfile.TemporaryDirectory(dir=root, prefix=".draft-") as draft:
        folder = Path(draft) / model.version
        folder.mkdir()
        filled = np.flatnonzero(model.weights.any(axis=1)).astype(np.int32)
        lines = [model.polar, *([model.neutral] if model.neutral else [])]
        np.savez_compressed(
            folder / WEIGHTS,
            version=np.array(model.version),
            table=model.table,
            buckets=filled,
            weights=model.weights[filled],
            biases=model.biases,
            platt=np.array([[line.slope, line.intercept] for line in lines]),
            trained_on=model.trained_on,
        )
        (folder / CARD).write_text(
            json.dumps(dict(model.card), ensure_ascii=False, indent=2, sort_keys=True) + "\n",
            encoding="utf-8",
        )
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    return target


def load(root: Path, version: str) -> Model:
    """Read a model from its folder under `root`.

    Raises:
        ModelError: It is missing or damaged.
    """
    folder = root / version
    try:
        with np.load(folder / WEIGHTS, allow_pickle=False) as kept:
            if str(kept["version"]) != version:
                raise ValueError(f"it is of version {kept['version']}")
            compact = kept["weights"]
            weights = np.zeros((features.BUCKETS, compact.shape[1]), dtype=np.float32)
            weights[kept["buckets"]] = compact
            lines = [Platt(float(slope), float(intercept)) for slope, intercept in kept["platt"]]
            return Model(
                version=version,
                table=kept["table"],
                weights=weights,
                biases=kept["biases"],
                polar=lines[0],
                neutral=lines[1] if len(lines) > 1 else None,
                trained_on=kept["trained_on"],
                card=read_card(root, version),
            )
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"{folder}: not a sound model ({error})") from error


def read_card(root: Path, version: str) -> dict[str, Any]:
    """What is published about a model, without loading it.

    Raises:
        ModelError: It is missing or damaged.
    """
    path = root / version / CARD
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: not a sound model card ({error})") from error
    return card


def classes_of(
    p_positive: Floats, p_neutral: Floats | None, *, with_band: tuple[float, float] | None = None
) -> Classes:
    """The class of each row; a row that nothing is known of counts as neutral.

    Args:
        p_positive: P(positive | not neutral), calibrated.
        p_neutral: P(neutral); None for a model of two classes.
        with_band: Negative below the first and positive from the second, neutral in between; for
            a model of two classes. Without it the threshold is one half.
    """
    is_unknown = np.isnan(p_positive)
    if p_neutral is None:
        low, high = with_band or (0.5, 0.5)
        called = np.where(p_positive < low, -1, np.where(p_positive >= high, 1, 0))
    else:
        shares = np.stack(
            [(1 - p_neutral) * (1 - p_positive), p_neutral, (1 - p_neutral) * p_positive]
        )
        called = np.argmax(shares, axis=0) - 1
    return np.where(is_unknown, 0, called).astype(np.int8)
