"""The pages of contracts and feeds: keys, parsers, and the columns that a channel can fill."""

from __future__ import annotations

from typing import Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ingestion.contracts.feeds import FeedColumn, load_feeds
from ingestion.contracts.models import ColumnTarget, Contract, Export, FeedMapping, Files
from ingestion.contracts.parsers import PARSERS, parsers_for
from orchestration.reference.markdown import table

_LEVELS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("A contract", Contract),
    ("`exports`: a list, one entry an export", Export),
    ("`files` of an export", Files),
    ("`feeds` of an export: feed to", FeedMapping),
    ("`columns` of a feed: header to a column, or to", ColumnTarget),
)


def render_contracts() -> str:
    """The page of contract keys and parsers."""
    parts = [
        "# Contracts\n",
        "A contract is one YAML file a channel. `koubei contracts check` names file, line and "
        "column of what is wrong. [Those that come with it](../../../ingestion/channels).\n",
    ]
    for title, model in _LEVELS:
        rows = [
            (f"`{name}`", field.description, _values(field))
            for name, field in model.model_fields.items()
            if field.description
        ]
        parts += [f"## {title}\n", table(["key", "meaning", "values"], rows)]
    parts += [
        "## Parsers\n",
        "A column without `parse` is read by the default of its type; one whose name ends in "
        "`_share` by `percent`.\n",
        table(["`parse`", "reads", "fills columns of type"], _parsers()),
    ]
    return "\n".join(parts)


def render_feeds() -> str:
    """The page of feeds: one row each, its columns with the required ones in bold."""
    feeds = load_feeds()
    head = (
        f"# Feeds\n\nThe {len(feeds)} kinds of row that channels fill. Columns in **bold** are "
        "required; types, Chinese labels and descriptions are in the file of the feed.\n"
    )
    rows = [
        (
            f"[`{name}`](../../../ingestion/feeds/{name}.yml) {feed.label_zh}",
            feed.description,
            ", ".join(feed.key),
            ", ".join(_column(column) for column in feed.columns.values()),
        )
        for name, feed in sorted(feeds.items())
    ]
    return f"{head}\n{table(['feed', 'meaning', 'key', 'columns'], rows)}"


def _column(column: FeedColumn) -> str:
    return f"**{column.name}**" if column.is_required else column.name


def _values(field: FieldInfo) -> str:
    if field.is_required():
        default = "required"
    elif field.default in (None, [], {}):
        default = ""
    else:
        default = f"default `{str(field.default).lower()}`"
    listed = ", ".join(f"`{value}`" for value in _literals(field.annotation))
    return "; ".join(filter(None, [listed, default]))


def _literals(annotation: object) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(value for each in get_args(annotation) for value in _literals(each))


def _parsers() -> list[tuple[str, str, str]]:
    fills: dict[str, list[str]] = {name: [] for name in PARSERS}
    columns = [column for feed in load_feeds().values() for column in feed.columns.values()]
    usual = {each.type: each for each in columns if not each.name.endswith("_share")}
    for kind, column in usual.items():
        for place, name in enumerate(parsers_for(column)):
            fills[name].append(f"{kind} (default)" if place == 0 else kind)
    return [(f"`{name}`", each.wants, ", ".join(fills[name])) for name, each in PARSERS.items()]
