"""One dbt build of a refresh: in full or by what changed, its tests kept, its success entered."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ingestion.raw.work_calendar import calendar_fingerprint, write_work_calendar
from ingestion.scoring.sentiment_model.tables import fingerprint as models_fingerprint
from orchestration.dbt.project import build_fingerprint
from orchestration.dbt.results import BuildResult, read_build
from orchestration.home.errors import GateRefused
from orchestration.pipeline.session import Session
from orchestration.publication.kpi_queries import write_kpi_queries

_DONE = ("LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult")
_SKIPPED = ("SkippingDetails", "LogSkipBecauseError", "MarkSkippedChildren")


@dataclass
class Build:
    """What one invocation of dbt is given, is watched for, and comes to."""

    session: Session
    nodes: int
    fingerprint: str
    is_full: bool
    target_path: Path
    done: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def arguments(self) -> list[str]:
        """The command line of dbt, without its name."""
        # unit tests ask about code, not about tonight's data: `make test` runs them
        arguments = ["build", "--exclude-resource-type", "unit_test"]
        # dagster-dbt would write a log for each run; one place is where a person looks
        arguments += ["--log-path", str(self.session.settings.dbt_path / "logs")]
        # at dbt's own level, debug, a night writes 20 MB and a sixth of its time goes there; the
        # SQL of each node is under `target_path` all the same
        arguments += ["--log-level-file", "info", "--no-use-colors-file"]
        return [*arguments, "--full-refresh"] if self.is_full else arguments

    @property
    def log_path(self) -> Path:
        """Where dbt's lines go."""
        return self.session.log_path

    def watch(self, event: Mapping[str, Any]) -> None:
        """Follow dbt's events: nodes for the progress, errors for the verdict."""
        info = event["info"]
        if info["name"] in _DONE:
            self.done += 1
            node = event["data"].get("node_info", {}).get("node_name", "")
            self.session.watcher.tell("build", min(self.done, self.nodes), self.nodes, node)
        elif info.get("level") == "error" and info["name"] not in _SKIPPED:
            self.complaints.append(" ".join(str(info.get("msg", "")).split()))

    def end(self, return_code: int | None, manifest: Mapping[str, Any]) -> None:
        """Enter the tests in the ledger, and the build where it succeeded.

        Raises:
            GateRefused: A test of severity error failed, or a node could not run.
        """
        with self.session.connect() as connection:
            result = read_build(self.target_path, manifest, connection)
            self.session.keep_results(connection, result.checks)
            reasons = self._reasons(return_code, result)
            for reason in reasons:
                self.session.refuse(connection, reason)
            if reasons:
                raise GateRefused(reasons[0])
            write_kpi_queries(connection, manifest, self.target_path)
            self._enter(connection)
        self.session.watcher.tell("build", self.nodes, self.nodes)

    def _reasons(self, return_code: int | None, result: BuildResult) -> list[str]:
        if result.refusals or not return_code:
            return result.refusals
        told = next(filter(None, self.complaints), f"it ended with code {return_code}")
        return [f"dbt: {told}"]

    def _enter(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            "insert into raw.builds select coalesce(max(build_id), 0) + 1, ?, ?, ? from raw.builds",
            [self.session.load_id, self.fingerprint, self.session.now()],
        )


@contextlib.contextmanager
def building(session: Session, nodes: int) -> Iterator[Build]:
    """Prepare one dbt build. The build file is closed here: dbt's process opens it."""
    with session.connect() as connection:
        fingerprint = build_fingerprint(
            session.settings.dbt_project_path,
            calendar_fingerprint(),
            models_fingerprint(connection),
        )
        # before every build: what landed may reach back further, and as_of moves on
        write_work_calendar(connection)
        last = connection.execute(
            "select fingerprint from raw.builds order by build_id desc limit 1"
        ).fetchall()
    build = Build(
        session=session,
        nodes=nodes,
        fingerprint=fingerprint,
        # also the first time, and after a build that was killed while it rebuilt everything
        is_full=last != [(fingerprint,)],
        target_path=session.settings.dbt_path / "runs" / session.run_id[:8],
    )
    session.watcher.tell("build", 0, nodes)
    with session.step("build"):
        yield build
