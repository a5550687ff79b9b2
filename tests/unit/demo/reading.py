"""A demo's files read back with pandas alone; of the product only the contracts' names are used."""

from __future__ import annotations

import gzip
import io
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from ingestion.contracts.load import load_contracts
from ingestion.contracts.models import Contract
from tests.planted_truths.truth import truths_of

MINUTE_FORM, SECOND_FORM = "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S"


@cache
def contracts() -> dict[str, Contract]:
    return load_contracts()


@dataclass(frozen=True)
class Exports:
    """What the files of a demo say, read with pandas alone."""

    home: Path

    @property
    def truth(self) -> dict[str, Any]:
        return truths_of(self.home)

    def files(self, channel: str, export: str) -> list[Path]:
        found = next(e for e in contracts()[channel].exports if e.name == export)
        paths = sorted((self.home / "exports" / channel).iterdir())
        return [path for path in paths if found.pattern.match(path.name)]

    def read(self, path: str | Path) -> pd.DataFrame:
        """A file's rows as texts, blank where there is nothing; `_row` counts from 1."""
        return _read(self.home / "exports" / path)

    def rows(self, channel: str, export: str, *key: str) -> pd.DataFrame:
        """The rows that count: highest revision of a day, planted bad rows out, latest per key."""
        return _rows(self, channel, export, key)


@cache
def _read(path: Path) -> pd.DataFrame:
    contract = contracts()[path.parent.name]
    claimed = contract.claim(path.name)
    assert claimed is not None, path.name
    files = claimed[0].files
    content = path.read_bytes()
    if files.compression == "gzip":
        content = gzip.decompress(content)
    if files.format == "csv":
        text = io.StringIO(content.decode(files.encoding), newline="")
        frame = pd.read_csv(text, dtype=str, keep_default_na=False, sep=files.delimiter)
    elif files.format == "jsonl":
        frame = pd.DataFrame([json.loads(line) for line in content.decode().splitlines()])
    elif files.format == "parquet":
        frame = pd.read_parquet(io.BytesIO(content))
    else:
        frame = pd.read_excel(
            io.BytesIO(content), sheet_name=files.sheet, engine="calamine", dtype=str
        )
    frame = frame.astype(object).where(frame.notna(), "")
    frame = frame.map(lambda value: str(value).removesuffix(".0"))
    return frame.assign(_row=range(1, len(frame) + 1))


@cache
def _rows(exports: Exports, channel: str, export: str, key: tuple[str, ...]) -> pd.DataFrame:
    bad = {(b["file"], b["row"]) for b in exports.truth["bad_rows"]}
    parts = []
    for path in exports.files(channel, export):
        frame = exports.read(path)
        name = f"{channel}/{path.name}"
        frame = frame[[(name, row) not in bad for row in frame["_row"]]]
        date = re.search(r"20\d{6}", path.name)
        revision = re.search(r"_r(\d+)\.", path.name)
        assert date is not None
        parts.append(frame.assign(_date=date[0], _revision=int(revision[1]) if revision else 1))
    everything = pd.concat(parts, ignore_index=True)
    newest = everything.groupby("_date")["_revision"].transform("max")
    newest_rows = everything[everything["_revision"] == newest]
    newest_rows = newest_rows.sort_values(["_date", "_revision", "_row"], kind="stable")
    return newest_rows.drop_duplicates(list(key), keep="last") if key else newest_rows


def times(values: pd.Series, form: str = "ISO8601") -> pd.Series:
    """Return Beijing times written in one form; NaT where a text is empty."""
    return pd.to_datetime(values.where(values != "", None), format=form)


def beijing(values: pd.Series, unit: str) -> pd.Series:
    """Return Beijing times of epoch numbers in `unit`; NaT where a text is empty."""
    numbers = pd.to_numeric(values.where(values != "", None))
    return pd.to_datetime(numbers, unit=unit) + pd.Timedelta(hours=8)
