"""One refresh from the command line: the same job that the schedule runs, in this process."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import duckdb

from ingestion.erasure.suppression_list import Request
from orchestration.dbt.project import ensure_manifest
from orchestration.graph.definitions import build_defs
from orchestration.graph.instance import open_instance
from orchestration.graph.resources import given_run
from orchestration.home.errors import GateRefused, one_line
from orchestration.home.settings import Settings
from orchestration.pipeline.land import rejection_reasons
from orchestration.pipeline.start import Days, open_run
from orchestration.pipeline.state import RunState
from orchestration.terminal.progress import ProgressReporter

if TYPE_CHECKING:
    from dagster import ExecuteInProcessResult

_REASONS = 8
_EXIT_CODES = {"published": 0, "unchanged": 0, "refused": 1, "failed": 2}
POSTGRES_BEHIND = 3


@dataclass
class Outcome:
    """The result of a refresh, for the summary and the exit code."""

    state: RunState
    verdict: Literal["published", "unchanged", "refused", "failed"]
    reasons: list[str] = field(default_factory=list)
    rejections: list[tuple[str, str, str, str, str, int]] = field(default_factory=list)
    is_interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 published or unchanged, 1 refused by the gate, 2 a bad environment; 130 interrupted.

        3: published or unchanged, but PostgreSQL could not be brought to it.
        """
        if self.is_interrupted:
            return 130
        return _EXIT_CODES[self.verdict] or (POSTGRES_BEHIND if self.state.postgres_error else 0)


def refresh(
    settings: Settings,
    *,
    progress: ProgressReporter | None = None,
    first: date | None = None,
    last: date | None = None,
    accept: Collection[str] = (),
    erasure_requests: Sequence[Request] = (),
    is_landing: bool = True,
) -> Outcome:
    """Land, score, build, check and publish.

    Args:
        settings: Where the home and the exports are.
        progress: Gets how far each stage is.
        first: Land no earlier day; None for all.
        last: Land no later day; None for all.
        accept: Names of files that a person lets in although they look wrong.
        erasure_requests: Requests made by command, beside those that are delivered.
        is_landing: Whether pending files land; else what has landed is built and published.

    Raises:
        KoubeiError: It could not start; nothing was written.
        ContractError: A contract is wrong.
    """
    run_id = str(uuid.uuid4())
    with open_run(
        settings,
        run_id=run_id,
        progress=progress,
        days=Days(first, last),
        accept=accept,
        erasure_requests=erasure_requests,
        is_landing=is_landing,
    ) as state:
        ensure_manifest(settings, progress)
        defs = build_defs({"run": given_run(state)}, settings, state.contracts, state.feeds)
        job = defs.resolve_job_def("refresh")
        with open_instance(settings.dagster_path) as instance:
            try:
                result = job.execute_in_process(
                    instance=instance,
                    run_id=run_id,
                    raise_on_error=False,
                    # failures go to the log and, in a line, to the summary
                    run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                )
            except KeyboardInterrupt:
                return Outcome(state, "failed", ["interrupted"], is_interrupted=True)
        outcome = _outcome(state, result)
        # asked here, while the home is held: afterwards another refresh may have the build file
        with state.connect() as connection:
            outcome.rejections = rejection_reasons(connection, state.load_id, _REASONS)
        return outcome


def _outcome(state: RunState, result: ExecuteInProcessResult) -> Outcome:
    failures = [event for event in result.all_events if event.is_step_failure]
    for event in failures:
        error = event.step_failure_data.error
        state.log(f"step {event.step_key} failed\n{error.to_string() if error else ''}")
    if state.publication is not None:
        is_new = state.publication.is_new
        return Outcome(state, "published" if is_new else "unchanged")
    if state.refusals:
        return Outcome(state, "refused", state.refusals)
    reasons = [
        format_error(error, state.log_path)
        for error in state.errors
        if not isinstance(error, GateRefused)
    ]
    if not reasons:
        reasons = [
            f"step {event.step_key} failed; the log says why: {state.log_path}"
            for event in failures[:1]
        ]
    return Outcome(state, "failed", list(dict.fromkeys(reasons)))


def format_error(error: Exception, log_path: Path) -> str:
    """An error as one line; only an unexpected one sends the reader to the log."""
    if type(error).__module__.partition(".")[0] in ("ingestion", "expectations", "orchestration"):
        return str(error)
    if isinstance(error, OSError | duckdb.Error):
        return one_line(error)
    kind = type(error).__name__
    return f"{kind}: {one_line(error)} (unexpected; the log has the details: {log_path})"
