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

from ingestion.annotation.clauses import Clauses, Words
from ingestion.annotation.vocabulary import (
    CONCESSION,
    DEGREE,
    EXCESS,
    FINAL,
    MAIN,
    SCALE,
    UNREAL,
)

FARTHEST = 16
"""Characters between an aspect and a judgement behind it."""
OWNED = 8
"""Characters behind an aspect in which a word that could stand alone is about that aspect."""
TOPIC_END = 3
"""Characters behind a topic, its comma among them: only what a clause ends with is its topic."""
MAIN_WEIGHT, PLAIN_WEIGHT, CONCEDED_WEIGHT = 64, 4, 1
_OF = ord("的")
# what may follow a predicate: the end of its clause, or a particle before that
_CLAUSE_END = tuple(ord(each) for each in "，。！？；,.!?;\n…～~ 的了啊吧呀哦哈呢啦滴")


class Said(NamedTuple):
    """The words of a run, and what words say of one aspect alone."""

    words: Words
    specific: npt.NDArray[np.int8]


_MENTION = np.dtype(
    [(name, np.int64) for name in ("text", "aspect", "value", "weight", "start", "end")]
)
"""A word that names an aspect: what is said of it, the clause's weight in its text, its places."""

Mentions = npt.NDArray[np.void]


@numba.njit(cache=True)
def is_turned(words: Words, k: int, first: int) -> bool:
    """Whether an odd number of negations stands before word `k`, back to word `first`."""
    turned = False
    place = words[k].start
    covered = 0
    for j in range(k - 1, first - 1, -1):
        if words[j].reach > 0:
            if place - words[j].end - covered > words[j].reach:
                break
            turned = not turned
            place = words[j].start
            covered = 0
        elif words[j].roles & (DEGREE | EXCESS):
            covered += words[j].end - words[j].start
        elif words[j].opinion != 0 or words[j].aspect >= 0:
            break
    return turned


@numba.njit(cache=True)
def _bare_value(said: Said, k: int, row: int, aspect: int) -> int:
    """What word `k` says of an aspect, before negation."""
    words, specific = said
    value = specific[row, words[k].number]
    if value == 0:
        value = words[k].opinion
    if value == 0 and words[k].aspect == aspect:
        value = words[k].judged
    return int(value)


@numba.njit(cache=True)
def _yields(said: Said, k: int, row: int, aspect: int) -> bool:
    """Whether word `k` judges nothing by itself, or leaves that to the words behind it."""
    words = said.words
    if words[k].roles & FINAL:
        # 可以 in 可以买 is a verb; in 质量可以 it judges
        return words[k].behind not in _CLAUSE_END
    if words[k].reach > 0:
        # a negation judges by itself only where nothing follows that it could turn (优惠没有)
        reach = words[k].reach + 2
    elif words[k].end - words[k].start == 1:
        # 好 in 好难吃 is a word of degree
        reach = 0
    else:
        return False
    for j in range(k + 1, len(words)):
        if words[j].start - words[k].end > reach:
            break
        if _bare_value(said, j, row, aspect) != 0 or words[j].judged != 0:
            return True
    return False


@numba.njit(cache=True)
def _judgement(said: Said, k: int, row: int, aspect: int, first: int) -> int:
    """What word `k` of the clause that starts with word `first` says of the aspect."""
    words = said.words
    value = _bare_value(said, k, row, aspect)
    if value == 0:
        is_too_much = (
            words[k].roles & SCALE
            and k > first
            and words[k - 1].roles & EXCESS
            and words[k - 1].end == words[k].start
        )
        # 不太大 is no complaint, and no praise
        return -1 if is_too_much and not is_turned(words, k, first) else 0
    if _yields(said, k, row, aspect):
        return 0
    return -value if is_turned(words, k, first) else value


@numba.njit(cache=True)
def _is_attached(words: Words, j: int, k: int) -> bool:
    """Whether word `j` stands just before word `k`, joined by 的 or by nothing."""
    gap = words[k].start - words[j].end
    return bool(gap == 0 or (gap == 1 and words[j].behind == _OF))


@numba.njit(cache=True)
def _is_name(words: Words, k: int) -> bool:
    """Whether a word only names an aspect."""
    return bool(words[k].aspect >= 0 and words[k].judged == 0)


@numba.njit(cache=True)
def _gives_way(words: Words, k: int, first: int, last: int) -> bool:
    """Whether a word that names and judges only judges here, since something else is named."""
    if words[k].opinion == 0:
        return False
    if k + 1 < last and _is_name(words, k + 1) and _is_attached(words, k, k + 1):
        return True
    for j in range(k - 1, first - 1, -1):
        if words[k].start - words[j].end > OWNED:
            return False
        if _is_name(words, j):
            return True
        if words[j].judged != 0 or words[j].opinion != 0:
            return False
    return False


@numba.njit(cache=True)
def _is_taken(words: Words, j: int, first: int) -> bool:
    """Whether the judgement `j` stands just behind another aspect (外观好看内饰…)."""
    return bool(j > first and words[j].start - words[j - 1].end <= 2 and _is_name(words, j - 1))


@numba.njit(cache=True)
def _said_of(said: Said, k: int, first: int, last: int) -> int:
    """The judgement of the clause about the aspect that word `k` names."""
    words = said.words
    row, aspect = words[k].table, words[k].aspect
    is_described = k > first and not _is_name(words, k - 1) and _is_attached(words, k - 1, k)
    if is_described and (words[k].start > words[k - 1].end or not _is_taken(words, k - 1, first)):
        value = _bare_value(said, k - 1, row, aspect)
        if value != 0:
            return -value if is_turned(words, k - 1, first) else value
    for j in range(k + 1, last):
        if words[j].start - words[k].end > FARTHEST:
            break
        if _is_name(words, j):
            # what follows is shared, and said of the aspect that was named last
            row, aspect = words[j].table, words[j].aspect
            continue
        value = _judgement(said, j, row, aspect, first)
        if value == 0:
            value = _judgement(said, j, words[k].table, words[k].aspect, first)
        if value != 0:
            return value
    return 0


@numba.njit(cache=True)
def _said_next(said: Said, k: int, first: int, last: int) -> int:
    """The judgement of the following clause, 0 where it is about something else."""
    words = said.words
    aspect = words[k].aspect
    if first < last and words[first].roles & MAIN:
        return 0
    for j in range(first, last):
        if words[j].roles & UNREAL or (words[j].aspect >= 0 and words[j].aspect != aspect):
            return 0
    for j in range(first, last):
        value = _judgement(said, j, words[k].table, aspect, first)
        if value != 0:
            return value
    return 0


@numba.njit(cache=True)
def _said_by(said: Said, k: int, first: int, last: int) -> int:
    """What a word that names and judges at once says, with negation or its measure (故障很少)."""
    words, specific = said
    has_measures = words[k].table != words[k].aspect
    if has_measures and k + 1 < last and words[k + 1].start - words[k].end <= OWNED:
        measure = specific[words[k].table, words[k + 1].number]
        if measure != 0:
            return -int(measure) if is_turned(words, k + 1, first) else int(measure)
    value = int(words[k].judged)
    return -value if is_turned(words, k, first) else value


@numba.njit(cache=True)
def _is_unreal(words: Words, clauses: Clauses, c: int) -> bool:
    """Whether a clause asks or wishes."""
    unreal = bool(clauses[c].is_question)
    for j in range(clauses[c].first, clauses[c].last):
        unreal = unreal or (words[j].roles & UNREAL) > 0
    return unreal


@numba.njit(cache=True)
def _weight(words: Words, clauses: Clauses, c: int) -> int:
    """What a clause weighs in its text."""
    first = clauses[c].first
    if first < clauses[c].last:
        if words[first].roles & MAIN:
            return MAIN_WEIGHT
        if words[first].roles & CONCESSION:
            return CONCEDED_WEIGHT
    return PLAIN_WEIGHT


@numba.njit(cache=True)
def mentions_of(said: Said, clauses: Clauses) -> Mentions:
    """Every word that names an aspect, with what its clause says of it."""
    words = said.words
    mentions = np.empty(len(words), _MENTION)
    n = 0
    for c in range(len(clauses)):
        first, last = clauses[c].first, clauses[c].last
        is_unreal = _is_unreal(words, clauses, c)
        has_next = c + 1 < len(clauses) and clauses[c + 1].text == clauses[c].text
        for k in range(first, last):
            is_judging = words[k].judged != 0
            if words[k].aspect < 0 or (is_judging and _gives_way(words, k, first, last)):
                continue
            value = 0
            end = clauses[c].end
            if is_judging and not is_unreal:
                value = _said_by(said, k, first, last)
            elif not is_unreal:
                value = _said_of(said, k, first, last)
                is_topic = (
                    has_next and clauses[c].end - words[k].end <= TOPIC_END and clauses[c].is_paused
                )
                if value == 0 and is_topic and not clauses[c + 1].is_question:
                    value = _said_next(said, k, last, clauses[c + 1].last)
                    if value != 0:
                        end = clauses[c + 1].end
            mentions[n].text = clauses[c].text
            mentions[n].aspect = words[k].aspect
            mentions[n].value = value
            mentions[n].weight = _weight(words, clauses, c)
            mentions[n].start = clauses[c].start
            mentions[n].end = end
            n += 1
    return mentions[:n]


@numba.njit(cache=True)
def asserted(words: Words, clauses: Clauses) -> npt.NDArray[np.bool_]:
    """Which words are said for a fact: not negated, not asked, not wished for."""
    is_said = np.zeros(len(words), np.bool_)
    for c in range(len(clauses)):
        first = clauses[c].first
        if _is_unreal(words, clauses, c):
            continue
        for k in range(first, clauses[c].last):
            is_said[k] = not is_turned(words, k, first)
    return is_said
