"""Bytes of a delivered file: fetched, hashed, unpacked, and strictly decoded to UTF-8.

Everything is a stream, so that a file of any size needs a few megabytes. What the text means is
`reading`'s matter.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

import fsspec

from ingestion.contracts.models import Files
from ingestion.files.refusals import RefusedFileError

_CHUNK = 4 * 1024 * 1024
_GUESSES = ("utf-8", "gb18030", "big5", "utf-16")


@dataclass(frozen=True)
class TextFile:
    """A UTF-8 file that DuckDB can read, with what its bytes say."""

    path: Path
    line_count: int  # physical lines; the last one counts without its line feed too


def fetch(url: str, work_dir: Path) -> tuple[Path, str]:
    """Return a local path of `url` and the SHA-256 of its bytes.

    A local file is read where it is; another store's is copied to `work_dir` first.

    Raises:
        OSError: it cannot be read.
    """
    filesystem, path = fsspec.core.url_to_fs(url)
    digest = hashlib.sha256()
    if "file" in filesystem.protocol or filesystem.protocol == "file":
        local = Path(path)
        with local.open("rb") as stream:
            for chunk in iter(lambda: stream.read(_CHUNK), b""):
                digest.update(chunk)
        return local, digest.hexdigest()
    local = work_dir / "fetched"
    with filesystem.open(path, "rb") as source, local.open("wb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return local, digest.hexdigest()


def decode(path: Path, files: Files, work_dir: Path, edit: str) -> TextFile:
    """Return the text of `path` as a UTF-8 file: itself where it already is one.

    `edit` names the contract that declares the encoding, for the message.

    Raises:
        RefusedFileError: a truncated archive, or bytes that are not the declared encoding.
    """
    scan = _Scan(files.encoding, edit)
    if scan.is_utf8 and files.compression is None:
        for chunk in _chunks(path, files):
            scan.decode(chunk)
        scan.decode(b"", final=True)
        decoded = path
    else:
        decoded = work_dir / "decoded"
        with decoded.open("wb") as output:
            for chunk in _chunks(path, files):
                output.write(scan.decode(chunk).encode("utf-8"))
            output.write(scan.decode(b"", final=True).encode("utf-8"))
    if scan.mixes_line_ends:
        decoded = _unify_line_ends(decoded, work_dir, is_return_only=scan.line_feeds == 0)
    return TextFile(decoded, scan.line_count)


def _chunks(path: Path, files: Files) -> Iterator[bytes]:
    """Yield the unpacked bytes of a file."""
    if files.compression is None:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
        return
    try:
        with gzip.open(path, "rb") as stream:
            while chunk := cast("BinaryIO", stream).read(_CHUNK):
                yield chunk
    except EOFError as error:
        raise RefusedFileError(
            "the gzip archive ends too early; it was cut off on the way: deliver it again"
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise RefusedFileError(
            f"not a sound gzip archive ({error}); deliver it again, or drop compression: gzip "
            "from the contract if the file is not packed"
        ) from error


class _Scan:
    """Decodes chunks strictly, counting lines, and says where and why it cannot."""

    def __init__(self, encoding: str, edit: str) -> None:
        self.is_utf8 = codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}
        # a byte-order mark may stand before any utf-8, declared or not
        self.encoding = "utf-8-sig" if self.is_utf8 else encoding
        self.line_feeds = 0
        self._returns = 0
        self._pairs = 0
        self._last = b""
        self._is_wide = len("\n".encode(encoding.replace("-sig", ""))) > 1
        self._edit = edit
        self._decoder = codecs.getincrementaldecoder(self.encoding)(errors="strict")
        self._read_bytes = 0

    @property
    def line_count(self) -> int:
        """Physical lines so far; an unfinished last line counts."""
        ends, end = (self.line_feeds, b"\n") if self.line_feeds else (self._returns, b"\r")
        return ends + (self._last not in (b"", end))

    @property
    def mixes_line_ends(self) -> bool:
        """Whether carriage returns stand elsewhere than before line feeds, or before some only."""
        return self._returns > 0 and not self._returns == self._pairs == self.line_feeds

    def decode(self, chunk: bytes, *, final: bool = False) -> str:
        """Return the text of the next chunk."""
        if self._read_bytes == 0:
            self._refuse_if_utf8(chunk)
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            bad = error.object
            raise RefusedFileError(
                self._message(
                    offset=self._read_bytes - pending + error.start,
                    line=self.line_feeds + bad[: error.start].count(b"\n") + 1,
                    sample=bad,
                )
            ) from error
        self._read_bytes += len(chunk)
        # bytes are counted far faster than characters, and these two are the same in all
        # encodings but the wide ones
        self._count(text.encode("utf-8") if self._is_wide else chunk)
        return text

    def _count(self, data: bytes) -> None:
        self.line_feeds += data.count(b"\n")
        returns = data.count(b"\r")
        if returns:
            self._returns += returns
            self._pairs += data.count(b"\r\n")
        self._pairs += self._last == b"\r" and data[:1] == b"\n"
        self._last = data[-1:] or self._last

    def _refuse_if_utf8(self, chunk: bytes) -> None:
        """Refuse UTF-8 declared as a Chinese encoding: it would decode, into nonsense."""
        if self.is_utf8 or chunk.isascii() or self.encoding.lower().startswith("utf"):
            return
        try:
            # the last character may be cut off by the chunk
            codecs.getincrementaldecoder("utf-8")(errors="strict").decode(chunk, False)
        except UnicodeDecodeError:
            return
        raise RefusedFileError(
            f"declared {self.encoding}, but the file looks like utf-8: "
            f"write encoding: utf-8 in {self._edit}"
        )

    def _message(self, offset: int, line: int, sample: bytes) -> str:
        declared = "utf-8" if self.is_utf8 else self.encoding
        guess = _guess(sample, declared)
        advice = (
            f"it looks like {guess}: write encoding: {guess} in {self._edit}"
            if guess
            else "it is no encoding known here: deliver it again as utf-8"
        )
        return f"not {declared} at byte {offset}, line {line}; {advice}"


def _guess(sample: bytes, declared: str) -> str | None:
    """Return the first encoding that reads the sample, or None."""
    for encoding in _GUESSES:
        if encoding == declared:
            continue
        if encoding == "utf-16" and not sample.startswith(
            (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        ):
            continue
        try:
            codecs.getincrementaldecoder(encoding)(errors="strict").decode(sample, False)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _unify_line_ends(path: Path, work_dir: Path, *, is_return_only: bool) -> Path:
    """Write a copy in which every line ends in a line feed, which is what DuckDB reads.

    A carriage return alone inside a line becomes a space, unless lines end in nothing else.
    """
    alone = b"\n" if is_return_only else b" "
    unified = work_dir / "unified"
    with path.open("rb") as source, unified.open("wb") as target:
        carry = b""
        while chunk := source.read(_CHUNK):
            data = carry + chunk
            carry = b"\r" if data.endswith(b"\r") else b""
            data = data[: len(data) - len(carry)]
            target.write(data.replace(b"\r\n", b"\n").replace(b"\r", alone))
        target.write(carry.replace(b"\r", alone))
    return unified


def open_text(path: Path) -> IO[str]:
    """Open a decoded file as csv readers want it."""
    return path.open(encoding="utf-8-sig", newline="")
