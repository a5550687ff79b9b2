"""`meta.kpi_queries`: for every KPI the query of the rows behind it, as dbt compiled it.

Every KPI's model has a CTE `subjects`, one row per thing counted. Its compiled SQL, cut after that
CTE and without the name of the build's database, runs on the published set as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.home.errors import KoubeiError

SUBJECTS = "subjects"
# strings, quoted names and comments are one piece each: what is in them opens and closes nothing
_PIECES = re.compile(
    r"""(?P<skip>'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/)|(?P<mark>[(),])|(?P<word>\w+)""",
    re.DOTALL,
)


class KpiQueryError(KoubeiError):
    """A KPI's model has not the shape that its rows can be read from."""


@dataclass(frozen=True)
class _Cte:
    name: str
    text: str
    words: frozenset[str]


def create_kpi_queries(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table in the build file where it is not there yet."""
    connection.execute("create schema if not exists meta")
    connection.execute(
        "create table if not exists meta.kpi_queries "
        "(kpi_code varchar, definition_version integer, subjects_sql varchar)"
    )


def write_kpi_queries(
    connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any], target: Path
) -> None:
    """Write the table anew from what one dbt build has compiled.

    A KPI whose model is not in the shape is left out: its number is as good as before, and only
    the way to its rows is missing. A test holds that the project's own KPIs are all there.

    Args:
        connection: The build file, which that build has just filled.
        manifest: dbt's manifest.
        target: The target folder of the invocation; the SQL is under its `compiled/`.
    """
    rows = []
    for node in _kpis(manifest):
        path = target / "compiled" / node["package_name"] / node["original_file_path"]
        with suppress(KpiQueryError, FileNotFoundError):
            sql = subjects_sql(path.read_text(encoding="utf-8"), node["database"])
            rows.append((node["name"], int(node["config"]["meta"]["version"]), sql))
    create_kpi_queries(connection)
    connection.execute("delete from meta.kpi_queries")
    if rows:
        connection.executemany("insert into meta.kpi_queries values (?, ?, ?)", rows)


def subjects_sql(compiled: str, database: str) -> str:
    """The query of the rows that a KPI counts: its CTEs up to `subjects`, and what is in that.

    CTEs that `subjects` does not need are left out, since they may read what is not published.

    Args:
        compiled: SQL of a KPI's model as dbt compiled it.
        database: The name of the build's database, which readers do not have.

    Raises:
        KpiQueryError: There is no CTE `subjects`.
    """
    ctes = list(_ctes(compiled))
    names = [cte.name for cte in ctes]
    if SUBJECTS not in names:
        raise KpiQueryError(f"it has no CTE `{SUBJECTS}`, one row per thing that the KPI counts")
    ctes = ctes[: names.index(SUBJECTS) + 1]
    wanted = {SUBJECTS}
    for cte in reversed(ctes):
        if cte.name in wanted:
            wanted |= cte.words
    body = ",\n\n".join(cte.text for cte in ctes if cte.name in wanted)
    first, _, _ = compiled.lstrip().partition("\n")
    # not in front of `with`: a command line would take the dashes for an option
    head = f"with {first}" if first.startswith("--") else "with"
    sql = f"{head}\n\n{body}\n\nselect * from {SUBJECTS}"
    return re.sub(rf'"?\b{re.escape(database)}\b"?\."(\w+)"\."(\w+)"', r"\1.\2", sql)


def _kpis(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The models that are a KPI: those whose entry says how they add up."""
    return sorted(
        (
            node
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
            and "additivity" in (node.get("config", {}).get("meta") or {})
        ),
        key=lambda node: str(node["name"]),
    )


def _ctes(sql: str) -> Iterator[_Cte]:
    """The common table expressions of a statement, in order."""
    depth, name, start, words = 0, "", 0, set[str]()
    is_with = False
    for piece in _PIECES.finditer(sql):
        mark, word = piece["mark"], piece["word"]
        if word:
            if depth:
                words.add(word)
            elif word.lower() == "with" and not is_with:
                is_with = True
            elif word.lower() == "select":
                return
            elif word.lower() not in ("as", "materialized", "not", "recursive"):
                name, start = word, piece.start()
        elif mark == "(":
            depth += 1
        elif mark == ")":
            depth -= 1
            if not depth and name:
                yield _Cte(name, sql[start : piece.end()], frozenset(words))
                name, words = "", set()
