"""Ids that never change, and names of codes as people read them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from orchestration.superset.board_specs import BoardError, Book

_OURS: Final = UUID("6f9d1f5e-2c1b-5a52-9a0b-6b6f75626569")
_EVERYWHERE: Final = {
    "all": "合计 all",
    "unknown": "未识别 unknown",
    "unattributed": "未归因 unattributed",
}
LABEL: Final = "_label"


def stable_id(target: str, kind: str, name: str) -> str:
    """The id of a thing, by what it is: another bundle of it updates it, and makes no second one.

    The bundles for two stores have ids of their own, so that one Superset can hold both.
    """
    return str(uuid5(_OURS, f"{target}/{kind}/{name}"))


def label_of(column: str) -> str:
    """`channel_code` is named by `channel_label`; `period_kind` by `period_kind_label`."""
    return column.removesuffix("_code") + LABEL


def read_words(
    books: Mapping[str, Book], seeds: Path, channels: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Column to its codes and their names, Chinese first.

    Args:
        books: What `datasets.yml` says of names.
        seeds: The folder of the dbt project's seeds.
        channels: Names of channels from their contracts; the seeds' words stand before them.

    Raises:
        BoardError: A seed is not there or lacks a column.
    """
    words: dict[str, dict[str, str]] = {}
    by_book: dict[str, dict[str, str]] = {}
    for name, book in books.items():
        said = dict(_EVERYWHERE)
        for other in book.like:
            said |= by_book[other]
        if name == "channels":
            said |= {code: f"{label} {code}" for code, label in sorted(channels.items())}
        if book.seed is not None:
            said |= _of_seed(seeds / f"{book.seed}.csv", book)
        said |= book.words
        by_book[name] = said
        for column in book.columns:
            words[column] = said
    return words


def named(column: str, words: Mapping[str, str]) -> str:
    """SQL that gives the name of a code, and the code itself where nobody named it."""
    cases = " ".join(f"when {_text(code)} then {_text(name)}" for code, name in words.items())
    return f"case {column} {cases} else {column} end"


def _of_seed(path: Path, book: Book) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except OSError as error:
        raise BoardError(f"{path.name}: {error.strerror or error}") from None
    try:
        code, zh, en = book.code or "", book.zh or "label_zh", book.en or "label_en"
        said = {row[code]: f"{row[zh]} {row[en]}".strip() for row in rows if row[code]}
    except KeyError as error:
        raise BoardError(f"{path.name}: the seed has no column {error}") from None
    if book.is_numbered:
        # ① to ⑳
        said = {each: f"{chr(0x2460 + at)} {name}" for at, (each, name) in enumerate(said.items())}
    return said


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
