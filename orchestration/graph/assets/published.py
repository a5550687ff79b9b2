"""The publication: what readers see. What is published is declared in `exposures.yml`."""

from collections.abc import Iterable

import dagster as dg

from orchestration.pipeline.deliver import sync_postgres
from orchestration.pipeline.publish import publish
from orchestration.pipeline.state import RunState


def build_published_asset(tables: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset that publishes.

    Args:
        tables: Every table that is published and every table that a suite guards: a blocking check
            guards only those assets that list its table in their `deps`.
    """

    @dg.asset(
        key="published",
        deps=sorted(set(tables)),
        group_name="published",
        kinds={"duckdb", "parquet"},
        description="发布：One consistent set of marts, and the pointer that readers follow.",
    )
    def published(run: dg.ResourceParam[RunState]) -> dg.MaterializeResult:
        publication = publish(run)
        sync_postgres(run)
        return dg.MaterializeResult(
            metadata={
                "publication": publication.publication_id,
                "as_of": str(publication.as_of),
                "is_new": publication.is_new,
                "tables": len(publication.tables),
                "dagster/row_count": sum(publication.tables.values()),
                **_postgres(run),
                "path": dg.MetadataValue.path(str(publication.path)),
            }
        )

    return published


def _postgres(run: RunState) -> dict[str, str]:
    """The publication in PostgreSQL, or why it is behind; empty where PostgreSQL is not used."""
    if run.postgres_error is not None:
        return {"postgres": f"behind: {run.postgres_error}"}
    return {"postgres": run.synced.publication_id} if run.synced else {}
