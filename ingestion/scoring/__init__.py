"""Text scorers: what one is, and which there are. One file per scorer, found by being there.

A scorer is one more source. It is given landed, redacted texts and says how probable each class of
sentiment is; `store.py` decides which texts it sees and keeps what it says.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import duckdb
import pyarrow as pa

SCORE_SCHEMA = pa.schema(
    [
        pa.field("p_negative", pa.float64()),
        pa.field("p_neutral", pa.float64()),
        pa.field("p_positive", pa.float64()),
    ]
)
"""What `Scorer.score` returns, one row a text, in the order of the texts."""


class ScoringError(Exception):
    """A scorer failed, broke its protocol, or lacks its model; the message names it."""


@dataclass(frozen=True)
class ScorerConfig:
    """What a home gives its scorers.

    Attributes:
        cache: Folder for what can be computed again; the user's own cache when None.
        snownlp_model: A model that SnowNLP's own `save` wrote; the package's when None.
        models: Folder of the models that the home trained; none when None.
    """

    cache: Path | None = None
    snownlp_model: Path | None = None
    models: Path | None = None


@runtime_checkable
class Scorer(Protocol):
    """Gives texts their class probabilities.

    It must be picklable: the store sends it to other processes. What is expensive (a model, a
    dictionary) is loaded by the first call of `score`, never by an import.

    Attributes:
        name: Stands in `raw.text_scores.scorer`.
        version: When it changes, every text is scored again.
    """

    name: str

    @property
    def version(self) -> str: ...  # noqa: D102

    def score(self, texts: Sequence[str]) -> pa.Table:
        """Class probabilities of each text, in `SCORE_SCHEMA`.

        Null where there is nothing to judge, or where the scorer does not know the class.
        """
        ...


@runtime_checkable
class FastScorer(Scorer, Protocol):
    """A scorer that is done before a pool of processes has started: it scores in this one.

    Attributes:
        chunk_size: Texts between two commits, whatever the caller's chunks are.
    """

    chunk_size: int


@runtime_checkable
class Configurable(Protocol):
    """A scorer that takes something from the home: a model, a cache."""

    def configured(self, config: ScorerConfig) -> Scorer:
        """The scorer with what it is given there.

        Raises:
            ScoringError: What is named there does not exist.
        """
        ...


@runtime_checkable
class Recorded(Scorer, Protocol):
    """A scorer that enters its models and calibrations in the warehouse at every refresh."""

    def record(self, connection: duckdb.DuckDBPyConnection, load_id: int) -> None:
        """Write `raw.models` and `raw.score_calibrations` as they are now."""
        ...


@runtime_checkable
class Referenced(Scorer, Protocol):
    """A scorer that claims to equal another implementation; `audit.py` holds it to that.

    Attributes:
        edge_cases: Texts that every audit asks about, whatever was landed.
    """

    edge_cases: tuple[str, ...]

    def reference(self, texts: Sequence[str]) -> list[float | None]:
        """The other implementation's `p_positive` of each text; called in a process of its own."""
        ...


def has_words(text: str) -> bool:
    """Whether there is anything to judge: a letter, a Chinese character or a digit.

    A model answers its prior for a text of blanks or signs, which says nothing about the text (and
    `SnowNLP("")` divides by zero).
    """
    return any(character.isalnum() for character in text)


def discover(config: ScorerConfig | None = None) -> list[Scorer]:
    """The scorers of this package, by name: a module becomes one by having a `SCORER`.

    Args:
        config: What the home gives them; the scorers as they are when None.

    Raises:
        ScoringError: What a scorer is given does not exist.
    """
    found: list[Scorer] = []
    for module in pkgutil.iter_modules(__path__):
        scorer = getattr(importlib.import_module(f"{__name__}.{module.name}"), "SCORER", None)
        if config is not None and isinstance(scorer, Configurable):
            scorer = scorer.configured(config)
        if scorer is not None:
            found.append(scorer)
    return sorted(found, key=lambda scorer: scorer.name)
