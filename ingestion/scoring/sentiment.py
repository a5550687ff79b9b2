"""The default score: hashed character 1-3-grams in a linear model (see `sentiment_model/`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.scoring import SCORE_SCHEMA, Surroundings
from ingestion.scoring.sentiment_model.registry import Shelf
from ingestion.scoring.sentiment_model.tables import record

if TYPE_CHECKING:
    from ingestion.scoring.sentiment_model.model import Model


class Sentiment:
    """Class probabilities of the model in force, before calibration, which dbt applies.

    Two classes (`p_neutral` null) until a model with a neutral head is in force.
    """

    name = "sentiment"
    chunk_size = 20_000

    def __init__(self, surroundings: Surroundings | None = None) -> None:
        self._surroundings = surroundings or Surroundings()
        self._model: Model | None = None

    @cached_property
    def version(self) -> str:
        """Follows from the rows it was trained on, the configuration and the algorithm."""
        return self.shelf.champion()

    @cached_property
    def shelf(self) -> Shelf:
        """The models of the home, or of no home."""
        models = self._surroundings.models
        return Shelf(models / self.name if models else None, self._surroundings.cache)

    def configured(self, surroundings: Surroundings) -> Sentiment:
        """The scorer with the models and the cache of a home."""
        return Sentiment(surroundings)

    def record(self, connection: duckdb.DuckDBPyConnection, load_id: int) -> None:
        """Enter the home's models and calibrations in the warehouse."""
        record(connection, self.shelf, load_id)

    def pooled_calibration(self) -> tuple[float, float]:
        """Slope and intercept on the logit, where no channel is known."""
        pooled = self.shelf.calibrations(self.version)[0]
        return pooled.slope, pooled.intercept

    def trained_on(self) -> npt.NDArray[np.uint64]:
        """Sorted `corpus.normal_hashes` of the rows that the model in force was trained on."""
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
        """The model in force, loaded (or trained) by the first call."""
        if self._model is None:
            self._model = self.shelf.model(self.version)
        return self._model


SCORER = Sentiment()
