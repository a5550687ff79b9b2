"""The results of a dbt build as checks for the ledger: tests with the rows that fail them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publication.ledger import CheckResult

SAMPLE_ROWS = 10
_BROKEN = ("error", "fail", "runtime error")


@dataclass
class BuildResult:
    """Tests as checks, nodes that could not run, and whether the build may be published."""

    checks: list[CheckResult] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def refusals(self) -> list[str]:
        """Why nothing may be published: one line a test or node."""
        tests = [
            f"dbt test {check.check_name}: {check.message}"
            for check in self.checks
            if not check.is_passed and check.severity == "error"
        ]
        return [*self.errors, *tests]


def read_build(
    target_path: Path, manifest: Mapping[str, Any], connection: duckdb.DuckDBPyConnection
) -> BuildResult:
    """Read dbt's `run_results.json` and sample the rows of each failing test.

    Args:
        target_path: The target folder of the invocation.
        manifest: dbt's manifest.
        connection: To the build file; the compiled SQL of failing tests is run on it.
    """
    result = BuildResult()
    path = target_path / "run_results.json"
    if not path.exists():
        return result
    for run in json.loads(path.read_text(encoding="utf-8"))["results"]:
        node = manifest["nodes"].get(run["unique_id"])
        if node is None or run["status"] == "skipped":
            continue
        if node["resource_type"] == "test":
            result.checks.append(_check(run, node, manifest, connection))
        elif run["status"] in _BROKEN:
            result.errors.append(f"dbt {node['resource_type']} {node['name']}: {message_of(run)}")
    return result


def message_of(run: Mapping[str, Any]) -> str:
    """The message of a result as one line."""
    return " ".join(str(run.get("message") or run["status"]).split())


def _check(
    run: Mapping[str, Any],
    node: Mapping[str, Any],
    manifest: Mapping[str, Any],
    connection: duckdb.DuckDBPyConnection,
) -> CheckResult:
    is_passed = run["status"] in ("pass", "success")
    # a test that cannot run proves nothing: it blocks whatever its severity
    could_not_run = run["status"] in ("error", "runtime error")
    severity = str(node.get("config", {}).get("severity") or "error").lower()
    failing = run.get("failures")
    samples = [] if is_passed or could_not_run else _failing_rows(run, node, connection)
    described = " ".join(str(node.get("description") or "").split())
    message = None if is_passed else (f"{failing:,} rows fail" if failing else message_of(run))
    if message and described:
        message = f"{message}: {described}"
    return CheckResult(
        check_name=node["name"],
        kind="dbt",
        table_name=_table(node, manifest),
        severity="error" if could_not_run else severity,
        is_passed=is_passed,
        failing_count=failing,
        message=message,
        sample_rows=samples,
    )


def _table(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> str | None:
    """The table that a test is about: what it is attached to, else the first that it reads."""
    attached = [node.get("attached_node"), *node.get("depends_on", {}).get("nodes", [])]
    for unique_id in filter(None, attached):
        about = manifest["nodes"].get(unique_id) or manifest["sources"].get(unique_id)
        if about:
            return f"{about['schema']}.{about.get('alias') or about.get('identifier')}"
    return None


def _failing_rows(
    run: Mapping[str, Any], node: Mapping[str, Any], connection: duckdb.DuckDBPyConnection
) -> list[dict[str, Any]]:
    sql = run.get("compiled_code") or node.get("compiled_code")
    if not sql:
        return []
    try:
        cursor = connection.execute(f"select * from (\n{sql}\n) limit {SAMPLE_ROWS}")
        names = [column[0] for column in cursor.description or []]
        return [
            {name: _plain(value) for name, value in zip(names, row, strict=True)}
            for row in cursor.fetchall()
        ]
    except duckdb.Error as error:
        # the verdict stands without its evidence; say why there is none
        return [{"sample": f"could not be read: {error}".split("\n", 1)[0]}]


def _plain(value: object) -> object:
    if isinstance(value, datetime | date | timedelta | Decimal):
        return str(value)
    return value
