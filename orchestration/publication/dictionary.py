"""`meta.dictionary`: what every published table and column means, in Chinese and English.

The words come from the dbt project, the types from the database, so that neither is written twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

import duckdb

from orchestration.publication.content_hash import columns_of, quoted
from orchestration.publication.exposures import ExposedColumn, ExposedModel
from orchestration.publication.meta_tables import META_TABLES

# what a table's name says of its kind is no part of what it is about
_KINDS = ("fct", "dim", "mart", "kpi")

_CREATE = """
create or replace table meta.dictionary as
select said.* from (
    select unnest(from_json(?, '[{"schema_name": "varchar", "table_name": "varchar",
        "column_name": "varchar", "label_zh": "varchar", "label_en": "varchar",
        "description": "varchar", "data_type": "varchar", "grain": "varchar"}]')) as said
)
"""


def write_dictionary(connection: duckdb.DuckDBPyConnection, models: Sequence[ExposedModel]) -> None:
    """Write `meta.dictionary` anew: one row per published table, then one per column."""
    connection.execute("create schema if not exists meta")
    said = [*_of_models(connection, models), *_of_meta(connection)]
    connection.execute(_CREATE, [json.dumps(said, ensure_ascii=False)])


def in_words(name: str) -> str:
    """A name as a short English label: `first_reply_minutes` is First reply minutes."""
    words = [word for word in name.split("_") if word not in _KINDS]
    said = " ".join("CNY" if word == "cny" else word for word in words or [name])
    return said[:1].upper() + said[1:]


def _row(schema: str, table: str, column: str | None, **said: str | None) -> dict[str, str | None]:
    empty = dict.fromkeys(("label_zh", "label_en", "description", "grain", "data_type"))
    return {
        "schema_name": schema, "table_name": table, "column_name": column, **empty, **said,
    }  # fmt: skip


def _of_models(
    connection: duckdb.DuckDBPyConnection, models: Iterable[ExposedModel]
) -> Iterator[dict[str, str | None]]:
    for model in models:
        yield _row(
            model.schema,
            model.name,
            None,
            label_zh=model.label_zh,
            label_en=model.label_en or in_words(model.name),
            description=model.description or None,
            grain=model.grain or ", ".join(model.key) or None,
        )
        # a column that nobody described is in the table all the same, and so in the dictionary
        undescribed = ExposedColumn("", None, None, "")
        for built in columns_of(connection, quoted(model.schema, model.name)):
            column = model.columns.get(built.name, undescribed)
            yield _row(
                model.schema,
                model.name,
                built.name,
                label_zh=column.label_zh,
                label_en=column.label_en or in_words(built.name),
                description=column.description or None,
                data_type=built.type,
            )


def _of_meta(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, str | None]]:
    for table in META_TABLES:
        yield _row(
            "meta",
            table.name,
            None,
            label_zh=table.label_zh,
            label_en=table.label_en,
            description=f"{table.label_zh}；{table.label_en}",
            grain=table.grain,
        )
        # the dictionary cannot be asked for its own types before it is written; it is all text
        is_written = table.name != "dictionary"
        built = columns_of(connection, f"({table.select})") if is_written else []
        types = {column.name: column.type for column in built}
        for name, (label_zh, label_en) in table.columns.items():
            yield _row(
                "meta",
                table.name,
                name,
                label_zh=label_zh,
                label_en=label_en,
                description=f"{label_zh}；{label_en}",
                data_type=types.get(name, "VARCHAR"),
            )
