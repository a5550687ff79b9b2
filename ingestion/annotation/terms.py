"""The words of a text, in its order: what keywords and phrases are counted from.

A text is normalised (NFKC, lower case), cut by rjieba (jieba's dictionary with its hidden Markov
model for words that are not in it), and reduced to words: blanks, signs, numbers and the marks that
redaction leaves are dropped. Function words stay: which of them count is for the models to say.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import rjieba

from ingestion.annotation import TEXT_NUMBER, AnnotationError
from ingestion.privacy.redaction import RULES

SEED = "keyword_words.csv"
"""Words that the dictionary would cut in two, one a row, in a column `word`."""

_RULES_VERSION = "1"
# no export holds it in a text, and the cutter gives it back as a token of its own
_END_OF_TEXT = "\x1e"
_BLANK, _LATIN, _WORD = " ", r"^[a-z]", r"\pL"
# [手机号] and the like: the brackets keep the words beside a mark from becoming neighbours
_MARKS = "|".join(
    sorted({re.escape(mark) for _, given in RULES for mark in re.findall(r"\[[^\]]+\]", given)})
)


class Terms:
    """Words of a text in its order, and the place of each among all tokens."""

    name = "terms"
    schema = pa.schema(
        [pa.field("terms", pa.list_(pa.string())), pa.field("positions", pa.list_(pa.int32()))]
    )

    def __init__(self, words: Sequence[str] = ()) -> None:
        """Take the words to be kept whole, in any writing."""
        self.words = tuple(sorted({_normal(word) for word in words}))
        listed = hashlib.sha256("\n".join(self.words).encode()).hexdigest()[:12]
        self.version = f"rjieba {installed('rjieba')}, rules {_RULES_VERSION}, words {listed}"

    def configured(self, seeds: Path) -> Terms:
        """The annotator with the words of `keyword_words.csv` in this folder.

        Raises:
            AnnotationError: The seed is missing or wrong; the message names file and line.
        """
        return Terms(_listed(seeds / SEED))

    def annotate(self, texts: Sequence[str]) -> pa.Table:
        """Cut texts, some 100,000 a second at 50 characters; a text without a word has no row.

        Returns:
            `text_number`, `terms` and `positions`: two words whose positions differ by one stand
            side by side, without a sign or a number between them.
        """
        plain = pc.utf8_lower(pc.utf8_normalize(pa.array(texts, pa.string()), "NFKC"))
        plain = pc.replace_substring(plain, _END_OF_TEXT, " ")
        plain = pc.replace_substring_regex(plain, _MARKS, "[]")
        plain = pc.replace_substring_regex(plain, r"\s+", " ")
        ended = _END_OF_TEXT.join([*plain.to_pylist(), ""])
        tokens = pa.array(self._cutter.cut(ended), pa.string())

        is_end = _marked(pc.equal(tokens, _END_OF_TEXT))
        is_blank = _marked(pc.equal(tokens, _BLANK))
        is_latin = _marked(pc.match_substring_regex(tokens, _LATIN))
        is_word = _marked(pc.match_substring_regex(tokens, _WORD))
        # a blank parts Chinese words as a sign does, but it is what joins Latin ones
        joins = is_blank & np.append(False, is_latin[:-1]) & np.append(is_latin[1:], False)
        text_number = np.cumsum(is_end) - is_end
        place = np.cumsum(~joins)
        first_place = place[np.append(0, np.flatnonzero(is_end)[:-1] + 1)] if len(texts) else place

        number = text_number[is_word]
        positions = place[is_word] - first_place[number]
        with_words, starts = np.unique(number, return_index=True)
        offsets = pa.array(np.append(starts, len(number)), pa.int32())
        kept = pc.filter(tokens, pa.array(is_word))
        return pa.table(
            [
                pa.array(with_words, TEXT_NUMBER.type),
                pa.ListArray.from_arrays(offsets, kept),
                pa.ListArray.from_arrays(offsets, pa.array(positions, pa.int32())),
            ],
            schema=pa.schema([TEXT_NUMBER, *self.schema]),
        )

    @cached_property
    def _cutter(self) -> rjieba.Jieba:
        cutter = rjieba.Jieba()
        for word in self.words:
            # no frequency of our own: jieba takes the lowest at which the word stays whole
            cutter.add_word(word, None, None)
        return cutter


def _marked(flags: pa.BooleanArray) -> np.ndarray:
    return np.asarray(flags.to_numpy(zero_copy_only=False), bool)


def _normal(word: str) -> str:
    (normal,) = pc.utf8_lower(pc.utf8_normalize(pa.array([word.strip()]), "NFKC")).to_pylist()
    return str(normal)


def _listed(path: Path) -> list[str]:
    """The words of the seed."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if "word" not in (reader.fieldnames or ()):
                raise AnnotationError(f"{path}: it needs a column `word` in its first line")
            words = [(row["word"] or "").strip() for row in reader]
    except FileNotFoundError as error:
        raise AnnotationError(f"{path}: missing; an empty list has the header alone") from error
    for line, word in enumerate(words, start=2):
        if not word or any(character.isspace() for character in word):
            raise AnnotationError(
                f"{path}:{line}: `{word}` is no word: write one a line, without blanks in it"
            )
    return words


ANNOTATOR = Terms()
