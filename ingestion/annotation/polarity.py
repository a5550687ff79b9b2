"""What clauses say of the aspects they name: the rules, compiled.

One pass over the words found, clause by clause:

* A word that names an aspect takes the nearest judgement of its clause: just before it
  (漂亮的外观), or behind it (外观好看). A word that names and judges at once (漏水) needs no other;
  one that judges other things as well (结实) gives way to an aspect named before it (包装结实).
* What a word says of this aspect alone (油耗 高) counts before what it says of anything.
* Aspects named one after the other share what follows (外观和内饰都很好看).
* A negation within its reach turns a judgement round, two turn it back.
* A clause that asks or wishes judges nothing.
* Where a clause ends with the aspect and holds no judgement (说到油耗，真的很高), the next one's
  counts, unless that is about something else.

How the clauses of a text add up is in `aspects.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from ingestion.annotation.matching import Found, Places, Run, clause_starts
from ingestion.annotation.vocabulary import (
    CONCESSION,
    DEGREE,
    EXCESS,
    FINAL,
    MAIN,
    SCALE,
    UNREAL,
    Array,
    Vocabulary,
)

FARTHEST = 16
"""Characters between an aspect and a judgement behind it."""
OWNED = 8
"""Characters behind an aspect in which a word that could stand alone is about that aspect."""
TOPIC_END = 3
"""Characters behind a topic, its comma among them: only what a clause ends with is its topic."""
MAIN_WEIGHT, PLAIN_WEIGHT, CONCEDED_WEIGHT = 64, 4, 1
_OF = ord("的")
# what ends a clause, and not a sentence
_PAUSES = tuple(ord(each) for each in "，,… ")
# what may follow a predicate: the end of its clause, or a particle before that
_CLAUSE_END = tuple(ord(each) for each in "，。！？；,.!?;\n…～~ 的了啊吧呀哦哈呢啦滴")


class Words(NamedTuple):
    """The words of a run in order, and what each can do: what the rules read."""

    start: Places
    end: Places
    roles: Array
    aspect: Array
    judged: Array
    opinion: Array
    reach: Array
    table: Array
    number: Places
    specific: npt.NDArray[np.int8]
    characters: npt.NDArray[np.uint32]


class Clauses(NamedTuple):
    """The clauses of a run: places, the words from `first` to before the next one's, the text."""

    start: Places
    end: Places
    first: Places
    text: Places
    is_question: npt.NDArray[np.bool_]


class Mentions(NamedTuple):
    """One row per word that names an aspect: what is said of it there, and where.

    `weight` is that of the clause in the sum of its text.
    """

    text: Places
    aspect: Places
    value: Places
    weight: Places
    start: Places
    end: Places


def words_of(vocabulary: Vocabulary, found: Found, run: Run) -> Words:
    """The words found, with their roles beside them."""
    return Words(
        found.start,
        found.end,
        vocabulary.roles[found.word],
        vocabulary.aspect[found.word],
        vocabulary.judged[found.word],
        vocabulary.opinion[found.word],
        vocabulary.reach[found.word],
        vocabulary.table[found.word],
        found.word,
        vocabulary.specific,
        run.characters,
    )


def clauses_of(words: Words, run: Run) -> Clauses:
    """The clauses of a run; a word of contrast begins one."""
    splits = words.start[(words.roles & (MAIN | CONCESSION)) > 0]
    starts, is_question = clause_starts(run, splits)
    return Clauses(
        starts,
        np.append(starts[1:], len(run.characters)),
        # one behind the last, so that every clause's words end where the next one's begin
        np.append(np.searchsorted(words.start, starts), len(words.start)),
        np.searchsorted(run.text_starts, starts, side="right") - 1,
        is_question,
    )


@numba.njit(cache=True)
def is_turned(words: Words, k: int, first: int) -> bool:
    """Whether an odd number of negations stands before word `k`, back to word `first`."""
    turned = False
    place = words.start[k]
    covered = 0
    for j in range(k - 1, first - 1, -1):
        if words.reach[j] > 0:
            if place - words.end[j] - covered > words.reach[j]:
                break
            turned = not turned
            place = words.start[j]
            covered = 0
        elif words.roles[j] & (DEGREE | EXCESS):
            covered += words.end[j] - words.start[j]
        elif words.opinion[j] != 0 or words.aspect[j] >= 0:
            break
    return turned


@numba.njit(cache=True)
def _bare_value(words: Words, k: int, row: int, aspect: int) -> int:
    """What word `k` says of an aspect, before negation."""
    value = words.specific[row, words.number[k]]
    if value == 0:
        value = words.opinion[k]
    if value == 0 and words.aspect[k] == aspect:
        value = words.judged[k]
    return int(value)


@numba.njit(cache=True)
def _yields(words: Words, k: int, row: int, aspect: int) -> bool:
    """Whether word `k` judges nothing by itself, or leaves that to the words behind it."""
    if words.roles[k] & FINAL:
        # 可以 in 可以买 is a verb; in 质量可以 it judges
        return words.characters[words.end[k]] not in _CLAUSE_END
    if words.reach[k] > 0:
        # a negation judges by itself only where nothing follows that it could turn (优惠没有)
        reach = words.reach[k] + 2
    elif words.end[k] - words.start[k] == 1:
        # 好 in 好难吃 is a word of degree
        reach = 0
    else:
        return False
    for j in range(k + 1, len(words.start)):
        if words.start[j] - words.end[k] > reach:
            break
        if _bare_value(words, j, row, aspect) != 0 or words.judged[j] != 0:
            return True
    return False


@numba.njit(cache=True)
def _judgement(words: Words, k: int, row: int, aspect: int, first: int) -> int:
    """What word `k` of the clause that starts with word `first` says of the aspect."""
    value = _bare_value(words, k, row, aspect)
    if value == 0:
        is_too_much = (
            words.roles[k] & SCALE
            and k > first
            and words.roles[k - 1] & EXCESS
            and words.end[k - 1] == words.start[k]
        )
        # 不太大 is no complaint, and no praise
        return -1 if is_too_much and not is_turned(words, k, first) else 0
    if _yields(words, k, row, aspect):
        return 0
    return -value if is_turned(words, k, first) else value


@numba.njit(cache=True)
def _is_attached(words: Words, j: int, k: int) -> bool:
    """Whether word `j` stands just before word `k`, joined by 的 or by nothing."""
    gap = words.start[k] - words.end[j]
    return bool(gap == 0 or (gap == 1 and words.characters[words.end[j]] == _OF))


@numba.njit(cache=True)
def _is_name(words: Words, k: int) -> bool:
    """Whether a word only names an aspect."""
    return bool(words.aspect[k] >= 0 and words.judged[k] == 0)


@numba.njit(cache=True)
def _gives_way(words: Words, k: int, first: int, last: int) -> bool:
    """Whether a word that names and judges only judges here, since something else is named."""
    if words.opinion[k] == 0:
        return False
    if k + 1 < last and _is_name(words, k + 1) and _is_attached(words, k, k + 1):
        return True
    for j in range(k - 1, first - 1, -1):
        if words.start[k] - words.end[j] > OWNED:
            return False
        if _is_name(words, j):
            return True
        if words.judged[j] != 0 or words.opinion[j] != 0:
            return False
    return False


@numba.njit(cache=True)
def _is_taken(words: Words, j: int, first: int) -> bool:
    """Whether the judgement `j` stands just behind another aspect (外观好看内饰…)."""
    return bool(j > first and words.start[j] - words.end[j - 1] <= 2 and _is_name(words, j - 1))


@numba.njit(cache=True)
def _said_of(words: Words, k: int, first: int, last: int) -> int:
    """The judgement of the clause about the aspect that word `k` names."""
    row, aspect = words.table[k], words.aspect[k]
    is_described = k > first and not _is_name(words, k - 1) and _is_attached(words, k - 1, k)
    if is_described and (words.start[k] > words.end[k - 1] or not _is_taken(words, k - 1, first)):
        value = _bare_value(words, k - 1, row, aspect)
        if value != 0:
            return -value if is_turned(words, k - 1, first) else value
    for j in range(k + 1, last):
        if words.start[j] - words.end[k] > FARTHEST:
            break
        if _is_name(words, j):
            # what follows is shared, and said of the aspect that was named last
            row, aspect = words.table[j], words.aspect[j]
            continue
        value = _judgement(words, j, row, aspect, first)
        if value == 0:
            value = _judgement(words, j, words.table[k], words.aspect[k], first)
        if value != 0:
            return value
    return 0


@numba.njit(cache=True)
def _said_next(words: Words, k: int, first: int, last: int) -> int:
    """The judgement of the following clause, 0 where it is about something else."""
    aspect = words.aspect[k]
    if first < last and words.roles[first] & MAIN:
        return 0
    for j in range(first, last):
        if words.roles[j] & UNREAL or (words.aspect[j] >= 0 and words.aspect[j] != aspect):
            return 0
    for j in range(first, last):
        value = _judgement(words, j, words.table[k], aspect, first)
        if value != 0:
            return value
    return 0


@numba.njit(cache=True)
def _said_by(words: Words, k: int, first: int, last: int) -> int:
    """What a word that names and judges at once says, with negation or its measure (故障很少)."""
    has_measures = words.table[k] != words.aspect[k]
    if has_measures and k + 1 < last and words.start[k + 1] - words.end[k] <= OWNED:
        measure = words.specific[words.table[k], words.number[k + 1]]
        if measure != 0:
            return -int(measure) if is_turned(words, k + 1, first) else int(measure)
    value = int(words.judged[k])
    return -value if is_turned(words, k, first) else value


@numba.njit(cache=True)
def _is_unreal(words: Words, clauses: Clauses, c: int) -> bool:
    """Whether a clause asks or wishes."""
    unreal = bool(clauses.is_question[c])
    for j in range(clauses.first[c], clauses.first[c + 1]):
        unreal = unreal or (words.roles[j] & UNREAL) > 0
    return unreal


@numba.njit(cache=True)
def _weight(words: Words, clauses: Clauses, c: int) -> int:
    """What a clause weighs in its text."""
    first = clauses.first[c]
    if first < clauses.first[c + 1]:
        if words.roles[first] & MAIN:
            return MAIN_WEIGHT
        if words.roles[first] & CONCESSION:
            return CONCEDED_WEIGHT
    return PLAIN_WEIGHT


@numba.njit(cache=True)
def mentions_of(words: Words, clauses: Clauses) -> Mentions:
    """Every word that names an aspect, with what its clause says of it."""
    most = len(words.start)
    text, aspect, value, weight, start, end = (
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
        np.empty(most, np.int64),
    )
    n = 0
    for c in range(len(clauses.start)):
        first, last = clauses.first[c], clauses.first[c + 1]
        is_unreal = _is_unreal(words, clauses, c)
        has_next = c + 1 < len(clauses.start) and clauses.text[c + 1] == clauses.text[c]
        for k in range(first, last):
            if words.aspect[k] < 0 or (words.judged[k] != 0 and _gives_way(words, k, first, last)):
                continue
            text[n], aspect[n], weight[n] = (
                clauses.text[c],
                words.aspect[k],
                _weight(words, clauses, c),
            )
            value[n], start[n], end[n] = 0, clauses.start[c], clauses.end[c]
            if words.judged[k] != 0 and not is_unreal:
                value[n] = _said_by(words, k, first, last)
            elif not is_unreal:
                value[n] = _said_of(words, k, first, last)
                is_topic = (
                    has_next
                    and clauses.end[c] - words.end[k] <= TOPIC_END
                    and words.characters[clauses.end[c] - 1] in _PAUSES
                )
                if value[n] == 0 and is_topic and not clauses.is_question[c + 1]:
                    value[n] = _said_next(words, k, last, clauses.first[c + 2])
                    if value[n] != 0:
                        end[n] = clauses.end[c + 1]
            n += 1
    return Mentions(text[:n], aspect[:n], value[:n], weight[:n], start[:n], end[:n])


@numba.njit(cache=True)
def asserted(words: Words, clauses: Clauses) -> npt.NDArray[np.bool_]:
    """Which words are said for a fact: not negated, not asked, not wished for."""
    is_said = np.zeros(len(words.start), np.bool_)
    for c in range(len(clauses.start)):
        first = clauses.first[c]
        if _is_unreal(words, clauses, c):
            continue
        for k in range(first, clauses.first[c + 1]):
            is_said[k] = not is_turned(words, k, first)
    return is_said
