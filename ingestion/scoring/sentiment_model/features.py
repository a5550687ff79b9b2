"""From texts to numbers: folded characters, hashed character 1-3-grams, and their weighted sum.

A character is folded through one table (NFKC where that gives one character, lower case, any white
space a blank, format characters gone); a run of the same character counts twice at most. Each 1-,
2- and 3-gram is hashed by FNV-1a over its 32-bit code points, finished by murmur3's fmix32, and the
low `BITS` bits name its bucket. A text is the sum of its buckets over the root of their number.

The loops are compiled by numba, and the compiled code is kept beside this file (numba's own
cache), so that only the first process compiles. That cache notices changes of this file alone:
what another file decides is handed to the loops, never read by them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from ingestion.scoring.sentiment_model.recipe import BITS

BUCKETS = 1 << BITS

_TABLE_SIZE = 0x20000
_DROPPED = 0
_BLANK = 32
_IS_WORD = np.uint32(1 << 31)
_CODE = np.uint32((1 << 31) - 1)
# from here on stand tags and variation selectors; before, rare ideographs, which fold to themselves
_TAGS_FROM = 0xE0000
_FNV_BASIS = np.uint32(2166136261)
_FNV_PRIME = np.uint32(16777619)

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint32]
Function = TypeVar("Function", bound=Callable[..., Any])


def _compiled(function: Function) -> Function:
    """Compile at the first call; where nothing can be written, each process compiles anew."""
    try:
        compiled: Any = njit(cache=True, nogil=True)(function)
    except RuntimeError:
        compiled = njit(nogil=True)(function)
    return cast(Function, compiled)


@cache
def fold_table() -> Codes:
    """What each code point below 0x20000 becomes; the highest bit marks letters and digits."""
    table = np.arange(_TABLE_SIZE, dtype=np.uint32)
    for code in range(_TABLE_SIZE):
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Cf", "Cs") or 0xFE00 <= code <= 0xFE0F:
            table[code] = _DROPPED
        elif character.isspace() or category == "Cc":
            table[code] = _BLANK
        else:
            folded = unicodedata.normalize("NFKC", character).lower()
            table[code] = ord(folded) if len(folded) == 1 else code
            if character.isalnum():
                table[code] |= _IS_WORD
    table.flags.writeable = False
    return table


def code_points(texts: Sequence[str]) -> tuple[Codes, npt.NDArray[np.int64]]:
    """The texts' code points end to end, and where each text starts, with the end of the last."""
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offsets[1:])
    return np.frombuffer(joined, dtype="<u4"), offsets


def margins(texts: Sequence[str], table: Codes, weights: npt.NDArray[np.float32]) -> Floats:
    """Each text's weighted sum under each head, without a bias; NaN for a text without a word.

    Args:
        texts: What to score.
        table: `fold_table()`, or the one that a model keeps.
        weights: (BUCKETS, heads), C order.

    Returns:
        (texts, heads).
    """
    points, offsets = code_points(texts)
    result = np.empty((len(texts), weights.shape[1]))
    _margins(points, offsets, table, weights, result)
    return result


def gram_matrix(texts: Sequence[str], table: Codes) -> sparse.csr_matrix:
    """The texts as rows of bucket counts over the root of their number, (texts, BUCKETS)."""
    points, offsets = code_points(texts)
    buckets = np.empty(3 * len(points), dtype=np.int32)
    starts = np.empty(len(texts) + 1, dtype=np.int64)
    used = _grams(points, offsets, table, BUCKETS, buckets, starts)
    scale = 1 / np.sqrt(np.maximum(np.diff(starts), 1))
    matrix = sparse.csr_matrix(
        (np.repeat(scale, np.diff(starts)), buckets[:used], starts), shape=(len(texts), BUCKETS)
    )
    matrix.sum_duplicates()
    return matrix


@_compiled
def _folded(points: Codes, start: int, end: int, table: Codes, into: Codes) -> tuple[int, bool]:
    """Fold one text into `into`: how many code points it has, and whether any is of a word."""
    length = 0
    has_word = False
    is_pending = False
    for place in range(start, end):
        code = points[place]
        if code < _TABLE_SIZE:
            entry = table[code]
        elif code < _TAGS_FROM:
            entry = code | _IS_WORD
        else:
            entry = np.uint32(_DROPPED)
        folded = entry & _CODE
        if folded == _DROPPED:
            continue
        if folded == _BLANK:
            # blanks at the ends say nothing, several say no more than one
            is_pending = length > 0
            continue
        has_word = has_word or entry != folded
        if is_pending:
            into[length] = np.uint32(_BLANK)
            length += 1
            is_pending = False
        if length > 1 and into[length - 1] == folded and into[length - 2] == folded:
            continue
        into[length] = folded
        length += 1
    return length, has_word


@_compiled
def _bucket(value: np.uint32, buckets: int) -> np.int64:
    """Murmur3's fmix32, so that the low bits depend on all of the hash."""
    value ^= value >> np.uint32(16)
    value = np.uint32(value * np.uint32(0x85EBCA6B))
    value ^= value >> np.uint32(13)
    value = np.uint32(value * np.uint32(0xC2B2AE35))
    value ^= value >> np.uint32(16)
    return np.int64(value & np.uint32(buckets - 1))


@_compiled
def _margins(
    points: Codes,
    offsets: npt.NDArray[np.int64],
    table: Codes,
    weights: npt.NDArray[np.float32],
    result: Floats,
) -> None:
    size, heads = weights.shape
    longest = 0
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    into = np.empty(longest + 1, dtype=np.uint32)
    for text in range(len(offsets) - 1):
        length, has_word = _folded(points, offsets[text], offsets[text + 1], table, into)
        if not has_word:
            result[text, :] = np.nan
            continue
        for head in range(heads):
            total = 0.0
            one = np.uint32(0)
            two = np.uint32(0)
            for place in range(length):
                code = into[place]
                three = np.uint32((two ^ code) * _FNV_PRIME)
                two = np.uint32((one ^ code) * _FNV_PRIME)
                one = np.uint32((_FNV_BASIS ^ code) * _FNV_PRIME)
                total += weights[_bucket(one, size), head]
                if place > 0:
                    total += weights[_bucket(two, size), head]
                if place > 1:
                    total += weights[_bucket(three, size), head]
            grams = length + max(length - 1, 0) + max(length - 2, 0)
            result[text, head] = total / np.sqrt(grams)


@_compiled
def _grams(  # noqa: PLR0917
    points: Codes,
    offsets: npt.NDArray[np.int64],
    table: Codes,
    size: int,
    buckets: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
) -> int:
    longest = 0
    for text in range(len(offsets) - 1):
        longest = max(longest, offsets[text + 1] - offsets[text])
    into = np.empty(longest + 1, dtype=np.uint32)
    used = 0
    starts[0] = 0
    for text in range(len(offsets) - 1):
        length, has_word = _folded(points, offsets[text], offsets[text + 1], table, into)
        one = np.uint32(0)
        two = np.uint32(0)
        for place in range(length if has_word else 0):
            code = into[place]
            three = np.uint32((two ^ code) * _FNV_PRIME)
            two = np.uint32((one ^ code) * _FNV_PRIME)
            one = np.uint32((_FNV_BASIS ^ code) * _FNV_PRIME)
            buckets[used] = _bucket(one, size)
            used += 1
            if place > 0:
                buckets[used] = _bucket(two, size)
                used += 1
            if place > 1:
                buckets[used] = _bucket(three, size)
                used += 1
        starts[text + 1] = used
    return used
