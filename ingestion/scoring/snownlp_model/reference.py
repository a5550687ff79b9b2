"""The scores of the snownlp library itself: slow, and what the kernel is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingestion.scoring import has_words
from ingestion.scoring.snownlp_model.files import SUFFIX, kind_of, read_model


def library_scores(texts: Sequence[str], own: Sequence[Path] = ()) -> list[float | None]:
    """`SnowNLP(text).sentiments` of each text, None for a text without a word.

    The library is imported, for seconds, and a model of one's own replaces its model for the rest
    of the process.

    Args:
        texts: Any texts.
        own: Files that the library's own `save` wrote.
    """
    from snownlp import seg, sentiment  # noqa: PLC0415

    for path in own:
        # the library adds the suffix itself
        name = str(path).removesuffix(SUFFIX)
        (seg if kind_of(read_model(path), path) == "segmenter" else sentiment).load(name)
    return [sentiment.classify(text) if has_words(text) else None for text in texts]
