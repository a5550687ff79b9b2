"""How a column of DuckDB becomes one of PostgreSQL, in words of both.

Most types have an exact counterpart and travel as CSV. Lists of plain values become arrays, nested
ones JSON, and what PostgreSQL does not know becomes text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from orchestration.publication.content_hash import Column, quoted

_EXACT: Final = {
    "VARCHAR": "text",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric(20,0)",
    "HUGEINT": "numeric(39,0)",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "UUID": "uuid",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_ARRAYS: Final = {"VARCHAR[]": "text[]", "BIGINT[]": "bigint[]", "INTEGER[]": "integer[]"}
_NESTED = re.compile(r"JSON|.*\[\d*\]|(?:STRUCT|MAP)\(.*\)")


@dataclass(frozen=True)
class ColumnMapping:
    """A column on its way.

    Attributes:
        name: Its name, the same in both.
        type: Its type in PostgreSQL.
        sent: SQL of DuckDB for what is written to the CSV file.
        compared: SQL of DuckDB for what the value read back is compared with.
        read: SQL of PostgreSQL for reading it back.
        read_as: The type of DuckDB that it is read back as.
    """

    name: str
    type: str
    sent: str
    compared: str
    read: str
    read_as: str

    @property
    def is_text(self) -> bool:
        """Whether an empty value differs from none, so that it is quoted in the file."""
        return self.type == "text"


def column_mapping(column: Column) -> ColumnMapping:
    """How a column travels."""
    name, kind = quoted(column.name), column.type
    if kind == "VARCHAR":
        # PostgreSQL's text cannot hold the character 0
        said = f"replace({name}, chr(0), '')"
        return ColumnMapping(column.name, "text", said, said, name, kind)
    decimal = _DECIMAL.fullmatch(kind)
    exact = f"numeric({decimal[1]},{decimal[2]})" if decimal else _EXACT.get(kind)
    if exact is not None:
        return ColumnMapping(column.name, exact, name, name, name, kind)
    if kind in _ARRAYS:
        as_json = f"cast(to_json({name}) as varchar)"
        back = f"pg_catalog.to_json({name})::text"
        return ColumnMapping(column.name, _ARRAYS[kind], _array(name), as_json, back, "VARCHAR")
    if kind == "BLOB":
        said = f"'\\x' || lower(hex({name}))"
        return ColumnMapping(column.name, "bytea", said, said, f"{name}::text", "VARCHAR")
    is_nested = _NESTED.fullmatch(kind)
    said = f"cast(to_json({name}) as varchar)" if is_nested else f"cast({name} as varchar)"
    # `json` keeps the text as it is; `jsonb` would order keys anew
    return ColumnMapping(
        column.name, "json" if is_nested else "text", said, said, f"{name}::text", "VARCHAR"
    )


def _array(name: str) -> str:
    """A list as PostgreSQL writes an array: {"a","b",NULL}."""
    element = (
        "case when element is null then 'NULL' else '\"' || replace(replace("
        "cast(element as varchar), '\\', '\\\\'), '\"', '\\\"') || '\"' end"
    )
    joined = f"array_to_string(list_transform({name}, lambda element: {element}), ',')"
    return f"case when {name} is not null then '{{' || coalesce({joined}, '') || '}}' end"
