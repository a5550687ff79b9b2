"""The compiled kernel: segments texts and judges their words, in SnowNLP's own order of operations.

Sums, products and ties are those of `snownlp/seg/y09_2047.py` (trigram HMM over characters, Wang,
Zong and Su 2009, decoded by Viterbi without a beam) and of `snownlp/classification/bayes.py`, in
the same order, so that the last bit of a score agrees. Every compiled function is in this file:
numba's cache notices only that a function's own file has changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ingestion.scoring.snownlp_model.layout import (
    FIRST_HAN,
    LAST_HAN,
    START,
    UNKNOWN,
    Scratch,
    Tables,
)

_BEGIN, _END, _ALONE = 0, 2, 3


Function = TypeVar("Function", bound=Callable[..., Any])


def _jit(function: Function, inline: Literal["never", "always"]) -> Function:
    options: dict[str, Any] = {"nogil": True, "inline": inline}
    try:
        compiled: Any = njit(cache=True, **options)(function)
    except RuntimeError:  # nowhere to write
        compiled = njit(**options)(function)
    return cast(Function, compiled)


def _compiled(function: Function) -> Function:
    """Compile at the first call and keep the machine code on disk for the next process.

    numba keeps it beside this file, or in the user's cache folder; where it may write to neither,
    each process compiles anew.
    """
    return _jit(function, inline="never")


def _inlined(function: Function) -> Function:
    """For what is called for each character or word: handing over the tables costs more than it."""
    return _jit(function, inline="always")


@_compiled
def log_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithms by the C library, as Python's `math.log`; minus infinity for 0.

    `numpy.log` has an implementation of its own that may differ in the last bit.
    """
    logs = np.empty_like(values)
    for i in range(len(values)):
        logs[i] = math.log(values[i]) if values[i] > 0.0 else -np.inf
    return logs


@_compiled
def slot_of(key: np.int64, slots: int) -> np.int64:
    """Where the search for a key starts: the mixed bits of a product (Fibonacci hashing)."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    return np.int64(mixed & np.uint64(slots - 1))


@_compiled
def fill_slots(keys: NDArray[np.int64], slots: int) -> NDArray[np.int32]:
    """Places distinct keys in an open hash table; the position of each slot's key, -1 if free."""
    placed = np.full(slots, -1, np.int32)
    for i in range(len(keys)):
        slot = slot_of(keys[i], slots)
        while placed[slot] != -1:
            slot = (slot + 1) & (slots - 1)
        placed[slot] = i
    return placed


@_compiled
def word_key(codes: NDArray[np.uint32], start: int, end: int) -> np.int64:
    """Up to three code points as they are; of a longer word, with the sign set, FNV-1a over them.

    A key that is not negative therefore tells the word; a negative one has to be looked after.
    """
    if end - start <= 3:
        packed = np.uint64(0)
        for i in range(start, end):
            packed = packed << np.uint64(21) | np.uint64(codes[i] + 1)
        return np.int64(packed)
    mixed = np.uint64(0xCBF29CE484222325)
    for i in range(start, end):
        mixed = (mixed ^ np.uint64(codes[i])) * np.uint64(0x100000001B3)
    return np.int64(mixed | np.uint64(0x8000000000000000))


@_compiled
def word_keys(codes: NDArray[np.uint32], starts: NDArray[np.int32]) -> NDArray[np.int64]:
    """`word_key` of each word that is laid end to end in `codes`."""
    keys = np.empty(len(starts) - 1, np.int64)
    for i in range(len(keys)):
        keys[i] = word_key(codes, starts[i], starts[i + 1])
    return keys


@_inlined
def _find(slots: NDArray[np.int64], key: np.int64) -> np.int64:
    """Where the entries of a key lie, `first << 8 | count`; 0 where it has none."""
    slot = slot_of(key, len(slots))
    while slots[slot, 0] != -1:
        if slots[slot, 0] == key:
            return np.int64(slots[slot, 1])
        slot = (slot + 1) & (len(slots) - 1)
    return np.int64(0)


@_inlined
def _find_word(tables: Tables, codes: NDArray[np.uint32], start: int, end: int) -> np.int64:
    """The number of a word, or -1."""
    key = word_key(codes, start, end)
    slots = len(tables.word_slots)
    slot = slot_of(key, slots)
    found = np.int64(-1)
    while found < 0 and tables.word_slots[slot, 1] != -1:
        if tables.word_slots[slot, 0] == key:
            found = tables.word_slots[slot, 1]
            if key < 0:
                first = tables.word_starts[found]
                same = tables.word_starts[found + 1] - first == end - start
                for i in range(end - start):
                    same = same and tables.word_codes[first + i] == codes[start + i]
                found = found if same else np.int64(-1)
        slot = (slot + 1) & (slots - 1)
    return found


@_compiled
def _is_han(code: np.uint32) -> np.bool_:
    return code >= FIRST_HAN and code <= LAST_HAN


@_compiled
def _is_space(code: np.uint32) -> bool:
    """White space as Python's `str.split` sees it."""
    if code < 0x80:
        return bool(code in (0x20, 0x1C, 0x1D, 0x1E, 0x1F) or (code >= 0x09 and code <= 0x0D))
    if code >= 0x2000 and code <= 0x200A:
        return True
    return code in (0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)


@_inlined
def _fill_logs(
    tables: Tables,
    logs: NDArray[np.float64],
    number: np.int64,
    at_bigram: np.int64,
    at_trigram: np.int64,
) -> None:
    """Log probabilities of one character's tags, at `tag1 * 16 + tag2 * 4 + tag3`."""
    for state in range(16):
        logs[state] = tables.unigram_logs[number, state & 3]
    for at in range(at_bigram >> 8, (at_bigram >> 8) + (at_bigram & 0xFF)):
        logs[tables.bigram_tags[at]] = tables.bigram_logs[at]
    for state in range(16, 64):
        logs[state] = logs[state & 15]
    for at in range(at_trigram >> 8, (at_trigram >> 8) + (at_trigram & 0xFF)):
        logs[tables.trigram_tags[at]] = tables.trigram_logs[at]


@_compiled
def _tag_run(
    tables: Tables, codes: NDArray[np.uint32], start: int, end: int, scratch: Scratch
) -> None:
    """Tags of one run of Chinese characters, written to `scratch.tags` from its start.

    A state is (tag of the character before, tag of this one) at `before * 4 + this`. SnowNLP walks
    states with `this` outermost and keeps the first of equals, and so does this.
    """
    back, tags, logs = scratch.back, scratch.tags, scratch.logs
    score, following = scratch.scores[0], scratch.scores[1]
    score[0] = 0.0
    c1, c2 = np.int64(START), np.int64(START)
    # the start has one tag, a character four
    n1, n2 = 1, 1
    before = _find(tables.bigram_slots, c1 << 16 | c2)
    for i in range(end - start):
        c3 = np.int64(tables.han_numbers[codes[start + i] - FIRST_HAN])
        pair = np.int64(0)
        if c3 == UNKNOWN:
            # nothing is added, and SnowNLP keeps the last way here, not the best one
            for state in range(4 * n2):
                following[state] = score[(n1 - 1) * 4 + (state >> 2)]
                back[i * 16 + state] = n1 - 1
        else:
            pair = _find(tables.bigram_slots, c2 << 16 | c3)
            triple = np.int64(0)
            if before and pair:
                # a trigram is counted with both of its bigrams
                triple = _find(tables.trigram_slots, c1 << 32 | c2 << 16 | c3)
            _fill_logs(tables, logs, c3, pair, triple)
            for state in range(4 * n2):
                t2 = state >> 2
                best, chosen = score[t2] + logs[state], 0
                for t1 in range(1, n1):
                    p = score[t1 * 4 + t2] + logs[t1 * 16 + state]
                    is_better = p > best
                    best = p if is_better else best
                    chosen = t1 if is_better else chosen
                following[state] = best
                back[i * 16 + state] = chosen
        score, following = following, score
        c1, c2, n1, n2, before = c2, c3, n2, 4, pair
    last1, last2 = 0, 0
    for t2 in range(n2):
        for t1 in range(n1):
            if score[t1 * 4 + t2] > score[last1 * 4 + last2]:
                last1, last2 = t1, t2
    for i in range(end - start - 1, -1, -1):
        tags[i] = last2
        last1, last2 = int(back[i * 16 + last1 * 4 + last2]), last1


@_compiled
def _split_run(start: int, end: int, scratch: Scratch, words: int) -> int:
    """The words of a tagged run, added to those that there are; how many there are then.

    As in SnowNLP a word alone (`s`) stays open until the next one begins.
    """
    begins, ends = scratch.begins, scratch.ends
    open_at = start
    for i in range(start, end):
        tag = scratch.tags[i - start]
        if i > open_at and tag in (_BEGIN, _ALONE):
            begins[words], ends[words] = open_at, i
            words, open_at = words + 1, i
        if tag == _END:
            begins[words], ends[words] = open_at, i + 1
            words, open_at = words + 1, i + 1
    if end > open_at:
        begins[words], ends[words] = open_at, end
        words += 1
    return words


@_compiled
def segment(
    tables: Tables, codes: NDArray[np.uint32], start: int, end: int, scratch: Scratch
) -> int:
    """The words of one text, as `snownlp.seg.seg`; `scratch.begins` and `ends` say where.

    Args:
        tables: The model.
        codes: Code points of all texts.
        start: Where the text starts in them.
        end: Where it ends.
        scratch: Room for the text.

    Returns:
        How many words there are.
    """
    words = 0
    at = start
    while at < end:
        run = at
        if _is_han(codes[at]):
            while run < end and _is_han(codes[run]):
                run += 1
            _tag_run(tables, codes, at, run, scratch)
            words = _split_run(at, run, scratch, words)
        elif _is_space(codes[at]):
            run += 1
        else:
            while run < end and not _is_han(codes[run]) and not _is_space(codes[run]):
                run += 1
            scratch.begins[words], scratch.ends[words] = at, run
            words += 1
        at = run
    return words


@_compiled
def _judge(tables: Tables, codes: NDArray[np.uint32], words: int, scratch: Scratch) -> float:
    """The probability of the positive class, as `Bayes.classify` and `Sentiment.classify`."""
    first, second = tables.prior_logs[0], tables.prior_logs[1]
    for word in range(words):
        number = _find_word(tables, codes, scratch.begins[word], scratch.ends[word])
        if number < 0:
            first += tables.unseen_logs[0]
            second += tables.unseen_logs[1]
        elif not math.isnan(tables.word_logs[number, 0]):
            first += tables.word_logs[number, 0]
            second += tables.word_logs[number, 1]
    # 1 / inf is the 0 that SnowNLP answers to an overflow
    p_first = 1.0 / (math.exp(first - first) + math.exp(second - first))
    p_second = 1.0 / (math.exp(first - second) + math.exp(second - second))
    chosen, p = (1, p_second) if p_second > p_first else (0, p_first)
    return p if chosen == tables.positive[0] else 1.0 - p


@_compiled
def room_for(characters: int) -> Scratch:
    """Room for texts of at most so many characters."""
    return Scratch(
        np.empty(16 * characters, np.uint8),
        np.empty(characters, np.uint8),
        np.empty(characters, np.int64),
        np.empty(characters, np.int64),
        np.zeros((2, 16)),
        np.zeros(64),
    )


@_compiled
def score_texts(
    tables: Tables, codes: NDArray[np.uint32], offsets: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The probability of the positive class of each text.

    Args:
        tables: The model.
        codes: Code points of all texts, one after another.
        offsets: Where each text starts in them; one more marks the end.
    """
    scores = np.empty(len(offsets) - 1)
    longest = 0
    for text in range(len(scores)):
        longest = max(longest, offsets[text + 1] - offsets[text])
    scratch = room_for(longest)
    for text in range(len(scores)):
        words = segment(tables, codes, offsets[text], offsets[text + 1], scratch)
        scores[text] = _judge(tables, codes, words, scratch)
    return scores
