"""The measures of aspects, worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from ingestion.annotation import AnnotationError
from ingestion.annotation.aspects import ANNOTATOR
from ingestion.annotation.evaluation import evaluate_aspects, read_labelled, subjects_of
from orchestration.cli import build_app

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"
aspects = ANNOTATOR.configured(SEEDS)

ROWS = [
    # found and right
    ("价格便宜", "价格", 1),
    # found, judged wrongly: the label sees irony where there is none
    ("外观好看", "外观", -1),
    # labelled, not found
    ("就那样", "价格", 0),
    # found, not labelled: 外观
    ("价格贵，外观难看", "价格", -1),
    # a subject that no aspect stands for
    ("价格便宜", "股价", 1),
]
LABELLED = pa.Table.from_pylist(
    [{"text": text, "subject": subject, "label": label} for text, subject, label in ROWS]
)


def test_detection_counts_pairs_and_polarity_those_found() -> None:
    result = evaluate_aspects(LABELLED, aspects, subjects_of(SEEDS))
    assert (result.texts, result.pairs, result.unmapped) == (4, 4, {"股价": 1})
    overall = result.overall
    # found: price, price, appearance, appearance; three of them labelled, of four labels
    assert (overall.labelled, overall.found) == (4, 4)
    assert overall.precision == overall.recall == overall.f1 == 3 / 4
    # of the three, labels 1, -1, -1 and said 1, 1, -1: F1 of praise 2/3, of blame 2/3
    assert overall.polarity_macro_f1 == pytest.approx(2 / 3)
    assert overall.polarity_accuracy == pytest.approx(2 / 3)
    assert result.by_aspect["appearance"].precision == 1 / 2


def test_a_narrower_aspect_counts_for_the_wider_one_that_is_labelled() -> None:
    labelled = pa.Table.from_pylist([{"text": "噪音太大", "subject": "舒适性", "label": -1}])
    assert evaluate_aspects(labelled, aspects, subjects_of(SEEDS)).overall.polarity_accuracy == 1


def test_subjects_of_other_names_are_mapped_by_a_file(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.csv"
    mapping.write_text("subject,aspect_code\n股价,price\n", "utf-8")
    result = evaluate_aspects(LABELLED, aspects, subjects_of(SEEDS, mapping))
    assert result.unmapped == {}
    mapping.write_text("subject,aspect_code\n股价,shares\n", "utf-8")
    with pytest.raises(AnnotationError, match=r"mapping\.csv:2: aspect_code is 'shares'"):
        subjects_of(SEEDS, mapping)


def test_the_command_prints_json_and_reports_a_wrong_file_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "labelled.csv"
    file.write_text("文本,方面,褒贬\n价格便宜,价格,1\n", "utf-8")
    named = ["--text", "文本", "--subject", "方面", "--label", "褒贬", "--json"]
    done = CliRunner().invoke(
        build_app("evaluate-aspects"), ["evaluate-aspects", str(file), *named]
    )
    assert json.loads(done.output)["overall"]["f1"] == 1.0
    columns = {"text": "文本", "subject": "方面", "label": "褒贬"}
    with pytest.raises(AnnotationError, match="no column 内容"):
        read_labelled(file, **{**columns, "text": "内容"})
    file.write_text("文本,方面,褒贬\n价格便宜,价格,好\n", "utf-8")
    with pytest.raises(AnnotationError, match="褒贬 is '好'; a label is -1, 0 or 1"):
        read_labelled(file, **columns)
