"""dbt's sources, made from the feed definitions and the other raw tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.contracts.feeds import Feed
from ingestion.raw.schema import raw_tables
from ingestion.raw.tables import RawTable


def dbt_sources(feeds: Mapping[str, Feed]) -> dict[str, Any]:
    """Dbt's sources document for the raw schema: every table, with its columns and their types."""
    return {
        "version": 2,
        "sources": [
            {
                "name": "raw",
                "schema": "raw",
                "description": "入库层；Typed rows of channel exports, as landed.",
                "tables": [_table(table) for table in raw_tables(feeds)],
            }
        ],
    }


def _table(table: RawTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "description": f"{table.label_zh}；{table.description}",
        "config": {"meta": {"label_zh": table.label_zh}},
        "columns": [
            {
                "name": column.name,
                "description": f"{column.label_zh}；{column.description}",
                "data_type": column.type,
                "config": {"meta": {"label_zh": column.label_zh}},
            }
            for column in table.columns
        ],
    }
