"""The swap: one transaction that makes the published tables say what the loaded ones say.

It changes rows, not names. A statement of a reader takes one snapshot after all its names are
resolved, so it sees all tables as before that transaction or all as after it, whatever schemas it
joins; a transaction in repeatable read keeps one snapshot, and so one publication, to its end.
Nobody waits for the swap and the swap waits for nobody, since writing a row conflicts with no
reader. Renaming schemas gives neither: names are resolved one by one against the newest catalog,
so a statement can meet both sets, and locks on all tables against that never come together while
readers take them in orders of their own.

Only rows that differ are written. A table that changes its columns does need a lock, for a moment
and at the end; see `_Reshaped`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from psycopg import errors, sql

from orchestration.postgres import grants, swap_log
from orchestration.postgres.connection import Connection, PostgresError, transaction
from orchestration.postgres.swap_log import GONE, KEPT, PREVIOUS, place, relations
from orchestration.publication.store import Published

# how long a reader who comes while a table gets other columns waits at most for that lock
LONGEST_HOLD_MILLISECONDS = 500
# how long to try for such a lock, and for dropping what nobody should read any more
PATIENCE_SECONDS = 60.0
# readers hold no lock that a change of rows waits for; a session that locks tables by hand does
_LONGEST_WAIT_MILLISECONDS = 5_000
_REPLACED = "__replaced"

_COLUMNS = """
select attname, pg_catalog.format_type(atttypid, atttypmod)
from pg_catalog.pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped
order by attnum
"""
_KEY = """
select a.attname
from pg_catalog.pg_index i, pg_catalog.unnest(i.indkey) with ordinality as part (attnum, position)
join pg_catalog.pg_attribute a on a.attnum = part.attnum
where i.indrelid = %s::regclass and a.attrelid = i.indrelid and i.indisprimary
order by position
"""
_GAVE_WAY = (errors.LockNotAvailable, errors.QueryCanceled, errors.DeadlockDetected)


@dataclass
class SwapResult:
    """What a swap came to."""

    changed: list[str] = field(default_factory=list)
    attempts: int = 0


@dataclass(frozen=True)
class _Shape:
    """Columns with their types, and the primary key."""

    columns: dict[str, str]
    key: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where the rows of the coming set stand, and which tables differ from what readers see.

    Attributes:
        published: The coming set.
        ending: Of the schemas that hold its tables.
        tables: Those that differ; only these need to be there.
    """

    published: Published
    ending: str
    tables: tuple[str, ...]


def swap(
    connection: Connection,
    source: Source,
    stands: swap_log.LiveState,
    *,
    keeps: bool,
    patience: float | None = None,
) -> SwapResult:
    """Make the coming set what readers see, in one transaction with the book.

    Args:
        connection: To PostgreSQL, the only publisher.
        source: The coming set.
        stands: What readers see now.
        keeps: Whether a copy in schemas `__kept` becomes the previous set.
        patience: Seconds to try, where a table changes its columns and readers are in the way.

    Raises:
        PostgresError: Somebody reads a table that changes its columns for longer than that, or
            somebody's view needs the old columns.
    """
    done = SwapResult(changed=list(source.tables))
    until = time.monotonic() + (PATIENCE_SECONDS if patience is None else patience)
    while True:
        done.attempts += 1
        try:
            with transaction(connection, lock_timeout=_LONGEST_WAIT_MILLISECONDS):
                _swap(connection, source, stands, keeps=keeps)
        except _GAVE_WAY:
            if time.monotonic() > until:
                raise PostgresError(
                    "PostgreSQL: somebody holds a lock on a published table, or reads one all the "
                    "time that gets other columns: end that transaction; the next run tries again"
                ) from None
            time.sleep(0.5)
        except errors.DependentObjectsStillExist as error:
            detail = " ".join((error.diag.message_detail or str(error)).split())
            raise PostgresError(
                f"PostgreSQL: a table changes its columns, and {detail}: drop that and define it "
                "again afterwards"
            ) from None
        else:
            return done


def _swap(
    connection: Connection, source: Source, stands: swap_log.LiveState, *, keeps: bool
) -> None:
    there = relations(connection, swap_log.schemas_of(source.published.tables))
    fresh, others = [], []
    for schema in sorted(swap_log.schemas_of(source.tables)):
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
    for name in source.tables:
        if name not in there:
            _create(connection, name, source.ending)
            fresh.append(place(name))
        elif _shape(connection, place(name)) == _shape(connection, place(name, source.ending)):
            _merge(connection, name, source.ending)
        else:
            others.append(name)
    if fresh:
        grants.grant_readers(connection, fresh)
    for name in sorted(set(stands.hashes) - set(source.published.tables)):
        # it is dropped afterwards: that takes a lock, and readers of it see nothing from now on
        connection.execute(sql.SQL("delete from {}").format(place(name)))
    swap_log.record(connection, source.published, stands.live if keeps else None)
    if others:
        _reshape(connection, others, source.ending)
    # after the last look at the source, which may be the previous set
    if keeps:
        names = stands.schemas | swap_log.schemas_of(source.published.tables)
        _rename(connection, names, PREVIOUS, GONE)
        _rename(connection, names, KEPT, PREVIOUS)


def _rename(connection: Connection, names: set[str], ending: str, to: str) -> None:
    for schema in beside(connection, names, ending):
        connection.execute(
            sql.SQL("alter schema {} rename to {}").format(
                sql.Identifier(schema), sql.Identifier(schema.removesuffix(ending) + to)
            )
        )


def _shape(connection: Connection, table: sql.Identifier) -> _Shape:
    name = table.as_string(connection)
    key = tuple(row[0] for row in connection.execute(_KEY, [name]).fetchall())
    # a table may have got a column at its end that stands elsewhere in the next
    return _Shape(dict(sorted(connection.execute(_COLUMNS, [name]).fetchall())), key)


def _create(connection: Connection, name: str, ending: str, to: str = "") -> None:
    """Make a table with the rows, key and comments of its namesake; keys are faster made last."""
    new, old = place(name, to), place(name, ending)
    connection.execute(
        sql.SQL(
            "create table {new} (like {old} including all excluding indexes); "
            "insert into {new} select * from {old}"
        ).format(new=new, old=old)
    )
    if key := _shape(connection, old).key:
        connection.execute(
            sql.SQL("alter table {} add primary key ({})").format(
                new, sql.SQL(", ").join(map(sql.Identifier, key))
            )
        )


def _merge(connection: Connection, name: str, ending: str) -> None:
    """Make one table's rows those of the next; only what differs is written."""
    shape = _shape(connection, place(name, ending))
    columns = sql.SQL(", ").join(map(sql.Identifier, shape.columns))
    parts = {
        "live": place(name),
        "next": place(name, ending),
        "columns": columns,
        "old": _prefixed("old", shape.columns),
        "new": _prefixed("new", shape.columns),
    }
    if shape.key:
        parts["is_same"] = sql.SQL(" and ").join(
            sql.SQL("old.{} = new.{}").format(sql.Identifier(each), sql.Identifier(each))
            for each in shape.key
        )
        steps = (
            "delete from {live} as old where not exists (select from {next} as new "
            "where {is_same} and row({old})::text = row({new})::text)",
            "insert into {live} ({columns}) select {columns} from {next} as new "
            "where not exists (select from {live} as old where {is_same})",
        )
    else:
        steps = (
            "delete from {live}",
            "insert into {live} ({columns}) select {columns} from {next}",
        )
    for step in steps:
        connection.execute(sql.SQL(step).format(**parts))


def _prefixed(alias: str, columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, each) for each in columns)


def _reshape(connection: Connection, names: list[str], ending: str) -> None:
    """Tables whose columns or key have changed: a lock on them, and the rest in an instant.

    Last in the transaction, so that nobody waits while rows are compared. All locks are asked for
    in one statement under a limit of half of `deadlock_timeout`: who waits for each other is then
    parted by the swap giving way, never by a reader's error.
    """
    held = hold_milliseconds(connection)
    connection.execute(f"set local statement_timeout = {held}")
    connection.execute(
        sql.SQL("lock table {} in access exclusive mode").format(
            sql.SQL(", ").join(map(place, names))
        )
    )
    connection.execute("set local statement_timeout = 0")
    for name in names:
        old, new = _shape(connection, place(name)), _shape(connection, place(name, ending))
        added = {each: kind for each, kind in new.columns.items() if each not in old.columns}
        is_wider = {**old.columns, **added} == new.columns and old.key == new.key
        if is_wider:
            # other people's views stay as they are
            for column, kind in added.items():
                connection.execute(
                    sql.SQL("alter table {} add column {} {}").format(
                        place(name), sql.Identifier(column), sql.SQL(kind)
                    )
                )
            _merge(connection, name, ending)
            continue
        schema, _, table = name.partition(".")
        replaced = sql.Identifier(schema, table + _REPLACED)
        connection.execute(
            sql.SQL("alter table {} rename to {}").format(
                place(name), sql.Identifier(table + _REPLACED)
            )
        )
        _create(connection, name, ending)
        grants.copy_grants(connection, schema, table + _REPLACED, table)
        connection.execute(sql.SQL("drop table {}").format(replaced))


def hold_milliseconds(connection: Connection) -> int:
    """How long the swap may wait for locks while it holds some: under `deadlock_timeout`."""
    ((timeout,),) = connection.execute(
        "select setting::bigint from pg_catalog.pg_settings where name = 'deadlock_timeout'"
    ).fetchall()
    return max(1, min(LONGEST_HOLD_MILLISECONDS, int(timeout) // 2))


def keep_copy(connection: Connection, stands: swap_log.LiveState) -> None:
    """Copy what readers see into schemas `__kept`, which the swap makes the previous set."""
    for schema in sorted(stands.schemas):
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema + KEPT)))
    for name in sorted(stands.hashes):
        _create(connection, name, "", KEPT)


def beside(connection: Connection, names: Iterable[str], ending: str) -> list[str]:
    """The schemas that stand beside these under an ending."""
    rows = connection.execute(
        "select nspname from pg_catalog.pg_namespace where nspname = any(%s) order by 1",
        [[name + ending for name in names]],
    ).fetchall()
    return [row[0] for row in rows]


def drop(connection: Connection, names: Iterable[str], ending: str) -> None:
    """Drop the schemas beside these under an ending, and all that stands on them.

    They come and go with publications; only the names without an ending are for building on.

    Raises:
        PostgresError: Somebody reads them for too long.
    """
    until = time.monotonic() + PATIENCE_SECONDS / 2
    for schema in beside(connection, names, ending):
        while True:
            try:
                with transaction(connection, lock_timeout=hold_milliseconds(connection)):
                    connection.execute(
                        sql.SQL("drop schema {} cascade").format(sql.Identifier(schema))
                    )
                break
            except _GAVE_WAY:
                if time.monotonic() > until:
                    raise PostgresError(
                        f"PostgreSQL: {schema} cannot be dropped while somebody reads it: end that "
                        "transaction; the next run tries again"
                    ) from None
                time.sleep(0.3)


def drop_tables(connection: Connection, names: Iterable[str]) -> Iterator[str]:
    """Drop tables that are not published any more; yields those in use, emptied."""
    for name in names:
        try:
            with transaction(connection, lock_timeout=hold_milliseconds(connection)):
                connection.execute(sql.SQL("drop table if exists {}").format(place(name)))
        except (*_GAVE_WAY, errors.DependentObjectsStillExist):
            yield name
