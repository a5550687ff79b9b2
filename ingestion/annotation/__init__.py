"""Text annotators: what one is, and which there are. One file per annotator, found by being there.

An annotator reads out of a text what is no sentiment: its words, the aspects that it judges, its
themes. Like a scorer it is one more source: it is given landed, redacted texts, and `store.py`
decides which it sees and keeps what it finds in `raw.text_<name>`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa

TEXT_NUMBER = pa.field("text_number", pa.int64())
"""First column of what `Annotator.annotate` returns: the position of the text that was given."""


class AnnotationError(Exception):
    """An annotator failed, broke its protocol, or its seed is wrong; the message says which."""


@runtime_checkable
class Annotator(Protocol):
    """Finds something in texts.

    What is expensive (a dictionary, an automaton) is loaded by the first call of `annotate`, never
    by an import.

    Attributes:
        name: Its rows stand in `raw.text_<name>`.
        version: When it changes, every text is read again and the old rows are replaced. It must
            follow from all that decides the rows: library, rules, content of seeds.
        schema: The columns of its rows.
    """

    name: str
    version: str
    schema: pa.Schema

    def annotate(self, texts: Sequence[str]) -> pa.Table:
        """What is in each text: `text_number`, then the columns of `schema`.

        A text may have no row, one or several.
        """
        ...


@runtime_checkable
class Configurable(Protocol):
    """An annotator that reads seeds which the business owns."""

    def configured(self, seeds: Path) -> Annotator:
        """The annotator with the seeds of this folder.

        Raises:
            AnnotationError: A seed is wrong; the message names file, line, column and what to do.
        """
        ...


def discover(seeds: Path) -> list[Annotator]:
    """The annotators of this package, by name: a module becomes one by having an `ANNOTATOR`.

    Args:
        seeds: Folder of the seeds that some of them read.
    """
    found: list[Annotator] = []
    for module in pkgutil.iter_modules(__path__):
        annotator = getattr(importlib.import_module(f"{__name__}.{module.name}"), "ANNOTATOR", None)
        if isinstance(annotator, Configurable):
            annotator = annotator.configured(seeds)
        if annotator is not None:
            found.append(annotator)
    return sorted(found, key=lambda annotator: annotator.name)
