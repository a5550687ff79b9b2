"""The worked cases that stand beside the models: dbt's own unit tests, against a built warehouse.

A refresh leaves them out, for they ask about code and not about tonight's data.
"""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from orchestration.dbt.project import dbt_executable, read_manifest
from orchestration.home.settings import Settings
from tests.integration.home import Home

pytestmark = pytest.mark.integration


def test_every_worked_case_of_a_model_holds(own_home: Home) -> None:
    settings = Settings(home=own_home.path)
    target = settings.dbt_path / "target"
    done = subprocess.run(
        [dbt_executable(), "--no-use-colors", "test", "--select", "test_type:unit"],
        cwd=settings.linked_project_path,
        env={
            **os.environ,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_PROFILES_DIR": str(settings.dbt_project_path),
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(settings.dbt_path / "logs"),
            "KOUBEI_WAREHOUSE": str(settings.warehouse_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    cases = read_manifest(settings.manifest_path)["unit_tests"]
    assert len(cases) >= 100
    assert {result["unique_id"] for result in results} == set(cases)
    assert {result["status"] for result in results} == {"pass"}
