"""A copy of what cannot be made again, consistent and with the way back written beside it.

The key is not in it: a backup that held the key would undo the hashing. Its fingerprint is, so
that the right key can be recognised.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.home.errors import KoubeiError
from orchestration.home.settings import Settings
from orchestration.publication import store
from orchestration.publication.connections import ReadError, open_file
from orchestration.publication.feed_health import has_landing

_RESTORE = """Koubei backup of {stamp}

What is in it: build/warehouse.duckdb (the build), published/ (the publication readers saw),
originals/ (delivered files, encrypted), keyring.json (the data key, sealed under the key) and
suppressions.json (who was erased, as keyed hashes). What is not: the key. Without it the build can
be read, but nothing more can land in it and no original can be opened.

The key's fingerprint: {fingerprint}

To restore into an empty home:
  1. cp -a build published originals *.json "$KOUBEI_HOME"/     (from this folder; where people
     were erased since, keep the home's newer suppressions.json: the next refresh erases them again)
  2. set KOUBEI_HASH_KEY to the key with the fingerprint above
  3. koubei status        (the publication is back)
  4. koubei refresh       (lands what was delivered since)
"""


class BackupError(KoubeiError):
    """No backup was made; the message says why."""


@dataclass(frozen=True)
class Backup:
    """A finished backup."""

    path: Path
    publication_id: str | None
    originals: int
    size_bytes: int
    fingerprint: str | None


def back_up(settings: Settings, destination: Path | None = None) -> Backup:
    """Copy the build, the current publication and the originals to a new folder.

    The caller holds the home, so that nothing writes meanwhile. The folder gets its name last: a
    backup that is there is whole.

    Args:
        settings: The home.
        destination: The folder that gets the backup's folder; the home's `backups` by default.

    Raises:
        BackupError: Nothing was built yet, or there is no room or no permission.
    """
    if not settings.warehouse_path.exists():
        raise BackupError(f"nothing was built yet in {settings.home}: there is nothing to back up")
    folder = (destination or settings.backups_path).expanduser().resolve()
    stamp = f"{datetime.now(ZoneInfo(settings.timezone)):%Y%m%d-%H%M%S}"
    draft, final = folder / f".draft-{stamp}", folder / f"koubei-{stamp}"
    with _translate_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if final.exists():
            raise BackupError(f"{final} is there already: try again in a second")
        for stale in folder.glob(".draft-*"):
            shutil.rmtree(stale)
        fingerprint = _checkpoint(settings.warehouse_path)
        _require_space(settings, folder)
        try:
            backup = _copy(settings, draft, final, stamp, fingerprint)
            store.sync_tree(draft)
            draft.rename(final)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        store.sync_tree(folder)
    return backup


def _checkpoint(warehouse: Path) -> str | None:
    """Fold the log into the file, so that a copy of the file is all of it."""
    with open_file(warehouse) as connection:
        connection.execute("checkpoint")
        rows = (
            connection.execute(
                "select value from raw.settings where name = 'hash_key_fingerprint'"
            ).fetchall()
            if has_landing(connection)
            else []
        )
    if warehouse.with_name(warehouse.name + ".wal").exists():
        raise ReadError(f"{warehouse} is in use: close what reads it and try again")
    return rows[0][0] if rows else None


def _copy(
    settings: Settings, draft: Path, final: Path, stamp: str, fingerprint: str | None
) -> Backup:
    (draft / "build").mkdir(parents=True)
    shutil.copy2(settings.warehouse_path, draft / "build" / settings.warehouse_path.name)
    seen = store.current(settings.published_path)
    (draft / "published").mkdir()
    if seen is not None:
        shutil.copytree(seen.path, draft / "published" / seen.publication_id)
        (draft / "published" / "current").symlink_to(seen.publication_id)
    # without them nobody would match themselves, and people who were erased would come back
    for path in (settings.keyring_path, settings.suppressions_path):
        if path.exists():
            shutil.copy2(path, draft / path.name)
    # an original never changes under its name, so on the same disk a second name is a copy
    if settings.originals_path.is_dir():
        shutil.copytree(settings.originals_path, draft / "originals", copy_function=_link_or_copy)
    else:
        (draft / "originals").mkdir()
    restore = _RESTORE.format(stamp=stamp, fingerprint=fingerprint or "none: nothing landed yet")
    (draft / "RESTORE.txt").write_text(restore, encoding="utf-8")
    files = [path for path in draft.rglob("*") if path.is_file() and not path.is_symlink()]
    originals = sum(1 for path in (draft / "originals").rglob("*") if path.is_file())
    publication_id = seen.publication_id if seen else None
    described = {
        "made_at": stamp,
        "publication_id": publication_id,
        "hash_key_fingerprint": fingerprint,
        "files": {str(path.relative_to(draft)): path.stat().st_size for path in sorted(files)},
    }
    (draft / "backup.json").write_text(
        json.dumps(described, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    size = sum(path.stat().st_size for path in files)
    return Backup(final, publication_id, originals, size, fingerprint)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _require_space(settings: Settings, folder: Path) -> None:
    seen = store.current(settings.published_path)
    needed = settings.warehouse_path.stat().st_size + (seen.size_bytes if seen else 0)
    is_same_disk = folder.stat().st_dev == settings.home.stat().st_dev
    if not is_same_disk and settings.originals_path.is_dir():
        needed += sum(
            path.stat().st_size for path in settings.originals_path.rglob("*") if path.is_file()
        )
    free = shutil.disk_usage(folder).free
    if settings.free_space == "check" and free < needed:
        raise BackupError(
            f"{folder}: {free // 2**20:,} MB free, {needed // 2**20 + 1:,} MB needed; "
            "nothing was copied: name another folder (koubei backup DEST)"
        )


@contextmanager
def _translate_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = {
            errno.ENOSPC: "the disk is full",
            errno.EACCES: "no permission to write",
            errno.EROFS: "the disk is read-only",
        }.get(error.errno or 0, str(error))
        raise BackupError(f"{folder}: {why}; no backup was made") from error
