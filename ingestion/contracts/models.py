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
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnTarget(_Model):
    """Where one header's value goes, and how it is read."""

    to: str
    parse: str | None = None
    map: dict[str, Text] | None = None
    map_default: Text | None = None
    optional: bool = False

    @property
    def has_map_default(self) -> bool:
        """Whether the contract says what an unlisted value becomes (null included)."""
        return "map_default" in self.model_fields_set


class FeedMapping(_Model):
    """How an export fills one feed."""

    columns: dict[str, Annotated[list[ColumnTarget], BeforeValidator(_as_targets)]]
    constants: dict[str, Text] = {}
    key: list[str] | None = None
    only_if_present: list[str] = []
    refs: dict[str, Name] = {}


class Files(_Model):
    """Which files an export is, and how their bytes are read."""

    pattern: str
    format: Literal["csv", "jsonl", "xlsx", "parquet"]
    encoding: str = "utf-8"
    compression: Literal["gzip"] | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    sheet: str | None = None

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
    files: Files
    mode: Literal["delta", "snapshot"] = "delta"
    feeds: dict[str, FeedMapping] = Field(min_length=1)
    ignored: list[str] = []
    extra: list[str] = []
    blank_values: list[Text] = []
    max_rejected_share: float = Field(default=0.05, ge=0, le=1)
    examples: list[dict[str, Text | None]] = []

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
    label: str
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
    domain: Literal["public", "private", "owned"]
    timezone: str = "Asia/Shanghai"
    currency: str = Field(default="CNY", pattern="^[A-Z]{3}$")
    refs: dict[str, Name] = {}
    exports: list[Export] = Field(min_length=1)

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
