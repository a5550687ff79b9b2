"""What the steps of one refresh share: the home that it holds, its number, what it found so far.

Steps of the Dagster graph stay thin by asking the session; nothing here knows Dagster.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb

from expectations.data_docs import write_data_docs
from expectations.suite import Suite
from expectations.validation import validate
from expectations.verdicts import Verdict
from ingestion.annotation import Annotator
from ingestion.annotation import discover as discover_annotators
from ingestion.annotation.store import annotate_pending
from ingestion.contracts.feeds import Feed, load_feeds
from ingestion.contracts.load import load_contracts
from ingestion.contracts.models import Contract
from ingestion.erasure.suppression_list import Request
from ingestion.files.deliveries import Delivery, Scan, pending, scan
from ingestion.files.originals import Originals
from ingestion.landing import LandedFile, Lander, next_load_id
from ingestion.privacy.pseudonyms import key_fingerprint
from ingestion.raw.schema import create_raw_schema
from ingestion.raw.settings import is_settled, verify_settings
from ingestion.scoring import Recorded, Referenced, Scorer
from ingestion.scoring.audit import audit_scores
from ingestion.scoring.store import score_pending
from orchestration.home import lock
from orchestration.home.errors import GateRefused, KoubeiError, one_line
from orchestration.home.settings import Settings
from orchestration.pipeline.check_results import as_results, audit_result
from orchestration.pipeline.publish import Publication, publish, recover
from orchestration.pipeline.scorers import scorers_of
from orchestration.privacy.erase import Erasure, erase_due, seen
from orchestration.privacy.keys import finish_rotation, make_keyring, node_key
from orchestration.publication import ledger
from orchestration.publication.connections import open_file
from orchestration.publication.ledger import CheckResult, LedgerEntry
from orchestration.report.front_page import rewrite_front_page
from orchestration.terminal.progress import Unwatched, Watcher

if TYPE_CHECKING:
    from orchestration.notify.notify import DeliveryResult
    from orchestration.postgres.sync import SyncResult

_WHY = """
select channel_code, feed, coalesce(column_name, ''), reason,
    min(file_name || ':' || coalesce(cast(line_number as varchar), '?')), count(*)
from raw.rejected_rows where load_id = ?
group by channel_code, feed, column_name, reason
order by count(*) desc, channel_code, feed, column_name, reason limit ?
"""


class AcceptError(KoubeiError):
    """A file that is to be accepted is not there."""


@dataclass
class Session:
    """One refresh: made by `open_session`, asked by the steps, read by the summary."""

    settings: Settings
    run_id: str
    load_id: int
    contracts: dict[str, Contract]
    feeds: dict[str, Feed]
    scan: Scan
    due: list[Delivery]
    watcher: Watcher
    accept: frozenset[str] = frozenset()
    to_erase: Sequence[Request] = ()
    erasure: Erasure | None = None
    landed: list[LandedFile] = field(default_factory=list)
    scored: int = 0
    annotated: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    results: list[CheckResult] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    publication: Publication | None = None
    followed: SyncResult | None = None
    behind: str | None = None
    told: list[DeliveryResult] = field(default_factory=list)
    mute: str | None = None

    def connect(self) -> contextlib.AbstractContextManager[duckdb.DuckDBPyConnection]:
        """The build file, for one step; it is closed before dbt's process opens it."""
        return open_file(self.settings.warehouse_path)

    @contextlib.contextmanager
    def step(self, stage: str) -> Iterator[None]:
        """Time a step, and keep what went wrong in it for the summary."""
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
        """The log of this refresh: what dbt printed, and the traceback of a step that failed."""
        stamp = f"{self.now():%Y%m%d-%H%M%S}"
        return self.settings.logs_path / f"refresh-{stamp}-{self.run_id[:8]}.log"

    def log(self, text: str) -> None:
        """Add to the log."""
        with self.log_path.open("a", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")

    def now(self) -> datetime:
        """The time in the business zone; for the books, never for a number."""
        return datetime.now(ZoneInfo(self.settings.timezone)).replace(tzinfo=None)

    # ---------------------------------------------------------------- steps

    def due_between(self, first: date, last: date) -> list[Delivery]:
        """Deliveries of these days that have not landed."""
        return [delivery for delivery in self.due if first <= delivery.export_date <= last]

    def land(self, channel: str, export: str, first: date, last: date) -> list[LandedFile]:
        """Land what is due of one export. A file that is refused does not stop the others."""
        due = self.due_between(first, last)
        mine = [
            each for each in due if (each.contract.channel, each.export.name) == (channel, export)
        ]
        if not mine:
            return []
        landed = []
        with self.step("land"), self.connect() as connection:
            lander = Lander(
                connection,
                feeds=self.feeds,
                hash_key=node_key(self.settings),
                fingerprint=key_fingerprint(self.settings.key_bytes),
                business_zone=self.settings.timezone,
                originals=self.originals,
                work_dir=self.settings.work_path,
                load_id=self.load_id,
            )
            for delivery in mine:
                self.watcher.tell("land", len(self.landed), len(due), delivery.file_name)
                is_accepted = delivery.file_name in self.accept
                landed.append(lander.land(delivery, accept=is_accepted))
                self.landed.append(landed[-1])
        self.watcher.tell("land", len(self.landed), len(due))
        return landed

    def erase(self) -> None:
        """Act on requests to be erased: delivered tonight, asked for, or cut short."""
        with self.step("erase"):
            self.erasure = erase_due(self.settings, self.contracts, self.feeds, self.to_erase)
        if self.erasure is not None:
            self.watcher.tell("erase", len(self.erasure.requests), len(self.erasure.requests))
            # what is kept was rewritten, and must not wait for a night that passes the gate
            self.follow()

    @cached_property
    def originals(self) -> Originals:
        """Where delivered files are kept, encrypted."""
        return Originals(self.settings.originals_path, self.settings.key_bytes)

    def score(self) -> dict[str, int]:
        """Score unseen texts with every scorer; how many each has scored."""
        counts = {}
        for scorer in self.scorers:
            with self.step("score"), self.connect() as connection:
                counts[scorer.name] = score_pending(
                    connection,
                    scorer,
                    load_id=self.load_id,
                    chunk_size=self.settings.score_chunk,
                    processes=self.settings.processes,
                    on_progress=lambda done, total: self.watcher.tell("score", done, total),
                )
                if isinstance(scorer, Recorded):
                    scorer.record(connection, self.load_id)
        self.scored += sum(counts.values())
        return counts

    def audit(self) -> dict[str, int]:
        """Hold scores against the implementation that their scorer claims to equal.

        Raises:
            GateRefused: They differ.
        """
        counts = {}
        for scorer in self.scorers:
            if isinstance(scorer, Referenced):
                with self.step("audit"), self.connect() as connection:
                    self.watcher.tell("audit", 0, 1, scorer.name)
                    audit = audit_scores(connection, scorer, load_id=self.load_id)
                    self.watcher.tell("audit", 1, 1, scorer.name)
                    if audit is None:
                        continue
                    counts[f"{scorer.name} audited"] = audit.looked_at
                    self.keep_results(connection, [audit_result(audit)])
                    if audit.differences:
                        self.refuse(connection, audit.message)
                        raise GateRefused(audit.message)
        return counts

    @cached_property
    def scorers(self) -> list[Scorer]:
        """The scorers that are wanted, with what the home gives them."""
        return scorers_of(self.settings)

    @cached_property
    def annotators(self) -> list[Annotator]:
        """Every annotator, with the seeds of the project."""
        return discover_annotators(self.settings.dbt_project_path / "seeds")

    def annotate(self) -> dict[str, int]:
        """Annotate unseen texts with every annotator; how many each has read."""
        counts = {}
        for annotator in self.annotators:
            with self.step("annotate"), self.connect() as connection:
                counts[annotator.name] = annotate_pending(
                    connection,
                    annotator,
                    load_id=self.load_id,
                    on_progress=lambda done, total: self.watcher.tell("annotate", done, total),
                )
        self.annotated += sum(counts.values())
        return counts

    def check(self, suite: Suite, of_door: int) -> Verdict:
        """Hold one suite of its door's against the build file; a critical failure refuses."""
        with self.step("check"), self.connect() as connection:
            verdict = validate(suite, connection)
            self.verdicts.append(verdict)
            done = sum(each.door == suite.door for each in self.verdicts)
            self.watcher.tell(suite.door, done, of_door, suite.title_zh)
            self.keep_results(connection, as_results(verdict))
            if not verdict.is_passed:
                broken = [each for each in verdict.failures if each.severity == "critical"]
                self.refuse(connection, f"{suite.table} ({suite.name}): {broken[0].message}")
        return verdict

    def publish(self) -> Publication:
        """Publish what was built; every blocking check of this run holds by now."""
        self.watcher.tell("publish", 0, 1)
        with self.step("publish"):
            docs = self.settings.work_path / "quality"
            write_data_docs(self.verdicts, docs)
            self.publication = publish(
                self.settings,
                manifest_path=self.settings.manifest_path,
                run_id=self.run_id,
                load_id=self.load_id,
                data_docs=docs,
            )
        self.watcher.tell("publish", 1, 1)
        self.follow()
        return self.publication

    def follow(self) -> None:
        """Bring PostgreSQL to what readers of the home see, where it is used.

        What stands in the way is kept in `behind` for the summary and the exit code: the
        publication stands without it, and the next run tries again.
        """
        if self.settings.postgres_dsn is None:
            return
        from orchestration.postgres.sync import sync  # noqa: PLC0415 - a driver few need

        started = time.monotonic()
        try:
            followed = sync(self.settings, self.watcher)
        except KoubeiError as error:
            self.behind = str(error)
        else:
            self.behind = None
            if self.followed is None or (followed is not None and followed.is_new):
                self.followed = followed
        self.seconds["postgres"] = self.seconds.get("postgres", 0) + time.monotonic() - started

    def notify(self) -> None:
        """Post what needs attention, where that is wanted; a failure to do so fails nothing."""
        is_over = self.publication is not None or self.refusals or self.errors
        if self.settings.notify_urls is None or not is_over:
            return
        from orchestration.notify.findings import RunResult  # noqa: PLC0415 - few need it
        from orchestration.notify.notify import notify  # noqa: PLC0415

        failures = [] if self.refusals or self.publication else map(one_line, self.errors)
        night = RunResult(self.run_id, self.refusals, list(failures), self.behind)
        try:
            self.told = notify(self.settings, night)
        except (KoubeiError, OSError, duckdb.Error) as error:
            self.mute = one_line(error)

    def raw_row_counts(self, tables: Sequence[str]) -> dict[str, int]:
        """Rows of these raw tables."""
        with self.connect() as connection:
            counts = connection.execute(
                " union all ".join(
                    f"select '{table}', count(*) from raw.\"{table}\"" for table in tables
                )
            ).fetchall()
        return dict(counts)

    def why_rejected(self, limit: int) -> list[tuple[str, str, str, str, str, int]]:
        """The commonest reasons of this refresh: channel, feed, column, reason, example, rows."""
        with self.connect() as connection:
            return connection.execute(_WHY, [self.load_id, limit]).fetchall()

    def keep_results(
        self, connection: duckdb.DuckDBPyConnection, results: list[CheckResult]
    ) -> None:
        """Enter checks in the ledger."""
        self.results.extend(results)
        ledger.record_checks(connection, self.run_id, self.load_id, results)

    def refuse(self, connection: duckdb.DuckDBPyConnection, reason: str) -> None:
        """Enter in the ledger that this run publishes nothing, and why."""
        self.refusals.append(reason)
        ((as_of,),) = connection.execute(
            "select max(export_date) from raw.files where outcome = 'landed'"
        ).fetchall()
        ledger.record_verdict(
            connection,
            LedgerEntry(
                publication_id=None,
                as_of=as_of,
                load_id=self.load_id,
                run_id=self.run_id,
                verdict="refused",
                reason="; ".join(self.refusals),
                published_at=self.now(),
            ),
        )
        # the ledger has it; the page follows, or else the next run renews it
        with contextlib.suppress(OSError):
            rewrite_front_page(self.settings, connection)


@contextlib.contextmanager
def open_session(
    settings: Settings,
    *,
    run_id: str,
    watcher: Watcher | None = None,
    accept: Collection[str] = (),
    to_erase: Sequence[Request] = (),
    is_landing: bool = True,
) -> Iterator[Session]:
    """Hold the home, put right what a killed refresh left, and find what is due.

    `to_erase` are requests made by command; without `is_landing` nothing is due.

    Raises:
        KoubeiError: Something must be put right first; nothing was written.
        ContractError: A contract is wrong.
    """
    # what needs no lock is asked first, so that a mistake is told at once
    key = settings.key_bytes
    feeds = load_feeds()
    contracts = load_contracts(settings.channels)
    with lock.holding(settings):
        lock.clean_work(settings)
        finish_rotation(settings)
        recover(settings)
        found = scan(settings.exports_url, contracts)
        with open_file(settings.warehouse_path) as connection:
            create_raw_schema(connection, feeds)
            ledger.create_ledger(connection)
            make_keyring(settings, is_new=not is_settled(connection))
            verify_settings(
                connection,
                business_zone=settings.timezone,
                hash_key_fingerprint=key_fingerprint(key),
            )
            seen(settings, connection)
            due = pending(connection, found.deliveries) if is_landing else []
            due += _accepted(found, due, accept)
            load_id = next_load_id(connection)
        lock.require_space(settings, due)
        session = Session(
            settings=settings,
            run_id=run_id,
            load_id=load_id,
            contracts=contracts,
            feeds=feeds,
            scan=found,
            due=due,
            watcher=watcher or Unwatched(),
            accept=frozenset(delivery.file_name for delivery in due if _is_named(delivery, accept)),
            to_erase=to_erase,
        )
        # a run that was killed, or a server that was away, left it behind what readers see here
        session.follow()
        yield session
        session.notify()


def _accepted(found: Scan, due: Sequence[Delivery], accept: Collection[str]) -> list[Delivery]:
    """Files that a person lets in and that are not due: they were refused before."""
    known = {delivery.file_name for delivery in due}
    for name in accept:
        if not any(_is_named(delivery, [name]) for delivery in found.deliveries):
            raise AcceptError(
                f"--accept {name}: no such export file; name it as `koubei rejects` shows it"
            )
    return [
        delivery
        for delivery in found.deliveries
        if _is_named(delivery, accept) and delivery.file_name not in known
    ]


def _is_named(delivery: Delivery, names: Collection[str]) -> bool:
    return delivery.file_name in names or Path(delivery.file_name).name in {
        Path(name).name for name in names
    }
