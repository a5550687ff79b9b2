"""One dbt build of a run: in full or by what changed; its tests and its success are recorded."""

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
from orchestration.pipeline.gate import record_checks, refuse
from orchestration.pipeline.state import RunState
from orchestration.publication.kpi_queries import write_kpi_queries

_DONE = ("LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult")
_SKIPPED = ("SkippingDetails", "LogSkipBecauseError", "MarkSkippedChildren")


@dataclass
class Build:
    """One invocation of dbt: its arguments, its events, its verdict."""

    state: RunState
    nodes: int
    fingerprint: str
    is_full: bool
    target_path: Path
    done: int = 0
    error_messages: list[str] = field(default_factory=list)

    @property
    def arguments(self) -> list[str]:
        """The command line of dbt, without its name."""
        # unit tests ask about code, not about these data: `make test` runs them
        arguments = ["build", "--exclude-resource-type", "unit_test"]
        # dagster-dbt would write a log for each run; one place is where a person looks
        arguments += ["--log-path", str(self.state.settings.dbt_path / "logs")]
        # at dbt's own level, debug, a run writes 20 MB and a sixth of its time goes there; the
        # SQL of each node is under `target_path` all the same
        arguments += ["--log-level-file", "info", "--no-use-colors-file"]
        return [*arguments, "--full-refresh"] if self.is_full else arguments

    @property
    def log_path(self) -> Path:
        """Where dbt's lines go."""
        return self.state.log_path

    def observe(self, event: Mapping[str, Any]) -> None:
        """Take one event of dbt: a finished node for the progress, an error for the verdict."""
        info = event["info"]
        if info["name"] in _DONE:
            self.done += 1
            node = event["data"].get("node_info", {}).get("node_name", "")
            self.state.progress.update("build", min(self.done, self.nodes), self.nodes, node)
        elif info.get("level") == "error" and info["name"] not in _SKIPPED:
            self.error_messages.append(" ".join(str(info.get("msg", "")).split()))

    def end(self, return_code: int | None, manifest: Mapping[str, Any]) -> None:
        """Record the tests in the ledger, and the build where it succeeded.

        Raises:
            GateRefused: A test of severity error failed, or a node could not run.
        """
        with self.state.connect() as connection:
            result = read_build(self.target_path, manifest, connection)
            record_checks(self.state, connection, result.checks)
            reasons = self._reasons(return_code, result)
            for reason in reasons:
                refuse(self.state, connection, reason)
            if reasons:
                raise GateRefused(reasons[0])
            write_kpi_queries(connection, manifest, self.target_path)
            self._record(connection)
        self.state.progress.update("build", self.nodes, self.nodes)

    def _reasons(self, return_code: int | None, result: BuildResult) -> list[str]:
        if result.refusals or not return_code:
            return result.refusals
        message = next(filter(None, self.error_messages), f"it ended with code {return_code}")
        return [f"dbt: {message}"]

    def _record(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            "insert into raw.builds select coalesce(max(build_id), 0) + 1, ?, ?, ? from raw.builds",
            [self.state.load_id, self.fingerprint, self.state.now()],
        )


@contextlib.contextmanager
def building(state: RunState, nodes: int) -> Iterator[Build]:
    """Prepare one dbt build. The build file is closed here: dbt's process opens it."""
    with state.connect() as connection:
        fingerprint = build_fingerprint(
            state.settings.dbt_project_path,
            calendar_fingerprint(),
            models_fingerprint(connection),
        )
        # before every build: what landed may reach back further, and as_of moves on
        write_work_calendar(connection)
        last = connection.execute(
            "select fingerprint from raw.builds order by build_id desc limit 1"
        ).fetchall()
    build = Build(
        state=state,
        nodes=nodes,
        fingerprint=fingerprint,
        # also the first time, and after a build that was killed while it rebuilt everything
        is_full=last != [(fingerprint,)],
        target_path=state.settings.dbt_path / "runs" / state.run_id[:8],
    )
    state.progress.update("build", 0, nodes)
    with state.step("build"):
        yield build
