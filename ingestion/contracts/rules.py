"""What must agree within a contract, with the feeds, and between contracts.

Each rule yields where the fault is (a path of keys into the document) and one line that says
what is wrong and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ingestion.contracts.feeds import Feed
from ingestion.contracts.parsers import PARSERS, parsers_for
from ingestion.contracts.yaml_documents import Location, suggest

if TYPE_CHECKING:
    from ingestion.contracts.models import ColumnTarget, Contract, Export, FeedMapping

Fault = tuple[Location, str]


def faults_in(contract: Contract, feeds: Mapping[str, Feed]) -> Iterator[Fault]:
    """Yield the faults of one contract."""
    refs = {name for feed in feeds.values() for name in feed.columns if name.endswith("_ref")}
    for ref in contract.refs:
        if ref not in refs:
            yield ["refs", ref], f"refs: no feed has a column {ref}{suggest(ref, refs)}"
    names: set[str] = set()
    for position, export in enumerate(contract.exports):
        at: list[str | int] = ["exports", position]
        if export.name in names:
            yield [*at, "name"], f"export {export.name} occurs twice; give it another name"
        names.add(export.name)
        yield from _export_faults(at, export)
        for feed_name, mapping in export.feeds.items():
            feed = feeds.get(feed_name)
            if feed is None:
                hint = suggest(feed_name, feeds)
                yield [*at, "feeds", feed_name], f"feeds: there is no feed {feed_name}{hint}"
                continue
            yield from _mapping_faults([*at, "feeds", feed_name], mapping, feed)


def faults_between(
    contracts: Mapping[str, Contract],
) -> Iterator[tuple[str, Location, str]]:
    """Yield (channel, location, message) for file-name patterns that two exports share."""
    exports = [
        (channel, position, export)
        for channel, contract in contracts.items()
        for position, export in enumerate(contract.exports)
    ]
    for index, (channel, position, export) in enumerate(exports):
        for other_channel, _, other in exports[:index]:
            shared = next(
                (name for name in export.pattern.samples() if other.pattern.match(name)), None
            )
            shared = shared or next(
                (name for name in other.pattern.samples() if export.pattern.match(name)), None
            )
            if shared:
                yield (
                    channel,
                    ["exports", position, "files", "pattern"],
                    f"pattern: {shared} would also be a file of {other_channel}/{other.name}; "
                    "make the two differ",
                )


def _export_faults(at: list[str | int], export: Export) -> Iterator[Fault]:
    if export.mode == "snapshot" and export.pattern.has_part:
        yield (
            [*at, "files", "pattern"],
            "pattern: a snapshot is one whole file and has no {part}; drop it or use mode: delta",
        )
    if export.files.sheet is not None and export.files.format != "xlsx":
        yield [*at, "files", "sheet"], "sheet: only xlsx files have sheets"
    for key in ("encoding", "compression"):
        if not export.files.is_text and key in export.files.model_fields_set:
            yield [*at, "files", key], f"{key}: {export.files.format} files carry their own"
    homes: dict[str, str] = dict.fromkeys(export.mapped_headers, "columns")
    for home in ("extra", "ignored"):
        for position, header in enumerate(getattr(export, home)):
            if header in homes:
                yield (
                    [*at, home, position],
                    f"{home}: header {header} is in {homes[header]} too; keep one",
                )
            homes[header] = home
    for position, example in enumerate(export.examples):
        for header in example:
            if header not in homes:
                yield (
                    [*at, "examples", position, header],
                    f"examples: header {header} is not in columns, extra or ignored"
                    f"{suggest(header, homes)}",
                )


def _mapping_faults(at: list[str | int], mapping: FeedMapping, feed: Feed) -> Iterator[Fault]:
    filled: dict[str, str] = {}
    for header, targets in mapping.columns.items():
        for position, target in enumerate(targets):
            where = [*at, "columns", header, position]
            yield from _target_faults(where, header, target, feed)
            if target.to in filled:
                yield where, f"{header}: {target.to} is filled by {filled[target.to]} already"
            filled[target.to] = header
    for column in mapping.constants:
        if column not in feed.columns:
            yield [*at, "constants", column], _no_column(column, feed)
        if column in filled:
            yield (
                [*at, "constants", column],
                f"constants: {column} is filled by {filled[column]} already",
            )
        filled[column] = "constants"
    for ref in mapping.refs:
        if ref not in feed.columns or not ref.endswith("_ref"):
            yield [*at, "refs", ref], f"refs: feed {feed.name} has no column {ref}"
    yield from _key_faults(at, mapping, feed, filled)


def _target_faults(
    where: list[str | int], header: str, target: ColumnTarget, feed: Feed
) -> Iterator[Fault]:
    column = feed.columns.get(target.to)
    if column is None:
        yield where, f"{header}: {_no_column(target.to, feed)}"
        return
    if target.parse is not None and target.parse not in PARSERS:
        yield (
            [*where, "parse"],
            f"{header}: there is no parser {target.parse}{suggest(target.parse, PARSERS)}; "
            f"the parsers are {', '.join(PARSERS)}",
        )
    elif target.parse is not None and target.parse not in parsers_for(column):
        yield (
            [*where, "parse"],
            f"{header}: parser {target.parse} does not give a {column.type}, which {column.name} "
            f"is; use one of {', '.join(parsers_for(column))}",
        )
    if target.has_map_default and target.map is None:
        yield [*where, "map_default"], f"{header}: map_default needs a map"


def _key_faults(
    at: list[str | int], mapping: FeedMapping, feed: Feed, filled: Mapping[str, str]
) -> Iterator[Fault]:
    for position, column in enumerate(mapping.key or []):
        if column not in feed.columns:
            yield [*at, "key", position], f"key: {_no_column(column, feed)}"
    missing = [column for column in feed.key if column not in (mapping.key or feed.key)]
    if missing:
        yield (
            [*at, "key"],
            f"key: may be wider than the feed's but must hold it: add {', '.join(missing)}",
        )
    needed = dict.fromkeys([*(mapping.key or feed.key)])
    needed.update(dict.fromkeys(c.name for c in feed.columns.values() if c.is_required))
    for column in needed:
        if column in feed.columns and column not in filled:
            if column in feed.key and not feed.columns[column].is_required:
                continue
            kind = "key" if column in (mapping.key or feed.key) else "required"
            yield (
                at,
                f"{feed.name}: nothing fills the {kind} column {column}; "
                "map a header to it or give it in constants",
            )


def _no_column(column: str, feed: Feed) -> str:
    return f"feed {feed.name} has no column {column}{suggest(column, feed.columns)}"
