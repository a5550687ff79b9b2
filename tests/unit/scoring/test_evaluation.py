from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn import metrics as sklearn_metrics

from ingestion.scoring import SCORE_SCHEMA
from ingestion.scoring.evaluation import evaluate
from ingestion.scoring.labelled_file import LabelledFileError, read_labelled_file
from ingestion.scoring.sentiment_model import corpus, metrics
from orchestration import cli

BAND = (0.4, 0.6)


class Said:
    """Reads the probability that the text itself names: `好 0.9`."""

    name = "said"
    version = "1"

    def score(self, texts: Sequence[str]) -> pa.Table:
        positive = [float(text.split()[1]) if " " in text else None for text in texts]
        negative = [None if each is None else 1 - each for each in positive]
        columns = [negative, [None] * len(positive), positive]
        return pa.table([pa.array(each, pa.float64()) for each in columns], schema=SCORE_SCHEMA)


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_figures_are_those_worked_by_hand(tmp_path: Path) -> None:
    file = written(
        tmp_path / "f.csv",
        "label,review\n1,好 0.9\n1,好 0.6\n1,坏 0.3\n0,坏 0.1\n0,坏 0.8\n0,无\n",
    )
    result = evaluate(read_labelled_file(file, text="review", label="label"), [Said()], band=BAND)
    assert (result.rows, result.excluded) == (6, 0)
    assert result.classes == {"negative": 3, "neutral": 0, "positive": 3}
    (said,) = result.scorers
    assert said.unjudged == 1
    # right: .9, .6, .1
    assert said.accuracy == pytest.approx(3 / 6)
    # positive: 2 right, 3 true, 3 called; negative: 1 right, 3 true, 2 called
    assert said.macro_f1 == pytest.approx((2 * 2 / 6 + 2 * 1 / 5) / 2)
    # pairs of (positive, negative): .9 beats both, .6 and .3 beat .1 only
    assert said.auc == pytest.approx(4 / 6)
    # each of the five alone in its bin: .1 + .4 + .7 + .1 + .8
    assert said.ece == pytest.approx((0.1 + 0.4 + 0.7 + 0.1 + 0.8) / 5)


def test_measures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(-1, 2, 500).astype(np.int8)
    called = np.where(rng.random(500) < 0.6, truth, rng.integers(-1, 2, 500)).astype(np.int8)
    score = np.round(np.clip(rng.random(500) + 0.3 * truth, 0, 1), 1)
    found = metrics.quality(truth, called, score)
    polar = truth != 0
    assert found.accuracy == sklearn_metrics.accuracy_score(truth, called)
    assert found.macro_f1 == sklearn_metrics.f1_score(truth, called, average="macro")
    assert found.auc == sklearn_metrics.roc_auc_score(truth[polar], score[polar])


def test_a_gain_is_the_difference_of_scikit_learn_s_macro_f1() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(-1, 2, 500).astype(np.int8)
    champion, challenger = (
        np.where(rng.random(500) < share, truth, rng.integers(-1, 2, 500)).astype(np.int8)
        for share in (0.5, 0.7)
    )
    f1 = [sklearn_metrics.f1_score(truth, each, average="macro") for each in (challenger, champion)]
    found = metrics.compare(truth, champion, challenger)
    assert found.difference == pytest.approx(f1[0] - f1[1])


def test_with_neutral_rows_a_scorer_of_two_classes_abstains_in_the_band(tmp_path: Path) -> None:
    file = written(
        tmp_path / "f.csv", "label,review\n-1,坏 0.1\n0,凑合 0.5\n0,凑合 0.7\n1,好 0.6\n"
    )
    result = evaluate(read_labelled_file(file, text="review", label="label"), [Said()], band=BAND)
    assert result.classes == {"negative": 1, "neutral": 2, "positive": 1}
    assert result.scorers[0].accuracy == pytest.approx(3 / 4)


def test_rows_of_the_training_corpus_are_left_out_whatever_their_signs(tmp_path: Path) -> None:
    line = next(each for each in corpus.distinct_lines("positive") if len(each) > 20)
    file = written(tmp_path / "f.csv", f'label,review\n1,"{line}！！"\n1,好 0.9\n0,坏 0.1\n')
    result = evaluate(read_labelled_file(file, text="review", label="label"), [Said()], band=BAND)
    assert (result.rows, result.excluded, result.scorers[0].accuracy) == (3, 1, 1.0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("0 1 1", [-1, 1, 1]),
        ("-1 0 1", [-1, 0, 1]),
        ("negative neutral Positive", [-1, 0, 1]),
        ("负面 中性 正面", [-1, 0, 1]),
        ("neutral neutral positive", [0, 0, 1]),
        ("0.0 1.0 1", [-1, 1, 1]),
    ],
)
def test_labels_are_read_in_every_form(
    tmp_path: Path, encoding: str, labels: str, expected: list[int]
) -> None:
    rows = "".join(f'"多行\n{number}",{each}\n' for number, each in enumerate(labels.split()))
    file = written(tmp_path / "f.csv", f"文本,标签\n{rows}", encoding)
    read = read_labelled_file(file, text="文本", label="标签")
    assert read.labels.tolist() == expected
    assert read.texts[0] == "多行\n0"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"label,review\n1,\xff\xff\n", "f.csv:2: neither UTF-8 nor GB18030"),
        (b"label,text\n1,good\n", "f.csv:1: no column review; the header has label, text"),
        (b"label,review\n", "f.csv:2: no rows"),
        (b'label,review\n1,"a\nb"\n\n2,c\n', "f.csv:5: label is '2'"),
        (b"label,review\n1,a\n1,b,c\n", "f.csv:3: 3 columns, the header has 2"),
        (b'label,review\n1,"a\n', "f.csv:2: cannot be read as CSV"),
        (b"", "f.csv:1: no column review; the header has nothing"),
    ],
)
def test_a_bad_file_is_reported_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes(content)
    with pytest.raises(LabelledFileError) as caught:
        read_labelled_file(file, text="review", label="label")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_needs_no_home_and_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from orchestration.commands import evaluate as command
    from orchestration.pipeline import scorers

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scorers, "discover", lambda given: [Said()])
    file = written(tmp_path / "f.csv", "label,review\n1,好 0.9\n0,坏 0.1\n")
    command.evaluate(file, text="review", label="label", as_json=True)
    result = json.loads(capsys.readouterr().out)
    assert (result["rows"], result["excluded"]) == (2, 0)
    assert {"scorer", "accuracy", "macro_f1", "auc", "ece", "texts_per_second"} <= set(
        result["scorers"][0]
    )
    assert not (tmp_path / ".koubei").exists()
    with pytest.raises(SystemExit) as ended:
        cli.main(["evaluate", str(tmp_path / "none.csv")])
    assert ended.value.code == 1
    assert "No such file" in capsys.readouterr().err
