"""The scorers of a home: those that its settings name, with its models and its cache."""

from __future__ import annotations

from ingestion.scoring import Scorer, ScorerConfig, discover
from orchestration.home.settings import Settings


def scorers_of(settings: Settings) -> list[Scorer]:
    """Every scorer that the settings let run, by name.

    Raises:
        ScoringError: What a scorer is given does not exist.
    """
    given = ScorerConfig(
        cache=settings.cache,
        snownlp_model=settings.snownlp_model,
        models=settings.models_path,
    )
    wanted = settings.scorers
    return [each for each in discover(given) if wanted is None or each.name in wanted]
