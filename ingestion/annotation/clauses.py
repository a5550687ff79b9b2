"""The words and the clauses of a run, as records that the compiled rules (`polarity.py`) read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingestion.annotation.matching import Found, Run, clause_starts
from ingestion.annotation.vocabulary import CONCESSION, MAIN, Vocabulary

# what ends a clause, and not a sentence
_PAUSES = tuple(ord(each) for each in "，,… ")

_WORD = np.dtype(
    [
        ("start", np.int64),
        ("end", np.int64),
        ("number", np.int32),
        ("roles", np.int32),
        ("aspect", np.int32),
        ("judged", np.int32),
        ("opinion", np.int32),
        ("reach", np.int32),
        ("table", np.int32),
        ("behind", np.uint32),
    ]
)
"""A word of a run: places, its fields of the vocabulary, the character behind it."""

_CLAUSE = np.dtype(
    [
        ("start", np.int64),
        ("end", np.int64),
        ("first", np.int64),
        ("last", np.int64),
        ("text", np.int64),
        ("is_question", np.bool_),
        ("is_paused", np.bool_),
    ]
)
"""A clause of a run: places, its words from `first` to before `last`, its text, how it ends."""

# records of these types: one array each keeps the compiled code, and its compiling, small
Words = npt.NDArray[np.void]
Clauses = npt.NDArray[np.void]


def words_of(vocabulary: Vocabulary, found: Found, run: Run) -> Words:
    """The words found, with what each can do beside it."""
    words = np.empty(len(found.word), _WORD)
    words["start"], words["end"], words["number"] = found.start, found.end, found.word
    for name in ("roles", "aspect", "judged", "opinion", "reach", "table"):
        words[name] = getattr(vocabulary, name)[found.word]
    # a line feed stands behind the last text, so that every word has a character behind it
    words["behind"] = run.characters[found.end]
    return words


def clauses_of(words: Words, run: Run) -> Clauses:
    """The clauses of a run; a word of contrast begins one."""
    splits = words["start"][(words["roles"] & (MAIN | CONCESSION)) > 0]
    starts, is_question = clause_starts(run, splits)
    clauses = np.empty(len(starts), _CLAUSE)
    clauses["start"], clauses["end"] = starts, np.append(starts[1:], len(run.characters))
    first = np.searchsorted(words["start"], starts)
    clauses["first"], clauses["last"] = first, np.append(first[1:], len(words))
    clauses["text"] = np.searchsorted(run.text_starts, starts, side="right") - 1
    clauses["is_question"] = is_question
    clauses["is_paused"] = np.isin(run.characters[clauses["end"] - 1], _PAUSES)
    return clauses
