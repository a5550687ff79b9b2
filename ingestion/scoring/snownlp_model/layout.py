"""The shapes of what the kernel works on: a model's tables, and the room to work in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FIRST_HAN, LAST_HAN = 0x4E00, 0x9FA5
"""What SnowNLP takes for Chinese: 一 to 龥; all else is split at white space alone."""

UNKNOWN, START = 0, 1
"""Numbers of a character that the segmenter never saw, and of the start before a run."""


class Tables(NamedTuple):
    """Everything that the kernel looks up; all hash tables are open, a power of two in size.

    Characters are numbered; a tag is 0-3 in the order b, m, e, s; log probabilities are those of
    `CharacterBasedGenerativeModel.log_prob`, taken when the tables were built.

    Attributes:
        han_numbers: Number of each character from FIRST_HAN to LAST_HAN.
        unigram_logs: Number x tag: log probability where neither bigram nor trigram is known.
        bigram_slots: Hash table of `number2 << 16 | number3`, -1 where free, and beside each key
            where its entries lie: `first << 8 | count`.
        bigram_tags: Per entry `tag2 << 2 | tag3`.
        bigram_logs: Per entry the log probability where the trigram is unknown.
        trigram_slots: As that of bigrams, of `number1 << 32 | number2 << 16 | number3`.
        trigram_tags: Per entry `tag1 << 4 | tag2 << 2 | tag3`.
        trigram_logs: Per entry the log probability.
        word_slots: Hash table of words by `word_key`, and beside it their number, -1 where free.
        word_starts: Where each word's characters start in `word_codes`; one more marks the end.
        word_codes: Code points of all words.
        word_logs: Word x class: log probability; NaN marks a stop word.
        unseen_logs: Per class, that of a word that the class never saw.
        prior_logs: Per class.
        positive: Which class is the positive one.
    """

    han_numbers: NDArray[np.int32]
    unigram_logs: NDArray[np.float64]
    bigram_slots: NDArray[np.int64]
    bigram_tags: NDArray[np.uint8]
    bigram_logs: NDArray[np.float64]
    trigram_slots: NDArray[np.int64]
    trigram_tags: NDArray[np.uint8]
    trigram_logs: NDArray[np.float64]
    word_slots: NDArray[np.int64]
    word_starts: NDArray[np.int32]
    word_codes: NDArray[np.uint32]
    word_logs: NDArray[np.float64]
    unseen_logs: NDArray[np.float64]
    prior_logs: NDArray[np.float64]
    positive: NDArray[np.int32]


class Scratch(NamedTuple):
    """Room that one text after another is worked out in.

    Attributes:
        back: Per character and state, the tag two characters before on the best way there.
        tags: Per character.
        begins: Per word, where it begins.
        ends: Per word, where it ends.
        scores: Two generations of 16 states.
        logs: Log probabilities of 4 tags before 16 states.
    """

    back: NDArray[np.uint8]
    tags: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    scores: NDArray[np.float64]
    logs: NDArray[np.float64]
