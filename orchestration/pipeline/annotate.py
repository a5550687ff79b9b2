"""Annotating texts: one more source beside the exports."""

from __future__ import annotations

from ingestion.annotation import discover
from ingestion.annotation.store import annotate_pending
from orchestration.pipeline.state import RunState


def annotate(state: RunState) -> dict[str, int]:
    """Annotate unseen texts with every annotator; how many each has read, by its name."""
    counts = {}
    for annotator in discover(state.settings.dbt_project_path / "seeds"):
        with state.step("annotate"), state.connect() as connection:
            counts[annotator.name] = annotate_pending(
                connection,
                annotator,
                load_id=state.load_id,
                on_progress=lambda done, total: state.progress.update("annotate", done, total),
            )
    return counts
