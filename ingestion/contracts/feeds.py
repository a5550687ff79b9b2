"""The shapes that channels become: one `feeds/<feed>.yml` each, read into typed models.

A feed says which columns exist, their types, key and meaning. How a channel fills them is a
contract's matter; how they are stored is `raw_schema`'s.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ingestion.contracts.yaml_documents import DocumentError, explain, read_document

FEEDS_FOLDER = Path(__file__).parents[1] / "feeds"

ColumnType = Literal[
    "varchar", "text", "timestamp", "date", "bigint", "double", "decimal(18,2)", "boolean"
]
# whose identifier a column holds; `identity_kind` means that the row says so itself
IdentifierKind = Literal["customer", "author", "phone", "email", "name", "identity_kind"]
# what becomes of a row that names somebody who was erased: it goes; it stays and names nobody; it
# stays under a name that stands for this row alone; or the feed names nobody
Erasure = Literal["delete", "anonymise", "stand_in", "keep"]


class ContractError(Exception):
    """A feed or contract file that cannot be used: `path:line: what is wrong, what to do`."""


class FeedColumn(BaseModel):
    """One column of a feed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: ColumnType
    is_required: bool = False
    identifier: IdentifierKind | None = None
    label_zh: str
    description: str

    @property
    def is_ref(self) -> bool:
        """Whether the column holds somebody's id, which landing qualifies by its owner."""
        return self.name.endswith("_ref") and self.identifier is None

    @property
    def is_free_text(self) -> bool:
        """Whether people write here what they like, so that it is redacted before it is kept."""
        return self.type == "text" or (
            self.type == "varchar"
            and self.identifier is None
            and (
                self.name.endswith("_name")
                or self.name in {"title", "old_value", "new_value", "keyword", "benchmark_source"}
            )
        )


class Feed(BaseModel):
    """One feed: its columns in order, and the key of a row within a channel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    label_zh: str
    description: str
    key: list[str] = Field(min_length=1)
    erasure: Erasure
    columns: dict[str, FeedColumn]

    @model_validator(mode="after")
    def _is_coherent(self) -> Feed:
        for name in self.key:
            if name not in self.columns:
                raise ValueError(f"key: {name} is not a column of the feed")
        texts = [column.name for column in self.columns.values() if column.type == "text"]
        if len(texts) > 1:
            raise ValueError(f"one text per feed, this one has {', '.join(texts)}")
        if self.identifiers and self.erasure == "keep":
            raise ValueError(
                f"erasure: {self.identifiers[0]} names a person; say delete, anonymise or stand_in"
            )
        if not self.identifiers and self.erasure != "keep":
            raise ValueError("erasure: no column names a person; say keep")
        return self

    @property
    def identifiers(self) -> list[str]:
        """The columns that name a person."""
        return [c.name for c in self.columns.values() if c.identifier is not None]

    @property
    def text_column(self) -> str | None:
        """The column that is stored as `text_sha256`, or None."""
        return next((c.name for c in self.columns.values() if c.type == "text"), None)


def load_feeds() -> dict[str, Feed]:
    """Return all feeds by name, in alphabetical order.

    Raises:
        ContractError: a feed file that cannot be used, with its line.
    """
    return dict(_packaged_feeds())


@cache
def _packaged_feeds() -> dict[str, Feed]:
    return {path.stem: load_feed(path) for path in sorted(FEEDS_FOLDER.glob("*.yml"))}


def load_feed(path: Path) -> Feed:
    """Read one feed file; its name must be the feed's.

    Raises:
        ContractError: the file cannot be used, with its line.
    """
    try:
        document = read_document(path)
    except DocumentError as error:
        raise ContractError(str(error)) from error
    data = dict(document.data)
    name = data.pop("feed", None)
    if name != path.stem:
        raise ContractError(document.error(["feed"], f"feed: must be {path.stem}, the file's name"))
    columns = data.get("columns") or {}
    data["columns"] = {
        column: {"name": column, **details} if isinstance(details, dict) else details
        for column, details in columns.items()
    }
    try:
        return Feed(name=name, **data)
    except ValidationError as error:
        known = {"feed", *Feed.model_fields, *FeedColumn.model_fields}
        raise ContractError(explain(document, error, known)) from error
