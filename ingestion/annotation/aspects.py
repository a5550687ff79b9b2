"""Aspects: what a text praises or blames (质量, 电池, 物流, ...), with the clause that says so.

Words come from seeds (`vocabulary.ASPECT_SEEDS`); what a clause says is decided in `polarity.py`,
and how the clauses of a text add up here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.annotation import TEXT_NUMBER, AnnotationError
from ingestion.annotation.clauses import clauses_of, words_of
from ingestion.annotation.matching import Places, join
from ingestion.annotation.seed_files import fingerprint
from ingestion.annotation.vocabulary import ASPECT_SEEDS, Vocabulary, load_vocabulary

if TYPE_CHECKING:
    from ingestion.annotation.polarity import Mentions

RULES = "1"
"""Raise it when a rule of reading changes what is found: every text is read again."""

SCHEMA = pa.schema(
    [
        pa.field("aspect_code", pa.string()),
        pa.field("polarity", pa.int16()),
        pa.field("evidence_text", pa.string()),
        pa.field("evidence_start", pa.int32()),
    ]
)
_TEXTS_AT_ONCE = 4_000  # some megabytes of words found at a time


@dataclass
class Aspects:
    """One row per text and aspect named in it.

    Attributes:
        seeds: Folder of the seeds; None until configured.
        version: Follows from rules, library and the seeds' content.
    """

    seeds: Path | None = None
    name: str = "aspects"
    version: str = "unconfigured"
    schema: pa.Schema = field(default_factory=lambda: SCHEMA)

    def configured(self, seeds: Path) -> Aspects:
        """The annotator with the seeds of this folder.

        Raises:
            AnnotationError: A seed cannot be read.
        """
        library = f"ahocorasick-rs {version('ahocorasick-rs')}"
        return Aspects(seeds, version=f"{RULES}-{fingerprint(seeds, ASPECT_SEEDS, library)}")

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of the seeds.

        Raises:
            AnnotationError: A seed is wrong; the message names file, line and column.
        """
        if self.seeds is None:
            raise AnnotationError("aspects have no seeds; call configured() first")
        return load_vocabulary(self.seeds)

    def annotate(self, texts: Sequence[str]) -> pa.Table:
        """The aspects of each text: code, polarity (-1, 0, 1), and the clause as evidence.

        `evidence_start` counts characters from the start of the text. A text that says nothing of
        an aspect it names has polarity 0 for it.

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
            schema=pa.schema([TEXT_NUMBER, *SCHEMA]),
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
