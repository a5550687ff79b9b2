from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pytest

from ingestion.annotation import TEXT_NUMBER, AnnotationError, Annotator
from ingestion.annotation.store import annotate_pending
from ingestion.raw.schema import create_raw_schema


class Signs:
    """A row for every sign of a list in a text."""

    name = "themes"
    schema = pa.schema([("theme_code", pa.string()), ("matched_text", pa.string())])

    def __init__(self, version: str = "1", signs: str = "！？", fail_on: str | None = None) -> None:
        self.version = version
        self.signs = signs
        self.fail_on = fail_on
        self.seen: list[str] = []

    def annotate(self, texts: Sequence[str]) -> pa.Table:
        if self.fail_on in texts:
            raise RuntimeError("no such sign")
        self.seen.extend(texts)
        found = [
            (number, sign, text)
            for number, text in enumerate(texts)
            for sign in self.signs
            if sign in text
        ]
        columns = list(zip(*found, strict=True)) or [(), (), ()]
        return pa.table(
            [
                pa.array(column, field.type)
                for column, field in zip(columns, self._wanted(), strict=True)
            ],
            schema=self._wanted(),
        )

    def _wanted(self) -> pa.Schema:
        return pa.schema([TEXT_NUMBER, *self.schema])


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_raw_schema(connection, {})
        yield connection


def land(connection: duckdb.DuckDBPyConnection, *texts: str) -> None:
    connection.executemany(
        "insert into raw.texts values (?, ?, ?, '1', 1)",
        [[hashlib.sha256(text.encode()).hexdigest(), text, len(text)] for text in texts],
    )


def rows(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str, int]]:
    found = connection.execute(
        "select text_content, theme_code, themes.load_id "
        "from raw.text_themes as themes join raw.texts using (text_sha256)"
    ).fetchall()
    assert len(found) == len(set(found))
    return set(found)


def test_a_text_is_read_once_also_when_nothing_is_found_in_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    annotator: Annotator = Signs()
    land(connection, "好！", "真的？！", "好")
    assert annotate_pending(connection, annotator, load_id=1) == 3
    land(connection, "不好？")
    assert annotate_pending(connection, annotator, load_id=2) == 1
    assert annotate_pending(connection, annotator, load_id=3) == 0
    assert rows(connection) == {
        ("好！", "！", 1), ("真的？！", "！", 1), ("真的？！", "？", 1), ("不好？", "？", 2),
    }  # fmt: skip


def test_a_new_version_replaces_what_the_old_one_found(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    land(connection, "好！", "真的？")
    annotate_pending(connection, Signs("1"), load_id=1)
    assert annotate_pending(connection, Signs("2", signs="真？"), load_id=2) == 2
    assert rows(connection) == {("真的？", "真", 2), ("真的？", "？", 2)}
    versions = connection.execute(
        "select annotator_version, count(*) from raw.annotated_texts group by all"
    ).fetchall()
    assert versions == [("2", 2)]


def test_what_was_read_before_a_failure_is_kept_and_not_read_again(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    texts = [f"第{number}条！" for number in range(5)]
    land(connection, *texts)
    failing = Signs(fail_on=texts[3])
    with pytest.raises(AnnotationError, match=r"themes 1 failed .*no such sign"):
        annotate_pending(connection, failing, load_id=1, chunk_size=1)
    kept = set(failing.seen)
    assert {text for text, _, _ in rows(connection)} == kept
    again = Signs()
    annotate_pending(connection, again, load_id=2, chunk_size=2)
    assert set(again.seen) == set(texts) - kept
    assert {text for text, _, _ in rows(connection)} == set(texts)


def test_progress_counts_texts_from_nothing_to_all(connection: duckdb.DuckDBPyConnection) -> None:
    reported: list[tuple[int, int]] = []
    land(connection, *[f"第{number}条" for number in range(5)])
    annotate_pending(
        connection,
        Signs(),
        load_id=1,
        chunk_size=2,
        on_progress=lambda done, total: reported.append((done, total)),
    )
    assert reported == [(0, 5), (2, 5), (4, 5), (5, 5)]


def test_an_annotator_that_breaks_its_word_is_refused(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    class Forgetful(Signs):
        def annotate(self, texts: Sequence[str]) -> pa.Table:
            return super().annotate(texts).drop_columns(["matched_text"])

    land(connection, "好！")
    with pytest.raises(AnnotationError, match="gave the columns"):
        annotate_pending(connection, Forgetful(), load_id=1)
    assert rows(connection) == set()
