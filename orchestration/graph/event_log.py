"""Dagster's event log in SQLite, written as fast as a refresh of a minute needs it.

A refresh of sixty days over some forty exports leaves 2,400 materialisations, and as many
announcements. Dagster's own SQLite storage opens a connection and commits twice for each of them:
about a minute on two cores, where this takes three seconds. What is stored is the same; the home's
`dagster.yaml` names this class.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import sqlalchemy
from dagster import EventLogEntry
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData

# the index, the run that is written, and some that the UI shows; each run is a file of its own
_MOST_FILES_OPEN = 8


class BatchingSqliteEventLogStorage(SqliteEventLogStorage):
    """SQLite-backed event log storage that keeps connections and writes batches as one."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, sqlalchemy.Engine] = OrderedDict()
        self._batch = threading.local()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> BatchingSqliteEventLogStorage:
        """What Dagster calls with the section of `dagster.yaml`."""
        return cls(inst_data=inst_data, **config_value)

    @property
    def supports_partition_subset_in_asset_materialization_planned_events(self) -> bool:
        """One announcement for all days of an asset."""
        return True

    def has_table(self, table_name: str) -> bool:
        """Whether the index holds a table. Asked for every event; no table ever goes away."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store the events of one run in one transaction a file."""
        if len({event.run_id for event in events}) != 1:
            for event in events:
                self.store_event(event)
            return
        with self._one_transaction(events[0].run_id, INDEX_SHARD_NAME):
            if _are_of_one_asset(events):
                self._store_days(events)
            else:
                for event in events:
                    self.store_event(event)

    def _store_days(self, events: Sequence[EventLogEntry]) -> None:
        """The same as `store_event` for each, by set: the days of one asset."""
        rows = [self._event_to_row(event) for event in events]
        insert = SqlEventLogStorageTable.insert()
        with self.run_connection(events[0].run_id) as connection:
            connection.execute(insert, rows)
        with self.index_transaction() as connection:
            connection.execute(insert, rows)
            # one writer at a time, so that the rows of this transaction have the highest ids
            last: int = connection.execute(
                sqlalchemy.select(sqlalchemy.func.max(SqlEventLogStorageTable.c.id))
            ).scalar_one()
            ids = list(range(last - len(events) + 1, last + 1))
            self._store_asset_event_tags(connection, events, ids)
            self._store_asset_event(connection, events[-1], last)

    @contextmanager
    def _one_transaction(self, *shards: str) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(self._db_lock)
            self._batch.open = {shard: stack.enter_context(self._begun(shard)) for shard in shards}
            try:
                yield
            finally:
                self._batch.open = {}

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        begun = getattr(self._batch, "open", {}).get(shard)
        if begun is not None:
            yield begun
            return
        with self._db_lock, self._begun(shard) as connection:
            yield connection

    @contextmanager
    def _begun(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        engine = self._engine(shard)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        with engine.connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        """An engine that is kept: the parent makes one, and a connection, for each statement."""
        if shard not in self._engines:
            engine = sqlalchemy.create_engine(
                self.conn_string_for_shard(shard),
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
            )
            sqlalchemy.event.listen(engine, "connect", _write_without_waiting)
            self._engines[shard] = engine
            while len(self._engines) > _MOST_FILES_OPEN:
                oldest = next(name for name in self._engines if name != INDEX_SHARD_NAME)
                self._engines.pop(oldest).dispose()
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def dispose(self) -> None:
        """Close what is open."""
        super().dispose()
        while self._engines:
            self._engines.popitem()[1].dispose()


def _write_without_waiting(connection: sqlite3.Connection, _record: object) -> None:
    # a power cut may lose the last events of the log, never its form; numbers do not depend on it
    connection.execute("pragma synchronous = normal")


def _are_of_one_asset(events: Sequence[EventLogEntry]) -> bool:
    keys = {event.dagster_event.asset_key if event.dagster_event else None for event in events}
    return (
        len(keys) == 1
        and None not in keys
        and all(event.dagster_event_type in ASSET_EVENTS for event in events)
    )
