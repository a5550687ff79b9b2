"""Delivered files as they came, kept by their hash: compressed, and encrypted.

The warehouse can be rebuilt from them, and they hold what landing takes out of rows, so they lie
encrypted under a key derived from the hash key and go after a set number of days.

A rewritten original is one from which people were erased: it stands under the hash of the delivered
bytes, which it no longer has, and its header marks it.

A kept file is a header and a row of chunks. A chunk is four bytes of length and AES-256-GCM of a
piece of the zstd stream; its place, and whether it is the last, is authenticated with it, so that
a file that was cut short or put together anew does not open.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ingestion.privacy.private_files import replace_file

_MAGIC = b"KBO1"
_MAGIC_REWRITTEN = b"KBE1"
_NONCE_PREFIX_BYTES = 8
_CHUNK = 4 * 1024 * 1024
_LEVEL = 3


class OriginalError(Exception):
    """An original that is missing, damaged, or kept under another key."""


class Originals:
    """The kept originals of one home."""

    def __init__(self, root: Path, key: bytes) -> None:
        """Keep originals under `root`, encrypted with a key derived from the hash key `key`."""
        self._root = root
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"koubei originals v1")
        self._cipher = AESGCM(derive.derive(key))

    def path_of(self, sha256: str) -> Path:
        """Return where the original of that hash lies, or would."""
        return self._root / sha256[:2] / sha256

    def keep(self, path: Path, sha256: str) -> None:
        """Keep the bytes of `path`, whose hash is `sha256`; again makes its time start anew."""
        target = self.path_of(sha256)
        if target.is_file():
            target.touch()
            return
        self._put(path, sha256, _MAGIC)

    def keep_rewritten(self, path: Path, sha256: str) -> None:
        """Keep `path` in place of the original of that hash, whose time goes on."""
        target = self.path_of(sha256)
        kept_at = target.stat().st_mtime if target.is_file() else None
        self._put(path, sha256, _MAGIC_REWRITTEN)
        if kept_at is not None:
            os.utime(target, (kept_at, kept_at))

    def _put(self, path: Path, sha256: str, magic: bytes) -> None:
        target = self.path_of(sha256)
        with path.open("rb") as source, replace_file(target) as output:
            self._write(source, output, sha256, magic)

    def restore(self, sha256: str, to: Path) -> bool:
        """Write the original of that hash to `to`; whether it was rewritten without the erased.

        Raises:
            OriginalError: it is not kept, damaged, or was kept under another key.
        """
        kept = self.path_of(sha256)
        if not kept.is_file():
            raise OriginalError(f"no original {sha256}: it was never landed, or has been pruned")
        digest = hashlib.sha256()
        unpack = zstandard.ZstdDecompressor().decompressobj()
        try:
            with kept.open("rb") as source, to.open("wb") as output:
                is_rewritten = source.read(len(_MAGIC)) == _MAGIC_REWRITTEN
                source.seek(0)
                for chunk in self._read(source, sha256):
                    data = unpack.decompress(chunk)
                    digest.update(data)
                    output.write(data)
            if not is_rewritten and digest.hexdigest() != sha256:
                raise OriginalError(f"original {sha256} is damaged: its bytes have another hash")
        except OriginalError:
            to.unlink()
            raise
        return is_rewritten

    def copy_under(self, root: Path, key: bytes, work_dir: Path) -> int:
        """Copy all originals to `root`, encrypted under another key; return how many.

        Raises:
            OriginalError: one does not open; it is named.
        """
        copies = Originals(root, key)
        root.mkdir(parents=True, exist_ok=True)
        plain = work_dir / "plain"
        count = 0
        for path in sorted(self._root.glob("??/[!.]*")):
            is_rewritten = self.restore(path.name, plain)
            copies._put(plain, path.name, _MAGIC_REWRITTEN if is_rewritten else _MAGIC)
            kept_at = path.stat().st_mtime
            os.utime(copies.path_of(path.name), (kept_at, kept_at))
            count += 1
        plain.unlink(missing_ok=True)
        return count

    def prune(self, days: int, today: dt.date) -> int:
        """Delete originals kept for more than `days` days; return how many went."""
        oldest = today - dt.timedelta(days=days)
        gone = 0
        for path in self._root.glob("??/*"):
            kept_on = dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC).date()
            if kept_on < oldest:
                path.unlink()
                gone += 1
        return gone

    def _write(self, source: BinaryIO, output: BinaryIO, sha256: str, magic: bytes) -> None:
        prefix = secrets.token_bytes(_NONCE_PREFIX_BYTES)
        output.write(magic + prefix)
        packer = zstandard.ZstdCompressor(level=_LEVEL).chunker(chunk_size=_CHUNK)

        def pieces() -> Iterator[bytes]:
            while data := source.read(_CHUNK):
                yield from packer.compress(data)
            yield from packer.finish()

        number = 0
        held: bytes | None = None
        for piece in pieces():
            if held is not None:
                output.write(
                    self._seal(held, prefix, number, _authenticated(magic, sha256), is_last=False)
                )
                number += 1
            held = piece
        output.write(
            self._seal(held or b"", prefix, number, _authenticated(magic, sha256), is_last=True)
        )

    def _seal(
        self, piece: bytes, prefix: bytes, number: int, sha256: str, *, is_last: bool
    ) -> bytes:
        sealed = self._cipher.encrypt(
            prefix + struct.pack(">I", number), piece, _context(sha256, number, is_last=is_last)
        )
        return struct.pack(">I", len(sealed)) + sealed

    def _read(self, source: BinaryIO, sha256: str) -> Iterator[bytes]:
        header = source.read(len(_MAGIC) + _NONCE_PREFIX_BYTES)
        prefix = header[len(_MAGIC) :]
        magic = header[: len(_MAGIC)]
        if magic not in (_MAGIC, _MAGIC_REWRITTEN) or len(prefix) != _NONCE_PREFIX_BYTES:
            raise OriginalError(f"original {sha256} is damaged: it has no valid header")
        number = 0
        length = source.read(4)
        while length:
            # a length that was cut short makes a chunk that does not open
            sealed = source.read(int.from_bytes(length, "big"))
            length = source.read(4)
            try:
                yield self._cipher.decrypt(
                    prefix + struct.pack(">I", number),
                    sealed,
                    _context(_authenticated(magic, sha256), number, is_last=not length),
                )
            except InvalidTag as error:
                raise OriginalError(
                    f"original {sha256} is damaged, or was kept under another hash key"
                ) from error
            number += 1


def _authenticated(magic: bytes, sha256: str) -> str:
    """What is authenticated of a file: an original cannot pass for a rewritten one."""
    return sha256 if magic == _MAGIC else f"{sha256}|edition"


def _context(sha256: str, number: int, *, is_last: bool) -> bytes:
    return f"{sha256}|{number}|{is_last}".encode()
