"""The list of who was erased, as a file of the home: it outlives every build of the warehouse.

It holds keyed hashes and the requests. `raw.suppressions` and `raw.erasures` are copies
for SQL, so that a warehouse that is built anew, or restored, filters the same people.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import duckdb

from ingestion.privacy.private_files import replace_text


class SuppressionListError(Exception):
    """The list cannot be read: nothing may land until it can."""


@dataclass(frozen=True)
class Request:
    """One request to be erased. `is_done` once nothing of the person is left anywhere."""

    request_ref: str
    requested_on: dt.date
    source_code: str  # feed or command
    nodes: tuple[str, ...] = ()
    is_done: bool = False


@dataclass
class SuppressionList:
    """All requests that were ever acted on, in order."""

    path: Path
    requests: list[Request] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> SuppressionList:
        """Read the list; a home without one has erased nobody.

        Raises:
            SuppressionListError: it is damaged.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            requests = [
                Request(
                    request_ref=each["request_ref"],
                    requested_on=dt.date.fromisoformat(each["requested_on"]),
                    source_code=each["source_code"],
                    nodes=tuple(each["nodes"]),
                    is_done=each["is_done"],
                )
                for each in content["requests"]
            ]
        except FileNotFoundError:
            return cls(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SuppressionListError(
                f"{path} cannot be read ({type(error).__name__}): restore it from a backup; "
                "without it people who were erased would come back"
            ) from error
        return cls(path, requests)

    @property
    def nodes(self) -> set[str]:
        """Nodes of every erased person, over all requests."""
        return {node for request in self.requests for node in request.nodes}

    @property
    def pending(self) -> list[Request]:
        """Requests that were begun and not ended."""
        return [request for request in self.requests if not request.is_done]

    def put(self, request: Request) -> None:
        """Add a request, or what has become of it, and write the list in one step."""
        known = {each.request_ref: each for each in self.requests}
        known[request.request_ref] = request
        self.requests = list(known.values())
        self._write()

    def merge(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Add the nodes that landing found to belong to the erased; whether there were any."""
        found: dict[str, set[str]] = {}
        for node, request_ref in connection.execute(
            "select node, request_ref from raw.suppressions"
        ).fetchall():
            if node not in self.nodes:
                found.setdefault(request_ref, set()).add(node)
        for request in list(self.requests):
            if new := found.get(request.request_ref):
                nodes = tuple(sorted({*request.nodes, *new}))
                self.put(replace(request, nodes=nodes, is_done=False))
        return bool(found)

    def copy_to(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Replace `raw.suppressions` and `raw.erasures` by the list."""
        named = [[node, request.request_ref] for request in self.requests for node in request.nodes]
        connection.execute("begin")
        connection.execute("delete from raw.suppressions")
        connection.execute("delete from raw.erasures")
        _insert(connection, "raw.suppressions", named)
        _insert(
            connection,
            "raw.erasures",
            [[each.request_ref, each.requested_on, each.source_code] for each in self.requests],
        )
        connection.execute("commit")

    def _write(self) -> None:
        content = {"version": 1, "requests": [asdict(each) for each in self.requests]}
        text = json.dumps(content, ensure_ascii=False, indent=1, default=str)
        replace_text(self.path, text)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]
) -> None:
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(f"insert into {table} values ({marks})", rows)
