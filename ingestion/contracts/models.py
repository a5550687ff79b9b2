"""Contracts: what each channel exports and how it becomes feeds, one YAML file per channel.

The models say what a contract may hold. What must agree between its parts, with the feeds and
with other contracts is in `rules`; how a file becomes a model is in `load`.
"""

from __future__ import annotations

import codecs
import zoneinfo
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from ingestion.contracts.file_patterns import FilePattern, NameParts, PatternError, compile_pattern


def _as_text(value: object) -> object:
    """Write YAML's numbers and booleans as an export would; leave the rest for pydantic."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _as_targets(value: object) -> object:
    """Accept `column`, `{to: column, ...}` or a list of these."""
    targets = value if isinstance(value, list) else [value]
    return [{"to": target} if isinstance(target, str) else target for target in targets]


Text = Annotated[str, BeforeValidator(_as_text)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Model(BaseModel):
    # a field's docstring is its description, which the reference of contracts prints
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ColumnTarget(_Model):
    """Where one header's value goes, and how it is read."""

    to: str
    """The column of the feed."""
    parse: str | None = None
    """A named parser; the column type's default when left out."""
    map: dict[str, Text] | None = None
    """Value in the export to value in the feed; a value that is not listed is rejected."""
    map_default: Text | None = None
    """What a value that `map` does not list becomes; null is allowed."""
    optional: bool = False
    """Whether the header may be missing from a file."""

    @property
    def has_map_default(self) -> bool:
        """Whether the contract says what an unlisted value becomes (null included)."""
        return "map_default" in self.model_fields_set


class FeedMapping(_Model):
    """How an export fills one feed."""

    columns: dict[str, Annotated[list[ColumnTarget], BeforeValidator(_as_targets)]]
    """Header to a column, to `{to, parse, map, map_default, optional}`, or to a list of these."""
    constants: dict[str, Text] = {}
    """Columns that have one value in every row."""
    key: list[str] | None = None
    """Columns that make a row unique; the feed's own key when left out."""
    only_if_present: list[str] = []
    """Headers that must all be filled for a row to reach this feed."""
    refs: dict[str, Name] = {}
    """Column to the channel whose ids it holds, before those of the contract."""


class Files(_Model):
    """Which files an export is, and how their bytes are read."""

    pattern: str
    """A file's name with `{date}`, `{part}`, `{revision}`; what is in brackets may be absent."""
    format: Literal["csv", "jsonl", "xlsx", "parquet"]
    """How the bytes are read."""
    encoding: str = "utf-8"
    """Encoding of CSV and JSON lines, such as utf-8, utf-8-sig or gb18030."""
    compression: Literal["gzip"] | None = None
    """Whether the file is compressed."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """What stands between two fields of a CSV."""
    sheet: str | None = None
    """Sheet of a workbook; the first when left out."""

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str) -> str:
        try:
            codecs.lookup(encoding)
        except LookupError as error:
            raise ValueError(f"{encoding} is not an encoding; use utf-8 or gb18030") from error
        return encoding

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            compile_pattern(pattern)
        except PatternError as error:
            raise ValueError(str(error)) from error
        return pattern

    @property
    def is_text(self) -> bool:
        """Whether the bytes are text in an encoding."""
        return self.format in {"csv", "jsonl"}


class Export(_Model):
    """One export of a channel: one kind of file, filling one or more feeds."""

    name: Name
    """What the export is called in logs, tables and `koubei status`."""
    files: Files
    """Which files it is, and how they are read."""
    mode: Literal["delta", "snapshot"] = "delta"
    """A delta adds and replaces rows by key; a snapshot replaces the whole state."""
    feeds: dict[str, FeedMapping] = Field(min_length=1)
    """Feed to how it is filled; one export may fill several."""
    ignored: list[str] = []
    """Headers that are known and not kept."""
    extra: list[str] = []
    """Headers that are kept as they are in the column `extra`."""
    blank_values: list[Text] = []
    """Texts that mean no value, such as `-`."""
    max_rejected_share: float = Field(default=0.05, ge=0, le=1)
    """Share of bad rows above which the whole file is refused."""
    examples: list[dict[str, Text | None]] = []
    """Rows that `koubei contracts check` lands."""

    @cached_property
    def pattern(self) -> FilePattern:
        """The compiled file-name pattern."""
        return compile_pattern(self.files.pattern)

    @property
    def mapped_headers(self) -> list[str]:
        """Every header that fills a feed or decides whether one is filled, once, in order."""
        names: dict[str, None] = {}
        for mapping in self.feeds.values():
            names.update(dict.fromkeys(mapping.columns))
            names.update(dict.fromkeys(mapping.only_if_present))
        return list(names)

    @property
    def headers(self) -> list[str]:
        """Every header that the contract knows: mapped, extra and ignored."""
        return list(dict.fromkeys([*self.mapped_headers, *self.extra, *self.ignored]))


class Contract(_Model):
    """One channel: who it is and what it exports."""

    path: Path
    sha256: str
    channel: Name
    """Code of the channel, `channel_code` in every table."""
    label: str
    """Its name for a reader, in Chinese."""
    kind: Literal[
        "social",
        "ecommerce",
        "review_site",
        "forum",
        "search",
        "service",
        "private",
        "crm",
        "ads",
        "survey",
    ]
    """What kind of channel it is."""
    domain: Literal["public", "private", "owned"]
    """Whether anybody, some people or the brand itself speaks there."""
    timezone: str = "Asia/Shanghai"
    """Zone in which its times are written."""
    currency: str = Field(default="CNY", pattern="^[A-Z]{3}$")
    """Currency of its amounts."""
    refs: dict[str, Name] = {}
    """Column to the channel whose ids it holds, such as `{product_ref: crm}`; else its own."""
    exports: list[Export] = Field(min_length=1)
    """What it exports."""

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, timezone: str) -> str:
        if timezone not in zoneinfo.available_timezones():
            raise ValueError(f"{timezone} is not a time zone; write it like Asia/Shanghai")
        return timezone

    def owner_of(self, mapping: FeedMapping, column: str) -> str:
        """Return the channel whose ids `column` holds: the mapping's, the contract's, or own."""
        return mapping.refs.get(column) or self.refs.get(column) or self.channel

    def claim(self, file_name: str) -> tuple[Export, NameParts] | None:
        """Return the export that `file_name` belongs to, with what its name says."""
        for export in self.exports:
            parts = export.pattern.match(file_name)
            if parts is not None:
                return export, parts
        return None
