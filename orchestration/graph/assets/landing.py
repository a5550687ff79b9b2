"""One asset per channel export. What an export means lives in `ingestion/`."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from ingestion.contracts.models import Contract, Export
from ingestion.landing import LandedFile
from orchestration.pipeline.land import land
from orchestration.pipeline.state import RunState

DELIVERIES_SHOWN = 100
"""A first run may land years of files; the newest are listed, all are counted."""

_COLUMNS = dg.TableSchema(
    [
        dg.TableColumn("file"),
        dg.TableColumn("export_date"),
        dg.TableColumn("outcome"),
        dg.TableColumn("landed", type="int"),
        dg.TableColumn("rejected", type="int"),
        dg.TableColumn("reason"),
    ]
)


def build_landing_asset(contract: Contract, export: Export) -> dg.AssetsDefinition:
    """The asset of one export: a run lands what is pending of it."""

    @dg.asset(
        key=["landing", contract.channel, export.name],
        group_name="landing",
        kinds={"python", "duckdb", export.files.format},
        description=f"{contract.label} ({contract.channel}): {export.name}.",
        metadata={"contract": str(contract.path), "feeds": ", ".join(export.feeds)},
    )
    def landing(run: dg.ResourceParam[RunState]) -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata=describe(land(run, contract.channel, export.name)))

    return landing


def build_landing_assets(contracts: Mapping[str, Contract]) -> list[dg.AssetsDefinition]:
    """One asset for each export of each contract."""
    return [
        build_landing_asset(contract, export)
        for contract in contracts.values()
        for export in contract.exports
    ]


def describe(landed: Sequence[LandedFile]) -> dict[str, Any]:
    """The deliveries that a run has landed of one export: their numbers, and a row for each."""
    days = sorted({file.export_date.isoformat() for file in landed})
    newest = sorted(landed, key=lambda file: file.export_date)[-DELIVERIES_SHOWN:]
    return {
        "dagster/row_count": sum(_row(file)["landed"] for file in landed),
        "rejected": sum(_row(file)["rejected"] for file in landed),
        "files": len(landed),
        "days": f"{days[0]} – {days[-1]} ({len(days)})" if days else "none",
        "refused": [file.file_name for file in landed if file.outcome == "refused"],
        "deliveries": dg.MetadataValue.table(
            [dg.TableRecord(_row(file)) for file in reversed(newest)], _COLUMNS
        ),
    }


def _row(file: LandedFile) -> dict[str, str | int]:
    return {
        "file": file.file_name,
        "export_date": file.export_date.isoformat(),
        "outcome": file.outcome,
        "landed": sum(feed.landed for feed in file.feeds.values()),
        "rejected": sum(feed.rejected for feed in file.feeds.values()),
        "reason": file.reason or "",
    }
