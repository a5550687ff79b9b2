"""The folder of publications: what is in it, which one readers see, and how it changes safely.

Every change that a reader could notice is one rename. The order on disk is: draft complete and
fsynced, a note of which publication is about to appear, rename, pointer, note gone. A kill between
any two of these is put right by `recover_publications`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from orchestration.home.errors import KoubeiError

DATABASE = "koubei.duckdb"
MANIFEST = "manifest.json"
_POINTER = "current"
_PENDING = ".pending"
_LEFTOVERS = (".draft-*", ".gone-*", ".current-*")


class PublicationError(KoubeiError):
    """A publication that was asked for is not there, or the folder cannot be changed."""


@dataclass(frozen=True)
class Publication:
    """What readers see after a run; `is_new` is false when nothing had changed.

    Attributes:
        tables: Rows of each published table, by its name.
    """

    publication_id: str
    as_of: date
    tables: dict[str, int]
    is_new: bool
    path: Path


@dataclass(frozen=True)
class Published:
    """One publication on disk, and what its manifest says of it."""

    path: Path
    manifest: dict[str, Any]

    @property
    def publication_id(self) -> str:
        """`<as_of>-<nnn>`, also the name of its folder."""
        return str(self.manifest["publication_id"])

    @property
    def as_of(self) -> date:
        """The last day that its data run through."""
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def published_at(self) -> datetime:
        """When it was written, in the business zone."""
        return datetime.fromisoformat(self.manifest["published_at"])

    @property
    def database(self) -> Path:
        """The DuckDB file that readers open."""
        return self.path / DATABASE

    @property
    def tables(self) -> dict[str, dict[str, Any]]:
        """`schema.table` to its `rows`, `content_hash` and `key`."""
        tables: dict[str, dict[str, Any]] = self.manifest["tables"]
        return tables

    @property
    def size_bytes(self) -> int:
        """What it takes on disk."""
        return sum(path.stat().st_size for path in self.path.rglob("*") if path.is_file())


def kept(folder: Path) -> list[Published]:
    """All publications in the folder, oldest first; what has no readable manifest is not one."""
    if not folder.is_dir():
        return []
    found = [
        published
        for path in folder.iterdir()
        if not path.name.startswith(".") and not path.is_symlink()
        if (published := _read(path)) is not None
    ]
    return sorted(found, key=lambda each: (each.manifest["published_at"], each.publication_id))


def current(folder: Path) -> Published | None:
    """The publication that readers see, or None when nothing was ever published.

    The pointer is followed once: what is read through the answer stays one publication, also when
    the pointer moves meanwhile.
    """
    try:
        name = os.readlink(folder / _POINTER)
    except OSError:
        return None
    return _read(folder / name)


def find(folder: Path, publication_id: str) -> Published:
    """The publication of that id.

    Raises:
        PublicationError: It is not kept; the message names those that are.
    """
    publications = kept(folder)
    for published in publications:
        if published.publication_id == publication_id:
            return published
    names = ", ".join(each.publication_id for each in publications) or "none"
    raise PublicationError(f"no publication {publication_id!r} is kept; kept: {names}")


def put_in_place(draft: Path, folder: Path, publication_id: str) -> Path:
    """Turn a complete draft into the publication that readers see.

    Everything is fsynced before it gets its name, so that a power cut cannot leave a publication
    with holes behind a pointer that survived.
    """
    sync_tree(draft)
    final = folder / publication_id
    pending = folder / _PENDING
    pending.write_text(publication_id, encoding="utf-8")
    _sync(pending)
    _sync(folder)
    draft.rename(final)
    _sync(folder)
    point(folder, publication_id)
    _forget_pending(folder)
    return final


def point(folder: Path, publication_id: str) -> None:
    """Move the pointer in one step: a reader finds the old publication or the new one."""
    fresh = folder / f".current-{publication_id}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(publication_id)
    fresh.replace(folder / _POINTER)
    _sync(folder)


def recover_publications(folder: Path) -> list[str]:
    """Put the folder right after a kill; returns what was removed.

    Drafts and half-removed publications go. A publication that got its name but was killed before
    the pointer moved was never seen: it goes too, and the next run writes it again.
    """
    if not folder.is_dir():
        return []
    removed = []
    pending = folder / _PENDING
    if pending.exists():
        publication_id = pending.read_text(encoding="utf-8").strip()
        unseen = folder / publication_id
        seen = current(folder)
        # where the pointer had moved, the publication is complete and only the note was left
        if publication_id and unseen.is_dir() and (seen is None or seen.path != unseen):
            remove(folder, publication_id)
            removed.append(publication_id)
        _forget_pending(folder)
    for aside in folder.glob(".aside-*"):
        # the swap of a rewritten publication was cut short; what was old is whole
        standing = folder / aside.name.removeprefix(".aside-")
        if not standing.exists():
            aside.rename(standing)
        else:
            _delete(aside)
    for pattern in _LEFTOVERS:
        for leftover in folder.glob(pattern):
            _delete(leftover)
            removed.append(leftover.name)
    return removed


def remove(folder: Path, publication_id: str) -> None:
    """Remove a publication; it loses its name first, so that no half of it is ever listed."""
    gone = folder / f".gone-{publication_id}"
    _delete(gone)
    (folder / publication_id).rename(gone)
    _sync(folder)
    _delete(gone)


def prune(folder: Path, keep: int) -> list[str]:
    """Remove all but the newest `keep` publications, never the one that readers see."""
    seen = current(folder)
    surplus = kept(folder)[: -max(keep, 1)]
    names = [
        each.publication_id
        for each in surplus
        if seen is None or each.publication_id != seen.publication_id
    ]
    for name in names:
        remove(folder, name)
    return names


def next_id(folder: Path, as_of: date, given: set[str]) -> str:
    """`<as_of>-<nnn>`, one higher than any given out for that day, also if pruned since."""
    names = given | {path.name for path in _folders(folder)}
    start = f"{as_of.isoformat()}-"
    endings = [name.removeprefix(start) for name in names if name.startswith(start)]
    numbers = [int(ending) for ending in endings if ending.isdecimal()]
    return f"{start}{max(numbers, default=0) + 1:03d}"


def sync_tree(root: Path) -> None:
    """Flush every file and folder under `root` to the disk, the inner ones first."""
    for folder, _, files in os.walk(root, topdown=False):
        for name in files:
            _sync(Path(folder, name))
        _sync(Path(folder))


def _folders(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else iter(())


def _read(path: Path) -> Published | None:
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_whole = isinstance(manifest, dict) and manifest.get("publication_id") == path.name
    return Published(path, manifest) if is_whole else None


def _forget_pending(folder: Path) -> None:
    (folder / _PENDING).unlink(missing_ok=True)
    _sync(folder)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
