"""dbt's sources file, rendered from the feed definitions and the other raw tables.

Run `python -m ingestion.raw.dbt_sources --write PATH` after a feed changes, `--check PATH` in CI.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ingestion.contracts.feeds import Feed, load_feeds
from ingestion.raw.schema import raw_tables
from ingestion.raw.tables import RawTable

HEADER = """\
# Written by `python -m ingestion.raw.dbt_sources --write PATH` from ingestion/feeds/*.yml.
# Change the feed, then write this file again; a check compares the two.
"""


def render(feeds: Mapping[str, Feed]) -> str:
    """Return the text of dbt's sources file for the raw schema."""
    document = {
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
    yaml = YAML()
    yaml.width = 10_000  # one value, one line: a diff then shows what changed
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump(document, text)
    return HEADER + text.getvalue()


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


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or say whether it is fresh; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", type=Path, metavar="PATH", help="write the file")
    action.add_argument("--check", type=Path, metavar="PATH", help="fail unless it is fresh")
    options = parser.parse_args(arguments)
    text = render(load_feeds())
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(text, encoding="utf-8")
        return 0
    path: Path = options.check
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(
        f"{path}: not what the feeds say; run python -m ingestion.raw.dbt_sources --write {path}\n"
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
