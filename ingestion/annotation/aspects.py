"""Aspects: what a text praises or blames (质量, 电池, 物流, ...), with the clause that says so.

Words come from seeds (`vocabulary.ASPECT_SEEDS`); what a clause says is decided in `polarity.py`,
and how the clauses of a text add up here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.annotation.clauses import clauses_of, words_of
from ingestion.annotation.matching import Places, join
from ingestion.annotation.vocabulary import ASPECT_SEEDS, Vocabulary, load_vocabulary
from ingestion.annotation.word_annotator import WordAnnotator

if TYPE_CHECKING:
    from ingestion.annotation.polarity import Mentions


class Aspects(WordAnnotator):
    """One row per text and aspect named in it: code, polarity (-1, 0, 1), and the clause.

    `evidence_start` counts characters from the start of the text. A text that says nothing of an
    aspect it names has polarity 0 for it.
    """

    name = "aspects"
    rules = "1"
    seed_names = ASPECT_SEEDS
    schema = pa.schema(
        [
            pa.field("aspect_code", pa.string()),
            pa.field("polarity", pa.int16()),
            pa.field("evidence_text", pa.string()),
            pa.field("evidence_start", pa.int32()),
        ]
    )

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of the seeds.

        Raises:
            AnnotationError: A seed is wrong; the message names file, line and column.
        """
        return load_vocabulary(self.seeds)

    def _read(self, texts: Sequence[str], offset: int) -> pa.Table:
        # loads the compiler, which an import must not
        from ingestion.annotation.polarity import Said, mentions_of  # noqa: PLC0415

        vocabulary = self.vocabulary
        run = join(texts)
        found = vocabulary.matcher.find(run)
        words = words_of(vocabulary, found, run)
        mentions = mentions_of(Said(words, vocabulary.specific), clauses_of(words, run))
        polarity, shown = _added_up(mentions, len(vocabulary.aspect_codes))
        text = mentions["text"][shown]
        starts, ends = run.trimmed(mentions["start"][shown], mentions["end"][shown])
        return pa.table(
            {
                "text_number": pa.array(text + offset, pa.int64()),
                "aspect_code": pa.array(vocabulary.aspect_codes, pa.string()).take(
                    pa.array(mentions["aspect"][shown])
                ),
                "polarity": pa.array(polarity, pa.int16()),
                "evidence_text": run.slices(starts, ends),
                "evidence_start": pa.array(
                    (starts - run.text_starts[text]).astype(np.int32), pa.int32()
                ),
            },
            schema=self._columns,
        )


def _added_up(mentions: Mentions, aspect_count: int) -> tuple[npt.NDArray[np.int16], Places]:
    """Per text and aspect: the polarity, and the mention that shows it.

    The polarity is the sign of the clauses' weighted sum. The evidence is the weightiest clause
    that says the same, the first of them; where praise and blame are in balance, the blame.
    """
    keys, group = np.unique(
        mentions["text"] * aspect_count + mentions["aspect"], return_inverse=True
    )
    total = np.bincount(group, mentions["weight"] * mentions["value"], len(keys))
    polarity = np.sign(total).astype(np.int16)
    is_balanced = (polarity == 0) & (np.bincount(group, mentions["value"] != 0, len(keys)) > 0)
    shown = np.where(is_balanced, -1, polarity)
    says_the_same = mentions["value"] == shown[group]
    order = np.lexsort(
        (mentions["start"], -mentions["weight"], mentions["value"], ~says_the_same, group)
    )
    is_first = np.diff(group[order], prepend=-1) > 0
    return polarity, order[is_first]


ANNOTATOR = Aspects()
