"""Dagster's event log in SQLite, with its connections kept.

A refresh stores some 3,300 events: a materialisation for each table, an evaluation for each dbt
test, and an announcement of both. Dagster's own storage opens a connection, and waits for the disk
at its end, about six times an event: 104 s of CPU for a refresh of the demo that takes 75 s with
one connection a file. Only how a connection comes about is different here; what is stored, and in
which files, is Dagster's matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData

# the index, the run that is written, and some that the UI shows; each run is a file of its own
_MOST_FILES_OPEN = 8


class KeptConnectionsEventLogStorage(SqliteEventLogStorage):
    """SQLite-backed event log storage that opens each file once."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, sqlalchemy.Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> KeptConnectionsEventLogStorage:
        """What Dagster calls with the section of `dagster.yaml`."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock:
            engine = self._engines.get(shard) or self._open(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _open(self, shard: str) -> sqlalchemy.Engine:
        if len(self._engines) >= _MOST_FILES_OPEN:
            self._close()
        engine = sqlalchemy.create_engine(
            self.conn_string_for_shard(shard),
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
        )
        # a power cut may lose the last events, never the file's form; no number depends on them
        sqlalchemy.event.listen(
            engine, "connect", lambda opened, _: opened.execute("pragma synchronous = normal")
        )
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        self._engines[shard] = engine
        return engine

    def _close(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()

    def dispose(self) -> None:
        """Close what is open."""
        super().dispose()
        self._close()
