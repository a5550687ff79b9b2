"""`koubei train`: what a home gives its sentiment model, while nobody refreshes it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import duckdb
import numpy as np

from ingestion.scoring import ScorerConfig
from ingestion.scoring.labelled_file import read_labelled_file
from ingestion.scoring.sentiment import Sentiment
from ingestion.scoring.sentiment_model.corpus import Labelled
from ingestion.scoring.sentiment_model.packaged import packaged_version
from ingestion.scoring.sentiment_model.registry import ModelRegistry
from ingestion.scoring.sentiment_model.review_labels import Starred, no_reviews, read_starred
from ingestion.scoring.sentiment_model.training import Limits, Training, train_challenger
from orchestration.dbt.project import neutral_band
from orchestration.home.errors import KoubeiError
from orchestration.home.settings import Settings
from orchestration.publication.connections import home_held, open_build


class TrainError(KoubeiError):
    """There is nothing to train on."""


def registry_of(cache: Path | None, models: Path) -> ModelRegistry:
    """The home's models."""
    given = ScorerConfig(cache=cache, models=models)
    return Sentiment().configured(given).models


def train(settings: Settings, labelled: Path | None, text: str, label: str) -> Training:
    """Train a challenger on the home's reviews and a labelled file; see `train_challenger`.

    Raises:
        KoubeiError: A refresh holds the home, or there is nothing to train on.
        LabelledFileError: The file cannot be used.
    """
    rows = Labelled((), np.zeros(0, np.int8))
    if labelled is not None:
        rows = read_labelled_file(labelled, text=text, label=label)
    with home_held(settings):
        starred = _starred(settings)
        if not len(starred.rows) and not len(rows):
            raise TrainError(
                f"{settings.home}: no starred review has landed: run koubei refresh first, or give "
                "a labelled file with --labelled"
            )
        limits = Limits(
            per_class=settings.train_minimum,
            neutral=settings.neutral_minimum,
            band=neutral_band(settings.dbt_project_path),
        )
        return train_challenger(
            registry_of(settings.cache, settings.models_path), starred, rows, limits
        )


def use(settings: Settings, version: str) -> str:
    """Activate a model; returns its version.

    Raises:
        KoubeiError: A refresh holds the home.
        ModelRegistryError: There is no such version.
    """
    with home_held(settings):
        wanted = packaged_version() if version == "packaged" else version
        registry_of(settings.cache, settings.models_path).activate(wanted)
        return wanted


def _starred(settings: Settings) -> Starred:
    if not settings.warehouse_path.exists():
        return no_reviews()
    with open_build(settings) as connection, suppress(duckdb.CatalogException):
        return read_starred(connection)
    return no_reviews()
