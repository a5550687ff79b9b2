"""What annotators that look for the words of seeds have in common: configuration and chunks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Self

import pyarrow as pa

from ingestion.annotation import TEXT_NUMBER, AnnotationError
from ingestion.annotation.seed_files import fingerprint

_TEXTS_AT_ONCE = 4_000  # some megabytes of words found at a time


class WordAnnotator(ABC):
    """Finds words of seeds in texts.

    Attributes:
        name: Its rows stand in `raw.text_<name>`.
        schema: The columns of its rows.
        rules: Version of its rules of reading; a new one reads every text again.
        seed_names: The seeds that decide what is found.
        version: Follows from rules, library and the seeds' content.
    """

    name: str
    schema: pa.Schema
    rules: str
    seed_names: Sequence[str]

    def __init__(self, seeds: Path | None = None) -> None:
        """Take the folder of the seeds; None until configured."""
        self._seeds = seeds
        self.version = "unconfigured"
        if seeds is not None:
            library = f"ahocorasick-rs {version('ahocorasick-rs')}"
            self.version = f"{self.rules}-{fingerprint(seeds, self.seed_names, library)}"

    @property
    def seeds(self) -> Path:
        """Folder of the seeds.

        Raises:
            AnnotationError: It is not configured.
        """
        if self._seeds is None:
            raise AnnotationError(f"{self.name} have no seeds; call configured() first")
        return self._seeds

    def configured(self, seeds: Path) -> Self:
        """The annotator with the seeds of this folder.

        Raises:
            AnnotationError: A seed cannot be read.
        """
        return type(self)(seeds)

    def annotate(self, texts: Sequence[str]) -> pa.Table:
        """What is in each text: `text_number`, then the columns of `schema`.

        Raises:
            AnnotationError: A seed is wrong; the message names file, line and column.
        """
        parts = [
            self._read(texts[start : start + _TEXTS_AT_ONCE], start)
            for start in range(0, len(texts), _TEXTS_AT_ONCE)
        ]
        return pa.concat_tables(parts) if parts else self._columns.empty_table()

    @property
    def _columns(self) -> pa.Schema:
        return pa.schema([TEXT_NUMBER, *self.schema])

    @abstractmethod
    def _read(self, texts: Sequence[str], offset: int) -> pa.Table:
        """Annotate some of the texts; `offset` is the number of the first."""
