"""A contract's mapping as SQL: from the texts of a file to typed rows of one feed.

`landing_source` (texts, in file order) becomes `landing_rows_<feed>` (typed, hashed, not yet
redacted) in one statement. Each row names its first fault, or none. Nothing goes to `raw` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.contracts.feeds import Feed, FeedColumn
from ingestion.contracts.models import ColumnTarget, Contract, Export, FeedMapping
from ingestion.contracts.parsers import PARSERS, Zones, clean, literal, parsers_for, read_value
from ingestion.contracts.sql_steps import Cell, SqlSteps
from ingestion.files.readers import SOURCE_TABLE, blank_row_sql
from ingestion.privacy.pseudonyms import identify
from ingestion.raw.schema import TEXT_SHA256

# in an original from which a person was taken, this and 16 hex digits stand for them
ERASED_MARK = "erased:"


@dataclass(frozen=True)
class Check:
    """One way for a row to be unfit: SQL that is true for it, and the reason for a person."""

    header: str | None
    source: str | None  # column of the source table that holds the value at fault
    condition: str
    reason: str
    is_identifier: bool


@dataclass(frozen=True)
class MappedFeed:
    """The SQL of one feed's rows.

    `statement` makes the rows table: `row_id, fault, <column>.., e0..en` (fault counts from 1, null
    where the row is fit; `e` are the texts kept in `extra`).
    """

    feed: Feed
    statement: str
    checks: list[Check]
    filled: list[str]
    text: str | None  # the column of texts, whose hash stands beside it as text_sha256
    record_key: str
    extra_headers: list[str]
    sources: dict[str, str]  # the source table's column that fills a column, where one does

    @property
    def table(self) -> str:
        """Name of the rows table."""
        return rows_table(self.feed)

    @property
    def free_texts(self) -> list[str]:
        """Columns of the rows table that people wrote freely, and that are redacted."""
        free = [name for name in self.filled if self.feed.columns[name].is_free_text]
        return [*(f'"{name}"' for name in free), *(f"e{i}" for i in range(len(self.extra_headers)))]

    @property
    def text_hashes(self) -> dict[str, str]:
        """The column that holds the hash of the text column's texts."""
        return {f'"{self.text}"': TEXT_SHA256} if self.text else {}

    @property
    def extra_sql(self) -> str:
        """SQL of the row's `extra` JSON; null where none of its values is there."""
        if not self.extra_headers:
            return "null"
        pairs = ", ".join(
            f"{literal(header)}, e{index}" for index, header in enumerate(self.extra_headers)
        )
        values = ", ".join(f"e{index}" for index in range(len(self.extra_headers)))
        return f"if(coalesce({values}) is null, null, json_object({pairs}))"


def rows_table(feed: Feed) -> str:
    """Return the name of the temp table that holds a feed's rows on their way."""
    return f"landing_rows_{feed.name}"


def map_feed(
    contract: Contract,
    export: Export,
    mapping: FeedMapping,
    feed: Feed,
    *,
    columns: Mapping[str, str],
    width: int,
    zones: Zones,
) -> MappedFeed:
    """Return the SQL that fills one feed.

    `columns` names the source column of each header that the file has, `width` how many there are.
    """
    key = mapping.key or feed.key
    blanks = list(export.blank_values)
    builder = _Builder(contract, mapping, feed, columns, zones)
    for header, targets in mapping.columns.items():
        for target in targets:
            builder.add(header, target)
    for name, value in mapping.constants.items():
        builder.add_constant(name, value)
    builder.require(
        [name for name in key if feed.columns[name].is_required or name not in feed.key]
    )

    text = feed.text_column if feed.text_column in builder.values else None
    extra = [header for header in export.extra if header in columns]
    used = dict.fromkeys(
        columns[header] for header in [*mapping.columns, *extra] if header in columns
    )
    cleaned = ", ".join(["rowid as row_id", *(f"{clean(c, blanks)} as {c}" for c in used)])
    guards = [columns.get(header) for header in mapping.only_if_present]
    wanted = [f"not ({blank_row_sql(width)})"]
    # a header that decides whether a feed is filled, and is not there, fills nothing
    wanted += [f"{clean(guard, blanks)} is not null" if guard else "false" for guard in guards]
    base = f"select {cleaned} from {SOURCE_TABLE} where {' and '.join(wanted)}"
    # an identifier is unknown where its kind is: the kind is then what is wrong
    checks = sorted(builder.checks, key=lambda check: check.is_identifier)
    faults = " ".join(
        f"when {check.condition} then {number}" for number, check in enumerate(checks, start=1)
    )
    rows = ", ".join(
        [
            "row_id",
            f"cast({f'case {faults} end' if faults else 'null'} as smallint) as fault",
            *(f'{cell} as "{name}"' for name, cell in builder.values.items()),
            *([f"sha256({builder.values[text]}) as {TEXT_SHA256}"] if text else []),
            *(f"{columns[header]} as e{index}" for index, header in enumerate(extra)),
        ]
    )
    statement = (
        f"create or replace temp table {rows_table(feed)} as "
        f"select {rows} from ({builder.steps.render(base)})"
    )
    return MappedFeed(
        feed=feed,
        statement=statement,
        checks=checks,
        filled=list(builder.values),
        text=text,
        record_key=_record_key(contract, mapping, feed, key, set(builder.values)),
        extra_headers=extra,
        sources=builder.sources,
    )


class _Builder:
    """Collects the steps of each feed column, and the checks that go with it."""

    def __init__(
        self,
        contract: Contract,
        mapping: FeedMapping,
        feed: Feed,
        columns: Mapping[str, str],
        zones: Zones,
    ) -> None:
        self.steps = SqlSteps()
        self.values: dict[str, Cell] = {}
        self.checks: list[Check] = []
        self._contract = contract
        self._mapping = mapping
        self._feed = feed
        self._columns = columns
        self._zones = zones
        self._headers: dict[str, str] = {}

    @property
    def sources(self) -> dict[str, str]:
        """The source table's column of each column that a header fills."""
        return {
            name: self._columns[header]
            for name, header in self._headers.items()
            if header in self._columns
        }

    def add(self, header: str, target: ColumnTarget) -> None:
        """Fill a column from a header; with nulls where the file lacks it."""
        column = self._feed.columns[target.to]
        self._headers[column.name] = header
        source = self._columns.get(header)
        if source is None:
            type_ = "varchar" if column.type == "text" else column.type
            self.values[column.name] = self.steps.add(f"cast(null as {type_})")
        else:
            value = self._mapped(Cell(source, 0), target)
            if target.map is not None and not target.has_map_default:
                self._check(
                    column,
                    f"{source} is not null and {value} is null",
                    f"is not listed in the map of {header}; add it there, or set map_default",
                )
            read = self._fill(column, value, target.parse)
            # an identifier that is masked or shared is unknown, not wrong
            if column.identifier is None and read != value:
                wants = PARSERS[target.parse or parsers_for(column)[0]].wants
                self._check(column, f"{value} is not null and {read} is null", f"is not {wants}")
        if column.is_required:
            self.require([column.name])

    def add_constant(self, name: str, value: str) -> None:
        """Fill a column with the contract's own value."""
        self._fill(self._feed.columns[name], self.steps.add(literal(value)), None)

    def require(self, names: list[str]) -> None:
        """Reject rows in which one of these columns is null."""
        for name in names:
            if name not in self._headers:
                continue
            condition = f"{self.values[name]} is null"
            column = self._feed.columns[name]
            if column.identifier and name in self.sources:
                # who was erased is unknown, which is no fault of the row
                mark = f"starts_with({self.sources[name]}, {literal(ERASED_MARK)})"
                condition += f" and not coalesce({mark}, false)"
            if any(check.condition == condition for check in self.checks):
                continue
            reason = "is blank, masked or shared by strangers" if column.identifier else "is blank"
            self._check(column, condition, reason)

    def _fill(self, column: FeedColumn, value: Cell, parser: str | None) -> Cell:
        """Read a value into a column; return the cell of the value as read."""
        owner = self._contract.owner_of(self._mapping, column.name)
        if column.identifier is not None:
            kind = self._kind() if column.identifier == "identity_kind" else None
            read = identify(self.steps, value, column.identifier, owner, kind)
            self.values[column.name] = read
            return read
        read = read_value(self.steps, value, column, parser, self._zones)
        stored = read
        if column.is_ref:
            stored = self.steps.add(f"{literal(f'{owner}:')} || {read}", read)
        self.values[column.name] = stored
        return read

    def _kind(self) -> Cell | None:
        """Return the row's identity_kind, which an identity's domain is."""
        for header, targets in self._mapping.columns.items():
            for target in targets:
                if target.to == "identity_kind":
                    source = self._columns.get(header)
                    return None if source is None else self._mapped(Cell(source, 0), target)
        constant = self._mapping.constants.get("identity_kind")
        return None if constant is None else self.steps.add(literal(constant))

    def _mapped(self, source: Cell, target: ColumnTarget) -> Cell:
        """Look a value up in the target's map, where it has one."""
        if target.map is None:
            return source
        cases = " ".join(
            f"when {literal(old)} then {literal(new)}" for old, new in target.map.items()
        )
        default = target.map_default if target.has_map_default else None
        # a blank stays blank: the default is for values that the contract does not list
        otherwise = f"else if({source} is null, null, {literal(default)})" if default else ""
        return self.steps.add(f"case {source} {cases} {otherwise} end", source)

    def _check(self, column: FeedColumn, condition: str, reason: str) -> None:
        header = self._headers[column.name]
        self.checks.append(
            Check(
                header=header,
                source=self._columns.get(header),
                condition=condition,
                reason=reason,
                is_identifier=column.identifier is not None,
            )
        )


def _record_key(
    contract: Contract, mapping: FeedMapping, feed: Feed, key: list[str], filled: set[str]
) -> str:
    """Return SQL of the record key: `<channel>:<part>|<part>`, own refs without their owner."""
    parts = []
    for name in key:
        column = feed.columns[name]
        value = f'cast("{name}" as varchar)' if name in filled else "cast(null as varchar)"
        own = f"{contract.channel}:"
        if column.is_ref and contract.owner_of(mapping, name) == contract.channel:
            value = f"substr({value}, {len(own) + 1})"
        escaped = f"replace(replace({value}, '%', '%25'), '|', '%7C')"
        parts.append(f"coalesce({escaped}, '')")
    return f"{literal(f'{contract.channel}:')} || " + " || '|' || ".join(parts)
