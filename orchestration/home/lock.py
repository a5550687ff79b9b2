"""Preconditions of a refresh: a home of its own, folders that can be written, free space."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from orchestration.home.errors import KoubeiError
from orchestration.home.settings import Settings

if TYPE_CHECKING:
    from ingestion.files.deliveries import Delivery

# What a delivered byte takes until it is published: the decoded copy, its raw rows, what dbt builds
# of them, and both forms of the publication. Measured on the demo exports, rounded up.
_BYTES_PER_DELIVERED_BYTE = 6
_TIMES_COMPRESSED = 8
_SPARE_BYTES = 200 * 1024 * 1024


class PreflightError(KoubeiError):
    """The environment does not allow a refresh; nothing was written."""


@contextlib.contextmanager
def holding(settings: Settings) -> Iterator[None]:
    """Hold the home for one refresh.

    Raises:
        PreflightError: Another refresh holds it; the message says which.
    """
    require_writable(settings)
    lock = FileLock(settings.lock_path, timeout=0)
    holder = settings.build_path / "refresh.holder"
    try:
        lock.acquire()
    except Timeout:
        raise PreflightError(
            f"another refresh of {settings.home} is running{_describe_holder(holder)}: "
            "wait until it is done, or stop it, and try again"
        ) from None
    try:
        holder.write_text(
            json.dumps({"pid": os.getpid(), "since": f"{datetime.now():%Y-%m-%d %H:%M:%S}"}),
            encoding="utf-8",
        )
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def require_writable(settings: Settings) -> None:
    """Make the home's folders.

    Raises:
        PreflightError: The home, or a folder in it, cannot be written.
    """
    folders = (settings.build_path, settings.logs_path, settings.dbt_path, settings.dagster_path)
    folder: Path = settings.home
    try:
        for folder in (settings.home, *folders, settings.published_path, settings.originals_path):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
    except OSError as error:
        raise PreflightError(
            f"KOUBEI_HOME: {folder} cannot be written ({error.strerror}): "
            "make room or give this user the folder, or name another in KOUBEI_HOME"
        ) from None


def clean_work(settings: Settings) -> None:
    """Remove what a killed refresh left in the work folder, and dbt's older run folders."""
    shutil.rmtree(settings.work_path, ignore_errors=True)
    settings.work_path.mkdir(parents=True, exist_ok=True)
    keep_newest(settings.dbt_path / "runs", "*", 5)
    keep_newest(settings.logs_path, "refresh-*.log", 30)


def keep_newest(folder: Path, pattern: str, count: int) -> None:
    """Remove all but the newest entries of a folder that match."""
    if not folder.is_dir():
        return
    by_age = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    for path in by_age[:-count]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def bytes_needed(warehouse: Path, pending: Sequence[Delivery]) -> int:
    """About how much a refresh of these deliveries will write."""
    delivered = sum(
        delivery.size_bytes * (_TIMES_COMPRESSED if is_compressed(delivery.file_name) else 1)
        for delivery in pending
    )
    built = warehouse.stat().st_size if warehouse.exists() else 0
    return delivered * _BYTES_PER_DELIVERED_BYTE + built + _SPARE_BYTES


def is_compressed(file_name: str) -> bool:
    """Whether the file's bytes are fewer than its text's."""
    return file_name.lower().endswith((".gz", ".xlsx", ".parquet", ".zip", ".zst"))


def require_space(settings: Settings, pending: Sequence[Delivery]) -> None:
    """Check free space before the first write.

    Raises:
        PreflightError: There is less than the estimate.
    """
    if settings.free_space == "ignore":
        return
    needed = bytes_needed(settings.warehouse_path, pending)
    free = shutil.disk_usage(settings.home).free
    if free < needed:
        raise PreflightError(
            f"{settings.home}: {_mb(free)} free, and this refresh may need {_mb(needed)}: make "
            "room (koubei prune removes old publications), land fewer days at once (--date), or "
            "set KOUBEI_FREE_SPACE=ignore to try anyway"
        )


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:,.0f} MB"


def _describe_holder(holder: Path) -> str:
    try:
        held = json.loads(holder.read_text(encoding="utf-8"))
        return f" (process {held['pid']}, since {held['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
