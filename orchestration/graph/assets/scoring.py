"""Text scores: one more source. What a scorer is lives in `ingestion/scoring/`."""

from collections.abc import Iterable

import dagster as dg

from orchestration.graph.assets.raw import SCORES
from orchestration.pipeline.audit import audit
from orchestration.pipeline.score import score
from orchestration.pipeline.scorers import scorers_of
from orchestration.pipeline.state import RunState


def build_scores_asset(guarded: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset that scores texts, and through which dbt waits for the landed door.

    Args:
        guarded: Every raw table that a suite guards. dbt does not read all of them, and a blocking
            check stops only what lists its table in its `deps`; dbt always reads the scores.
    """

    @dg.asset(
        key=["raw", SCORES],
        deps=sorted({dg.AssetKey(["raw", "texts"]), *guarded}),
        group_name="raw",
        kinds={"python", "duckdb"},
        description="文本打分：Class probabilities of each text, by scorer and version, audited.",
    )
    def text_scores(run: dg.ResourceParam[RunState]) -> dg.MaterializeResult:
        scorers = scorers_of(run.settings)
        return dg.MaterializeResult(metadata={**score(run, scorers), **audit(run, scorers)})

    return text_scores
