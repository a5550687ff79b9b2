"""The state of one run: what it was given when it started, and what its steps have found so far.

Steps are functions in the modules beside this one. None of them knows Dagster.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb

from expectations.verdicts import Verdict
from ingestion.contracts.feeds import Feed
from ingestion.contracts.models import Contract
from ingestion.erasure.suppression_list import Request
from ingestion.files.deliveries import Delivery
from ingestion.landing import LandedFile
from orchestration.home.settings import Settings
from orchestration.privacy.erase import Erasure
from orchestration.publication.connections import open_file
from orchestration.publication.ledger import CheckResult
from orchestration.publication.store import Publication
from orchestration.terminal.progress import ProgressReporter

if TYPE_CHECKING:
    from orchestration.notify.notify import DeliveryResult
    from orchestration.postgres.sync import SyncResult


@dataclass
class RunState:
    """One run: made by `open_run`, given to every step, read by the summary.

    Attributes:
        pending: Deliveries that this run lands, in their order.
        unclaimed: Names of files that no contract claims.
        accept: Names of pending files that land although they look wrong.
        erasure_requests: Requests made by command, beside those that are delivered.
        checks: Every check of the run as the ledger keeps it.
        refusals: Why the gate refuses; nothing is published when there is one.
        errors: What steps have raised.
        seconds: Seconds by stage.
        synced: What PostgreSQL holds, where it is used; `postgres_error` says why it is behind.
        notified: What came of each target; `notify_error` says why none was sent to.
    """

    settings: Settings
    run_id: str
    load_id: int
    contracts: Mapping[str, Contract]
    feeds: Mapping[str, Feed]
    progress: ProgressReporter
    pending: Sequence[Delivery] = ()
    unclaimed: Sequence[str] = ()
    accept: frozenset[str] = frozenset()
    erasure_requests: Sequence[Request] = ()

    landed: list[LandedFile] = field(default_factory=list)
    erasure: Erasure | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    publication: Publication | None = None
    synced: SyncResult | None = None
    postgres_error: str | None = None
    notified: list[DeliveryResult] = field(default_factory=list)
    notify_error: str | None = None

    def connect(self) -> contextlib.AbstractContextManager[duckdb.DuckDBPyConnection]:
        """The build file, for one step; it is closed before dbt's process opens it."""
        return open_file(self.settings.warehouse_path)

    @contextlib.contextmanager
    def step(self, stage: str) -> Iterator[None]:
        """Add to the stage's seconds, and keep what went wrong in it for the summary."""
        started = time.monotonic()
        try:
            yield
        except Exception as error:
            self.errors.append(error)
            raise
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0) + time.monotonic() - started

    @cached_property
    def log_path(self) -> Path:
        """The log of this run: what dbt printed, and the traceback of a step that failed."""
        stamp = f"{self.now():%Y%m%d-%H%M%S}"
        return self.settings.logs_path / f"refresh-{stamp}-{self.run_id[:8]}.log"

    def log(self, text: str) -> None:
        """Add to the log."""
        with self.log_path.open("a", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")

    def now(self) -> datetime:
        """The time in the business zone, without it; for the ledger, never for a number."""
        return datetime.now(ZoneInfo(self.settings.timezone)).replace(tzinfo=None)
