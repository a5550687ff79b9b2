"""Themes: what customers keep saying (省心, 耐用, 服务好, 设置复杂, ...), praise and complaint.

Synonyms come from the seeds `themes` and `theme_words`. A negated word does not count
(不是很安静 is not 安静), nor does one in a clause that asks or wishes; the words for that are those
of the aspects.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa

from ingestion.annotation.clauses import clauses_of, words_of
from ingestion.annotation.matching import join
from ingestion.annotation.vocabulary import THEME_SEEDS, Themes, load_themes
from ingestion.annotation.word_annotator import WordAnnotator


class ThemeAnnotator(WordAnnotator):
    """One row per text and theme that it speaks of, with the first words that name it."""

    name = "themes"
    rules = "1"
    seed_names = THEME_SEEDS
    schema = pa.schema([pa.field("theme_code", pa.string()), pa.field("matched_text", pa.string())])

    @cached_property
    def themes(self) -> Themes:
        """The themes of the seeds.

        Raises:
            AnnotationError: A seed is wrong; the message names file, line and column.
        """
        return load_themes(self.seeds)

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
            schema=self._columns,
        )


ANNOTATOR = ThemeAnnotator()
