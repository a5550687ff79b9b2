from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.feeds import ContractError, Feed, load_feed, load_feeds
from ingestion.raw.dbt_sources import dbt_sources
from ingestion.raw.schema import create_raw_schema

TYPES_BY_ENDING = {
    "_ref": {"varchar"},
    "_code": {"varchar"},
    "_name": {"varchar"},
    "_kind": {"varchar"},
    "_at": {"timestamp"},
    "_on": {"date"},
    "_count": {"bigint"},
    "_cny": {"decimal(18,2)"},
    "_share": {"double"},
    "_text": {"text"},
}


def faults_of_columns(feed: Feed) -> list[str]:
    """Columns whose name does not tell their type, or that are not described."""
    return [
        f"{feed.name}.{column.name}"
        for column in feed.columns.values()
        if any(
            column.name.endswith(ending) and column.type not in types
            for ending, types in TYPES_BY_ENDING.items()
        )
        or column.name.startswith("is_") != (column.type == "boolean")
        or not column.label_zh
        or not column.description.endswith((".", "..."))
    ]


def test_every_name_tells_its_type() -> None:
    assert [fault for feed in load_feeds().values() for fault in faults_of_columns(feed)] == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": "spent_cny"},
        {"name": "is_paid"},
        {"type": "boolean"},
        {"label_zh": ""},
        {"description": "No sentence"},
    ],
)
def test_each_fault_of_a_column_is_seen(change: dict[str, str]) -> None:
    feed = load_feeds()["reviews"]
    column = feed.columns["review_ref"]
    assert column.type == "varchar"
    wrong = feed.model_copy(update={"columns": {"x": column.model_copy(update=change)}})
    assert len(faults_of_columns(wrong)) == 1


def test_there_is_a_table_for_every_feed_and_book_and_twice_is_once() -> None:
    connection = duckdb.connect()
    create_raw_schema(connection, load_feeds())
    create_raw_schema(connection, load_feeds())
    tables = {
        row[0] for row in connection.execute("from duckdb_tables() select table_name").fetchall()
    }
    others = {"files", "file_feeds", "rejected_rows", "texts", "text_scores", "builds", "settings"}
    others.add("work_calendar")
    others |= {"score_audits", "models", "score_calibrations"}
    others |= {"suppressions", "erasures", "erased_rows"}
    annotations = {"annotated_texts", "text_terms", "text_aspects", "text_themes", "text_minhash"}
    assert tables == set(load_feeds()) | others | annotations


def test_a_text_stands_as_its_hash_and_a_feed_that_grew_gets_its_column() -> None:
    connection = duckdb.connect()
    feeds = load_feeds()
    create_raw_schema(connection, feeds)
    connection.execute("alter table raw.reviews drop column is_pinned")
    create_raw_schema(connection, feeds)
    names = [row[0] for row in connection.execute("describe raw.reviews").fetchall()]
    assert "review_text" not in names
    assert {"text_sha256", "is_pinned", "extra"} <= set(names)


def test_a_feed_file_that_is_wrong_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.yml"
    path.write_text(
        "feed: notes\nlabel_zh: 笔记\ndescription: x\nkey: [note_ref]\ncolumns:\n"
        "  note_ref:\n    typ: varchar\n    label_zh: 编号\n    description: x\n",
        encoding="utf-8",
    )
    with pytest.raises(ContractError) as raised:
        load_feed(path)
    assert f"{path}:7: columns.note_ref.typ: unknown key; did you mean type?" in str(raised.value)


def test_dbt_is_given_every_raw_table_with_the_columns_that_it_has() -> None:
    with duckdb.connect() as connection:
        create_raw_schema(connection, load_feeds())
        created: dict[str, list[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'raw' "
            "order by table_name, column_index"
        ).fetchall():
            created.setdefault(table, []).append(column)
    (source,) = dbt_sources(load_feeds())["sources"]
    assert created == {
        table["name"]: [column["name"] for column in table["columns"]] for table in source["tables"]
    }
