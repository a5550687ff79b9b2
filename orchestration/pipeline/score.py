"""Scoring texts: one more source beside the exports."""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.scoring import Recorded, Scorer
from ingestion.scoring.store import score_pending
from orchestration.pipeline.state import RunState


def score(state: RunState, scorers: Sequence[Scorer]) -> dict[str, int]:
    """Score unseen texts with every scorer; how many each has scored, by its name."""
    counts = {}
    for scorer in scorers:
        with state.step("score"), state.connect() as connection:
            counts[scorer.name] = score_pending(
                connection,
                scorer,
                load_id=state.load_id,
                chunk_size=state.settings.score_chunk,
                processes=state.settings.processes,
                on_progress=lambda done, total: state.progress.update("score", done, total),
            )
            if isinstance(scorer, Recorded):
                scorer.record(connection, state.load_id)
    return counts
