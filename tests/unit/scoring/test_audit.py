from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pytest

from ingestion.raw.schema import create_raw_schema
from ingestion.scoring import SCORE_SCHEMA, Referenced, ScorerConfig, ScoringError, discover
from ingestion.scoring.audit import SAMPLE_TEXTS, TOLERANCE, Audit, audit_scores
from ingestion.scoring.store import score_pending


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class LengthScorer:
    """A text is as positive as it is long, out of a thousand; another implementation says so too."""

    name = "length"
    version = "1"
    edge_cases = ("", "好")

    def __init__(self, off_by: float = 0.0, breaks: bool = False) -> None:
        self.off_by = off_by
        self.breaks = breaks
        self.asked: list[str] = []

    def score(self, texts: Sequence[str]) -> pa.Table:
        positive = [len(text) / 1000 if text else None for text in texts]
        negative = [None if p is None else 1 - p for p in positive]
        columns = [negative, [None] * len(positive), positive]
        return pa.table([pa.array(each, pa.float64()) for each in columns], schema=SCORE_SCHEMA)

    def reference(self, texts: Sequence[str]) -> list[float | None]:
        if self.breaks:
            raise MemoryError("no room")
        self.asked = list(texts)
        return [len(text) / 1000 + self.off_by if text else None for text in texts]


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    # what is asked here needs no memory of its own
    monkeypatch.setattr("ingestion.scoring.audit.spawned_pool", ThreadPoolExecutor)
    with duckdb.connect() as connection:
        create_raw_schema(connection, {})
        yield connection


def land(connection: duckdb.DuckDBPyConnection, texts: Sequence[str], load_id: int) -> None:
    landed = pa.table({"sha": [sha(text) for text in texts], "text": texts})
    connection.register("landed", landed)
    connection.execute(
        "insert into raw.texts select sha, text, length(text), '1', ? from landed", [load_id]
    )


def refresh(
    connection: duckdb.DuckDBPyConnection, scorer: LengthScorer, load_id: int
) -> Audit | None:
    score_pending(connection, scorer, load_id=load_id, processes=1)
    return audit_scores(connection, scorer, load_id=load_id)


def doctor(connection: duckdb.DuckDBPyConnection, text: str, p: float | None) -> None:
    connection.execute(
        "update raw.text_scores set p_positive = ?, p_negative = 1 - ? where text_sha256 = ?",
        [p, p, sha(text)],
    )


def count(connection: duckdb.DuckDBPyConnection) -> int:
    return connection.execute("select count(*) from raw.text_scores").fetchall()[0][0]


def test_a_night_without_a_new_text_asks_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, ["好", "很好"], 1)
    first = refresh(connection, LengthScorer(), 1)
    assert first is not None
    assert (first.new_count, first.compared_count, first.differences) == (2, 4, [])
    quiet = LengthScorer(breaks=True)
    assert refresh(connection, quiet, 2) is None
    land(connection, ["非常好"], 3)
    third = LengthScorer()
    assert refresh(connection, third, 3) is not None
    assert third.asked == ["非常好", "", "好"]  # the new text and the edge cases


@pytest.mark.parametrize("p", [0.9, 0.003 + 10 * TOLERANCE, None])
def test_a_doctored_old_score_is_found_and_made_anew(
    p: float | None, connection: duckdb.DuckDBPyConnection
) -> None:
    land(connection, ["好", "很好", "非常好"], 1)
    refresh(connection, LengthScorer(), 1)
    doctor(connection, "非常好", p)
    audit = refresh(connection, LengthScorer(breaks=True), 2)
    assert audit is not None
    assert [(each.text_sha256, each.stored, each.expected) for each in audit.differences] == [
        (sha("非常好"), p, 0.003)
    ]
    assert "1 of 3 scores of length 1" in audit.message
    assert count(connection) == 2
    again = refresh(connection, LengthScorer(), 3)
    assert again is not None
    assert again.differences == []
    assert count(connection) == 3
    assert refresh(connection, LengthScorer(breaks=True), 4) is None


def test_scores_that_another_implementation_contradicts_are_set_aside(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    land(connection, ["好", "很好"], 1)
    refresh(connection, LengthScorer(), 1)
    land(connection, ["非常好"], 2)
    audit = refresh(connection, LengthScorer(off_by=10 * TOLERANCE), 2)
    assert audit is not None
    # the new text and the edge case with a word
    assert [each.text_sha256 for each in audit.differences] == [sha("非常好"), "edge case '好'"]
    assert count(connection) == 2
    # it is still so at the next refresh
    audit = refresh(connection, LengthScorer(off_by=10 * TOLERANCE), 3)
    assert audit is not None
    assert audit.differences


def test_a_difference_within_the_tolerance_passes_unless_the_verdict_flips(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    land(connection, ["好" * 499], 1)
    near = refresh(connection, LengthScorer(off_by=-TOLERANCE / 2), 1)
    assert near is not None
    assert near.differences == []
    land(connection, ["好" * 500], 2)
    flipped = refresh(connection, LengthScorer(off_by=-TOLERANCE / 2), 2)
    assert flipped is not None
    assert [each.stored for each in flipped.differences] == [0.5]


def test_scores_of_a_killed_refresh_are_audited_by_the_next(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    land(connection, ["好", "很好"], 1)
    score_pending(connection, LengthScorer(), load_id=1)
    audit = refresh(connection, LengthScorer(), 2)
    assert audit is not None
    assert audit.new_count == 2


def test_the_sample_is_small_spans_all_lengths_and_does_not_move(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    texts = [f"{number:04d}" + "好" * (number // 4) for number in range(1000)]
    land(connection, texts, 1)
    scorer = LengthScorer()
    score_pending(connection, scorer, load_id=1, processes=1)
    audit_scores(connection, scorer, load_id=1)
    sample = scorer.asked[: -len(scorer.edge_cases)]
    assert len(sample) == SAMPLE_TEXTS
    eighths = {(len(text) - 4) * 4 // 125 for text in sample}
    assert eighths == set(range(8))
    connection.execute("delete from raw.score_audits")
    audit_scores(connection, scorer, load_id=2)
    assert scorer.asked[: len(sample)] == sample


def test_long_texts_do_not_make_an_audit_long(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, [f"{number}" + "好" * 900 for number in range(100)], 1)
    scorer = LengthScorer()
    refresh(connection, scorer, 1)
    assert 9_000 < sum(map(len, scorer.asked)) <= 10_001


def test_an_audit_that_cannot_be_held_says_so(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, ["好"], 1)
    with pytest.raises(ScoringError, match=r"length 1: the scores could not be audited: .*no room"):
        refresh(connection, LengthScorer(breaks=True), 1)


def test_snownlp_is_held_to_its_library() -> None:
    found = {scorer.name: scorer for scorer in discover(ScorerConfig())}
    assert isinstance(found["snownlp_sentiment"], Referenced)
