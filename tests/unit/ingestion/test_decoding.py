"""Bytes that are not what the contract says refuse the file, and the message says what to edit."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ingestion.contracts.models import Files
from ingestion.files.decoding import decode
from ingestion.files.refusals import RefusedFileError

TEXT = "编号,内容\n1,很好用\n2,一般\n"


def read(tmp_path: Path, content: bytes, **options: str) -> str:
    path = tmp_path / "export"
    path.write_bytes(content)
    files = Files(pattern="a_{date}.csv", format="csv", **options)  # type: ignore[arg-type]
    decoded = decode(path, files, tmp_path, "shop.yml")
    assert decoded.line_count == TEXT.count("\n")
    return decoded.path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "big5", "utf-16"])
def test_every_declared_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    text = TEXT if encoding != "big5" else TEXT.replace("编号,内容", "編號,評價")
    assert read(tmp_path, text.encode(encoding), encoding=encoding) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_may_be_there_or_not(tmp_path: Path, encoding: str, mark: bytes) -> None:
    assert read(tmp_path, mark + TEXT.encode(), encoding=encoding) == TEXT


def test_line_ends_are_made_one(tmp_path: Path) -> None:
    mixed = TEXT.encode().replace(b"\n", b"\r\n", 1)
    assert read(tmp_path, mixed) == TEXT
    assert read(tmp_path, TEXT.encode().replace(b"\n", b"\r")) == TEXT


def refusal(tmp_path: Path, content: bytes, **options: str) -> str:
    with pytest.raises(RefusedFileError) as raised:
        read(tmp_path, content, **options)
    assert not raised.value.is_acceptable
    return raised.value.reason


def test_gbk_declared_utf8_says_where_and_what_it_looks_like(tmp_path: Path) -> None:
    said = refusal(tmp_path, b"id\n1\n" + "内容".encode("gbk"), encoding="utf-8")
    assert said == (
        "not utf-8 at byte 5, line 3; it looks like gb18030: write encoding: gb18030 in shop.yml"
    )


def test_utf8_declared_gb18030_is_not_landed_as_nonsense(tmp_path: Path) -> None:
    said = refusal(tmp_path, TEXT.encode(), encoding="gb18030")
    assert "looks like utf-8: write encoding: utf-8 in shop.yml" in said


def test_a_bad_byte_far_into_the_file_is_found_where_it_is(tmp_path: Path) -> None:
    line = "1,很好用\n".encode("gb18030")
    content = line * 1_000_000 + b"\xff\xff\n"
    said = refusal(tmp_path, content, encoding="gb18030")
    assert f"at byte {len(line) * 1_000_000}, line 1000001" in said


@pytest.mark.parametrize("size", [5, 20, 40])
def test_a_truncated_archive_says_so(tmp_path: Path, size: int) -> None:
    said = refusal(tmp_path, gzip.compress(TEXT.encode())[:size], compression="gzip")
    assert "gzip archive" in said
    assert "deliver it again" in said


def test_a_file_that_is_not_packed_says_so(tmp_path: Path) -> None:
    assert "not a sound gzip archive" in refusal(tmp_path, TEXT.encode(), compression="gzip")
