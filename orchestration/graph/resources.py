"""What the graph's steps are given: the session of the run, and dbt."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version as installed

import dagster as dg
from dagster_dbt import DbtCliResource
from packaging.version import Version

from orchestration.dbt.project import dbt_executable
from orchestration.home.settings import Settings, prepare_environment
from orchestration.pipeline.session import Session, open_session


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


def build_dbt(settings: Settings) -> InstalledDbt:
    """The project's dbt, with its profile."""
    project = str(settings.linked_project_path)
    return InstalledDbt(
        project_dir=project,
        profiles_dir=project,
        dbt_executable=dbt_executable(),
        global_config_flags=["--no-use-colors"],
    )


def build_session_resource(settings: Settings) -> dg.ResourceDefinition:
    """A session for a run that Dagster starts by itself: a schedule, a sensor, a click."""

    @dg.resource(description="The home, held by one refresh.")
    def session(context: dg.InitResourceContext) -> Iterator[Session]:
        prepare_environment(settings)
        with open_session(settings, run_id=context.run_id or "no-run") as opened:
            yield opened

    return session


def given_session(session: Session) -> dg.ResourceDefinition:
    """The session of a run that the command line starts."""
    return dg.ResourceDefinition.hardcoded_resource(session)
