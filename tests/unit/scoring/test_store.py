from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pytest

from ingestion.scoring import SCORE_SCHEMA, Scorer
from ingestion.scoring.store import ScoringError, score_pending

TABLES = """
create schema raw;
create table raw.texts (
    text_sha256 varchar, text_content varchar, char_count bigint, redactor_version varchar,
    load_id bigint
);
create table raw.text_scores (
    text_sha256 varchar, scorer varchar, scorer_version varchar, p_negative double,
    p_neutral double, p_positive double, load_id bigint
);
"""


class LengthScorer:
    """A text is as positive as it is long, out of ten characters."""

    name = "length"

    def __init__(self, version: str = "1", fail_on: str | None = None) -> None:
        self.version = version
        self.fail_on = fail_on
        self.seen: list[str] = []

    def score(self, texts: Sequence[str]) -> pa.Table:
        if self.fail_on in texts:
            raise RuntimeError("no such word")
        self.seen.extend(texts)
        positive = [min(len(text), 10) / 10 for text in texts]
        columns = [[1 - p for p in positive], [None] * len(positive), positive]
        return pa.table([pa.array(each, pa.float64()) for each in columns], schema=SCORE_SCHEMA)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


def land(connection: duckdb.DuckDBPyConnection, *texts: str) -> None:
    connection.executemany(
        "insert into raw.texts values (?, ?, ?, '1', 1)",
        [[hashlib.sha256(text.encode()).hexdigest(), text, len(text)] for text in texts],
    )


def scores(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, float, int]]:
    rows = connection.execute(
        "select text_content, scorer_version, p_positive, scores.load_id "
        "from raw.text_scores as scores join raw.texts using (text_sha256)"
    ).fetchall()
    return {text: (version, p_positive, load_id) for text, version, p_positive, load_id in rows}


def test_a_text_is_scored_once_for_a_version(connection: duckdb.DuckDBPyConnection) -> None:
    scorer = LengthScorer()
    land(connection, "好", "很好用")
    assert score_pending(connection, scorer, load_id=1) == 2
    land(connection, "不好用")
    assert score_pending(connection, scorer, load_id=2) == 1
    assert score_pending(connection, scorer, load_id=3) == 0
    assert sorted(scorer.seen) == sorted(["好", "很好用", "不好用"])
    assert scores(connection) == {
        "好": ("1", 0.1, 1), "很好用": ("1", 0.3, 1), "不好用": ("1", 0.3, 2),
    }  # fmt: skip


def test_a_new_version_scores_every_text_again(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, "好", "很好用")
    score_pending(connection, LengthScorer("1"), load_id=1)
    assert score_pending(connection, LengthScorer("2"), load_id=2) == 2
    versions = connection.execute(
        "select scorer_version, count(*) from raw.text_scores group by all order by all"
    ).fetchall()
    assert versions == [("1", 2), ("2", 2)]


def in_use(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select text_content, scorer_version from raw.text_scores as scores "
        "join raw.texts using (text_sha256) "
        "qualify row_number() over (partition by text_sha256 order by scores.load_id desc) = 1 "
        "order by text_content"
    ).fetchall()


def test_a_version_that_returns_is_in_use_without_scoring_again(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    land(connection, "好", "很好用")
    score_pending(connection, LengthScorer("1"), load_id=1)
    score_pending(connection, LengthScorer("2"), load_id=2)
    land(connection, "不好用")
    returned = LengthScorer("1")
    assert score_pending(connection, returned, load_id=3) == 1
    assert returned.seen == ["不好用"]
    assert in_use(connection) == [("不好用", "1"), ("好", "1"), ("很好用", "1")]
    again = scores(connection)
    assert score_pending(connection, returned, load_id=4) == 0
    assert scores(connection) == again  # and then nothing moves


def test_a_fast_scorer_stays_in_this_process(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fast(LengthScorer):
        chunk_size = 150

    monkeypatch.setattr("ingestion.scoring.store.spawned_pool", None)
    reported: list[tuple[int, int]] = []
    land(connection, *[f"第{number}条" for number in range(400)])
    scorer = Fast()
    score_pending(
        connection,
        scorer,
        load_id=1,
        chunk_size=2,
        processes=2,
        on_progress=lambda done, total: reported.append((done, total)),
    )
    assert reported == [(0, 400), (150, 400), (300, 400), (400, 400)]
    assert len(scorer.seen) == 400


def test_progress_counts_texts_from_nothing_to_all(connection: duckdb.DuckDBPyConnection) -> None:
    reported: list[tuple[int, int]] = []
    land(connection, *[f"第{number}条" for number in range(5)])
    score_pending(
        connection,
        LengthScorer(),
        load_id=1,
        chunk_size=2,
        on_progress=lambda done, total: reported.append((done, total)),
    )
    assert reported == [(0, 5), (2, 5), (4, 5), (5, 5)]


def test_what_was_scored_before_a_failure_is_kept_and_not_scored_again(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    texts = [f"第{number}条" for number in range(6)]
    land(connection, *texts)
    by_hash = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).hexdigest())
    with pytest.raises(ScoringError, match=r"length 1 failed .*no such word"):
        score_pending(connection, LengthScorer(fail_on=by_hash[4]), load_id=1, chunk_size=2)
    assert set(scores(connection)) == set(by_hash[:4])
    again = LengthScorer()
    assert score_pending(connection, again, load_id=2, chunk_size=2) == 2
    assert set(again.seen) == set(by_hash[4:])


def test_a_scorer_that_loses_a_text_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    class Forgetful(LengthScorer):
        def score(self, texts: Sequence[str]) -> pa.Table:
            return super().score(texts).slice(1)

    land(connection, "好", "很好用")
    with pytest.raises(ScoringError, match="2 texts gave 1 rows"):
        score_pending(connection, Forgetful(), load_id=1)
    assert scores(connection) == {}


def test_several_processes_give_what_one_gives(connection: duckdb.DuckDBPyConnection) -> None:
    texts = ["字" * (number % 13) + str(number) for number in range(230)]
    land(connection, *texts)
    scorer: Scorer = LengthScorer()
    assert score_pending(connection, scorer, load_id=1, chunk_size=50, processes=2) == 230
    assert scores(connection) == {text: ("1", min(len(text), 10) / 10, 1) for text in texts}
