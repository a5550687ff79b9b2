from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from ingestion.demo.texts.review_lines import NEGATIVE, POSITIVE, corpus_lines
from ingestion.scoring import SCORE_SCHEMA, FastScorer, Scorer, ScorerConfig, discover
from ingestion.scoring.snownlp_model import ModelError
from ingestion.scoring.snownlp_model.files import files_of
from ingestion.scoring.snownlp_model.kernel import _is_space
from ingestion.scoring.snownlp_model.model import Model, load_model
from ingestion.scoring.snownlp_model.reference import library_scores
from ingestion.scoring.snownlp_sentiment import SnowNlpSentiment

EDGE_CASES = [
    *SnowNlpSentiment.edge_cases,
    "a", "5", "。", "👍", "123456", "很", "的", "了了了", "\x00很好\x00",
    "ｉＰｈｏｎｅ　很好", "很好！" * 300, "的 了 是", "龥龦一丁\u4dff", "囍囍囍囍", "龘靐齉很好龘",
    "好\r\n坏\n\n还行\r一般\u2028对\x85嗯", "好\u3000坏", "a\u00a0b\u200bc\u1680d\x1ce\ufefff",
    "繁體中文測試很滿意", "，。！？" * 50, "Привет мир", "ñandú café", "٣٤٥", "〇零一", "①②③", "很好" * 25,
    "质量，不错。" * 40,
]  # fmt: skip
"""Beside the audit's own."""


@cache
def model() -> Model:
    return load_model(files_of())


def reviews(count: int) -> list[str]:
    return [*corpus_lines(POSITIVE)[: count // 2], *corpus_lines(NEGATIVE)[: count // 2]]


def scored(texts: list[str]) -> list[float | None]:
    return SnowNlpSentiment().score(texts).column("p_positive").to_pylist()


def test_it_is_found_and_keeps_the_protocol() -> None:
    found = {scorer.name: scorer for scorer in discover()}
    scorer = found["snownlp_sentiment"]
    assert isinstance(scorer, Scorer)
    assert isinstance(scorer, FastScorer)
    assert scorer.version == "0.12.3"


def test_it_says_what_snownlp_says_to_the_last_bit() -> None:
    texts = [*EDGE_CASES, *reviews(60)]
    assert scored(texts) == library_scores(texts)


def test_it_cuts_words_as_snownlp_does() -> None:
    from snownlp import seg

    texts = [*EDGE_CASES, *reviews(20)]
    assert [model().words(text) for text in texts] == [seg.seg(text) for text in texts]


def test_white_space_is_what_python_takes_for_it() -> None:
    white = [code for code in range(0x3100) if _is_space.py_func(code)]
    assert white == [code for code in range(sys.maxunicode + 1) if chr(code).isspace()]


def test_scores_are_probabilities_of_both_classes() -> None:
    texts = ["质量很好，物流也快，非常满意", "太差了，用了两天就坏，客服也不理人", "iPhone 5s"]
    table = SnowNlpSentiment().score(texts)
    assert table.schema.equals(SCORE_SCHEMA)
    positive = table.column("p_positive").to_pylist()
    assert positive[0] > 0.9
    assert positive[1] < 0.1
    assert table.column("p_negative").to_pylist() == [1 - p for p in positive]
    assert table.column("p_neutral").to_pylist() == [None] * 3


@pytest.mark.parametrize("text", ["", " \n\t", "\u3000", "！！！。。", "👍👍", "~~~ ---"])
def test_a_text_without_a_word_has_no_verdict(text: str) -> None:
    table = SnowNlpSentiment().score([text, "很好"])
    assert table.slice(0, 1).to_pylist() == [dict.fromkeys(SCORE_SCHEMA.names)]
    assert table.column("p_positive").to_pylist()[1] is not None


def test_no_texts_give_no_rows() -> None:
    assert SnowNlpSentiment().score([]).num_rows == 0


def test_many_characters_are_scored_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = reviews(40)
    whole = scored(texts)
    monkeypatch.setattr("ingestion.scoring.snownlp_model.model._CHARACTERS_AT_A_TIME", 100)
    assert scored(texts) == whole


def test_neither_finding_nor_scoring_imports_the_library() -> None:
    code = (
        "import sys; from ingestion.scoring import discover; found = discover(); "
        "assert 'numba' not in sys.modules; "
        "[each.score(['很好']) for each in found if each.name == 'snownlp_sentiment']; "
        "sys.exit('snownlp' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    for missing in (tmp_path / "mine.marshal", tmp_path):
        with pytest.raises(ModelError, match=str(missing)):
            discover(ScorerConfig(snownlp_model=missing))


@pytest.mark.parametrize("content", [b"", b"no marshal", b"\x1f\x8bno gzip", b"i\x01\x00\x00\x00"])
def test_a_file_that_is_no_model_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mine.marshal.3"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"mine\.marshal\.3 is no model of SnowNLP"):
        SnowNlpSentiment(ScorerConfig(cache=tmp_path, snownlp_model=path)).score(["很好"])
