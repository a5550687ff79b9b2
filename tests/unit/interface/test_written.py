"""The promise to analysts and the pages written of the project are what the models say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from orchestration.interface.generate import stale

PROJECT = Path(__file__).parents[3] / "dbt_project"


def test_what_is_written_of_the_project_is_fresh_and_no_promise_is_broken() -> None:
    assert stale(PROJECT, date.today()) == []
