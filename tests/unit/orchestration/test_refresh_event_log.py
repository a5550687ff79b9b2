"""Our event log tells what Dagster's own tells."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.graph.instance import open_instance
from orchestration.graph.partitions import all_days_at_once, daily, range_tags
from orchestration.home.settings import load_settings, prepare_environment

DAYS = ["2026-10-29", "2026-10-30", "2026-10-31"]

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")


def small_job() -> dg.JobDefinition:
    def landing(name: str) -> dg.AssetsDefinition:
        @dg.asset(name=name, partitions_def=daily, backfill_policy=all_days_at_once)
        def asset() -> dg.MaterializeResult:
            return dg.MaterializeResult(metadata={"rows": 3})

        return asset

    @dg.asset(deps=["jd", "tmall"])
    def marts() -> None: ...

    @dg.asset_check(asset=marts, blocking=True)
    def has_rows() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    job = dg.define_asset_job("refresh", executor_def=dg.in_process_executor)
    return dg.Definitions(
        assets=[landing("jd"), landing("tmall"), marts], asset_checks=[has_rows], jobs=[job]
    ).resolve_job_def("refresh")


def told_by(instance: dg.DagsterInstance) -> dict[str, Any]:
    tags = range_tags(date.fromisoformat(DAYS[0]), date.fromisoformat(DAYS[-1]))
    config = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    for _ in range(2):
        assert small_job().execute_in_process(instance=instance, tags=tags, run_config=config)
    run = instance.get_runs()[0]
    latest = {key: instance.get_latest_materialization_event(key) for key in keys()}
    return {
        "days": {key: sorted(instance.get_materialized_partitions(key)) for key in keys()},
        "latest": {
            key: (event.dagster_event.partition, event.run_id == run.run_id)
            for key, event in latest.items()
            if event is not None and event.dagster_event is not None
        },
        "events": Counter(
            entry.dagster_event.event_type_value
            for entry in instance.all_logs(run.run_id)
            if entry.dagster_event and not entry.dagster_event.is_asset_materialization_planned
        ),
        "materializations": {
            key: len(instance.fetch_materializations(key, limit=100).records) for key in keys()
        },
        "assets": sorted(instance.all_asset_keys()),
        "status": run.status,
    }


def keys() -> list[dg.AssetKey]:
    return [dg.AssetKey(name) for name in ("jd", "tmall", "marts")]


@pytest.mark.integration
def test_it_tells_what_dagster_s_own_log_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "0")
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        theirs = told_by(instance)
    prepare_environment()
    with open_instance(load_settings(home=tmp_path / "home")) as instance:
        assert "Batching" in type(instance.event_log_storage).__name__
        ours = told_by(instance)
    assert ours == theirs
    assert ours["days"][dg.AssetKey("jd")] == DAYS
    assert ours["materializations"][dg.AssetKey("jd")] == 6
