"""Which files lie in the exports folder, whose they are, and which of them are still to land."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import fsspec

from ingestion.contracts.models import Contract, Export


class ExportsError(Exception):
    """The exports folder cannot be read; the text says why and what to do."""


@dataclass(frozen=True)
class Delivery:
    """One file that an export's pattern claims."""

    contract: Contract
    export: Export
    url: str
    file_name: str
    export_date: dt.date
    part: str | None
    revision: int
    size_bytes: int
    modified_at: dt.datetime  # UTC, naive

    @property
    def rank(self) -> tuple[dt.date, str, str, str, int, str]:
        """Order in which deliveries land: by day, channel and export, corrections last."""
        return (
            self.export_date,
            self.contract.channel,
            self.export.name,
            self.part or "",
            self.revision,
            self.file_name,
        )


@dataclass(frozen=True)
class Scan:
    """Everything in the exports folder: what contracts claim, and what none does."""

    deliveries: list[Delivery]
    unclaimed: list[str]


def scan(exports_url: str, contracts: Mapping[str, Contract]) -> Scan:
    """List the exports folder and everything below it, a local folder or an fsspec URL.

    Hidden files are left out. Deliveries come in the order in which they should land.

    Raises:
        ExportsError: no such folder, or it cannot be read.
    """
    try:
        filesystem, root = fsspec.core.url_to_fs(exports_url)
        if not filesystem.isdir(root):
            raise ExportsError(
                f"{exports_url}: no such folder; set KOUBEI_EXPORTS to where exports arrive, "
                "or try `koubei demo`"
            )
        found: dict[str, dict[str, Any]] = filesystem.find(root, detail=True)
    except (OSError, ImportError, ValueError) as error:
        raise ExportsError(f"{exports_url}: cannot be read: {error}") from error
    deliveries: list[Delivery] = []
    unclaimed: list[str] = []
    for path, details in sorted(found.items()):
        name = path.removeprefix(root).lstrip("/")
        if any(part.startswith(".") for part in name.split("/")):
            continue
        delivery = _claim(name, filesystem.unstrip_protocol(path), details, contracts)
        if delivery is None:
            unclaimed.append(name)
        else:
            deliveries.append(delivery)
    return Scan(sorted(deliveries, key=lambda delivery: delivery.rank), unclaimed)


def _claim(
    name: str, url: str, details: Mapping[str, Any], contracts: Mapping[str, Contract]
) -> Delivery | None:
    for contract in contracts.values():
        claimed = contract.claim(name)
        if claimed is not None:
            export, parts = claimed
            return Delivery(
                contract=contract,
                export=export,
                url=url,
                file_name=name,
                export_date=parts.export_date,
                part=parts.part,
                revision=parts.revision,
                size_bytes=int(details.get("size") or 0),
                modified_at=_modified_at(details),
            )
    return None


def _modified_at(details: Mapping[str, Any]) -> dt.datetime:
    """Return the store's own time of change, whatever the store calls it, in UTC."""
    for name in ("mtime", "LastModified", "last_modified", "updated", "modified", "created"):
        value = details.get(name)
        if isinstance(value, int | float):
            value = dt.datetime.fromtimestamp(value, tz=dt.UTC)
        elif isinstance(value, str):
            value = dt.datetime.fromisoformat(value)
        if isinstance(value, dt.datetime):
            if value.tzinfo is not None:
                value = value.astimezone(dt.UTC).replace(tzinfo=None)
            return value
    return dt.datetime(1970, 1, 1)


def pending(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery]
) -> list[Delivery]:
    """Return the deliveries that have not been read as they are now, in the same order.

    Read means: a file of that name, size and time of change is in `raw.files`. A refused
    one comes again when its contract has changed since.
    """
    known_files = connection.execute(
        "select (channel_code, export_name, file_name, size_bytes, modified_at), "
        "outcome, contract_sha256 from raw.files"
    ).fetchall()
    known: dict[tuple[object, ...], tuple[str, str]] = {
        tuple(place): (outcome, contract_sha256) for place, outcome, contract_sha256 in known_files
    }

    def is_pending(delivery: Delivery) -> bool:
        seen = known.get(
            (
                delivery.contract.channel,
                delivery.export.name,
                delivery.file_name,
                delivery.size_bytes,
                delivery.modified_at,
            )
        )
        if seen is None:
            return True
        outcome, contract_sha256 = seen
        return outcome == "refused" and contract_sha256 != delivery.contract.sha256

    return [delivery for delivery in deliveries if is_pending(delivery)]
