"""SnowNLP's own sentiment: a naive Bayes over segmented words, trained on Chinese reviews.

The scores are the library's, computed by a compiled kernel over the library's own model files (see
`snownlp_model`); the version is therefore the library's. The audit compares what is stored with
what the library itself returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ingestion.scoring import SCORE_SCHEMA, ScorerConfig
from ingestion.scoring.snownlp_model.files import files_of

if TYPE_CHECKING:
    from ingestion.scoring.snownlp_model.model import Model


class SnowNlpSentiment:
    """SnowNLP's own probability that a text is positive; null for a text without a word."""

    name = "snownlp_sentiment"
    chunk_size = 20_000

    edge_cases = (
        "质量很好，物流也快，非常满意",
        "太差了，用了两天就坏，客服也不理人",
        "",
        " \n\t\u3000",
        "👍👍！！",
        "很好👍 iPhone 15 Pro用着不错\r\n就是贵",
        "ｉＰｈｏｎｅ　１５，很好",
        "𠮷野家的饭𠀀很好",
        "的了是",
        "好" * 300,
        "囍龘靐齉",
    )
    """Texts that every audit puts to the library, whatever was landed."""

    def __init__(self, config: ScorerConfig | None = None) -> None:
        self._config = config or ScorerConfig()
        self._files = files_of(self._config.snownlp_model)
        self._model: Model | None = None

    def __reduce__(self) -> tuple[type[SnowNlpSentiment], tuple[ScorerConfig]]:
        # another process loads the model for itself, if it needs it
        return type(self), (self._config,)

    @property
    def version(self) -> str:
        """The library's version; with a model of one's own, that model's hash as well."""
        return self._files.version

    def configured(self, config: ScorerConfig) -> SnowNlpSentiment:
        """The scorer with the model and the cache of a home.

        Raises:
            ModelError: The model named there does not exist.
        """
        return SnowNlpSentiment(config)

    def score(self, texts: Sequence[str]) -> pa.Table:
        """Score texts, tens of thousands a second; `p_neutral` is null, there are two classes.

        Raises:
            ModelError: The model cannot be read.
        """
        positive = self._loaded().positive(texts)
        unjudged = np.isnan(positive)
        return pa.table(
            [
                pa.array(1 - positive, pa.float64(), mask=unjudged),
                pa.nulls(len(positive), pa.float64()),
                pa.array(positive, pa.float64(), mask=unjudged),
            ],
            schema=SCORE_SCHEMA,
        )

    def reference(self, texts: Sequence[str]) -> list[float | None]:
        """The library's own scores, 30 to 190 texts a second; it is imported here, for seconds.

        Call it in a process of its own: the library keeps half a gigabyte, and its model is global.
        """
        from ingestion.scoring.snownlp_model.reference import library_scores  # noqa: PLC0415

        return library_scores(texts, self._files.own)

    def _loaded(self) -> Model:
        if self._model is None:
            # the compiler takes a moment to import: only who scores pays for it
            from ingestion.scoring.snownlp_model.model import load_model  # noqa: PLC0415

            self._model = load_model(self._files, self._config.cache)
        return self._model


SCORER = SnowNlpSentiment()
