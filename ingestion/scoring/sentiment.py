"""The default score: hashed character 1-3-grams in a linear model (see `sentiment_model/`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.scoring import SCORE_SCHEMA, ScorerConfig
from ingestion.scoring.sentiment_model.registry import ModelRegistry
from ingestion.scoring.sentiment_model.tables import record

if TYPE_CHECKING:
    from ingestion.scoring.sentiment_model.model import Model


class Sentiment:
    """Class probabilities of the champion, before calibration, which dbt applies.

    Two classes (`p_neutral` null) until a model with a neutral head is champion.
    """

    name = "sentiment"
    chunk_size = 20_000

    def __init__(self, config: ScorerConfig | None = None) -> None:
        self._config = config or ScorerConfig()
        self._model: Model | None = None

    @cached_property
    def version(self) -> str:
        """Follows from the rows it was trained on, the configuration and the algorithm."""
        return self.models.champion()

    @cached_property
    def models(self) -> ModelRegistry:
        """The models of the home, or of no home."""
        models = self._config.models
        return ModelRegistry(models / self.name if models else None, self._config.cache)

    def configured(self, config: ScorerConfig) -> Sentiment:
        """The scorer with the models and the cache of a home."""
        return Sentiment(config)

    def record(self, connection: duckdb.DuckDBPyConnection, load_id: int) -> None:
        """Write the home's models and calibrations to the warehouse."""
        record(connection, self.models, load_id)

    def pooled_calibration(self) -> tuple[float, float]:
        """Slope and intercept on the logit, where no channel is known."""
        pooled = self.models.calibrations(self.version)[0]
        return pooled.slope, pooled.intercept

    def trained_on(self) -> npt.NDArray[np.uint64]:
        """Sorted `corpus.normal_hashes` of the rows that the champion was trained on."""
        return self.model().trained_on

    def score(self, texts: Sequence[str]) -> pa.Table:
        """Score texts, hundreds of thousands a second; null for a text without a word."""
        columns = self.model().probabilities(texts)
        return pa.table(
            [
                pa.nulls(len(texts), pa.float64())
                if each is None
                else pa.array(each, pa.float64(), mask=np.isnan(each))
                for each in columns
            ],
            schema=SCORE_SCHEMA,
        )

    def model(self) -> Model:
        """The champion, loaded (or trained) by the first call."""
        if self._model is None:
            self._model = self.models.model(self.version)
        return self._model


SCORER = Sentiment()
