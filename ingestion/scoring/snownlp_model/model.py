"""A loaded model: texts in, SnowNLP's probabilities or words out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingestion.scoring import has_words
from ingestion.scoring.snownlp_model.files import ModelFiles
from ingestion.scoring.snownlp_model.kernel import room_for, score_texts, segment
from ingestion.scoring.snownlp_model.layout import FIRST_HAN, LAST_HAN, Tables
from ingestion.scoring.snownlp_model.table_cache import load_tables

_CHARACTERS_AT_A_TIME = 2_000_000
"""Bounds the memory of a call: some 30 bytes a character."""


@dataclass(frozen=True)
class Model:
    """SnowNLP's segmenter and sentiment model, compiled."""

    tables: Tables

    def positive(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """`SnowNLP(text).sentiments` of each text, 0 to 1; NaN for a text without a word."""
        parts = [self._positive(part) for part in _parts(texts)]
        return np.concatenate(parts) if parts else np.empty(0)

    def words(self, text: str) -> list[str]:
        """`SnowNLP(text).words`: the text cut into words."""
        codes, _ = _laid_out([text])
        room = room_for(len(codes))
        count = segment(self.tables, codes, 0, len(codes), room)
        spans = zip(room.begins[:count].tolist(), room.ends[:count].tolist(), strict=True)
        return [text[begin:end] for begin, end in spans]

    def _positive(self, texts: Sequence[str]) -> NDArray[np.float64]:
        codes, offsets = _laid_out(texts)
        scores: NDArray[np.float64] = score_texts(self.tables, codes, offsets)
        # almost every text has a plain word; the others are few, and Unicode decides
        for place in np.flatnonzero(~_have_plain_words(codes, offsets)).tolist():
            if not has_words(texts[place]):
                scores[place] = np.nan
        return scores


def load_model(files: ModelFiles, cache: Path | None = None) -> Model:
    """Load a model, from its cached tables where they are (see `table_cache`)."""
    return Model(load_tables(files, cache))


def _have_plain_words(codes: NDArray[np.uint32], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each text has a Chinese character or a small Latin letter."""
    is_plain = ((codes >= FIRST_HAN) & (codes <= LAST_HAN)) | ((codes >= 0x61) & (codes <= 0x7A))
    before = np.concatenate([[0], np.cumsum(is_plain)])
    return np.asarray(before[offsets[1:]] > before[offsets[:-1]])


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts in runs of about so many characters."""
    if not texts:
        return
    lengths = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    part = lengths // _CHARACTERS_AT_A_TIME
    edges = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), len(texts)]
    for start, end in pairwise(edges):
        yield texts[start:end]


def _laid_out(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Code points of all texts end to end, and where each text starts."""
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offsets[1:])
    return np.frombuffer(joined, np.uint32), offsets
