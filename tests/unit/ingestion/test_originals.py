from __future__ import annotations

import datetime as dt
import hashlib
import os
from pathlib import Path

import pytest

from ingestion.files.originals import OriginalError, Originals

KEY = b"a key for tests, long enough"


def kept(tmp_path: Path, content: bytes) -> tuple[Originals, str, Path]:
    source = tmp_path / "export.csv"
    source.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    originals = Originals(tmp_path / "originals", KEY)
    originals.keep(source, sha256)
    return originals, sha256, tmp_path / "restored"


@pytest.mark.parametrize(
    "content", [b"", b"x", os.urandom(9_000_000), "评价,内容\n".encode() * 10_000]
)
def test_what_was_kept_comes_back(tmp_path: Path, content: bytes) -> None:
    originals, sha256, restored = kept(tmp_path, content)
    originals.restore(sha256, restored)
    assert restored.read_bytes() == content


def test_what_is_kept_cannot_be_read_without_the_key(tmp_path: Path) -> None:
    originals, sha256, restored = kept(tmp_path, b"13812345678" * 100)
    assert b"138123" not in originals.path_of(sha256).read_bytes()
    assert originals.path_of(sha256).stat().st_mode & 0o077 == 0
    with pytest.raises(OriginalError, match="another hash key"):
        Originals(tmp_path / "originals", KEY + b"!").restore(sha256, restored)


def test_a_cut_or_changed_original_does_not_open(tmp_path: Path) -> None:
    originals, sha256, restored = kept(tmp_path, os.urandom(9_000_000))
    path = originals.path_of(sha256)
    whole = path.read_bytes()
    first_chunk_end = 12 + 4 + int.from_bytes(whole[12:16], "big")
    for damaged in (
        whole[:first_chunk_end],
        whole[:-1],
        whole[:50] + bytes([whole[50] ^ 1]) + whole[51:],
        b"",
        whole[:14],
    ):
        path.write_bytes(damaged)
        with pytest.raises(OriginalError):
            originals.restore(sha256, restored)


def test_originals_go_after_their_days(tmp_path: Path) -> None:
    originals, sha256, restored = kept(tmp_path, b"x")
    kept_at = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC).timestamp()
    os.utime(originals.path_of(sha256), (kept_at, kept_at))
    assert originals.prune(30, dt.date(2026, 10, 31)) == 0
    assert originals.prune(30, dt.date(2026, 11, 1)) == 1
    with pytest.raises(OriginalError, match="has been pruned"):
        originals.restore(sha256, restored)
