"""Datasets of the bundle: columns with their types, Chinese and English names and descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from orchestration.home.errors import one_line
from orchestration.publication.number_formats import NO_NUMBER, sql_text
from orchestration.superset.board_specs import BoardError, Dataset, Text
from orchestration.superset.names import label_of, named, stable_id

VERSION: Final = "1.0.0"

# DuckDB's names of types and PostgreSQL's
_IN_POSTGRES: Final = {"VARCHAR": "TEXT", "DOUBLE": "DOUBLE PRECISION", "HUGEINT": "NUMERIC"}


@dataclass(frozen=True)
class Column:
    """A column of a dataset; `sql` is None for one that stands in the table."""

    name: str
    type: str
    label: str
    about: str | None = None
    sql: str | None = None


def columns_of(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, words: Mapping[str, Mapping[str, str]]
) -> list[Column]:
    """All columns that charts may use: the table's, the names of its codes, and those declared.

    Args:
        connection: The published database.
        dataset: What is declared.
        words: Column to its codes and their names.

    Raises:
        BoardError: The published set lacks a table or a column that the dataset reads.
    """
    try:
        cursor = connection.execute(f"describe {_source(dataset)}")
        built = [(str(row[0]), str(row[1])) for row in cursor.fetchall()]
    except duckdb.Error as error:
        raise BoardError(
            f"the published set does not have what the dashboards read ({one_line(error)}): "
            "koubei refresh publishes it"
        ) from None
    said = _dictionary(connection, dataset.tables)
    for name, label in dataset.labels.items():
        said[name] = (label, said.get(name, (label, None))[1])
    columns = [Column(name, kind, *said.get(name, (name, None))) for name, kind in built]
    columns += [
        Column(
            label_of(name),
            "VARCHAR",
            said.get(name, (name,))[0].removesuffix(" code"),
            None,
            named(name, words[name]),
        )
        for name, _ in built
        if name in words
    ]
    columns += [
        Column(name, "VARCHAR", each.label, None, written(each))
        for name, each in dataset.texts.items()
    ]
    columns += [
        Column(name, each.type, each.label, None, each.sql)
        for name, each in dataset.columns.items()
    ]
    return columns


def written(text: Text) -> str:
    """SQL that writes a number by its unit, or a range of two; a dash where there is none."""
    one = sql_text(text.number, text.unit, is_change=text.is_change)
    if text.to is not None:
        one += f" || ' – ' || {sql_text(text.to, text.unit)}"
    return f"coalesce({one}, '{NO_NUMBER}')"


def dataset_file(
    target: str, name: str, dataset: Dataset, columns: Iterable[Column], about: str | None
) -> dict[str, Any]:
    """A dataset as Superset's export has it.

    Args:
        target: `duckdb` or `postgres`.
        name: The dataset's name in `datasets.yml`.
        dataset: What is declared.
        columns: From `columns_of`.
        about: What the table is, from the dictionary.
    """
    schema, table = dataset.table.split(".") if dataset.table else (None, name)
    return {
        "table_name": table,
        "main_dttm_col": dataset.time,
        "description": about,
        "default_endpoint": None,
        "offset": 0,
        "cache_timeout": None,
        "schema": schema,
        "catalog": None,
        "sql": " ".join(dataset.sql.split()) if dataset.sql else None,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": None,
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "uuid": stable_id(target, "dataset", name),
        "metrics": [
            {
                "metric_name": key,
                "verbose_name": measure.label,
                "metric_type": None,
                "expression": measure.expression,
                "description": measure.about,
                "d3format": measure.d3_format,
                "currency": None,
                "extra": {},
                "warning_text": None,
            }
            for key, measure in dataset.measures.items()
        ],
        "columns": [_column(target, column) for column in columns],
        "version": VERSION,
        "database_uuid": stable_id(target, "database", "koubei"),
    }


def _column(target: str, column: Column) -> dict[str, Any]:
    kind = column.type if target == "duckdb" else _IN_POSTGRES.get(column.type, column.type)
    return {
        "column_name": column.name,
        "verbose_name": column.label,
        "is_dttm": column.type == "DATE" or column.type.startswith("TIMESTAMP"),
        "is_active": True,
        "type": kind,
        "advanced_data_type": None,
        "groupby": True,
        "filterable": True,
        "expression": column.sql,
        "description": column.about,
        "python_date_format": None,
        "extra": {},
    }


def _source(dataset: Dataset) -> str:
    return f"select * from {dataset.table}" if dataset.table else str(dataset.sql)


def _dictionary(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[str]
) -> dict[str, tuple[str, str | None]]:
    """Column to its label and description; the first table that has the column names it."""
    said: dict[str, tuple[str, str | None]] = {}
    for table in tables:
        rows = connection.execute(
            "select column_name, label_zh, label_en, description from meta.dictionary "
            "where schema_name || '.' || table_name = ? and column_name is not null",
            [table],
        ).fetchall()
        for name, zh, en, about in rows:
            said.setdefault(name, (" ".join(filter(None, (zh, en))) or name, about))
    return said
