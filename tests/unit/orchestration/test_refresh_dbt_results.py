from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dbt.results import read_build

TEST_ID = "test.koubei.stars_on_the_scale"
MODEL_ID = "model.koubei.fct_voices"


def manifest(severity: str = "ERROR") -> dict[str, Any]:
    return {
        "sources": {},
        "nodes": {
            MODEL_ID: {
                "resource_type": "model", "name": "fct_voices", "schema": "reviews",
                "alias": "fct_voices",
            },
            TEST_ID: {
                "resource_type": "test", "name": "stars_on_the_scale",
                "config": {"severity": severity}, "attached_node": MODEL_ID,
                "depends_on": {"nodes": [MODEL_ID]},
            },
        },
    }  # fmt: skip


def write_results(folder: Path, *results: dict[str, Any]) -> Path:
    (folder / "run_results.json").write_text(json.dumps({"results": list(results)}))
    return folder


def failing(status: str = "fail", failures: int = 12) -> dict[str, Any]:
    return {
        "unique_id": TEST_ID, "status": status, "failures": failures, "message": "Got 12 results",
        "compiled_code": "select range as stars, date '2026-10-31' as day from range(6, 18)",
    }  # fmt: skip


def test_a_failing_test_brings_its_rows(tmp_path: Path) -> None:
    folder = write_results(tmp_path, failing())
    with duckdb.connect() as connection:
        result = read_build(folder, manifest(), connection)
    (check,) = result.checks
    assert (check.check_name, check.table_name) == ("stars_on_the_scale", "reviews.fct_voices")
    assert (check.severity, check.is_passed, check.failing_count) == ("error", False, 12)
    assert len(check.sample_rows) == 10
    assert {"stars": 6, "day": "2026-10-31"} in check.sample_rows
    assert result.refusals == ["dbt test stars_on_the_scale: 12 rows fail"]


def test_a_warning_does_not_refuse(tmp_path: Path) -> None:
    folder = write_results(tmp_path, failing("warn"))
    with duckdb.connect() as connection:
        result = read_build(folder, manifest("WARN"), connection)
    assert [check.is_passed for check in result.checks] == [False]
    assert result.refusals == []


def test_a_test_that_cannot_run_refuses_whatever_its_severity(tmp_path: Path) -> None:
    broken = {"unique_id": TEST_ID, "status": "error", "failures": None, "message": "no table\n x"}
    folder = write_results(tmp_path, broken)
    with duckdb.connect() as connection:
        result = read_build(folder, manifest("WARN"), connection)
    assert result.refusals == ["dbt test stars_on_the_scale: no table x"]


def test_a_model_that_cannot_be_built_refuses(tmp_path: Path) -> None:
    folder = write_results(
        tmp_path,
        {"unique_id": MODEL_ID, "status": "error", "message": "Binder Error:\n no column"},
        {"unique_id": TEST_ID, "status": "skipped", "message": None},
    )
    with duckdb.connect() as connection:
        result = read_build(folder, manifest(), connection)
    assert result.checks == []
    assert result.refusals == ["dbt model fct_voices: Binder Error: no column"]


@pytest.mark.parametrize("status", ["pass", "success"])
def test_a_test_that_passes_is_kept_without_rows(tmp_path: Path, status: str) -> None:
    folder = write_results(tmp_path, {**failing(status, 0), "compiled_code": "select nonsense"})
    with duckdb.connect() as connection:
        (check,) = read_build(folder, manifest(), connection).checks
    assert check.is_passed
    assert list(check.sample_rows) == []
    assert check.message is None
