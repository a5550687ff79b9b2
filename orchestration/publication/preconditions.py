"""What a publication needs, checked before the first write; failures in one line."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.home.errors import KoubeiError, one_line
from orchestration.home.settings import Settings
from orchestration.publication.exposures import ExposedModel
from orchestration.publication.store import Published

# what the first publication is thought to take for a value, in both of its forms together
_BYTES_A_VALUE = 16
_SPARE_BYTES = 16 * 1024 * 1024
# what a person can put right; DuckDB's other errors are ours, and keep their traceback
DISK_AND_MEMORY = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.FatalException,
    duckdb.PermissionException,
)


class PublishError(KoubeiError):
    """Nothing was published; readers still see what they saw before."""


def require_built(connection: duckdb.DuckDBPyConnection, models: Sequence[ExposedModel]) -> None:
    """Refuse to publish a set with a hole in it.

    Raises:
        PublishError: An exposed model is not in the build file.
    """
    built = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_catalog = current_database()"
    ).fetchall()
    missing = [model.qualified for model in models if (model.qualified,) not in built]
    if missing:
        raise PublishError(
            f"not built, so nothing was published: {', '.join(missing)}; "
            "run koubei refresh, and look at dbt's log if it happens again"
        )


def require_space(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[ExposedModel],
    seen: Published | None,
) -> None:
    """Ask for room before the first write: what the last one took and a fifth, or an estimate.

    Raises:
        PublishError: The disk has less.
    """
    if settings.free_space == "ignore":
        return
    if seen is not None:
        needed = seen.size_bytes * 6 // 5 + _SPARE_BYTES
    else:
        row = connection.execute(
            "select coalesce(sum(estimated_size * column_count), 0) from duckdb_tables() "
            "where database_name = current_database() and list_contains(?, "
            "schema_name || '.' || table_name)",
            [[model.qualified for model in models]],
        ).fetchone()
        needed = int(row[0] if row else 0) * _BYTES_A_VALUE + _SPARE_BYTES
    free = shutil.disk_usage(settings.published_path).free
    if free < needed:
        raise PublishError(
            f"{settings.published_path}: {_mb(free)} free, about {_mb(needed)} needed for a new "
            "publication; nothing was published: make room (koubei prune) and run koubei refresh"
        )


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:,.0f} MB"


@contextmanager
def translate_errors(folder: Path) -> Iterator[None]:
    """Conditions that a person can put right, as one line instead of a traceback."""
    try:
        yield
    except OSError as error:
        raise PublishError(_reason(folder, error)) from error
    except DISK_AND_MEMORY as error:
        raise PublishError(_reason(folder, error)) from error


def _reason(folder: Path, error: Exception) -> str:
    said = one_line(error)
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT) or "no space left" in said.lower():
        return (
            f"{folder}: the disk is full; nothing was published and readers see what they saw: "
            "make room (koubei prune) and run koubei refresh"
        )
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"{folder}: no permission to write ({error}); nothing was published: "
            "give this user the folder and run koubei refresh"
        )
    return f"{folder}: nothing was published: {said}"
