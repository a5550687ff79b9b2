"""One asset per channel export. What an export means lives in `ingestion/`."""

from collections.abc import Mapping

import dagster as dg

from ingestion.contracts.models import Contract, Export
from orchestration.graph.partitions import all_days_at_once, daily, days_of
from orchestration.pipeline.session import Session


def build_landing_asset(contract: Contract, export: Export) -> dg.AssetsDefinition:
    """The asset that lands the files of one export, for the days of the run."""

    @dg.asset(
        key=["landing", contract.channel, export.name],
        group_name="landing",
        kinds={"python", "duckdb", export.files.format},
        partitions_def=daily,
        backfill_policy=all_days_at_once,
        description=f"{contract.label} ({contract.channel}): {export.name}.",
        metadata={"contract": str(contract.path), "feeds": ", ".join(export.feeds)},
    )
    def landing(
        context: dg.AssetExecutionContext, session: dg.ResourceParam[Session]
    ) -> dg.MaterializeResult:
        landed = session.land(contract.channel, export.name, *days_of(context))
        counts = [feed for file in landed for feed in file.feeds.values()]
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": sum(feed.landed for feed in counts),
                "rejected": sum(feed.rejected for feed in counts),
                "files": len(landed),
                "refused": [f.file_name for f in landed if f.outcome == "refused"],
            }
        )

    return landing


def build_landing_assets(contracts: Mapping[str, Contract]) -> list[dg.AssetsDefinition]:
    """One asset for each export of each contract."""
    return [
        build_landing_asset(contract, export)
        for contract in contracts.values()
        for export in contract.exports
    ]
