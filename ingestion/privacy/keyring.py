"""The data key that identifiers are hashed with, sealed under the key that a person keeps.

Two keys, so that the one that people handle can be changed: rotation seals the same data key anew,
and every node, customer key and suppression stays what it is, also of files whose originals have
gone. Without the person's key the data key cannot be had from the home.
"""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ingestion.privacy.private_files import replace_text
from ingestion.privacy.pseudonyms import key_fingerprint

_NONCE_BYTES = 12
_DATA_KEY_BYTES = 32
_PURPOSE = b"koubei keyring v1"


class KeyringError(Exception):
    """The keyring is damaged, or sealed under another key."""


def new_data_key() -> bytes:
    """A data key of a new home."""
    return secrets.token_bytes(_DATA_KEY_BYTES)


def seal(path: Path, key: bytes, data_key: bytes) -> None:
    """Write the keyring in one step: the data key, sealed under the person's key."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = nonce + _cipher(key).encrypt(nonce, data_key, _PURPOSE)
    content = {
        "version": 1,
        "hash_key_fingerprint": key_fingerprint(key),
        "sealed": base64.b64encode(sealed).decode(),
    }
    replace_text(path, json.dumps(content) + "\n")


def unseal(path: Path, key: bytes) -> bytes:
    """Return the data key.

    Raises:
        KeyringError: the file is missing or damaged, or was sealed under another key.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        sealed = base64.b64decode(content["sealed"])
        return _cipher(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _PURPOSE)
    except InvalidTag as error:
        raise KeyringError(
            f"KOUBEI_HASH_KEY does not open {path.name}: give the key that this home was last "
            "sealed with (koubei rotate-key changes it)"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeyringError(
            f"{path} cannot be read: restore it from a backup; without it a person's new "
            "rows would not match the old ones"
        ) from error


def _cipher(key: bytes) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
    return AESGCM(derive.derive(key))
