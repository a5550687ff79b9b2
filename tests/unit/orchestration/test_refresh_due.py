from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from pydantic import SecretStr

from ingestion.contracts.feeds import load_feeds
from ingestion.contracts.load import load_contracts
from ingestion.files.deliveries import scan
from ingestion.raw.schema import create_raw_schema
from orchestration.graph.jobs import build_late_sensor, build_schedule
from orchestration.graph.resources import build_run_resource
from orchestration.home import lock
from orchestration.home.settings import Settings, load_settings
from orchestration.pipeline.pending import pending_now

# whole files, homes or commands: real parts, but no fraction of a second
pytestmark = pytest.mark.integration


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(home=tmp_path / "home")
    for day in (29, 30, 31):
        path = settings.exports_path / "jd" / f"jd_reviews_202610{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"as delivered on {day}")
    names = [
        delivery.file_name for delivery in scan(settings.exports_url, load_contracts()).deliveries
    ]
    assert len(names) == 3
    return settings


def record_landed(settings: Settings, *days: int) -> None:
    """Enter the files of these days in the book, as a refresh would."""
    settings.build_path.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        create_raw_schema(connection, load_feeds())
        for delivery in scan(settings.exports_url, load_contracts()).deliveries:
            if delivery.export_date.day in days:
                connection.execute(
                    "insert into raw.files (file_name, channel_code, export_name, export_date, "
                    "size_bytes, modified_at, outcome) values (?, ?, ?, ?, ?, ?, 'landed')",
                    [
                        delivery.file_name, delivery.contract.channel, delivery.export.name,
                        delivery.export_date, delivery.size_bytes, delivery.modified_at,
                    ],
                )  # fmt: skip


def asked(definition: dg.ScheduleDefinition | dg.SensorDefinition) -> dg.RunRequest | str:
    if isinstance(definition, dg.ScheduleDefinition):
        context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 1, 6))
        tick = definition.evaluate_tick(context)
    else:
        tick = definition.evaluate_tick(dg.build_sensor_context())
    return tick.run_requests[0] if tick.run_requests else str(tick.skip_message)


def days_of(request: dg.RunRequest | str) -> tuple[str, str]:
    assert isinstance(request, dg.RunRequest), request
    config = request.run_config["resources"]["run"]["config"]
    return config["first"], config["last"]


def test_before_the_first_refresh_everything_is_due(settings: Settings) -> None:
    due, last = pending_now(settings)
    assert [delivery.export_date.day for delivery in due] == [29, 30, 31]
    assert last is None
    assert days_of(asked(build_schedule(settings))) == ("2026-10-29", "2026-10-31")


def test_the_schedule_asks_for_the_days_that_have_not_landed(settings: Settings) -> None:
    record_landed(settings, 29)
    assert pending_now(settings)[1] == date(2026, 10, 29)
    assert days_of(asked(build_schedule(settings))) == ("2026-10-30", "2026-10-31")


def test_with_nothing_due_the_schedule_and_the_sensor_rest(settings: Settings) -> None:
    record_landed(settings, 29, 30, 31)
    assert asked(build_schedule(settings)) == "no export waits to be landed"
    assert asked(build_late_sensor(settings)) == "no export waits to be landed"


def test_the_sensor_sees_late_files_alone(settings: Settings) -> None:
    record_landed(settings, 30)
    assert days_of(asked(build_late_sensor(settings))) == ("2026-10-29", "2026-10-29")


def test_the_run_that_the_sensor_asks_for_lands_late_files_alone(settings: Settings) -> None:
    record_landed(settings, 30)
    request = asked(build_late_sensor(settings))
    assert isinstance(request, dg.RunRequest)
    config = request.run_config["resources"]["run"]["config"]
    given = settings.model_copy(update={"hash_key": SecretStr("a key that is long enough")})
    with dg.build_resources(
        {"run": build_run_resource(given)}, resource_config={"run": {"config": config}}
    ) as resources:
        assert [delivery.export_date.day for delivery in resources.run.pending] == [29]


def test_a_corrected_file_of_a_built_day_is_late(settings: Settings) -> None:
    record_landed(settings, 29, 30, 31)
    path = settings.exports_path / "jd" / "jd_reviews_20261030.csv"
    path.write_text("corrected, and longer")
    assert days_of(asked(build_late_sensor(settings))) == ("2026-10-30", "2026-10-30")


def test_a_home_in_use_is_left_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    record_landed(settings, 29)

    def locked(*_: object, **__: object) -> None:
        raise duckdb.IOException("Could not set lock on file")

    monkeypatch.setattr(duckdb, "connect", locked)
    assert "in use by another process" in str(asked(build_schedule(settings)))


def test_space_is_estimated_from_what_is_due(settings: Settings) -> None:
    due, _ = pending_now(settings)
    assert lock.bytes_needed(settings.warehouse_path, due) > lock.bytes_needed(
        settings.warehouse_path, []
    )
    assert lock.is_compressed("a.csv.gz")
    assert not lock.is_compressed("a.csv")
    shutil.rmtree(settings.home)
