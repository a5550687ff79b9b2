"""The connection to PostgreSQL: from the secret DSN, the only publisher, errors in one line.

No message that leaves this module holds the DSN or its password.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import conninfo, errors

from orchestration.home.errors import KoubeiError
from orchestration.home.settings import PREFIX, Settings

Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_SECONDS = 10
# a backend whose client was killed notices at its next read, or when its statement is done
WAIT_FOR_ANOTHER_SECONDS = 15
_HELD_BY_KOUBEI = 0x6B6F75626569  # "koubei"
_NAME = f"{PREFIX}POSTGRES_DSN"


class PostgresError(KoubeiError):
    """PostgreSQL could not be brought up to date; readers there see what they saw before."""

    exit_code = 3


@contextmanager
def connected(
    settings: Settings, *, seconds: int = CONNECT_SECONDS, is_publishing: bool = True
) -> Iterator[Connection]:
    """A connection in autocommit; one that publishes is the only one in its database.

    Args:
        settings: Gives the DSN.
        seconds: How long to wait for the server, unless the DSN says.
        is_publishing: Hold the advisory lock of publishers.

    Raises:
        PostgresError: Not reachable, not permitted, another publisher is at work, or any error of
            the server while it is used.
    """
    assert settings.postgres_dsn is not None
    dsn = settings.postgres_dsn.get_secret_value().strip()
    given = dsn_parts(dsn)
    try:
        with psycopg.connect(
            dsn,
            autocommit=True,
            # also through a pooler, a statement must not rely on one prepared by another session
            prepare_threshold=None,
            connect_timeout=int(given.get("connect_timeout") or seconds),
            application_name=str(given.get("application_name") or "koubei"),
        ) as connection:
            # the server writes names and views in full only where no schema is in the path
            connection.execute("set search_path = ''")
            connection.execute("set datestyle = 'ISO'; set timezone = 'UTC'; set jit = off")
            # the home is the truth: what a crash of the server takes, the next run brings again
            connection.execute("set synchronous_commit = off")
            if is_publishing:
                _hold(connection)
            yield connection
    except psycopg.Error as error:
        raise PostgresError(_format_error(error, dsn, given)) from None


def dsn_parts(dsn: str) -> dict[str, Any]:
    """The parts of a connection string, by libpq's names.

    Raises:
        PostgresError: It cannot be read; the message does not repeat it.
    """
    try:
        return conninfo.conninfo_to_dict(dsn)
    except psycopg.Error:
        # libpq quotes what it could not read, and that may be the password
        raise PostgresError(
            f"{_NAME} cannot be read: write it as postgresql://user:password@host:5432/database "
            "(signs such as @ or / in the password as %40, %2F)"
        ) from None


def _hold(connection: Connection) -> None:
    ((encoding,),) = connection.execute("show server_encoding").fetchall()
    if encoding != "UTF8":
        raise PostgresError(
            f"the database keeps text as {encoding}, and Chinese needs UTF8: "
            "create database ... encoding 'UTF8' template template0"
        )
    until = time.monotonic() + WAIT_FOR_ANOTHER_SECONDS
    while True:
        ((is_ours,),) = connection.execute(
            "select pg_try_advisory_lock(%s)", [_HELD_BY_KOUBEI]
        ).fetchall()
        if is_ours:
            return
        if time.monotonic() > until:
            raise PostgresError("another koubei publishes to this database: try again later")
        time.sleep(0.2)


def _format_error(error: psycopg.Error, dsn: str, given: dict[str, Any]) -> str:
    """The server's message in one line, with what to do where that is known."""
    primary = error.diag.message_primary or str(error)
    said = scrubbed(" ".join(primary.split()), dsn, given.get("password"))
    if isinstance(error, errors.InsufficientPrivilege):
        return (
            f"PostgreSQL: {said}: the user needs CREATE on the database and must own (or be a "
            "member of the owner of) the published schemas"
        )
    if isinstance(error, errors.DiskFull):
        return f"PostgreSQL: the server's disk is full: {said}"
    return f"PostgreSQL: {said}"


def scrubbed(said: str, dsn: str, password: object = None) -> str:
    """A message without the DSN and its password."""
    for secret in (dsn, str(password or "")):
        if secret:
            said = said.replace(secret, "***")
    return said


@contextmanager
def transaction(connection: Connection, **limits: int) -> Iterator[None]:
    """One transaction; `limits` are settings in milliseconds, such as `lock_timeout`."""
    with connection.transaction():
        for name, milliseconds in limits.items():
            connection.execute(
                "select pg_catalog.set_config(%s, %s, true)", [name, str(milliseconds)]
            )
        yield


@contextmanager
def unless_gone() -> Iterator[None]:
    """For tidying up after a failure: why it failed matters more than that tidying failed too."""
    with suppress(psycopg.Error):
        yield
