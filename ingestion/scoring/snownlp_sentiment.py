"""SnowNLP's own sentiment: a naive Bayes over segmented words, trained on Chinese reviews."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version as installed

import pyarrow as pa

from ingestion.scoring import SCORE_SCHEMA


class SnowNlpSentiment:
    """SnowNLP's own probability that a text is positive; null for a text without a word."""

    name = "snownlp_sentiment"
    version = installed("snownlp")

    def score(self, texts: Sequence[str]) -> pa.Table:
        """Score texts, 30 to 190 a second; `p_neutral` is null, the model knows two classes."""
        # the import reads a segmenter's dictionary for seconds: only who scores pays for it
        from snownlp import sentiment  # noqa: PLC0415

        positive = [sentiment.classify(text) if has_words(text) else None for text in texts]
        p_positive = pa.array(positive, pa.float64())
        p_negative = pa.array([None if p is None else 1 - p for p in positive], pa.float64())
        p_neutral = pa.nulls(len(positive), pa.float64())
        return pa.table([p_negative, p_neutral, p_positive], schema=SCORE_SCHEMA)


def has_words(text: str) -> bool:
    """Whether there is anything to judge: a letter, a Chinese character or a digit.

    The model answers its prior for a text of blanks or signs, which says nothing about the text
    (and `SnowNLP("")` divides by zero).
    """
    return any(character.isalnum() for character in text)


SCORER = SnowNlpSentiment()
