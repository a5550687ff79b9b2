"""The raw tables that landing fills: what dbt's sources point to and the landed door guards."""

from collections.abc import Iterator, Mapping

import dagster as dg

from ingestion.contracts.feeds import Feed
from ingestion.contracts.models import Contract
from ingestion.raw.schema import BOOK_TABLES
from orchestration.pipeline.erase import erase
from orchestration.pipeline.land import raw_row_counts
from orchestration.pipeline.state import RunState

SCORES = "text_scores"
_NOT_LANDED = (SCORES, "score_audits", "builds", "work_calendar")
_REGISTRY_TABLES = {table.name: table for table in BOOK_TABLES if table.name not in _NOT_LANDED}


def build_raw_asset(
    contracts: Mapping[str, Contract], feeds: Mapping[str, Feed]
) -> dg.AssetsDefinition:
    """One asset a feed, fed by the exports that fill it, and one a table of landing's own."""
    filled_by: dict[str, list[dg.AssetKey]] = {}
    for contract in contracts.values():
        for export in contract.exports:
            for feed in export.feeds:
                key = dg.AssetKey(["landing", contract.channel, export.name])
                filled_by.setdefault(feed, []).append(key)
    every_export = {key for keys in filled_by.values() for key in keys}
    specs = [
        dg.AssetSpec(
            ["raw", feed.name],
            deps=sorted(set(filled_by.get(feed.name, []))),
            group_name="raw",
            kinds={"duckdb", "table"},
            description=f"{feed.label_zh}：{feed.description}",
        )
        for feed in feeds.values()
    ]
    specs += [
        dg.AssetSpec(
            ["raw", table.name],
            deps=sorted(every_export),
            group_name="raw",
            kinds={"duckdb", "table"},
            description=f"{table.label_zh}：{table.description}",
        )
        for table in _REGISTRY_TABLES.values()
    ]

    @dg.multi_asset(name="raw", specs=specs)
    def raw(run: dg.ResourceParam[RunState]) -> Iterator[dg.MaterializeResult]:
        # everything has landed, nothing is scored, checked or built yet
        erase(run)
        for name, rows in raw_row_counts(run, [spec.key.path[-1] for spec in specs]).items():
            yield dg.MaterializeResult(
                asset_key=["raw", name], metadata={"dagster/row_count": rows}
            )

    return raw
