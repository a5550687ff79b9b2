"""Originals without the people who were erased: which files name them, and their rewriting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.contracts.feeds import Feed
from ingestion.contracts.models import Contract, Export
from ingestion.contracts.parsers import Zones, create_macros
from ingestion.erasure import suppression_filter
from ingestion.erasure.rewritten_file import write_rewritten
from ingestion.erasure.suppression_filter import ERASED_ROWS
from ingestion.files.originals import OriginalError, Originals
from ingestion.files.readers import SOURCE_TABLE, Source, read_source
from ingestion.files.refusals import RefusedFileError
from ingestion.privacy.pseudonyms import hash_parameters
from ingestion.raw.queries import one_count
from ingestion.rows import insert
from ingestion.rows.mapping import MappedFeed, map_feed


@dataclass
class RewriteResult:
    """How many originals were rewritten, and how many had to go as a whole."""

    rewritten: int = 0
    dropped: int = 0


def affected_files(
    connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed]
) -> list[tuple[str, str, str]]:
    """(sha256, channel, export) of the files that name somebody who is suppressed.

    Files with rejected rows may name them where `raw` does not, so these are searched, too.
    """
    named = " union ".join(
        f'select file_id from raw."{feed.name}" semi join raw.suppressions on "{column}" = node'
        for feed in feeds.values()
        for column in feed.identifiers
    )
    return connection.execute(
        f"select distinct sha256, channel_code, export_name from raw.files "
        f"where outcome = 'landed' and file_id in "
        f"(({named}) union select file_id from raw.rejected_rows) order by all"
    ).fetchall()


def rewrite_originals(
    connection: duckdb.DuckDBPyConnection,
    originals: Originals,
    *,
    contracts: Mapping[str, Contract],
    feeds: Mapping[str, Feed],
    hash_key: bytes,
    business_zone: str,
    work_dir: Path,
) -> RewriteResult:
    """Rewrite every original that names somebody suppressed.

    One that cannot be read any more, because its contract has changed or gone, is dropped: it
    cannot be searched. Doing it again changes nothing.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    create_macros(connection)
    done = RewriteResult()
    for sha256, channel, export_name in affected_files(connection, feeds):
        if not originals.path_of(sha256).is_file():
            continue
        contract = contracts.get(channel)
        export = next(
            (each for each in contract.exports if each.name == export_name)
            if contract
            else iter(()),
            None,
        )
        restored, rewritten = work_dir / "restored", work_dir / "rewritten"
        try:
            if contract is None or export is None:
                raise RefusedFileError("its contract has gone")
            originals.restore(sha256, restored)
            rewriter = _Rewriter(
                connection,
                contract,
                export,
                feeds=feeds,
                hash_key=hash_key,
                business_zone=business_zone,
            )
            if rewriter.rewrite(restored, work_dir, rewritten):
                originals.keep_rewritten(rewritten, sha256)
                done.rewritten += 1
                _scrub_rejections(connection, sha256)
        except (RefusedFileError, OriginalError, duckdb.InvalidInputException):
            originals.path_of(sha256).unlink(missing_ok=True)
            done.dropped += 1
        finally:
            for path in (restored, rewritten, work_dir / "decoded", work_dir / "unified"):
                path.unlink(missing_ok=True)
    return done


class _Rewriter:
    """Rewrites one original."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: Contract,
        export: Export,
        *,
        feeds: Mapping[str, Feed],
        hash_key: bytes,
        business_zone: str,
    ) -> None:
        self._connection = connection
        self._contract = contract
        self._export = export
        self._feeds = feeds
        self._parameters = hash_parameters(hash_key)
        self._zones = Zones(contract.timezone, business_zone)

    def rewrite(self, path: Path, work_dir: Path, to: Path) -> bool:
        """Write `path` without the suppressed to `to`; whether it names any of them."""
        source = read_source(
            self._connection, path, self._export, work_dir, self._contract.path.name
        )
        suppression_filter.begin(self._connection)
        mapped_feeds = list(self._mapped_feeds(source))
        is_named = (
            one_count(
                self._connection,
                f"select count(*) from {ERASED_ROWS} where request_ref is not null",
            )
            > 0
        )
        if is_named:
            write_rewritten(self._connection, self._export, source.headers, mapped_feeds, to)
        for table in (SOURCE_TABLE, *(each.table for each in mapped_feeds)):
            self._connection.execute(f"drop table if exists temp.{table}")
        return is_named

    def _mapped_feeds(self, source: Source) -> list[MappedFeed]:
        columns = {header: f"c{index}" for index, header in enumerate(source.headers)}
        made = []
        for name, mapping in self._export.feeds.items():
            mapped = map_feed(
                self._contract,
                self._export,
                mapping,
                self._feeds[name],
                columns=columns,
                width=len(source.headers),
                zones=self._zones,
            )
            insert.make(self._connection, mapped, self._parameters)
            suppression_filter.filter_rows(self._connection, mapped, self._parameters)
            made.append(mapped)
        return made


def _scrub_rejections(connection: duckdb.DuckDBPyConnection, sha256: str) -> None:
    """Null the values of rejected rows that name an erased person."""
    connection.execute(
        "update raw.rejected_rows set value_text = null "
        "where file_id in (select file_id from raw.files where sha256 = $sha256) and "
        f"row_number in (select row_id + 1 from {ERASED_ROWS})",
        {"sha256": sha256},
    )
