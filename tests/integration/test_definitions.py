"""The graph as it is assembled: what lands, what is guarded, what must wait for what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from expectations.suite import discover
from ingestion.contracts.feeds import load_feeds
from ingestion.contracts.load import load_contracts
from ingestion.landing import FeedCounts, LandedFile
from orchestration.dbt.project import read_manifest
from orchestration.graph.assets.landing import DELIVERIES_SHOWN, describe
from orchestration.graph.checks import asset_key_of, build_suite_check
from orchestration.graph.definitions import build_defs
from orchestration.graph.resources import run_config
from orchestration.home.settings import Settings, load_settings
from orchestration.publication.exposures import exposed_models
from tests.integration.home import Home
from tests.integration.parsing import carry_parse

pytestmark = pytest.mark.integration

PUBLISHED = dg.AssetKey("published")


@pytest.fixture(scope="module")
def settings(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    carry_parse(demo_home.path, home)
    return load_settings(home=home)


@pytest.fixture(scope="module")
def defs(settings: Settings) -> Iterator[dg.Definitions]:
    patch = pytest.MonkeyPatch()
    for name in ("KOUBEI_WAREHOUSE", "DAGSTER_HOME", "DBT_TARGET_PATH", "DBT_LOG_PATH"):
        patch.setenv(name, "restored afterwards")
    yield build_defs(settings=settings)
    patch.undo()


@pytest.fixture(scope="module")
def assets(defs: dg.Definitions) -> dict[dg.AssetKey, dg.AssetSpec]:
    return {spec.key: spec for spec in defs.resolve_all_asset_specs()}


def deps_of(spec: dg.AssetSpec) -> set[dg.AssetKey]:
    return {dep.asset_key for dep in spec.deps}


def test_every_export_of_every_contract_is_an_asset(
    assets: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    exports = {
        dg.AssetKey(["landing", contract.channel, export.name])
        for contract in load_contracts().values()
        for export in contract.exports
    }
    assert {key for key in assets if key.path[0] == "landing"} == exports
    assert all(spec.partitions_def is None for spec in assets.values())


def test_every_feed_is_an_asset_also_one_that_no_channel_fills(
    assets: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    assert {dg.AssetKey(["raw", feed]) for feed in load_feeds()} <= set(assets)
    assert deps_of(assets[dg.AssetKey(["raw", "reviews"])]) >= {
        dg.AssetKey(["landing", "jd", "reviews"]),
        dg.AssetKey(["landing", "dianping", "reviews"]),
    }


def test_publishing_waits_for_every_table_that_a_suite_guards(
    assets: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    guarded = {asset_key_of(suite) for suite in discover() if suite.stage == "marts"}
    assert guarded
    assert guarded - deps_of(assets[PUBLISHED]) == set()


def test_publishing_waits_for_every_table_that_it_publishes(
    assets: dict[dg.AssetKey, dg.AssetSpec], settings: Settings
) -> None:
    exposed = exposed_models(read_manifest(settings.manifest_path))
    keys = {dg.AssetKey([model.schema, model.name]) for model in exposed}
    assert keys - deps_of(assets[PUBLISHED]) == set()


def test_every_suite_guards_an_asset_that_this_graph_makes(
    defs: dg.Definitions, assets: dict[dg.AssetKey, dg.AssetSpec]
) -> None:
    graph = defs.resolve_asset_graph()
    for suite in discover():
        key = asset_key_of(suite)
        assert key in assets, f"{suite.name}: nothing makes {suite.table}"
        assert graph.get(key).is_materializable, f"{suite.name}: {suite.table} is never made"


def test_a_door_is_before_what_it_keeps(defs: dg.Definitions) -> None:
    # a blocking check stops only those assets that depend on its table
    graph = defs.resolve_asset_graph()
    scores = dg.AssetKey(["raw", "text_scores"])
    assert graph.get(scores).child_keys >= {dg.AssetKey(["staging", "stg_text_scores"])}
    for suite in discover():
        below = graph.get(asset_key_of(suite)).child_keys
        if suite.stage == "landed":
            assert scores in below
        else:
            assert PUBLISHED in below


def test_every_suite_is_a_blocking_check_and_every_dbt_test_is_a_check(
    defs: dg.Definitions, settings: Settings
) -> None:
    graph = defs.resolve_asset_graph()
    names = {key.name for key in graph.asset_check_keys}
    assert {suite.name for suite in discover()} <= names
    for suite in discover():
        (spec,) = build_suite_check(suite, 1).check_specs
        assert spec.blocking
    manifest = read_manifest(settings.manifest_path)
    tests = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    assert len(tests & names) > 100


def test_one_job_does_everything_in_one_process(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("refresh")
    assert job.executor_def == dg.in_process_executor
    selected = set(job.asset_layer.executable_asset_keys)
    graph = defs.resolve_asset_graph()
    assert selected == set(graph.executable_asset_keys)
    assert {schedule.name for schedule in defs.schedules or []} == {"refresh_daily"}


def test_the_schedule_is_in_business_time(defs: dg.Definitions) -> None:
    (schedule,) = defs.schedules or []
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "Asia/Shanghai")


def test_a_model_s_group_is_its_room(assets: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    assert assets[dg.AssetKey(["staging", "stg_reviews"])].group_name == "staging"
    assert assets[dg.AssetKey(["reviews", "fct_voices"])].group_name == "voices"
    assert assets[dg.AssetKey(["kpis", "kpi_nps"])].group_name == "kpis"


def test_a_run_takes_the_days_that_it_lands(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def("refresh")
    for config in ({}, run_config(date(2016, 9, 1), date(2018, 10, 31))):
        assert dg.validate_run_config(job, config)
    with pytest.raises(dg.DagsterInvalidConfigError, match="firts"):
        dg.validate_run_config(job, {"resources": {"run": {"config": {"firts": "2016-09-01"}}}})


def test_an_export_shows_its_deliveries() -> None:
    def delivered(day: int, outcome: str = "landed", reason: str | None = None) -> LandedFile:
        export_date = date(2026, 1, 1) + timedelta(days=day)
        counts = {"reviews": FeedCounts(5, 3, 2, 0), "mentions": FeedCounts(1, 1, 0, 0)}
        return LandedFile(
            file_id=str(day), file_name=f"jd_{export_date}.csv", channel_code="jd",
            export_name="reviews", export_date=export_date, outcome=outcome, reason=reason,
            feeds=counts if outcome == "landed" else {},
        )  # fmt: skip

    shown = describe([delivered(1), delivered(0), delivered(2, "refused", "no such header")])
    assert (shown["dagster/row_count"], shown["rejected"], shown["files"]) == (8, 4, 3)
    assert shown["refused"] == ["jd_2026-01-03.csv"]
    assert shown["days"] == "2026-01-01 – 2026-01-03 (3)"
    table = shown["deliveries"]
    assert isinstance(table, dg.TableMetadataValue)
    rows = [record.data for record in table.records]
    assert [row["export_date"] for row in rows] == ["2026-01-03", "2026-01-02", "2026-01-01"]
    assert (rows[0]["outcome"], rows[0]["reason"]) == ("refused", "no such header")
    assert (rows[1]["landed"], rows[1]["rejected"]) == (4, 2)
    history = describe([delivered(day) for day in range(400)])
    assert history["files"] == 400
    assert isinstance(history["deliveries"], dg.TableMetadataValue)
    assert len(history["deliveries"].records) == DELIVERIES_SHOWN
    assert describe([])["days"] == "none"


def test_nothing_is_written_beside_the_project() -> None:
    project = Path(__file__).parents[2] / "dbt_project"
    assert not (project / "target").exists()
    assert not (project / "logs").exists()
