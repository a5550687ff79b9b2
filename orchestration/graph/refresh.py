"""One refresh from the command line: the same job that the schedule runs, in this process."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

import duckdb

from ingestion.erasure.suppression_list import Request
from orchestration.dbt.project import ensure_manifest
from orchestration.graph.definitions import build_defs
from orchestration.graph.instance import open_instance
from orchestration.graph.partitions import daily, range_tags
from orchestration.graph.resources import given_session
from orchestration.home.errors import GateRefused, KoubeiError, one_line
from orchestration.home.settings import Settings
from orchestration.pipeline.session import Session, open_session
from orchestration.terminal.progress import Watcher

if TYPE_CHECKING:
    from dagster import ExecuteInProcessResult

_REASONS = 8
_EXIT_CODES = {"published": 0, "unchanged": 0, "refused": 1, "failed": 2}
BEHIND = 3


class RefreshError(KoubeiError):
    """There is nothing that could be refreshed; the message says what to do."""


@dataclass
class Outcome:
    """What a refresh came to, for the summary and the exit code."""

    session: Session
    first: date
    last: date
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
        return _EXIT_CODES[self.verdict] or (BEHIND if self.session.behind else 0)


def refresh(
    settings: Settings,
    *,
    watcher: Watcher | None = None,
    first: date | None = None,
    last: date | None = None,
    accept: Collection[str] = (),
    to_erase: Sequence[Request] = (),
    is_landing: bool = True,
) -> Outcome:
    """Land, score, build, check and publish.

    Args:
        settings: Where the home and the exports are.
        watcher: DeliveryResult how far it is.
        first: Land no earlier day; None for all.
        last: Land no later day; None for all.
        accept: Names of files that a person lets in although they look wrong.
        to_erase: Requests to be erased, beside those that are delivered.
        is_landing: Whether files that are due land; else what has landed is built and published.

    Raises:
        KoubeiError: It could not start; nothing was written.
        ContractError: A contract is wrong.
    """
    run_id = str(uuid.uuid4())
    with open_session(
        settings,
        run_id=run_id,
        watcher=watcher,
        accept=accept,
        to_erase=to_erase,
        is_landing=is_landing,
    ) as session:
        days = days_to_land(session, first, last)
        ensure_manifest(settings, watcher)
        resources = {"session": given_session(session)}
        defs = build_defs(resources, settings, session.contracts, session.feeds)
        job = defs.resolve_job_def("refresh")
        with open_instance(settings) as instance:
            try:
                result = job.execute_in_process(
                    instance=instance,
                    run_id=run_id,
                    tags=range_tags(*days),
                    raise_on_error=False,
                    # failures go to the log and, in a line, to the summary
                    run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                )
            except KeyboardInterrupt:
                return Outcome(session, *days, "failed", ["interrupted"], is_interrupted=True)
        outcome = _outcome(session, days, result)
        # asked here, while the home is held: afterwards another refresh may have the build file
        outcome.rejections = session.why_rejected(_REASONS)
        return outcome


def days_to_land(session: Session, first: date | None, last: date | None) -> tuple[date, date]:
    """The days that the run is for: those that are due, within what was asked for.

    Raises:
        RefreshError: No export was ever found, or the days asked for cannot be days of exports.
    """
    for day in (first, last):
        if day is not None and not _is_partition(day):
            raise RefreshError(f"{day}: no exports can be for that day; write it as 2026-10-31")
    due = session.due_between(first or date.min, last or date.max)
    days = [delivery.export_date for delivery in due if _is_partition(delivery.export_date)]
    if days:
        return min(days), max(days)
    if first or last:
        day = last or first
        assert day is not None
        return first or day, day
    with session.connect() as connection:
        ((landed,),) = connection.execute(
            "select max(export_date) from raw.files where outcome = 'landed'"
        ).fetchall()
    if landed is not None:
        return landed, landed
    if session.due:
        odd = session.due[0]
        raise RefreshError(
            f"{odd.file_name}: {odd.export_date} cannot be its day; correct the file's name"
        )
    unclaimed = session.scan.unclaimed
    told = (
        f"no contract claims what is there ({', '.join(sorted(unclaimed)[:3])}): compare the names "
        "with `koubei contracts check`"
        if unclaimed
        else "put the channels' export files there, name another place in KOUBEI_EXPORTS, or try "
        "`koubei demo`"
    )
    raise RefreshError(f"no exports in {session.settings.exports_url}: {told}")


def _is_partition(day: date) -> bool:
    return daily.has_partition_key(day.isoformat())


def _outcome(session: Session, days: tuple[date, date], result: ExecuteInProcessResult) -> Outcome:
    failures = [event for event in result.all_events if event.is_step_failure]
    for event in failures:
        error = event.step_failure_data.error
        session.log(f"step {event.step_key} failed\n{error.to_string() if error else ''}")
    if session.publication is not None:
        is_new = session.publication.is_new
        return Outcome(session, *days, "published" if is_new else "unchanged")
    if session.refusals:
        return Outcome(session, *days, "refused", session.refusals)
    reasons = [
        _told(error, session) for error in session.errors if not isinstance(error, GateRefused)
    ]
    if not reasons:
        reasons = [
            f"step {event.step_key} failed; the log says why: {session.log_path}"
            for event in failures[:1]
        ]
    return Outcome(session, *days, "failed", list(dict.fromkeys(reasons)))


def _told(error: Exception, session: Session) -> str:
    """An error as one line; only an unexpected one sends the reader to the log."""
    if type(error).__module__.partition(".")[0] in ("ingestion", "expectations", "orchestration"):
        return str(error)
    if isinstance(error, OSError | duckdb.Error):
        return one_line(error)
    kind = type(error).__name__
    return f"{kind}: {one_line(error)} (unexpected; the log has the details: {session.log_path})"
