"""Traces of a person in PostgreSQL, for the proof of an erasure: in every schema of Koubei's."""

from __future__ import annotations

from psycopg import sql

from orchestration.home.settings import Settings
from orchestration.postgres import swap_log
from orchestration.postgres.connection import PostgresError, connected
from orchestration.publication.traces import Traces

_ENDINGS = ("", swap_log.NEXT, swap_log.PREVIOUS, swap_log.KEPT, swap_log.GONE)
# a row as text doubles quotes and backslashes
_WORDS = "replace(replace(t::text, '\"\"', '\"'), E'\\\\\\\\', E'\\\\')"


def traces_left(settings: Settings, traces: Traces) -> list[str]:
    """Tables that still name the person, one line each; a server that is away is a line, too."""
    if settings.postgres_dsn is None or not traces.values:
        return []
    try:
        with connected(settings, is_publishing=False) as connection:
            schemas = {
                schema + ending
                for schema in swap_log.live_state(connection).schemas
                for ending in _ENDINGS
            }
            found = []
            for name, kind in swap_log.relations(connection, schemas).items():
                if kind != "r":
                    continue
                asked = sql.SQL(
                    "select count(*) from {} as t where t::text ~ %s or exists ("
                    "select from pg_catalog.unnest(%s::text[]) as word "
                    f"where pg_catalog.strpos({_WORDS}, word) > 0)"
                ).format(sql.Identifier(*name.split(".", 1)))
                ((rows,),) = connection.execute(
                    asked, [traces.pattern, list(traces.words)]
                ).fetchall()
                if rows:
                    found.append(f"PostgreSQL: {name} ({rows} rows)")
            return found
    except PostgresError as error:
        return [f"PostgreSQL could not be asked: {error}"]
