"""The words that annotators look for, and what each does: compiled from seeds into arrays.

A word has one number; arrays by that number say whether it names an aspect, judges, negates, splits
a clause, or qualifies. `Vocabulary` is what the compiled rules (`polarity.py`) read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingestion.annotation import AnnotationError
from ingestion.annotation.matching import Matcher, normalised
from ingestion.annotation.seed_files import SeedRow, read_seed

ASPECT_SEEDS = (
    "aspects",
    "aspect_words",
    "opinion_words",
    "aspect_opinions",
    "negations",
    "contrasts",
    "qualifiers",
)

THEME_SEEDS = ("themes", "theme_words", "negations", "qualifiers")

# what a word does in its clause, as bits of `Vocabulary.roles`
DEGREE, EXCESS, UNREAL, SCALE, MAIN, CONCESSION, FINAL = 1, 2, 4, 8, 16, 32, 64
_QUALIFIERS = {"degree": DEGREE, "excess": EXCESS, "unreal": UNREAL, "final": FINAL}
_SIDES = {"main": MAIN, "concession": CONCESSION}
_SIGNS = ("-1", "0", "1")

Array = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Vocabulary:
    """Words and their roles, by number.

    Attributes:
        matcher: Finds the words.
        aspect_codes: The aspects, by number.
        roles: Bits, see above.
        aspect: Number of the aspect that the word names, -1 where it names none.
        judged: What a word that names an aspect says of it by itself: -1, 1, or 0.
        opinion: What the word says of anything: -1, 1, or 0.
        reach: Characters between a negation and what it turns; 0 for other words.
        table: Row of `specific` that holds for an aspect word.
        specific: Rows x words: what a word says of an aspect (or of one of its words) alone.
    """

    matcher: Matcher
    aspect_codes: tuple[str, ...]
    roles: Array
    aspect: Array
    judged: Array
    opinion: Array
    reach: Array
    table: Array
    specific: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Themes:
    """Themes, and the words that speak of them.

    Attributes:
        vocabulary: The words, with negations and qualifiers, and without aspects.
        codes: The themes, by number.
        starts: Where the themes of a word start in `members`.
        counts: How many themes a word speaks of; 0 for negations and qualifiers.
        members: Numbers of themes.
    """

    vocabulary: Vocabulary
    codes: tuple[str, ...]
    starts: Array
    counts: Array
    members: Array


@dataclass
class _Words:
    """Words as they are met, each with a number."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, row: SeedRow, column: str = "word") -> int:
        word = normalised(row.filled(column))
        if any(character in word for character in "，。！？；,!?;\n"):
            raise AnnotationError(f"{row.place}: {column} {word!r} holds punctuation; remove it")
        return self.numbers.setdefault(word, len(self.numbers))


def load_vocabulary(seeds: Path) -> Vocabulary:
    """The vocabulary of aspects from the seeds in a folder.

    Raises:
        AnnotationError: A seed is wrong; the message names file, line and column.
    """
    words = _Words()
    codes = _codes(seeds, "aspects", "aspect_code")
    aspect: dict[int, int] = {}
    judged: dict[int, int] = {}
    for row in read_seed(seeds, "aspect_words", ["word", "aspect_code", "polarity"]):
        number = words.number(row)
        if number in aspect:
            raise AnnotationError(
                f"{row.place}: the word {row['word']} is listed already; a word names one aspect"
            )
        aspect[number] = codes[row.listed("aspect_code", list(codes))]
        judged[number] = int(row.listed("polarity", ["", "-1", "1"]) or 0)
    roles: dict[int, int] = {}
    opinion: dict[int, int] = {}
    for row in read_seed(seeds, "opinion_words", ["word", "polarity", "strength"]):
        number = words.number(row)
        opinion[number] = int(row.listed("polarity", _SIGNS))
        if row["polarity"] == "0" and row.listed("strength", ["0", "1"]) == "1":
            roles[number] = SCALE
    reach = _reaches(words, seeds)
    for number, bit in _roles(words, seeds, "contrasts", "side_code", _SIDES):
        roles[number] = roles.get(number, 0) | bit
    for number, bit in _roles(words, seeds, "qualifiers", "role_code", _QUALIFIERS):
        roles[number] = roles.get(number, 0) | bit
    specific, table = _specific(words, seeds, codes, aspect)
    count = len(words.numbers)
    return Vocabulary(
        matcher=Matcher(tuple(words.numbers)),
        aspect_codes=tuple(codes),
        roles=_filled(count, roles),
        aspect=_filled(count, aspect, -1),
        judged=_filled(count, judged),
        opinion=_filled(count, opinion),
        reach=_filled(count, reach),
        table=_filled(count, table),
        specific=specific,
    )


def load_themes(seeds: Path) -> Themes:
    """The themes from the seeds in a folder.

    Raises:
        AnnotationError: A seed is wrong; the message names file, line and column.
    """
    words = _Words()
    codes = _codes(seeds, "themes", "theme_code")
    themes_of: dict[int, list[int]] = {}
    for row in read_seed(seeds, "theme_words", ["theme_code", "word"]):
        theme = codes[row.listed("theme_code", list(codes))]
        themes = themes_of.setdefault(words.number(row), [])
        if theme in themes:
            raise AnnotationError(f"{row.place}: the word {row['word']} is listed already")
        themes.append(theme)
    reach = _reaches(words, seeds)
    roles = dict(_roles(words, seeds, "qualifiers", "role_code", _QUALIFIERS))
    count = len(words.numbers)
    nothing = _filled(count, {})
    counts = _filled(count, {number: len(themes) for number, themes in themes_of.items()})
    return Themes(
        vocabulary=Vocabulary(
            matcher=Matcher(tuple(words.numbers)),
            aspect_codes=(),
            roles=_filled(count, roles),
            aspect=_filled(count, {}, -1),
            judged=nothing,
            opinion=nothing,
            reach=_filled(count, reach),
            table=nothing,
            specific=np.zeros((1, count), np.int8),
        ),
        codes=tuple(codes),
        starts=(np.cumsum(counts) - counts).astype(np.int32),
        counts=counts,
        members=np.array(
            [theme for number in range(count) for theme in themes_of.get(number, [])], np.int32
        ),
    )


def _codes(seeds: Path, name: str, column: str) -> dict[str, int]:
    """The codes of a seed, numbered in its order."""
    codes: dict[str, int] = {}
    for row in read_seed(seeds, name, [column]):
        code = row.filled(column)
        if code in codes:
            raise AnnotationError(f"{row.place}: {column} {code} is listed already")
        codes[code] = len(codes)
    return codes


def _reaches(words: _Words, seeds: Path) -> dict[int, int]:
    return {
        words.number(row): _characters(row)
        for row in read_seed(seeds, "negations", ["word", "reach"])
    }


def _characters(row: SeedRow) -> int:
    if not row["reach"].isdigit() or int(row["reach"]) < 1:
        raise AnnotationError(f"{row.place}: reach is {row['reach']!r}; use a number from 1")
    return int(row["reach"])


def _roles(
    words: _Words, seeds: Path, name: str, column: str, bits: dict[str, int]
) -> Iterable[tuple[int, int]]:
    for row in read_seed(seeds, name, ["word", column]):
        yield words.number(row), bits[row.listed(column, list(bits))]


def _specific(
    words: _Words, seeds: Path, codes: dict[str, int], aspect: dict[int, int]
) -> tuple[npt.NDArray[np.int8], dict[int, int]]:
    """What words say of an aspect alone, and which row of it holds for an aspect word.

    The first rows are those of the aspects; a word with judgements of its own has a row behind
    them, which starts as that of its aspect.
    """
    columns = ["aspect_code", "aspect_word", "opinion_word", "polarity"]
    general: list[tuple[int, int, int]] = []
    own: dict[int, list[tuple[int, int]]] = {}
    for row in read_seed(seeds, "aspect_opinions", columns):
        code = codes[row.listed("aspect_code", list(codes))]
        opinion = words.number(row, "opinion_word")
        polarity = int(row.listed("polarity", _SIGNS))
        if not row["aspect_word"]:
            general.append((code, opinion, polarity))
            continue
        number = words.number(row, "aspect_word")
        if aspect.get(number) != code:
            raise AnnotationError(
                f"{row.place}: aspect_word {row['aspect_word']} is no word of "
                f"{row['aspect_code']}; add it to aspect_words.csv"
            )
        own.setdefault(number, []).append((opinion, polarity))
    specific = np.zeros((len(codes) + len(own), len(words.numbers)), np.int8)
    for code, opinion, polarity in general:
        specific[code, opinion] = polarity
    table = dict(aspect)
    for line, (number, judgements) in enumerate(own.items(), start=len(codes)):
        specific[line] = specific[aspect[number]]
        for opinion, polarity in judgements:
            specific[line, opinion] = polarity
        table[number] = line
    return specific, table


def _filled(count: int, values: dict[int, int], empty: int = 0) -> Array:
    array = np.full(count, empty, np.int32)
    array[list(values)] = list(values.values())
    return array
