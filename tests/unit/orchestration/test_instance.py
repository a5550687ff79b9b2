"""Dagster's folder in the home: made new, and taken over from a home of an older release."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.graph.event_log import KeptConnectionsEventLogStorage
from orchestration.graph.instance import open_instance

pytestmark = pytest.mark.integration

KEY = dg.AssetKey("jd")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def small_job(partitions: dg.PartitionsDefinition | None = None) -> dg.JobDefinition:
    @dg.asset(name="jd", partitions_def=partitions)
    def landing() -> dg.MaterializeResult:
        return dg.MaterializeResult(metadata={"rows": 3})

    @dg.asset(deps=[landing])
    def marts() -> None: ...

    @dg.asset_check(asset=marts, blocking=True)
    def has_rows() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    job = dg.define_asset_job("refresh", executor_def=dg.in_process_executor)
    return dg.Definitions(
        assets=[landing, marts], asset_checks=[has_rows], jobs=[job]
    ).resolve_job_def("refresh")


def stored_by(instance: dg.DagsterInstance) -> dict[str, Any]:
    for _ in range(2):
        assert small_job().execute_in_process(instance=instance, run_config=QUIET).success
    run = instance.get_runs()[0]
    latest = instance.get_latest_materialization_event(KEY)
    assert latest is not None
    return {
        "events": Counter(
            entry.dagster_event.event_type_value
            for entry in instance.all_logs(run.run_id)
            if entry.dagster_event
        ),
        "materializations": len(instance.fetch_materializations(KEY, limit=100).records),
        "checks": [
            record.status
            for record in instance.event_log_storage.get_asset_check_execution_history(
                dg.AssetCheckKey(dg.AssetKey("marts"), "has_rows"), limit=10
            )
        ],
        "is_latest": latest.run_id == run.run_id,
        "assets": sorted(instance.all_asset_keys()),
        "status": run.status,
    }


def test_the_event_log_stores_what_dagster_s_own_stores(tmp_path: Path) -> None:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        theirs = stored_by(instance)
    with open_instance(tmp_path / "dagster") as instance:
        assert isinstance(instance.event_log_storage, KeptConnectionsEventLogStorage)
        assert stored_by(instance) == theirs
    assert theirs["materializations"] == 2


def test_a_run_after_many_others_is_stored_whole(tmp_path: Path) -> None:
    # more runs, of a file each, than files that are kept open
    with open_instance(tmp_path / "dagster") as instance:
        for _ in range(10):
            assert small_job().execute_in_process(instance=instance, run_config=QUIET).success
        counts = {len(instance.all_logs(run.run_id)) for run in instance.get_runs()}
        assert len(counts) == 1


def test_a_home_whose_exports_were_partitioned_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "dagster"
    days = dg.DailyPartitionsDefinition("2026-10-01")
    with open_instance(folder) as instance:
        for day in ("2026-10-29", "2026-10-30"):
            assert small_job(days).execute_in_process(
                instance=instance, partition_key=day, run_config=QUIET
            )
    # that release named a storage class of its own, which is not here any more
    config = folder / "dagster.yaml"
    now = config.read_text(encoding="utf-8")
    then = now.replace("KeptConnectionsEventLogStorage", "BatchingSqliteEventLogStorage")
    config.write_text(then.replace("graph.event_log", "graph.gone"))
    with open_instance(folder) as instance:
        run = small_job().execute_in_process(instance=instance, run_config=QUIET)
        assert run.success
        latest = instance.get_latest_materialization_event(KEY)
        assert latest is not None
        assert latest.run_id == run.run_id
        assert len(instance.fetch_materializations(KEY, limit=10).records) == 3
        checks = instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(dg.AssetKey("marts"), "has_rows"), limit=10
        )
        assert len(checks) == 3
    assert config.read_text(encoding="utf-8") == now
