"""`report.html`: one self-contained file that says what the data are and how the KPIs stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.exposed import ExposedModel
from orchestration.health import Health


def write_report(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    manifest: Mapping[str, Any],
    models: Sequence[ExposedModel],
    health: Health,
) -> None:
    """Write the report of one publication."""
    path.write_text("<html></html>", encoding="utf-8")
