"""The start and the end of a run: the home is held, repaired after a kill, and asked what waits."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from ingestion.contracts.feeds import load_feeds
from ingestion.contracts.load import load_contracts
from ingestion.erasure.suppression_list import Request
from ingestion.files import deliveries
from ingestion.files.deliveries import Delivery, Scan
from ingestion.files.registry import last_export_date
from ingestion.landing import next_load_id
from ingestion.privacy.pseudonyms import key_fingerprint
from ingestion.raw.schema import create_raw_schema
from ingestion.raw.settings import is_settled, verify_settings
from orchestration.home import lock
from orchestration.home.errors import KoubeiError
from orchestration.home.settings import Settings
from orchestration.pipeline.deliver import notify, sync_postgres
from orchestration.pipeline.publish import recover
from orchestration.pipeline.state import RunState
from orchestration.privacy.erase import load_suppression_list
from orchestration.privacy.keys import finish_rotation, make_keyring
from orchestration.publication import ledger
from orchestration.publication.connections import open_file
from orchestration.terminal.progress import NoProgress, ProgressReporter

EARLIEST_DAY = date(2010, 1, 1)
"""Histories are delivered long after their days, so the window is generous."""

_DAYS_AHEAD = timedelta(days=400)


class AcceptError(KoubeiError):
    """A file that is to be accepted is not there."""


class RefreshError(KoubeiError):
    """There is nothing that could be refreshed; the message says what to do."""


@dataclass(frozen=True)
class Days:
    """The days whose exports land, both included; None is no limit."""

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        """Check the limits.

        Raises:
            RefreshError: One of them cannot be the day of an export.
        """
        for day in (self.first, self.last):
            if day is not None and not is_plausible(day):
                raise RefreshError(f"{day}: no exports can be for that day; write it as 2026-10-31")

    def __contains__(self, day: date) -> bool:
        """Whether exports of that day land."""
        return (self.first or date.min) <= day <= (self.last or date.max)

    @property
    def is_limited(self) -> bool:
        """Whether days were asked for."""
        return self.first is not None or self.last is not None


ALL_DAYS = Days()


def is_plausible(day: date) -> bool:
    """Whether a day can be that of an export.

    It may be ahead of this machine's clock: a channel in another zone, a demo with fixed days.
    """
    return EARLIEST_DAY <= day <= date.today() + _DAYS_AHEAD


@contextlib.contextmanager
def open_run(
    settings: Settings,
    *,
    run_id: str,
    progress: ProgressReporter | None = None,
    days: Days = ALL_DAYS,
    accept: Collection[str] = (),
    erasure_requests: Sequence[Request] = (),
    is_landing: bool = True,
) -> Iterator[RunState]:
    """Hold the home, put right what a killed run left, and find what is pending.

    Args:
        settings: Where the home and the exports are.
        run_id: The run, as in the ledger and in Dagster.
        progress: Gets how far each stage is.
        days: The days whose exports land.
        accept: Names of files that a person lets in although they look wrong.
        erasure_requests: Requests made by command, beside those that are delivered.
        is_landing: Whether pending files land; else what has landed is built and published.

    Raises:
        KoubeiError: Something must be put right first; nothing was written.
        ContractError: A contract is wrong.
    """
    # what needs no lock is asked first, so that a mistake is named at once
    key = settings.key_bytes
    feeds = load_feeds()
    contracts = load_contracts(settings.channels)
    with lock.holding(settings):
        lock.clean_work(settings)
        finish_rotation(settings)
        recover(settings)
        scan = deliveries.scan(settings.exports_url, contracts)
        with open_file(settings.warehouse_path) as connection:
            create_raw_schema(connection, feeds)
            ledger.create_ledger(connection)
            make_keyring(settings, is_new=not is_settled(connection))
            verify_settings(
                connection,
                business_zone=settings.timezone,
                hash_key_fingerprint=key_fingerprint(key),
            )
            load_suppression_list(settings.suppressions_path, connection)
            waiting = deliveries.pending(connection, scan.deliveries) if is_landing else []
            waiting += _accepted(scan, waiting, accept)
            pending = [each for each in waiting if _lands(each, days)]
            if not pending and not days.is_limited:
                _require_landed(connection, settings.exports_url, scan, waiting)
            load_id = next_load_id(connection)
        lock.require_space(settings, pending)
        state = RunState(
            settings=settings,
            run_id=run_id,
            load_id=load_id,
            contracts=contracts,
            feeds=feeds,
            progress=progress or NoProgress(),
            pending=pending,
            unclaimed=scan.unclaimed,
            accept=frozenset(each.file_name for each in pending if _is_named(each, accept)),
            erasure_requests=erasure_requests,
        )
        # a run that was killed, or a server that was away, left it behind what readers see here
        sync_postgres(state)
        yield state
        notify(state)


def _lands(delivery: Delivery, days: Days) -> bool:
    return delivery.export_date in days and is_plausible(delivery.export_date)


def _require_landed(
    connection: duckdb.DuckDBPyConnection,
    exports_url: str,
    scan: Scan,
    waiting: Sequence[Delivery],
) -> None:
    """Check that there is something to build, where nothing is pending.

    Raises:
        RefreshError: No export has ever landed.
    """
    if last_export_date(connection) is not None:
        return
    if waiting:
        odd = waiting[0]
        raise RefreshError(
            f"{odd.file_name}: {odd.export_date} cannot be its day; correct the file's name"
        )
    why = (
        f"no contract claims what is there ({', '.join(sorted(scan.unclaimed)[:3])}): compare the "
        "names with `koubei contracts check`"
        if scan.unclaimed
        else "put the channels' export files there, name another place in KOUBEI_EXPORTS, or try "
        "`koubei demo`"
    )
    raise RefreshError(f"no exports in {exports_url}: {why}")


def _accepted(scan: Scan, waiting: Sequence[Delivery], accept: Collection[str]) -> list[Delivery]:
    """Files that a person lets in and that are not pending: they were refused before."""
    known = {delivery.file_name for delivery in waiting}
    for name in accept:
        if not any(_is_named(delivery, [name]) for delivery in scan.deliveries):
            raise AcceptError(
                f"--accept {name}: no such export file; name it as `koubei rejects` shows it"
            )
    return [
        delivery
        for delivery in scan.deliveries
        if _is_named(delivery, accept) and delivery.file_name not in known
    ]


def _is_named(delivery: Delivery, names: Collection[str]) -> bool:
    return delivery.file_name in names or Path(delivery.file_name).name in {
        Path(name).name for name in names
    }
