"""The tables of a model: SnowNLP's mappings as sparse arrays, every logarithm taken beforehand.

A dense table of trigrams would take a gigabyte, and under one in a hundred of its cells is set; so
keys are hashed, and what SnowNLP computes anew for each character (its interpolation of unigram,
bigram and trigram, in its own order of operations) is stored for every trigram and bigram that the
model has seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingestion.scoring.snownlp_model.files import STATUS, ModelFiles, read_stop_words
from ingestion.scoring.snownlp_model.kernel import fill_slots, log_of, word_keys
from ingestion.scoring.snownlp_model.layout import FIRST_HAN, LAST_HAN, START, UNKNOWN, Tables

_START_WORD = ("", "BOS")
_TAGS = {tag: number for number, tag in enumerate(STATUS)}


def build_tables(files: ModelFiles) -> Tables:
    """Read the files of a model and lay it out for the kernel; some seconds.

    Raises:
        ModelError: A file cannot be read, or holds something else.
    """
    models = files.read()
    words = _word_tables(models["sentiment"], read_stop_words(files.stop_words))
    return Tables(**_segmenter_tables(models["segmenter"]), **words)


# ---------------------------------------------------------------- the segmenter


def _segmenter_tables(held: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The tables of the trigram model; what no Chinese text can ask for is left out."""
    unigrams, bigrams, trigrams = (held[name]["d"] for name in ("uni", "bi", "tri"))
    total = float(held["uni"]["total"])
    l1, l2, l3 = float(held["l1"]), float(held["l2"]), float(held["l3"])
    numbers = _han_numbers(unigrams)
    # a state is a numbered character and its tag in one number; the start has tag 0
    states = {
        (word, tag): numbers[word] << 2 | _TAGS[tag]
        for word, tag in unigrams
        if word in numbers and tag in _TAGS
    }
    states[_START_WORD] = START << 2

    counts = np.zeros((max(numbers.values(), default=START) + 1) * 4)
    for state, number in states.items():
        counts[number] = unigrams.get(state, 0)
    # log_prob: uni = l1 * freq(s3)
    from_unigram = l1 * (counts / total)

    pair_keys, pair_counts = _flattened(bigrams, states, 2)
    s2, s3 = pair_keys >> 32, pair_keys & 0xFFFFFFFF
    # bi = div(l2 * bi(s2, s3), uni(s2)), where a division by nothing gives 0
    from_bigram = _divided(l2 * pair_counts, counts[s2])

    triple_keys, triple_counts = _flattened(trigrams, states, 3)
    first, second, third = triple_keys >> 42, triple_keys >> 21 & 0x1FFFFF, triple_keys & 0x1FFFFF
    # tri = div(l3 * tri(s1, s2, s3), bi(s1, s2))
    from_trigram = _divided(
        l3 * triple_counts, _looked_up(pair_keys, pair_counts, first << 32 | second)
    )
    triple_sums = (
        from_unigram[third] + _looked_up(pair_keys, from_bigram, second << 32 | third)
    ) + from_trigram

    han = np.full(LAST_HAN - FIRST_HAN + 1, UNKNOWN, np.int32)
    for character, number in numbers.items():
        han[ord(character) - FIRST_HAN] = number
    grouped = {
        "bigram": (
            (s2 >> 2) << 16 | s3 >> 2,
            (s2 & 3) << 2 | s3 & 3,
            from_unigram[s3] + from_bigram,
        ),
        "trigram": (
            (first >> 2) << 32 | (second >> 2) << 16 | third >> 2,
            (first & 3) << 4 | (second & 3) << 2 | third & 3,
            triple_sums,
        ),
    }
    tables: dict[str, NDArray[Any]] = {
        "han_numbers": han,
        "unigram_logs": log_of(from_unigram).reshape(-1, 4),
    }
    for name, (keys, tags, sums) in grouped.items():
        for part, values in _hashed(keys, tags, log_of(sums)).items():
            tables[f"{name}_{part}"] = values
    return tables


def _han_numbers(unigrams: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Numbers of the Chinese characters that were seen with a tag of the model."""
    seen = {
        word
        for word, tag in unigrams
        if len(word) == 1 and FIRST_HAN <= ord(word) <= LAST_HAN and tag in _TAGS
    }
    return {word: number for number, word in enumerate(sorted(seen), START + 1)}


def _flattened(
    grams: Mapping[tuple[tuple[str, str], ...], int],
    states: Mapping[tuple[str, str], int],
    order: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The states of each gram in one number (bits for each: 32 of two, 21 of three), and counts.

    Sorted by that number. Grams with a state that is not known are left out: Latin letters and
    signs, which the segmenter is never shown.
    """
    known = states.get
    parts = [np.fromiter((known(gram[i], -1) for gram in grams), np.int64) for i in range(order)]
    counts = np.fromiter(grams.values(), np.float64, len(grams))
    bits = {2: 32, 3: 21}[order]
    keys = np.zeros(len(grams), np.int64)
    kept = np.ones(len(grams), bool)
    for part in parts:
        keys = keys << bits | part
        kept &= part >= 0
    order_of_keys = np.argsort(keys[kept], kind="stable")
    return keys[kept][order_of_keys], counts[kept][order_of_keys]


def _looked_up(
    keys: NDArray[np.int64], values: NDArray[np.float64], wanted: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The value of each wanted key among sorted keys, 0 where it is not there."""
    found = np.zeros(len(wanted))
    if len(keys):
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found = np.where(keys[at] == wanted, values[at], 0.0)
    return found


def _divided(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def _hashed(
    keys: NDArray[np.int64], tags: NDArray[np.int64], logs: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    """Entries grouped by key, and a hash table of keys that says where each group lies."""
    by_key = np.argsort(keys, kind="stable")
    distinct, firsts, counts = np.unique(keys[by_key], return_index=True, return_counts=True)
    spans = firsts.astype(np.int64) << 8 | counts
    slots = _slots(distinct, spans)
    return {"slots": slots, "tags": tags[by_key].astype(np.uint8), "logs": logs[by_key]}


def _slots(keys: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
    """An open hash table of keys and values, -1 where free; at most half of it is taken."""
    placed = fill_slots(keys, 1 << (2 * len(keys) + 1).bit_length())
    slots = np.full((len(placed), 2), -1, np.int64)
    taken = placed >= 0
    slots[taken] = np.stack([keys, values], axis=1)[placed[taken]]
    return slots


# ---------------------------------------------------------------- the classifier


def _word_tables(held: Mapping[str, Any], stop_words: frozenset[str]) -> dict[str, NDArray[Any]]:
    """The tables of the naive Bayes, its classes in the order of the file."""
    classes: Sequence[str] = list(held["d"])
    words = sorted({word for each in held["d"].values() for word in each["d"]} | stop_words)
    codes = [np.frombuffer(word.encode("utf-32-le", "surrogatepass"), np.uint32) for word in words]
    starts = np.concatenate([[0], np.cumsum([len(code) for code in codes])]).astype(np.int32)
    word_codes = np.concatenate(codes).astype(np.uint32)
    logs = np.empty((len(words), len(classes)))
    unseen = np.empty(len(classes))
    priors = np.empty(len(classes))
    for column, name in enumerate(classes):
        counts, total = held["d"][name]["d"], held["d"][name]["total"]
        none = held["d"][name]["none"]
        # AddOneProb.freq and Bayes.classify
        logs[:, column] = [math.log(float(counts.get(word, none)) / total) for word in words]
        unseen[column] = math.log(float(none) / total)
        priors[column] = math.log(total) - math.log(held["total"])
    logs[[word in stop_words for word in words]] = np.nan
    return {
        "word_slots": _slots(word_keys(word_codes, starts), np.arange(len(words))),
        "word_starts": starts,
        "word_codes": word_codes,
        "word_logs": logs,
        "unseen_logs": unseen,
        "prior_logs": priors,
        "positive": np.array([classes.index("pos")], np.int32),
    }
