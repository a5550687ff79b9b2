"""Opening the two databases for reading: the published set, and the file that is being built.

A reader of the published set follows the pointer once and then sees one publication, whatever is
published meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from orchestration.home.errors import KoubeiError, one_line
from orchestration.home.settings import Settings
from orchestration.publication import store


class ReadError(KoubeiError):
    """There is nothing to read yet, or it cannot be read now; the message says what to do."""


class BusyError(ReadError):
    """A refresh holds the build file."""


@contextmanager
def open_published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published database as readers see it now: read-only, and with no way to other files.

    Raises:
        ReadError: Nothing was ever published.
    """
    published = store.current(settings.published_path)
    if published is None:
        raise ReadError(
            f"nothing is published in {settings.published_path} yet: run koubei refresh "
            "(or koubei demo for invented data)"
        )
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "lock_configuration": "true",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    try:
        connection = duckdb.connect(str(published.database), read_only=True, config=config)
    except duckdb.Error as error:
        raise ReadError(f"{published.database}: {one_line(error)}") from None
    with connection:
        yield connection


@contextmanager
def open_build(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build file, read-only; for looking at what was just built, never for readers.

    Raises:
        ReadError: Nothing was built yet.
        BusyError: A refresh in another process is writing to it.
    """
    path = settings.warehouse_path
    if not path.exists():
        raise ReadError(f"nothing was built yet in {path}: run koubei refresh")
    with open_file(path, read_only=True) as connection:
        yield connection


@contextmanager
def open_file(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file, with a clear line where another process holds it.

    Raises:
        BusyError: Another process is writing to it.
        ReadError: It cannot be opened.
    """
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            raise BusyError(
                f"{path} is in use by another process (a refresh?): try again when it is done"
            ) from None
        raise ReadError(f"{path}: {one_line(error)}") from None
    with connection:
        yield connection


@contextmanager
def home_held(settings: Settings) -> Iterator[None]:
    """Hold the home against a refresh, for a command that changes what is published or kept.

    It writes nothing but the empty lock file, so that a full disk cannot stop `koubei prune`.

    Raises:
        BusyError: A refresh, or another such command, holds it.
    """
    try:
        settings.lock_path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(settings.lock_path, timeout=0)
        lock.acquire()
    except Timeout:
        raise BusyError(
            f"a refresh of {settings.home} is running: try again when it is done "
            "(koubei status shows the last verdict)"
        ) from None
    except OSError as error:
        raise ReadError(f"{settings.lock_path}: {error.strerror or error}") from None
    try:
        yield
    finally:
        lock.release()
