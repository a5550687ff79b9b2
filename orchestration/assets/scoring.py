"""Text scores: one more source. What a scorer is lives in `ingestion/scoring/`."""

from __future__ import annotations

import dagster as dg

from orchestration.assets.raw import SCORES
from orchestration.session import Session


@dg.asset(
    key=["raw", SCORES],
    deps=[["raw", "texts"]],
    group_name="raw",
    kinds={"python", "duckdb"},
    description="文本打分：Class probabilities of each text, by scorer and version.",
)
def text_scores(session: dg.ResourceParam[Session]) -> dg.MaterializeResult:
    """Score the texts that each scorer has not seen."""
    return dg.MaterializeResult(metadata=dict(session.score()))
