"""Dagster's folder in the home: made new, and taken over from a home of an older release."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from orchestration.graph.instance import open_instance, write_config
from orchestration.home.settings import load_settings

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


def test_a_home_whose_exports_were_partitioned_goes_on(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home")
    days = dg.DailyPartitionsDefinition("2026-10-01")
    with open_instance(settings) as instance:
        for day in ("2026-10-29", "2026-10-30"):
            assert small_job(days).execute_in_process(
                instance=instance, partition_key=day, run_config=QUIET
            )
    # that release named a storage class of its own, which is not here any more
    config = write_config(settings) / "dagster.yaml"
    now = config.read_text(encoding="utf-8")
    then = now.replace("SqliteEventLogStorage", "BatchingSqliteEventLogStorage")
    config.write_text(then.replace("dagster._core.storage.event_log", "orchestration.graph.gone"))
    with open_instance(settings) as instance:
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
