"""What the graph's steps are given: the state of the run, and dbt."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource
from packaging.version import Version

from orchestration.dbt.project import dbt_executable
from orchestration.home.settings import Settings, prepare_environment
from orchestration.pipeline.start import Days, open_run
from orchestration.pipeline.state import RunState


class InstalledDbt(DbtCliResource):
    """The dbt of this environment, started once a run.

    dagster-dbt asks dbt for its version in a process of its own and opens the adapter here too.
    Neither is needed: the version is installed metadata, and a second handle on the build file
    would be in the way of dbt's own.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(installed("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        return None


def build_dbt(project: Path) -> InstalledDbt:
    """The project's dbt, with its profile."""
    return InstalledDbt(
        project_dir=str(project),
        profiles_dir=str(project),
        dbt_executable=dbt_executable(),
        global_config_flags=["--no-use-colors"],
    )


def build_run_resource(settings: Settings) -> dg.ResourceDefinition:
    """The state of a run that Dagster starts by itself: a schedule, a sensor, a click."""

    @dg.resource(
        description="The home, held by one run, which lands the exports of these days.",
        config_schema={
            name: dg.Field(str, is_required=False, description="A day such as 2026-10-31.")
            for name in ("first", "last")
        },
    )
    def run(context: dg.InitResourceContext) -> Iterator[RunState]:
        prepare_environment(settings)
        days = Days(
            **{name: date.fromisoformat(day) for name, day in context.resource_config.items()}
        )
        with open_run(settings, run_id=context.run_id or "no-run", days=days) as state:
            yield state

    return run


def run_config(first: date, last: date) -> dict[str, Any]:
    """The configuration of a run that lands the exports of these days, both included."""
    return {"resources": {"run": {"config": {"first": str(first), "last": str(last)}}}}


def given_run(state: RunState) -> dg.ResourceDefinition:
    """The state of a run that the command line starts."""
    return dg.ResourceDefinition.hardcoded_resource(state)
