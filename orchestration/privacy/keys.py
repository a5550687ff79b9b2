"""The keys of a home: which one hashes identifiers, and how the person's key is changed.

A rotation prepares everything beside what stands, then writes one marker; from then on whoever
holds the home next finishes it, and before that nothing has happened.
"""

from __future__ import annotations

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from ingestion.files.originals import Originals
from ingestion.privacy.keyring import new_data_key, seal, unseal
from ingestion.privacy.private_files import replace_file, replace_text
from ingestion.privacy.pseudonyms import check_key, key_fingerprint
from orchestration.home.errors import KoubeiError
from orchestration.home.settings import Settings
from orchestration.publication.connections import open_file
from orchestration.publication.store import sync_tree


class RotationError(KoubeiError):
    """The key cannot be changed; nothing was."""


@dataclass(frozen=True)
class Rotation:
    """A finished rotation: how many originals were sealed anew, and where the new key is."""

    originals: int
    fingerprint: str
    is_in_file: bool


def node_key(settings: Settings) -> bytes:
    """The key that identifiers are hashed with: the keyring's; in an older home the person's own.

    Raises:
        KeyringError: the keyring does not open.
    """
    if settings.keyring_path.exists():
        return unseal(settings.keyring_path, settings.key_bytes)
    return settings.key_bytes


def make_keyring(settings: Settings, *, is_new: bool) -> None:
    """Give a home its keyring; rows that have landed keep the key that they were hashed with."""
    if not settings.keyring_path.exists():
        data_key = new_data_key() if is_new else settings.key_bytes
        seal(settings.keyring_path, settings.key_bytes, data_key)


def rotate(settings: Settings, given: bytes | None) -> Rotation:
    """Change the person's key to `given`, or to one made here; the caller holds the home.

    Raises:
        RotationError: there is no file to keep a new key in, or an original does not open.
    """
    finish_rotation(settings)
    is_in_file = settings.hash_key is None
    if given is None and not is_in_file:
        raise RotationError(
            "KOUBEI_HASH_KEY is set by you, so a new key is yours to make: give it as "
            "KOUBEI_NEW_HASH_KEY (openssl rand -hex 32 makes one)"
        )
    key = given or secrets.token_hex(32).encode()
    check_key(key)
    if key == settings.key_bytes:
        raise RotationError("KOUBEI_NEW_HASH_KEY is the key that is in use; give another one")
    data_key = node_key(settings)
    draft = _draft(settings.originals_path)
    shutil.rmtree(draft, ignore_errors=True)
    settings.work_path.mkdir(parents=True, exist_ok=True)
    count = Originals(settings.originals_path, settings.key_bytes).copy_under(
        draft, key, settings.work_path
    )
    sync_tree(draft)
    seal(_draft(settings.keyring_path), key, data_key)
    if is_in_file:
        with replace_file(_draft(settings.key_path)) as file:
            file.write(key + b"\n")
    marker = {"hash_key_fingerprint": key_fingerprint(key)}
    replace_text(settings.rotation_path, json.dumps(marker))
    finish_rotation(settings)
    return Rotation(count, key_fingerprint(key), is_in_file)


def finish_rotation(settings: Settings) -> None:
    """Put what a rotation has prepared in its place; needs no key, and can be cut short itself."""
    if not settings.rotation_path.exists():
        for path in (settings.originals_path, settings.keyring_path, settings.key_path):
            _remove(_draft(path))
        return
    marker = json.loads(settings.rotation_path.read_text(encoding="utf-8"))
    old = settings.originals_path.with_name(".originals.old")
    fresh = _draft(settings.originals_path)
    if fresh.exists():
        if settings.originals_path.exists():
            _remove(old)
            settings.originals_path.rename(old)
        fresh.rename(settings.originals_path)
    for path in (settings.keyring_path, settings.key_path):
        if _draft(path).exists():
            _draft(path).replace(path)
    if settings.warehouse_path.exists():
        with open_file(settings.warehouse_path) as connection:
            connection.execute(
                "update raw.settings set value = ? where name = 'hash_key_fingerprint'",
                [marker["hash_key_fingerprint"]],
            )
    _remove(old)
    settings.rotation_path.unlink()


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.rotating")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
