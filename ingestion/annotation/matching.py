"""Texts as one run of characters: finding words in it, cutting it into clauses, slicing it.

Many texts are joined and searched at once, so that the work per text is done by compiled code.
Places are characters of the joined run; a line feed stands behind every text.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import ahocorasick_rs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Places = npt.NDArray[np.int64]

_STOPS = np.array([ord(character) for character in "，。！？；,!?;\n…～~"], np.uint32)
_EDGES = np.array([ord(character) for character in "，。；,;\n…～~ \t\r\u3000"], np.uint32)
_QUESTIONS = np.array([ord(character) for character in "?？"], np.uint32)
_SPACES = np.array([ord(character) for character in " \t\r\u3000"], np.uint32)


@dataclass(frozen=True)
class Run:
    """Joined texts.

    Attributes:
        characters: The joined texts, one code point a character.
        searched: The same in lower case and half width, as words are searched.
        text_starts: Where each text starts, and where the last one ends.
    """

    characters: npt.NDArray[np.uint32]
    searched: npt.NDArray[np.uint32]
    text_starts: Places

    def trimmed(self, starts: Places, ends: Places) -> tuple[Places, Places]:
        """These pieces without white space around, and without the punctuation behind."""
        is_edge = np.isin(self.characters, _EDGES)
        # of every place: the next character to the right, and to the left, that is no edge
        places = np.arange(len(self.characters))
        inner = np.where(is_edge, len(places), places)
        right = np.minimum.accumulate(inner[::-1])[::-1]
        left = np.maximum.accumulate(np.where(is_edge, -1, places))
        trimmed_starts = np.minimum(right[np.minimum(starts, len(places) - 1)], ends)
        return trimmed_starts, np.maximum(left[ends - 1] + 1, trimmed_starts)

    def slices(self, starts: Places, ends: Places) -> pa.Array:
        """These pieces of the run as strings, cut without a loop over them."""
        widths = 1 + (self.characters > 0x7F) + (self.characters > 0x7FF)
        widths = widths + (self.characters > 0xFFFF)
        offsets = np.concatenate([[0], np.cumsum(widths)])
        buffer = np.frombuffer(
            self.characters.tobytes().decode("utf-32-le").encode("utf-8"), np.uint8
        )
        first, sizes = offsets[starts], offsets[ends] - offsets[starts]
        ends_out = np.cumsum(sizes)
        taken = np.arange(ends_out[-1] if len(sizes) else 0) + np.repeat(
            first - (ends_out - sizes), sizes
        )
        return pa.StringArray.from_buffers(
            len(sizes),
            pa.py_buffer(np.concatenate([[0], ends_out]).astype(np.int32)),
            pa.py_buffer(buffer[taken]),
        )


def join(texts: Sequence[str]) -> Run:
    """Join texts; a line feed inside one stays and ends a clause like the one behind it."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    joined = "\n".join(texts) + "\n"
    characters = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
    starts = np.concatenate([[0], np.cumsum(lengths + 1)])
    return Run(characters, _searched(characters), starts)


def normalised(word: str) -> str:
    """A word as it is searched: lower case, half width."""
    return _text(_searched(np.frombuffer(word.encode("utf-32-le"), np.uint32)))


def _searched(characters: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Full-width letters and digits become half-width, Latin capitals small; one for one.

    Punctuation keeps its width: both widths end a clause.
    """
    half = characters - np.uint32(0xFEE0)
    is_wide = (
        ((half >= 0x30) & (half <= 0x39))
        | ((half >= 0x41) & (half <= 0x5A))
        | ((half >= 0x61) & (half <= 0x7A))
    )
    narrow = np.where(is_wide, half, characters)
    return np.where((narrow >= 0x41) & (narrow <= 0x5A), narrow + 32, narrow).astype(np.uint32)


def _text(characters: npt.NDArray[np.uint32]) -> str:
    return characters.tobytes().decode("utf-32-le")


@dataclass(frozen=True)
class Found:
    """Words found, in the order of the run: number of the word, start, end."""

    word: Places
    start: Places
    end: Places


class Matcher:
    """Finds words: the leftmost, and the longest of those that begin there, without overlap."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self._automaton = ahocorasick_rs.AhoCorasick(
            words, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest, store_patterns=False
        )

    def find(self, run: Run) -> Found:
        """All words of the run."""
        matches = self._automaton.find_matches_as_indexes(_text(run.searched))
        table = np.fromiter(
            itertools.chain.from_iterable(matches), np.int64, 3 * len(matches)
        ).reshape(-1, 3)
        return Found(*(np.ascontiguousarray(table[:, column]) for column in range(3)))


def clause_starts(run: Run, splits: Places) -> tuple[Places, npt.NDArray[np.bool_]]:
    """Where clauses start, and whether each ends in a question mark.

    A clause ends with its punctuation or its text, at a space between Chinese words, and before
    each of `splits`.
    """
    characters = run.characters
    starts = np.zeros(len(characters) + 1, np.bool_)
    starts[0] = True
    is_stop = np.isin(characters, _STOPS)
    # a point ends a clause unless it stands in a number or a Latin name
    is_stop |= (characters == ord(".")) & ~_followed_by_latin(characters)
    is_space = np.isin(characters, _SPACES)
    is_chinese = (characters >= 0x2E80) & ~is_stop
    before = np.concatenate([[False], is_chinese[:-1]])
    after = np.concatenate([is_chinese[1:], [False]])
    # in a row of spaces only the first and the last have a neighbour, and one of them is enough
    starts[1:] |= is_stop | (is_space & (before | after) & ~_touches_latin(characters, is_space))
    starts[splits] = True
    places = np.flatnonzero(starts[:-1])
    ends = np.concatenate([places[1:], [len(characters)]])
    return places, np.isin(characters[ends - 1], _QUESTIONS)


def _followed_by_latin(characters: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    return np.concatenate([_is_latin(characters)[1:], [False]])


def _touches_latin(
    characters: npt.NDArray[np.uint32], is_space: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Spaces beside a Latin letter or a digit, as in `用 APP 连`, which end nothing."""
    before = np.concatenate([[False], _is_latin(characters)[:-1]])
    return is_space & (before | _followed_by_latin(characters))


def _is_latin(characters: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Letters and digits that are not Chinese."""
    is_digit = (characters >= 0x30) & (characters <= 0x39)
    is_letter = ((characters | 0x20) >= 0x61) & ((characters | 0x20) <= 0x7A)
    return is_digit | is_letter | ((characters >= 0xC0) & (characters < 0x2E80))
