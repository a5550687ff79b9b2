"""When a build is a full one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from orchestration.pipeline import dbt_build as module
from orchestration.pipeline.dbt_build import building
from orchestration.terminal.progress import NoProgress


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Any]:
    with duckdb.connect() as db:
        create_raw_schema(db, load_feeds())
        db.execute("insert into raw.files (export_date, outcome) values ('2026-10-31', 'landed')")
        project = tmp_path / "project"
        (project / "models").mkdir(parents=True)
        yield SimpleNamespace(
            settings=SimpleNamespace(dbt_project_path=project, dbt_path=tmp_path / "dbt"),
            connect=lambda: contextlib.nullcontext(db),
            step=lambda _name: contextlib.nullcontext(),
            progress=NoProgress(),
            run_id="0123456789",
            db=db,
        )


def test_a_changed_work_calendar_builds_in_full_as_a_changed_model_does(
    state: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full() -> bool:
        with building(state, nodes=1) as build:
            state.db.execute(
                "insert into raw.builds select 1 + count(*), 1, ?, now()::timestamp from raw.builds",
                [build.fingerprint],
            )
            return build.is_full

    assert is_full()
    assert not is_full()
    monkeypatch.setattr(module, "calendar_fingerprint", lambda: "another year is known")
    assert is_full()
    assert not is_full()
    (state.settings.dbt_project_path / "models" / "new.sql").write_text("select 1")
    assert is_full()


def test_every_build_finds_the_calendar_of_the_days_that_have_landed(state: Any) -> None:
    with building(state, nodes=1):
        pass
    assert state.db.execute("select max(day)::varchar from raw.work_calendar").fetchall() == [
        ("2027-12-31",)
    ]
