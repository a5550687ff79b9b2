"""Themes: what customers keep saying (省心, 耐用, 服务好, 设置复杂, ...), praise and complaint.

Synonyms come from the seeds `themes` and `theme_words`. A negated word does not count
(不是很安静 is not 安静), nor does one in a clause that asks or wishes; the words for that are those
of the aspects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingestion.annotation import TEXT_NUMBER, AnnotationError
from ingestion.annotation.clauses import clauses_of, words_of
from ingestion.annotation.matching import join
from ingestion.annotation.seed_files import fingerprint
from ingestion.annotation.vocabulary import THEME_SEEDS, Themes, load_themes

RULES = "1"
"""Raise it when a rule of reading changes what is found: every text is read again."""

SCHEMA = pa.schema([pa.field("theme_code", pa.string()), pa.field("matched_text", pa.string())])
_TEXTS_AT_ONCE = 4_000  # some megabytes of words found at a time


@dataclass
class ThemeAnnotator:
    """One row per text and theme that it speaks of.

    Attributes:
        seeds: Folder of the seeds; None until configured.
        version: Follows from rules, library and the seeds' content.
    """

    seeds: Path | None = None
    name: str = "themes"
    version: str = "unconfigured"
    schema: pa.Schema = field(default_factory=lambda: SCHEMA)

    def configured(self, seeds: Path) -> ThemeAnnotator:
        """The annotator with the seeds of this folder.

        Raises:
            AnnotationError: A seed cannot be read.
        """
        library = f"ahocorasick-rs {version('ahocorasick-rs')}"
        return ThemeAnnotator(seeds, version=f"{RULES}-{fingerprint(seeds, THEME_SEEDS, library)}")

    @cached_property
    def themes(self) -> Themes:
        """The themes of the seeds.

        Raises:
            AnnotationError: A seed is wrong; the message names file, line and column.
        """
        if self.seeds is None:
            raise AnnotationError("themes have no seeds; call configured() first")
        return load_themes(self.seeds)

    def annotate(self, texts: Sequence[str]) -> pa.Table:
        """The themes of each text, with the first words that say so.

        Raises:
            AnnotationError: A seed is wrong.
        """
        parts = [
            self._read(texts[start : start + _TEXTS_AT_ONCE], start)
            for start in range(0, len(texts), _TEXTS_AT_ONCE)
        ]
        wanted = pa.schema([TEXT_NUMBER, *SCHEMA])
        return pa.concat_tables(parts) if parts else wanted.empty_table()

    def _read(self, texts: Sequence[str], offset: int) -> pa.Table:
        # loads the compiler, which an import must not
        from ingestion.annotation.polarity import asserted  # noqa: PLC0415

        vocabulary = self.themes.vocabulary
        run = join(texts)
        found = vocabulary.matcher.find(run)
        words = words_of(vocabulary, found, run)
        is_said = asserted(words, clauses_of(words, run))
        # one row for each theme of the word: a word may speak of two
        matched = np.flatnonzero(is_said)
        counts = self.themes.counts[found.word[matched]]
        places = np.repeat(matched, counts)
        nth = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
        theme = self.themes.members[self.themes.starts[found.word[places]] + nth]
        text = np.searchsorted(run.text_starts, found.start[places], side="right") - 1
        # the first of each text and theme; unique keeps first places
        _, first = np.unique(text * len(self.themes.codes) + theme, return_index=True)
        kept = places[first]
        return pa.table(
            {
                "text_number": pa.array(text[first] + offset, pa.int64()),
                "theme_code": pa.array(self.themes.codes, pa.string()).take(pa.array(theme[first])),
                "matched_text": run.slices(found.start[kept], found.end[kept]),
            },
            schema=pa.schema([TEXT_NUMBER, *SCHEMA]),
        )


ANNOTATOR = ThemeAnnotator()
