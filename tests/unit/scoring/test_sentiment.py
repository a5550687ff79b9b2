from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ingestion.scoring import SCORE_SCHEMA, FastScorer, ScorerConfig, discover
from ingestion.scoring.sentiment import Sentiment
from ingestion.scoring.sentiment_model import corpus, features, model, packaged
from ingestion.scoring.sentiment_model.corpus import Labelled
from ingestion.scoring.sentiment_model.recipe import version_of

PRAISE = [f"质量很好{word}，非常满意" for word in "一二三四五六七八九十甲乙丙丁"]
BLAME = [f"太差了{word}，坏了也没人理" for word in "一二三四五六七八九十甲乙丙丁"]


def small_rows() -> Labelled:
    labels = np.repeat(np.array([1, -1], np.int8), [len(PRAISE), len(BLAME)])
    return Labelled((*PRAISE, *BLAME), labels)


@pytest.fixture(scope="module")
def small() -> model.Model:
    return model.train(small_rows(), "1-small", {"scorer": "sentiment"})


@pytest.fixture
def packaged_home(
    tmp_path: Path, small: model.Model, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, list[int]]:
    """A cache of its own, and a training that is counted and takes no time."""
    trained: list[int] = []

    def train() -> model.Model:
        trained.append(1)
        return model.Model(**{**small.__dict__, "version": packaged.packaged_version()})

    monkeypatch.setattr(packaged, "train_packaged", train)
    return tmp_path, trained


def folded(text: str) -> str:
    points, offsets = features.code_points([text])
    into = np.empty(len(text) + 1, dtype=np.uint32)
    length, _ = features._folded(points, 0, int(offsets[1]), features.fold_table(), into)
    return "".join(map(chr, into[:length]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＡＢＣ，Ｄ", "abc,d"),
        ("  好\u3000\n 用\t", "好 用"),
        ("好好好好好", "好好"),
        ("！！！！", "!!"),
        ("好\u200b\ufe0f用", "好用"),
        ("𠮷野家", "𠮷野家"),
        ("", ""),
    ],
)
def test_characters_fold_and_runs_count_twice(text: str, expected: str) -> None:
    assert folded(text) == expected


def test_grams_are_hashed_as_written_down() -> None:
    """FNV-1a over code points, murmur3's fmix32, the low bits: worked without the kernel."""

    def bucket(gram: str) -> int:
        value = 2166136261
        for character in gram:
            value = ((value ^ ord(character)) * 16777619) % 2**32
        value = ((value ^ (value >> 16)) * 0x85EBCA6B) % 2**32
        value = ((value ^ (value >> 13)) * 0xC2B2AE35) % 2**32
        return (value ^ (value >> 16)) % features.BUCKETS

    grams = ["不", "好", "用", "不好", "好用", "不好用"]
    matrix = features.gram_matrix(["不好用", "", "！"], features.fold_table())
    assert sorted(matrix[0].indices) == sorted(map(bucket, grams))
    assert matrix[0].data == pytest.approx([1 / np.sqrt(6)] * 6)
    assert matrix[1].nnz == matrix[2].nnz == 0


def test_the_kernel_says_what_the_matrix_says(small: model.Model) -> None:
    texts = [*PRAISE, "好", "好用", "不好不坏，一般般", "iPhone 15", "𠮷野家 很好很好很好"]
    by_matrix = features.gram_matrix(texts, small.table) @ small.weights
    assert features.margins(texts, small.table, small.weights) == pytest.approx(by_matrix, abs=1e-5)


def test_it_is_found_is_fast_and_knows_its_version_without_a_model() -> None:
    (found,) = [each for each in discover() if each.name == "sentiment"]
    assert isinstance(found, FastScorer)
    assert found.version == packaged.packaged_version()
    code = (
        "import sys; from ingestion.scoring import discover; [each.version for each in discover()]; "
        "sys.exit(bool({'sklearn', 'numba', 'scipy', 'snownlp'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_version_follows_from_rows_and_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    from ingestion.scoring.sentiment_model import recipe

    first = version_of("a")
    assert version_of("a") == first
    assert version_of("b") != first
    monkeypatch.setattr(recipe, "COST", 5.0)
    assert version_of("a") != first


@pytest.mark.parametrize("text", ["", " \n\t", "\u3000", "！！！。。", "👍👍", "~~~ ---"])
def test_a_text_without_a_word_has_no_verdict(
    text: str, packaged_home: tuple[Path, list[int]]
) -> None:
    scorer = Sentiment().configured(ScorerConfig(cache=packaged_home[0]))
    scored = scorer.score([text, "很好"])
    assert scored.schema.equals(SCORE_SCHEMA)
    assert scored.slice(0, 1).to_pylist() == [dict.fromkeys(SCORE_SCHEMA.names)]
    judged = scored.to_pylist()[1]
    assert judged["p_neutral"] is None
    assert judged["p_positive"] > 0.5
    assert judged["p_positive"] + judged["p_negative"] == pytest.approx(1)
    assert scorer.score([]).num_rows == 0


def test_it_is_trained_once_for_all_homes_and_again_when_damaged(
    packaged_home: tuple[Path, list[int]],
) -> None:
    cache, trained = packaged_home
    first = packaged.packaged_model(cache)
    assert packaged.packaged_model(cache).version == first.version
    assert len(trained) == 1
    weights = cache / "sentiment" / first.version / model.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:1000])
    again = packaged.packaged_model(cache)
    assert (again.weights == first.weights).all()
    assert len(trained) == 2
    (cache / "sentiment" / first.version / model.CARD).unlink()
    packaged.packaged_model(cache)
    assert len(trained) == 3


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    folders = [
        model.save(model.train(small_rows(), "1-small", {"b": 1, "a": 2}), tmp_path / name)
        for name in ("one", "other")
    ]
    for file in (model.WEIGHTS, model.CARD):
        one, other = [(folder / file).read_bytes() for folder in folders]
        assert one == other
    kept = model.load(tmp_path / "one", "1-small")
    assert kept.judge(PRAISE)[0] == pytest.approx(
        model.train(small_rows(), "x", {}).judge(PRAISE)[0]
    )


def test_no_line_set_aside_trains_and_no_row_stands_twice() -> None:
    rows, aside = corpus.split()
    assert not any(corpus.is_set_aside(text) for text in rows.texts)
    forms = [corpus.normal_form(text) for text in (*rows.texts, *aside.texts)]
    assert len(set(forms)) == len(forms)
    assert "" not in forms
    assert len(rows) > 3 * len(aside) > 9_000
    assert 0.45 < (rows.labels == 1).mean() < 0.55
