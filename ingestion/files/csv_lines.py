"""On which physical line of a CSV file each record starts.

DuckDB gives rows in order and the byte where each unreadable record starts. Quoted line feeds
make a record longer than a line, and blank lines stand between records, so a row's line is
found by laying spans end to end and opening the gaps that are known.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True)
class Fault:
    """One record that DuckDB could not read: where it starts and what it says."""

    line: int
    span: int  # physical lines that it covers
    text: str
    reason: str


class LineCountMismatchError(Exception):
    """The records and faults do not cover the file: rows would be lost without a word."""


def lines_at(path: Path, offsets: Sequence[int]) -> list[int]:
    """Return the 1-based line of each byte offset; offsets ascend."""
    lines: list[int] = []
    seen = 0
    passed = 0
    with path.open("rb") as stream:
        chunk = stream.read(_CHUNK)
        for offset in offsets:
            while chunk and passed + len(chunk) <= offset:
                seen += chunk.count(b"\n")
                passed += len(chunk)
                chunk = stream.read(_CHUNK)
            lines.append(seen + chunk[: offset - passed].count(b"\n") + 1)
    return lines


def start_lines(
    spans: NDArray[np.int64], header_span: int, faults: Sequence[Fault], path: Path, line_count: int
) -> NDArray[np.int64]:
    """Return the line on which each readable record starts.

    `spans` are the physical lines of each record in file order, `faults` the records in between
    that could not be read, ascending, `line_count` the lines of the file.

    Raises:
        LineCountMismatchError: records, faults and blank lines do not make up the file.
    """
    # where each record would start if nothing stood between them
    ends = header_span + 1 + np.cumsum(spans, dtype=np.int64)
    starts = ends - spans
    total = header_span + int(spans.sum()) + sum(fault.span for fault in faults)
    gaps = [(fault.line, fault.span) for fault in faults]
    if total != line_count:
        gaps = _with_blank_lines(
            gaps, starts, int(ends[-1]) if len(ends) else header_span + 1, path
        )
    before = np.zeros(len(gaps) + 1, dtype=np.int64)
    before[1:] = np.cumsum([span for _, span in gaps])
    if header_span + int(spans.sum()) + int(before[-1]) != line_count:
        raise LineCountMismatchError
    opens_at = np.array([line for line, _ in gaps], dtype=np.int64) - before[:-1]
    return starts + before[np.searchsorted(opens_at, starts, side="right")]


def _with_blank_lines(
    gaps: list[tuple[int, int]], starts: NDArray[np.int64], end: int, path: Path
) -> list[tuple[int, int]]:
    """Add the blank lines between records to the gaps; those inside quotes belong to a record."""
    candidates = [(line, 0) for line in _blank_lines(path)]
    found: list[tuple[int, int]] = []
    shift = 0
    covered = 0
    for line, span in sorted(gaps + candidates, key=lambda gap: (gap[0], -gap[1])):
        if line < covered:
            continue
        place = line - shift
        position = bisect_left(starts, place)
        is_between = place == end or (position < len(starts) and starts[position] == place)
        if span or is_between:
            found.append((line, span or 1))
            shift += span or 1
            covered = line + span
    return found


def _blank_lines(path: Path) -> list[int]:
    """Return the physical lines that hold nothing but white space that CSV readers skip."""
    lines: list[int] = []
    number = 0
    with path.open("rb") as stream:
        carry = b""
        while chunk := stream.read(_CHUNK):
            data = carry + chunk
            carry = data[data.rfind(b"\n") + 1 :]
            data = data[: len(data) - len(carry)]
            passed = 0
            for match in re.finditer(rb"(?:\A|(?<=\n))\r?\n", data):
                number += data.count(b"\n", passed, match.start())
                passed = match.start()
                lines.append(number + 1)
            number += data.count(b"\n", passed)
    return lines
