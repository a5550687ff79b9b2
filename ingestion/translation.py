"""A contract's mapping as SQL: from the texts of a file to typed rows of one feed.

`landing_source` (texts, in file order) becomes `landing_rows_<feed>` (typed, hashed, not yet
redacted) in one statement. Each row names its first fault, or none. Nothing goes to `raw` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.contracts import ColumnTarget, Contract, Export, Feed, FeedColumn, FeedMapping
from ingestion.parsing import PARSERS, Zones, clean, literal, parse_sql, parsers_for
from ingestion.privacy import identifier_sql
from ingestion.reading import SOURCE_TABLE, blank_row_sql


@dataclass(frozen=True)
class Check:
    """One way for a row to be unfit: SQL that is true for it, and what to tell a person."""

    header: str | None
    source: str | None  # column of the source table that holds the value at fault
    condition: str
    reason: str
    is_identifier: bool


@dataclass(frozen=True)
class Translation:
    """The SQL of one feed's rows.

    `statement` makes the rows table: `row_id, fault, <column>.., e0..en` (fault counts from 1, null
    where the row is fit; `e` are the texts kept in `extra`).
    """

    feed: Feed
    statement: str
    checks: list[Check]
    filled: list[str]
    record_key: str
    extra_headers: list[str]

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


def translate(
    contract: Contract,
    export: Export,
    mapping: FeedMapping,
    feed: Feed,
    *,
    columns: Mapping[str, str],
    width: int,
    zones: Zones,
) -> Translation:
    """Return the SQL that fills one feed.

    `columns` names the source column of each header that the file has, `width` how many there are.
    """
    builder = _Builder(contract, mapping, feed, columns, zones)
    for header, targets in mapping.columns.items():
        for target in targets:
            builder.add(header, target)
    for name, value in mapping.constants.items():
        builder.add_constant(name, value)
    key = mapping.key or feed.key
    builder.require(
        [name for name in key if feed.columns[name].is_required or name not in feed.key]
    )

    used = [header for header in mapping.columns if header in columns]
    extra = [header for header in export.extra if header in columns]
    guards = [columns.get(header) for header in mapping.only_if_present]
    blanks = list(export.blank_values)
    cleaned = dict.fromkeys(columns[header] for header in [*used, *extra])
    cleaned.update(dict.fromkeys(guard for guard in guards if guard))
    # a header that decides whether a feed is filled, and is not there, fills nothing
    wanted = " and ".join(
        f"{clean(guard, blanks)} is not null" if guard else "false" for guard in guards
    )
    inner = ", ".join(["rowid as row_id", *(f"{clean(c, blanks)} as {c}" for c in cleaned)])
    typed = ", ".join(
        [
            "row_id",
            *cleaned,
            *(f'{sql} as "v_{name}"' for name, sql in builder.values.items()),
        ]
    )
    faults = " ".join(
        f"when {check.condition} then {number}"
        for number, check in enumerate(builder.checks, start=1)
    )
    rows = ", ".join(
        [
            "row_id",
            f"cast({f'case {faults} end' if faults else 'null'} as smallint) as fault",
            *(f'"v_{name}" as "{name}"' for name in builder.values),
            *(f"{columns[header]} as e{index}" for index, header in enumerate(extra)),
        ]
    )
    statement = (
        f"create or replace temp table {rows_table(feed)} as select {rows} "
        f"from (select {typed} from (select {inner} from {SOURCE_TABLE} where not ({blank_row_sql(width)})"
        f"{f' and {wanted}' if wanted else ''}))"
    )
    return Translation(
        feed=feed,
        statement=statement,
        checks=builder.checks,
        filled=list(builder.values),
        record_key=_record_key(contract, mapping, feed, key, set(builder.values)),
        extra_headers=extra,
    )


class _Builder:
    """Collects the SQL of each feed column and the checks that go with it."""

    def __init__(
        self,
        contract: Contract,
        mapping: FeedMapping,
        feed: Feed,
        columns: Mapping[str, str],
        zones: Zones,
    ) -> None:
        self.values: dict[str, str] = {}
        self.checks: list[Check] = []
        self._contract = contract
        self._mapping = mapping
        self._feed = feed
        self._columns = columns
        self._zones = zones
        self._sources: dict[str, tuple[str, str | None]] = {}

    def add(self, header: str, target: ColumnTarget) -> None:
        """Fill a column from a header; with nulls where the file lacks it."""
        column = self._feed.columns[target.to]
        source = self._columns.get(header)
        self._sources[column.name] = (header, source)
        if source is None:
            self.values[column.name] = f"cast(null as {_sql_type(column)})"
        else:
            value = source
            if target.map is not None:
                value = _mapped(source, target)
                if not target.has_map_default:
                    self._check(
                        column,
                        f"{source} is not null and {value} is null",
                        f"is not listed in the map of {header}; add it there, or set map_default",
                    )
            self._fill(column, value, target.parse)
            # an identifier that is masked or shared is unknown, not wrong
            if column.identifier is None:
                parser = PARSERS[target.parse or parsers_for(column)[0]]
                self._check(
                    column,
                    f'{value} is not null and "v_{column.name}" is null',
                    f"is not {parser.wants}",
                )
        if column.is_required:
            self.require([column.name])

    def add_constant(self, name: str, value: str) -> None:
        """Fill a column with the contract's own value."""
        self._fill(self._feed.columns[name], literal(value), None)

    def require(self, names: list[str]) -> None:
        """Reject rows in which one of these columns is null."""
        for name in names:
            if name not in self._sources:
                continue
            condition = f'"v_{name}" is null'
            if any(check.condition == condition for check in self.checks):
                continue
            column = self._feed.columns[name]
            reason = "is blank, masked or shared by strangers" if column.identifier else "is blank"
            self._check(column, condition, reason)

    def _fill(self, column: FeedColumn, value: str, parser: str | None) -> None:
        if column.identifier is None:
            sql = parse_sql(value, column, parser, self._zones)
            if column.is_ref:
                owner = self._contract.owner_of(self._mapping, column.name)
                sql = f"{literal(f'{owner}:')} || {sql}"
        else:
            owner = self._contract.owner_of(self._mapping, column.name)
            sql = identifier_sql(value, column.identifier, owner, self._kind_sql(column))
        self.values[column.name] = sql

    def _kind_sql(self, column: FeedColumn) -> str | None:
        """Return the SQL of the row's identity_kind, which an identity's domain is."""
        if column.identifier != "identity_kind":
            return None
        for header, targets in self._mapping.columns.items():
            for target in targets:
                if target.to == "identity_kind":
                    source = self._columns.get(header)
                    return None if source is None else _mapped(source, target)
        constant = self._mapping.constants.get("identity_kind")
        return None if constant is None else literal(constant)

    def _check(self, column: FeedColumn, condition: str, reason: str) -> None:
        header, source = self._sources[column.name]
        self.checks.append(Check(header, source, condition, reason, column.identifier is not None))


def _mapped(source: str, target: ColumnTarget) -> str:
    """Return SQL that looks a value up in the target's map, where it has one."""
    if target.map is None:
        return source
    cases = " ".join(f"when {literal(old)} then {literal(new)}" for old, new in target.map.items())
    default = target.map_default if target.has_map_default else None
    # a blank stays blank: the default is for values that the contract does not list
    otherwise = f" else if({source} is null, null, {literal(default)})" if default else ""
    return f"case {source} {cases}{otherwise} end"


def _sql_type(column: FeedColumn) -> str:
    return "varchar" if column.type == "text" else column.type


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
