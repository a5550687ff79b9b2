"""Numbers that changed for a day already published, and the files that changed them.

What counts:

- In `kpis.kpi_history`: a numerator, denominator or value of a period that the previous publication
  called complete. A row that is new or gone counts too: its other value is null.
- In a fact (`fct_*`, or a mart whose clock is `month_start`): an amount of a row that both
  publications have and whose day was published, where a number was there before; or the clock that
  gives the row its day. Counts and minutes are left to the KPIs: they grow as the world goes on
  (a case is answered, a voice is replied to), which is news and no restatement.

What caused it is found by `orchestration.publication.causes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.publication.causes import name_causes
from orchestration.publication.content_hash import Column, columns_of, compared, literal, quoted
from orchestration.publication.exposures import ExposedModel

KPI_HISTORY = "kpis.kpi_history"
_KPI_KEY = (
    "kpi_code", "period_kind", "period_start", "channel_code", "brand_code", "product_key",
)  # fmt: skip
_KPI_PERIOD = ("kpi_code", "period_kind", "period_start")
_KPI_NUMBERS = ("numerator", "denominator", "value")
# amounts in the currency of the export say the same again, so those in yuan stand for them
_AMOUNTS = ("_cny", "_share", "_score", "quantity", "weight")
_NUMERIC = ("DECIMAL", "DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT")

_EMPTY = """
create or replace temp table restated (
    table_name varchar, row_key varchar, column_name varchar, old_value varchar,
    new_value varchar, period_start date, period_end date, channel_code varchar
)
"""


@dataclass(frozen=True)
class Compared:
    """A table to compare: its key, its numbers, and the column that gives a row its day."""

    model: ExposedModel
    key: tuple[str, ...]
    numbers: tuple[Column, ...]
    clock: Column


def find_restatements(
    connection: duckdb.DuckDBPyConnection,
    models: Iterable[ExposedModel],
    *,
    previous: str,
    previous_as_of: date,
    previous_load_id: int,
) -> dict[str, int]:
    """Fill temp table `restatements` with what moved since the publication attached as `previous`.

    Columns: table_name, row_key (JSON), column_name, old_value, new_value, period_start,
    cause_files. At most `ROWS_A_TABLE` a table are kept, the earliest periods first.

    Returns:
        How many numbers moved, by table; tables where none did are left out.
    """
    connection.execute(_EMPTY)
    for model in models:
        if not _has_table(connection, previous, model):
            continue
        if model.qualified == KPI_HISTORY:
            _compare_kpis(connection, model, previous)
        elif (fact := _as_fact(connection, model, previous)) is not None:
            _compare_fact(connection, fact, previous, previous_as_of)
    counts = connection.execute("select table_name, count(*) from restated group by all").fetchall()
    name_causes(connection, previous_load_id, has_any=bool(counts))
    return dict(sorted(counts))


def _has_table(connection: duckdb.DuckDBPyConnection, database: str, model: ExposedModel) -> bool:
    found = connection.execute(
        "select count(*) from duckdb_tables() "
        "where database_name = ? and schema_name = ? and table_name = ?",
        [database, model.schema, model.name],
    ).fetchone()
    return bool(found and found[0])


def _shared(
    connection: duckdb.DuckDBPyConnection, model: ExposedModel, previous: str
) -> list[Column]:
    """Columns that stand under one name in both publications, with today's type."""
    before = {c.name for c in columns_of(connection, quoted(previous, model.schema, model.name))}
    return [
        column
        for column in columns_of(connection, quoted(model.schema, model.name))
        if column.name in before
    ]


def _is_numeric(column: Column) -> bool:
    return column.type.startswith(_NUMERIC)


def _as_fact(
    connection: duckdb.DuckDBPyConnection, model: ExposedModel, previous: str
) -> Compared | None:
    columns = _shared(connection, model, previous)
    names = {column.name for column in columns}
    clocks = [column for column in columns if column.type in ("DATE", "TIMESTAMP")]
    clock = next((c for c in clocks if c.name == model.meta.get("clock")), None) or next(
        iter(clocks), None
    )
    if clock is None or not model.key or not set(model.key) <= names:
        return None
    if not model.name.startswith("fct_") and clock.name != "month_start":
        return None
    numbers = tuple(
        column
        for column in columns
        if _is_numeric(column) and column.name not in model.key and column.name.endswith(_AMOUNTS)
    )
    return Compared(model, model.key, numbers, clock)


def _row_key(names: Sequence[str], old: str = "old", new: str = "new") -> str:
    pairs = ", ".join(
        f"{literal(name)}, coalesce({old}.{quoted(name)}, {new}.{quoted(name)})" for name in names
    )
    return f"cast(json_object({pairs}) as varchar)"


def _joined(names: Sequence[str]) -> str:
    return " and ".join(f"old.{quoted(n)} is not distinct from new.{quoted(n)}" for n in names)


def _moved(column: Column) -> str:
    return f"{compared(column, 'old')} is distinct from {compared(column, 'new')}"


def _spread(table: str, numbers: Sequence[str], conditions: Sequence[str]) -> str:
    """One row per number that moved, from temp table `moved` with its wide rows."""
    return " union all ".join(
        f"select {literal(table)}, row_key, {literal(name)}, "
        f"cast({quoted('old_' + name)} as varchar), cast({quoted('new_' + name)} as varchar), "
        f"period_start, period_end, channel_code from moved where {condition}"
        for name, condition in zip(numbers, conditions, strict=True)
    )


def _both(columns: Iterable[Column]) -> str:
    return "".join(
        f", old.{quoted(c.name)} as {quoted('old_' + c.name)}"
        f", new.{quoted(c.name)} as {quoted('new_' + c.name)}, {_moved(c)} as "
        f"{quoted('is_moved_' + c.name)}"
        for c in columns
    )


def _compare_kpis(
    connection: duckdb.DuckDBPyConnection, model: ExposedModel, previous: str
) -> None:
    columns = _shared(connection, model, previous)
    names = {column.name for column in columns}
    wanted = model.key or tuple(name for name in _KPI_KEY if name in names)
    key = tuple(name for name in wanted if name in names)
    numbers = [column for column in columns if column.name in _KPI_NUMBERS]
    if not {*_KPI_PERIOD, "period_end", "is_complete"} <= names or not numbers:
        return
    # a row may be new or gone, so that the period's other rows say whether it was complete; a KPI
    # that matures (a month to buy again in) is complete later than its last day
    period = ", ".join(_KPI_PERIOD)
    theirs = quoted(previous, model.schema, model.name)
    complete = f"({period}) in (select ({period}) from {theirs} where is_complete)"
    # what the previous publication did not tell apart yet, it held as one total
    totals = "".join(f" and {quoted(name)} = 'all'" for name in wanted if name not in names)
    ours = quoted(model.schema, model.name)
    moved = " or ".join(_moved(column) for column in numbers)
    connection.execute(f"""
        create or replace temp table moved as
        select
            {_row_key(key)} as row_key,
            nullif(nullif({_side("channel_code")}, 'all'), 'unknown') as channel_code,
            {_side("period_start")} as period_start, {_side("period_end")} as period_end
            {_both(numbers)}
        from (select * from {theirs} where {complete}) as old
        full join (select * from {ours} where {complete}{totals}) as new on {_joined(key)}
        where {moved}
    """)
    conditions = [quoted("is_moved_" + column.name) for column in numbers]
    spread = _spread(model.qualified, [column.name for column in numbers], conditions)
    connection.execute(f"insert into restated {spread}")


def _side(name: str) -> str:
    return f"coalesce(old.{quoted(name)}, new.{quoted(name)})"


def _compare_fact(
    connection: duckdb.DuckDBPyConnection, fact: Compared, previous: str, as_of: date
) -> None:
    ours = quoted(fact.model.schema, fact.model.name)
    theirs = quoted(previous, fact.model.schema, fact.model.name)
    clock = quoted(fact.clock.name)
    names = {column.name for column in columns_of(connection, ours)}
    channel = "new.channel_code" if "channel_code" in names else "null"
    if fact.clock.name == "month_start":
        end = f"cast(old.{clock} + interval 1 month as date) - 1"
    else:
        end = f"cast(old.{clock} as date)"
    # A day whose rows hash alike on both sides has nothing to compare: the join below then reads
    # only the days that moved, which on most nights is the new one alone.
    hashed = [*(Column(name, "") for name in fact.key), *fact.numbers, fact.clock]
    digest = (
        f"select cast({clock} as date) as day, count(*) as n, "
        f"sum(cast(hash({', '.join(compared(column) for column in hashed)}) as hugeint)) as digest"
    )
    connection.execute(f"""
        create or replace temp table moved_days as
        select coalesce(old.day, new.day) as day
        from ({digest} from {theirs} group by all) as old
        full join ({digest} from {ours} group by all) as new on old.day = new.day
        where old.n is distinct from new.n or old.digest is distinct from new.digest
    """)
    inside = f"cast({clock} as date) in (select day from moved_days)"
    watched = [*fact.numbers, fact.clock]
    is_moved = " or ".join(_moved(column) for column in watched)
    connection.execute(f"""
        create or replace temp table moved as
        select
            {_row_key(fact.key)} as row_key, {channel} as channel_code,
            cast(old.{clock} as date) as period_start, {end} as period_end
            {_both(watched)}
        from (select * from {theirs} where {inside}) as old
        inner join (select * from {ours} where {inside}) as new on {_joined(fact.key)}
        where {end} <= {literal(str(as_of))}::date and ({is_moved})
    """)
    # where there was no number before, one is news
    conditions = [
        f"{quoted('is_moved_' + column.name)} and {quoted('old_' + column.name)} is not null"
        for column in watched
    ]
    spread = _spread(fact.model.qualified, [column.name for column in watched], conditions)
    connection.execute(f"insert into restated {spread}")
