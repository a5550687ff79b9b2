"""Delivered files -> `raw.<feed>`, `raw.files`, `raw.rejected_rows`, one transaction a file.

A file is read and checked in temp tables first; only a fit one touches `raw`. Every statement
works on whole columns. What a header means is the contract's matter, how a text is read that of
`contracts.parsers`, and which delivery counts that of `files.registry`.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ingestion.contracts.feeds import Feed
from ingestion.contracts.parsers import Zones, create_macros
from ingestion.erasure import suppression_filter
from ingestion.erasure.rewritten_file import write_rewritten
from ingestion.files import registry
from ingestion.files.decoding import fetch
from ingestion.files.deliveries import Delivery
from ingestion.files.originals import Originals
from ingestion.files.readers import SOURCE_TABLE, Source, read_source
from ingestion.files.refusals import (
    USUAL_FILES_NEEDED,
    RefusedFileError,
    refuse_headless,
    refuse_many_rejections,
    refuse_missing_headers,
    refuse_short_file,
)
from ingestion.files.registry import FileEntry, Outcome, next_load_id
from ingestion.privacy.pseudonyms import check_key, hash_parameters, key_fingerprint
from ingestion.privacy.redaction import redact_columns
from ingestion.raw.queries import one_count, one_value
from ingestion.raw.settings import verify_settings
from ingestion.rows import insert, rejections
from ingestion.rows.insert import FeedCounts, RowCountMismatchError
from ingestion.rows.mapping import MappedFeed, map_feed, rows_table

__all__ = [
    "FeedCounts",
    "LandedFile",
    "Lander",
    "RowCountMismatchError",
    "UnreadableFileError",
    "next_load_id",
]


class UnreadableFileError(Exception):
    """A file that is there and cannot be read: a matter of permissions or disks, not of data."""


@dataclass
class LandedFile:
    """What became of one delivered file."""

    file_id: str
    file_name: str
    channel_code: str
    export_name: str
    export_date: dt.date
    outcome: Outcome
    reason: str | None
    unmapped_columns: list[str] = field(default_factory=list)
    feeds: dict[str, FeedCounts] = field(default_factory=dict)


@dataclass
class _Prepared:
    """A file in temp tables, fit or not."""

    mapped_feeds: list[MappedFeed] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    delivered: dict[str, int] = field(default_factory=dict)
    unmapped_columns: list[str] = field(default_factory=list)
    reasons: dict[str, dict[str, int]] = field(default_factory=dict)
    refusal: str | None = None
    is_accepted: bool = False


class Lander:
    """Lands deliveries into one warehouse, for one refresh run."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        feeds: Mapping[str, Feed],
        hash_key: bytes,
        business_zone: str,
        originals: Originals,
        work_dir: Path,
        load_id: int,
        fingerprint: str | None = None,
    ) -> None:
        """Prepare to land; `work_dir` holds decoded files while they are read.

        `fingerprint` is that of the key which seals `hash_key`, where there is one.

        Raises:
            SettingsMismatchError: the warehouse was built with another zone or key.
            KeyTooShortError: a hash key that could be guessed.
        """
        check_key(hash_key)
        verify_settings(
            connection,
            business_zone=business_zone,
            hash_key_fingerprint=fingerprint or key_fingerprint(hash_key),
        )
        create_macros(connection)
        self._connection = connection
        self._feeds = feeds
        self._hash_parameters = hash_parameters(hash_key)
        self._business_zone = business_zone
        self._originals = originals
        self._work_dir = work_dir
        self._load_id = load_id
        self._is_suppressing = suppression_filter.is_active(connection)
        self._filled: list[str] = []  # feeds of the file at hand, whose temp tables must go

    def land(self, delivery: Delivery, *, accept: bool = False) -> LandedFile:
        """Land one file, or say why not. `accept` overrules a refusal for size or rejections.

        Raises:
            UnreadableFileError: the file cannot be opened.
        """
        self._work_dir.mkdir(parents=True, exist_ok=True)
        try:
            path, sha256 = fetch(delivery.url, self._work_dir)
        except OSError as error:
            raise UnreadableFileError(
                f"{delivery.file_name}: cannot be read: {error.strerror or error}; make it "
                "readable and run again"
            ) from error
        try:
            status = registry.delivery_status(self._connection, delivery, sha256)
            if status.twin is not None:
                return self._repeat(delivery, sha256, status)
            prepared = self._prepare(delivery, path, accept=accept)
            return self._write(delivery, path, sha256, status, prepared)
        finally:
            self._clear_up()

    def _prepare(self, delivery: Delivery, path: Path, *, accept: bool) -> _Prepared:
        """Read and check a file in temp tables; a refusal is noted, not raised."""
        prepared = _Prepared()
        rejections.begin(self._connection)
        suppression_filter.begin(self._connection)
        edit = delivery.contract.path.name
        try:
            source = read_source(self._connection, path, delivery.export, self._work_dir, edit)
            self._map_feeds(delivery, source, prepared)
            if self._is_suppressing:
                rejections.forget_values(self._connection, suppression_filter.ERASED_ROWS)
            rejections.finish(self._connection)
            prepared.reasons = rejections.reasons(self._connection)
            try:
                self._refuse_by_counts(delivery, prepared)
            except RefusedFileError as refusal:
                if not accept:
                    raise
                prepared.is_accepted = True
                prepared.refusal = f"accepted: {refusal.reason}"
        except RefusedFileError as refusal:
            prepared.refusal = refusal.reason
            rejections.finish(self._connection)
        except (
            duckdb.ConversionException,
            duckdb.InvalidInputException,
            duckdb.OutOfRangeException,
        ) as error:
            prepared.refusal = f"cannot be read: {str(error).splitlines()[0]}"
        return prepared

    def _map_feeds(self, delivery: Delivery, source: Source, prepared: _Prepared) -> None:
        contract, export = delivery.contract, delivery.export
        known = set(export.headers)
        refuse_headless(contract, export, source.headers)
        prepared.headers = source.headers
        prepared.unmapped_columns = [
            header for header in dict.fromkeys(source.headers) if header and header not in known
        ]
        refuse_missing_headers(contract, export, self._feeds, source.headers, source.absent)
        columns = {header: f"c{index}" for index, header in enumerate(source.headers)}
        zones = Zones(contract.timezone, self._business_zone)
        self._filled = list(export.feeds)
        for position, (name, mapping) in enumerate(export.feeds.items()):
            mapped = map_feed(
                contract,
                export,
                mapping,
                self._feeds[name],
                columns=columns,
                width=len(source.headers),
                zones=zones,
            )
            insert.make(self._connection, mapped, self._hash_parameters)
            if self._is_suppressing:
                mapped = suppression_filter.filter_rows(
                    self._connection, mapped, self._hash_parameters
                )
            redact_columns(
                self._connection,
                mapped.table,
                mapped.free_texts,
                mapped.text_hashes,
            )
            prepared.mapped_feeds.append(mapped)
            prepared.delivered[name] = one_count(
                self._connection, f"select count(*) from {mapped.table}"
            )
            if position == 0:
                rejections.add_faults(self._connection, export, self._feeds, source.faults)
                prepared.delivered[name] += len(source.faults)
            rejections.add_rows(self._connection, mapped, source)

    def _refuse_by_counts(self, delivery: Delivery, prepared: _Prepared) -> None:
        # a channel's first file is often all that it ever had, so one file is no usual size
        usual = one_value(
            self._connection,
            """
            select case when count(*) >= $files then median(row_count) end from (
                select sum(delivered_count) as row_count from raw.file_feeds
                join raw.files using (file_id)
                where raw.files.channel_code = $channel and raw.files.export_name = $export
                    and outcome = 'landed'
                group by file_id
            )
            """,
            {
                "channel": delivery.contract.channel,
                "export": delivery.export.name,
                "files": USUAL_FILES_NEEDED,
            },
        )
        refuse_short_file(
            sum(prepared.delivered.values()), None if usual is None else float(str(usual))
        )
        for name, delivered in prepared.delivered.items():
            refuse_many_rejections(
                delivery.contract,
                delivery.export,
                self._feeds[name],
                delivered,
                prepared.reasons.get(name, {}),
            )

    def _write(
        self,
        delivery: Delivery,
        path: Path,
        sha256: str,
        status: registry.DeliveryStatus,
        prepared: _Prepared,
    ) -> LandedFile:
        is_landed = prepared.refusal is None or prepared.is_accepted
        entry = self._entry(
            delivery,
            sha256,
            delivery_seq=status.delivery_seq,
            outcome="landed" if is_landed else "refused",
            reason=prepared.refusal,
            unmapped_columns=prepared.unmapped_columns,
            is_accepted=prepared.is_accepted,
        )
        counts: dict[str, FeedCounts] = {}
        self._connection.begin()
        try:
            registry.delete(self._connection, entry.file_id)
            registry.record(self._connection, entry)
            rejected = rejections.write(self._connection, delivery.contract, entry)
            if is_landed:
                replaced: list[str] = []
                if status.has_rivals:
                    replaced = registry.mark_superseded(self._connection, delivery, self._load_id)
                for mapped in prepared.mapped_feeds:
                    name = mapped.feed.name
                    counts[name] = insert.write(
                        self._connection,
                        entry,
                        mapped,
                        delivered=prepared.delivered[name],
                        rejected=sum(prepared.reasons.get(name, {}).values()),
                        is_superseded=entry.file_id in replaced,
                    )
                if rejected != sum(feed.rejected for feed in counts.values()):
                    raise RowCountMismatchError(f"{delivery.file_name}: rejected rows")
                self._keep(delivery, path, sha256, prepared, entry.file_id)
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        return _landed_file(entry, counts)

    def _keep(
        self, delivery: Delivery, path: Path, sha256: str, prepared: _Prepared, file_id: str
    ) -> None:
        """Keep the original, rewritten where it names somebody who was erased."""
        if not self._is_suppressing or not suppression_filter.record(self._connection, file_id):
            self._originals.keep(path, sha256)
            return
        rewritten = self._work_dir / "rewritten"
        write_rewritten(
            self._connection, delivery.export, prepared.headers, prepared.mapped_feeds, rewritten
        )
        self._originals.keep_rewritten(rewritten, sha256)

    def _repeat(
        self, delivery: Delivery, sha256: str, status: registry.DeliveryStatus
    ) -> LandedFile:
        """Record a file whose bytes have landed already."""
        entry = self._entry(
            delivery,
            sha256,
            delivery_seq=status.delivery_seq,
            outcome="duplicate",
            reason=f"the same bytes as {status.twin}",
            unmapped_columns=[],
            is_accepted=False,
        )
        self._connection.begin()
        try:
            if status.is_same_file:
                registry.touch(self._connection, delivery, entry.file_id)
            else:
                registry.delete(self._connection, entry.file_id)
                registry.record(self._connection, entry)
                registry.mark_superseded(self._connection, delivery, self._load_id)
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        return _landed_file(entry, {})

    def _entry(
        self,
        delivery: Delivery,
        sha256: str,
        *,
        delivery_seq: int,
        outcome: Outcome,
        reason: str | None,
        unmapped_columns: list[str],
        is_accepted: bool,
    ) -> FileEntry:
        now = dt.datetime.now(tz=zoneinfo.ZoneInfo(self._business_zone)).replace(tzinfo=None)
        return FileEntry(
            delivery=delivery,
            sha256=sha256,
            load_id=self._load_id,
            delivery_seq=delivery_seq,
            outcome=outcome,
            reason=reason,
            unmapped_columns=unmapped_columns,
            is_accepted=is_accepted,
            landed_at=now,
        )

    @property
    def _temp_tables(self) -> list[str]:
        ledgers = [
            "landing_faults",
            "landing_scans",
            rejections.REJECTS_TABLE,
            suppression_filter.ERASED_ROWS,
            insert.REPEATS_TABLE,
        ]
        return [SOURCE_TABLE, *ledgers, *(rows_table(self._feeds[name]) for name in self._filled)]

    def _clear_up(self) -> None:
        """Drop the temp tables and files of one landing."""
        for table in self._temp_tables:
            self._connection.execute(f"drop table if exists temp.{table}")
        for name in ("fetched", "decoded", "unified", "rewritten"):
            (self._work_dir / name).unlink(missing_ok=True)


def _landed_file(entry: FileEntry, counts: dict[str, FeedCounts]) -> LandedFile:
    delivery = entry.delivery
    return LandedFile(
        file_id=entry.file_id,
        file_name=delivery.file_name,
        channel_code=delivery.contract.channel,
        export_name=delivery.export.name,
        export_date=delivery.export_date,
        outcome=entry.outcome,
        reason=entry.reason,
        unmapped_columns=entry.unmapped_columns,
        feeds=counts,
    )
