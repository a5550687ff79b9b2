"""The registry of files, `raw.files`: which delivery a file is, and which delivery counts.

A *claim* is a landed or duplicate file: it says that for its day (and part) and its place in the
order of deliveries, its bytes are the truth. A delta's claims compete within day and part, a
snapshot's within the export. Rows are live while some claim on their bytes is the highest of its
competition. Since that depends on the claims alone, the order of landing never decides.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Literal

import duckdb

from ingestion.files.deliveries import Delivery
from ingestion.raw.queries import one_count, one_value

Outcome = Literal["landed", "refused", "duplicate"]


def next_load_id(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of a new refresh run: higher than any that wrote to the raw schema."""
    return one_count(
        connection,
        """
        select coalesce(max(load_id), 0) + 1 from (
            select max(load_id) as load_id from raw.files
            union all select max(superseded_load_id) from raw.files
            union all select max(load_id) from raw.text_scores
            union all select max(load_id) from raw.annotated_texts
            union all select max(load_id) from raw.builds
        )
        """,
    )


def last_export_date(connection: duckdb.DuckDBPyConnection) -> dt.date | None:
    """Return the last day that landed data run through; None before anything has landed."""
    last = one_value(connection, "select max(export_date) from raw.files where outcome = 'landed'")
    return last if isinstance(last, dt.date) else None


@dataclass(frozen=True)
class FileEntry:
    """One row of `raw.files` as landing writes it."""

    delivery: Delivery
    sha256: str
    load_id: int
    delivery_seq: int
    outcome: Outcome
    reason: str | None
    unmapped_columns: list[str]
    is_accepted: bool
    landed_at: dt.datetime

    @property
    def file_id(self) -> str:
        """Id of the file, from its place, name and bytes."""
        return file_id_of(self.delivery, self.sha256)


def file_id_of(delivery: Delivery, sha256: str) -> str:
    """Return the id of a delivered file: the same wherever and whenever it lands."""
    place = f"{delivery.contract.channel}|{delivery.export.name}|{delivery.file_name}|{sha256}"
    return hashlib.sha256(place.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class DeliveryStatus:
    """A delivery's number, and whether its bytes or its place were delivered before."""

    delivery_seq: int
    twin: str | None  # name of the file that brought the same bytes already
    is_same_file: bool = False  # the very file, read again
    has_rivals: bool = True  # whether other claims compete with this one


def delivery_status(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, sha256: str
) -> DeliveryStatus:
    """Return the delivery's place in the order of its competition, and whether it is a repeat.

    The number is the revision of the name; a name that comes again with new bytes, or whose
    number is taken, gets the next one.
    """
    claims = connection.execute(
        """
        select file_name, part, delivery_seq, sha256, outcome, superseded_load_id is null as is_live
        from raw.files
        where channel_code = $channel and export_name = $export and export_date = $export_date
            and outcome in ('landed', 'duplicate')
        order by delivery_seq desc
        """,
        _place(delivery),
    ).fetchall()
    peers = [claim for claim in claims if claim[1] == delivery.part]
    highest = max((claim[2] for claim in peers), default=0)
    same_name = next((claim for claim in peers if claim[0] == delivery.file_name), None)
    if same_name is not None and same_name[3] == sha256:
        return DeliveryStatus(same_name[2], delivery.file_name, is_same_file=True)
    taken = {claim[2] for claim in peers}
    is_next = same_name is not None or delivery.revision in taken
    seq = highest + 1 if is_next else delivery.revision
    has_rivals = bool(peers) or delivery.export.mode == "snapshot"
    twins = [claim for claim in claims if claim[3] == sha256 and claim[4] == "landed"]
    if not twins:
        return DeliveryStatus(seq, None, has_rivals=has_rivals)
    # bytes that were replaced and now come back as the newest delivery land again
    if any(is_live for *_, is_live in twins) or seq < highest:
        return DeliveryStatus(seq, twins[0][0])
    return DeliveryStatus(seq, None)


def delete(connection: duckdb.DuckDBPyConnection, file_id: str) -> None:
    """Delete an earlier record of the same file, with its rows if it had landed."""
    if not one_value(
        connection, "select outcome from raw.files where file_id = $file_id", {"file_id": file_id}
    ):
        return
    feeds = connection.execute(
        "select feed from raw.file_feeds where file_id = $file_id", {"file_id": file_id}
    ).fetchall()
    for table in [*(row[0] for row in feeds), "file_feeds", "rejected_rows", "files"]:
        connection.execute(
            f'delete from raw."{table}" where file_id = $file_id', {"file_id": file_id}
        )


def record(connection: duckdb.DuckDBPyConnection, entry: FileEntry) -> None:
    """Write the file's row."""
    delivery = entry.delivery
    connection.execute(
        """
        insert into raw.files by name
        select $file_id as file_id, $load_id::bigint as load_id, $file_name as file_name,
            $channel as channel_code, $export as export_name, $export_date::date as export_date,
            $part as part, $delivery_seq::integer as delivery_seq, $mode as mode,
            $sha256 as sha256, $size_bytes::bigint as size_bytes,
            $modified_at::timestamp as modified_at, $encoding as encoding, $outcome as outcome,
            $reason as reason, $unmapped_columns::varchar[] as unmapped_columns,
            $contract_sha256 as contract_sha256, $is_accepted::boolean as is_accepted,
            $landed_at::timestamp as landed_at
        """,
        {
            **_place(delivery),
            "file_id": entry.file_id,
            "load_id": entry.load_id,
            "file_name": delivery.file_name,
            "part": delivery.part,
            "delivery_seq": entry.delivery_seq,
            "mode": delivery.export.mode,
            "sha256": entry.sha256,
            "size_bytes": delivery.size_bytes,
            "modified_at": delivery.modified_at,
            "encoding": delivery.export.files.encoding if delivery.export.files.is_text else None,
            "outcome": entry.outcome,
            "reason": entry.reason,
            "unmapped_columns": entry.unmapped_columns,
            "contract_sha256": delivery.contract.sha256,
            "is_accepted": entry.is_accepted,
            "landed_at": entry.landed_at,
        },
    )


def touch(connection: duckdb.DuckDBPyConnection, delivery: Delivery, file_id: str) -> None:
    """Note that a file was written anew with the same bytes: the next refresh skips it."""
    connection.execute(
        "update raw.files set modified_at = $modified_at where file_id = $file_id",
        {"modified_at": delivery.modified_at, "file_id": file_id},
    )


def mark_superseded(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, load_id: int
) -> list[str]:
    """Mark the landed files that no claim upholds any more; return their ids.

    The rows of these files are marked too, in every feed that the files filled.
    """
    is_snapshot = delivery.export.mode == "snapshot"
    parameters: dict[str, object] = _place(delivery)
    if is_snapshot:
        del parameters["export_date"]
    replaced = [
        row[0]
        for row in connection.execute(
            f"""
            with claims as (
                select
                    export_date, sha256,
                    row_number() over (
                        partition by {"null" if is_snapshot else "part"}
                        order by export_date desc, delivery_seq desc
                    ) = 1 as is_highest
                from raw.files
                where channel_code = $channel and export_name = $export
                    {"" if is_snapshot else "and export_date = $export_date"}
                    and outcome in ('landed', 'duplicate')
            )
            select file_id from raw.files
            where channel_code = $channel and export_name = $export
                {"" if is_snapshot else "and export_date = $export_date"}
                and outcome = 'landed' and superseded_load_id is null
                and (export_date, sha256) not in (
                    select (export_date, sha256) from claims where is_highest
                )
            """,
            parameters,
        ).fetchall()
    ]
    if not replaced:
        return []
    marks = {"load_id": load_id, "file_ids": replaced}
    where = "where list_contains($file_ids::varchar[], file_id) and superseded_load_id is null"
    feeds = connection.execute(
        "select distinct feed from raw.file_feeds "
        "where list_contains($file_ids::varchar[], file_id) and landed_count > 0",
        {"file_ids": replaced},
    ).fetchall()
    for table in ["files", *(row[0] for row in feeds)]:
        connection.execute(f'update raw."{table}" set superseded_load_id = $load_id {where}', marks)
    return replaced


def _place(delivery: Delivery) -> dict[str, object]:
    return {
        "channel": delivery.contract.channel,
        "export": delivery.export.name,
        "export_date": delivery.export_date,
    }
