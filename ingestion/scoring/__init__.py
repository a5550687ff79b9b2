"""Text scorers: what one is, and which there are. One file per scorer, found by being there.

A scorer is one more source. It is given landed, redacted texts and says how probable each class of
sentiment is; `store.py` decides which texts it sees and keeps what it says.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import pyarrow as pa

SCORE_SCHEMA = pa.schema(
    [
        pa.field("p_negative", pa.float64()),
        pa.field("p_neutral", pa.float64()),
        pa.field("p_positive", pa.float64()),
    ]
)
"""What `Scorer.score` returns, one row a text, in the order of the texts."""


@runtime_checkable
class Scorer(Protocol):
    """Gives texts their class probabilities.

    It must be picklable: the store sends it to other processes. What is expensive (a model, a
    dictionary) is loaded by the first call of `score`, never by an import.

    Attributes:
        name: Stands in `raw.text_scores.scorer`.
        version: Bump it and every text is scored again.
    """

    name: str
    version: str

    def score(self, texts: Sequence[str]) -> pa.Table:
        """Class probabilities of each text, in `SCORE_SCHEMA`.

        Null where there is nothing to judge, or where the scorer does not know the class.
        """
        ...


def discover() -> list[Scorer]:
    """The scorers of this package, by name: a module becomes one by having a `SCORER`."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        scorer = getattr(importlib.import_module(f"{__name__}.{module.name}"), "SCORER", None)
        if scorer is not None:
            found.append(scorer)
    return sorted(found, key=lambda scorer: scorer.name)
