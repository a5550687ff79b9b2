"""The publication: what readers see. What is published is declared in `exposures.yml`."""

from collections.abc import Iterable

import dagster as dg

from orchestration.pipeline.session import Session


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
    def published(session: dg.ResourceParam[Session]) -> dg.MaterializeResult:
        publication = session.publish()
        return dg.MaterializeResult(
            metadata={
                "publication": publication.publication_id,
                "as_of": str(publication.as_of),
                "is_new": publication.is_new,
                "tables": len(publication.tables),
                "dagster/row_count": sum(publication.tables.values()),
                **_postgres(session),
                "path": dg.MetadataValue.path(str(publication.path)),
            }
        )

    return published


def _postgres(session: Session) -> dict[str, str]:
    """What became of the copy in PostgreSQL; nothing where there is none."""
    if session.behind is not None:
        return {"postgres": f"behind: {session.behind}"}
    return {"postgres": session.followed.publication_id} if session.followed else {}
