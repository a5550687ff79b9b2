"""Text annotations: one more source. What an annotator is lives in `ingestion/annotation/`."""

from collections.abc import Iterable, Iterator

import dagster as dg

from ingestion.raw.text_tables import ANNOTATION_TABLES
from orchestration.pipeline.annotate import annotate
from orchestration.pipeline.state import RunState


def build_annotations_asset(guarded: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The assets that annotators fill, in one step.

    Args:
        guarded: Every raw table that a suite guards: nothing is read out of texts, nor built from
            them, when the landed door is shut.
    """
    deps = sorted({dg.AssetKey(["raw", "texts"]), *guarded})

    @dg.multi_asset(
        name="annotations",
        specs=[
            dg.AssetSpec(
                ["raw", table.name],
                deps=deps,
                group_name="raw",
                kinds={"python", "duckdb"},
                description=f"{table.label_zh}：{table.description}",
            )
            for table in ANNOTATION_TABLES
        ],
    )
    def annotations(run: dg.ResourceParam[RunState]) -> Iterator[dg.MaterializeResult]:
        counts = annotate(run)
        for table in ANNOTATION_TABLES:
            read = counts.get(table.name.removeprefix("text_"), sum(counts.values()))
            yield dg.MaterializeResult(asset_key=["raw", table.name], metadata={"texts_read": read})

    return annotations
