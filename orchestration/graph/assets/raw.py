"""The raw tables that landing fills: what dbt's sources point to and the landed door guards."""

from collections.abc import Iterable, Iterator, Mapping

import dagster as dg

from ingestion.contracts.feeds import Feed
from ingestion.contracts.models import Contract
from ingestion.raw.schema import BOOK_TABLES
from orchestration.pipeline.session import Session

SCORES = "text_scores"
_NOT_LANDED = (SCORES, "score_audits", "builds", "work_calendar")
_BOOKS = {table.name: table for table in BOOK_TABLES if table.name not in _NOT_LANDED}


def build_raw_asset(
    contracts: Mapping[str, Contract], feeds: Mapping[str, Feed]
) -> dg.AssetsDefinition:
    """One asset a feed, fed by the exports that fill it, and one for each book of landing."""
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
            deps=_deps(filled_by.get(feed.name, [])),
            group_name="raw",
            kinds={"duckdb", "table"},
            description=f"{feed.label_zh}：{feed.description}",
        )
        for feed in feeds.values()
    ]
    specs += [
        dg.AssetSpec(
            ["raw", table.name],
            deps=_deps(every_export),
            group_name="raw",
            kinds={"duckdb", "table"},
            description=f"{table.label_zh}：{table.description}",
        )
        for table in _BOOKS.values()
    ]

    @dg.multi_asset(name="raw", specs=specs)
    def raw(session: dg.ResourceParam[Session]) -> Iterator[dg.MaterializeResult]:
        # everything has landed, nothing is scored, checked or built yet
        session.erase()
        for name, rows in session.raw_row_counts([spec.key.path[-1] for spec in specs]).items():
            yield dg.MaterializeResult(
                asset_key=["raw", name], metadata={"dagster/row_count": rows}
            )

    return raw


def _deps(keys: Iterable[dg.AssetKey]) -> list[dg.AssetDep]:
    # a table holds all days; but by default Dagster lists each of some 6,000 days of each export
    # to compare versions, for seconds, and nothing here asks for that
    latest = dg.LastPartitionMapping()
    return [dg.AssetDep(key, partition_mapping=latest) for key in sorted(set(keys))]
