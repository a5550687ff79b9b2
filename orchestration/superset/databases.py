"""The two stores that dashboards can stand on, as Superset connects to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from orchestration.postgres.connection import PostgresError, dsn_parts
from orchestration.superset.board_specs import BoardError
from orchestration.superset.names import stable_id

MASK: Final = "XXXXXXXXXX"
"""What Superset's own exports have for a password; it asks for the real one on import."""

_LABELS: Final = {"duckdb": "口碑 Koubei", "postgres": "口碑 Koubei (PostgreSQL)"}


def duckdb_uri(database: Path) -> str:
    """A URI that opens the current publication, and can change nothing.

    The path goes through the pointer `current`: DuckDB follows it anew for each connection, and
    Superset opens one for each query, so that a new publication is seen by the next query.

    Raises:
        BoardError: The path cannot be written as a URI.
    """
    if "?" in str(database):
        raise BoardError(f"{database}: a path with a ? in it cannot stand in a URI; move the home")
    # SQLAlchemy takes the path as it stands, without decoding it
    return f"duckdb:///{database}?access_mode=read_only"


def postgres_uri(dsn: str) -> str:
    """A URI of the server, with the password masked where the DSN has one.

    Args:
        dsn: A URL or libpq's `key=value` words.

    Raises:
        BoardError: The DSN cannot be read; the message does not repeat it.
    """
    try:
        said: dict[str, Any] = dsn_parts(dsn)
    except PostgresError:
        raise BoardError(
            "KOUBEI_POSTGRES_DSN cannot be read: write it like postgresql://user@host:5432/database"
        ) from None
    password = f":{MASK}" if said.pop("password", None) else ""
    user = quote(str(said.pop("user", "")), safe="")
    host, port = str(said.pop("host", "")), said.pop("port", None)
    name = str(said.pop("dbname", ""))
    is_socket = host.startswith("/")
    # a socket is a folder, which cannot stand where a URI has its host
    query = {"host": host} if is_socket else {}
    if port and (is_socket or not host):
        query["port"] = str(port)
    query |= {key: str(said[key]) for key in ("sslmode", "sslrootcert") if said.get(key)}
    at = ""
    if host and not is_socket:
        at = quote(host, safe="[]:") + (f":{port}" if port else "")
    who = f"{user}{password}@" if user or password else ""
    return f"postgresql+psycopg2://{who}{at}/{name}" + (f"?{urlencode(query)}" if query else "")


def database_file(target: str, uri: str) -> dict[str, Any]:
    """The database as Superset's export has it; nobody can write through it."""
    return {
        "database_name": _LABELS[target],
        "sqlalchemy_uri": uri,
        # each answer is of the publication that stands now: a cache would mix two of them
        "cache_timeout": -1,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": stable_id(target, "database", "koubei"),
        "version": "1.0.0",
    }
