from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.feeds import ContractError, Feed, load_feed, load_feeds
from ingestion.raw.dbt_sources import main, render
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
    books = {"files", "file_feeds", "rejected_rows", "texts", "text_scores", "builds", "settings"}
    books.add("work_calendar")
    books |= {"score_audits", "models", "score_calibrations"}
    books |= {"suppressions", "erasures", "erased_rows"}
    annotations = {"annotated_texts", "text_terms", "text_aspects", "text_themes", "text_minhash"}
    assert tables == set(load_feeds()) | books | annotations


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


def test_dbt_sources_are_written_and_a_stale_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "_sources.yml"
    assert main(["--write", str(path)]) == 0
    assert main(["--check", str(path)]) == 0
    path.write_text(path.read_text(encoding="utf-8").replace("bigint", "integer"), encoding="utf-8")
    assert main(["--check", str(path)]) == 1


def test_the_sources_that_dbt_reads_are_fresh() -> None:
    path = Path(__file__).parents[3] / "dbt_project/models/staging/_sources.yml"
    assert path.read_text(encoding="utf-8") == render(load_feeds())
