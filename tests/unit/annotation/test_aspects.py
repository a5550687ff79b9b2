"""What texts say of aspects: worked sentences, written for this test."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.annotation.aspects import ANNOTATOR

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"
aspects = ANNOTATOR.configured(SEEDS)


def said(text: str) -> dict[str, int]:
    rows = aspects.annotate([text]).to_pylist()
    return {row["aspect_code"]: row["polarity"] for row in rows}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("外观好看", {"appearance": 1}),
        ("漂亮的外观", {"appearance": 1}),
        ("外观和内饰都很好看", {"appearance": 1, "interior": 1}),
        # negation, one and two
        ("价格不贵", {"price": 1}),
        ("价格并不便宜", {"price": -1}),
        ("没有发现质量问题", {"quality": 1}),
        ("外观不是不好看", {"appearance": 1}),
        # contrast
        ("外观好看，但是电池不行", {"appearance": 1, "battery": -1}),
        ("外观好看但是电池不行", {"appearance": 1, "battery": -1}),
        ("电池还可以，不过用久了电池不行", {"battery": -1}),
        # what the aspect decides
        ("油耗高", {"energy": -1}),
        ("性价比高", {"price": 1}),
        ("价格高", {"price": -1}),
        ("空间有点小", {"space": -1}),
        # a word that names and judges at once
        ("用了三天就漏水", {"quality": -1}),
        ("包装结实", {"packaging": 1}),
        # the following clause, where this one says nothing
        ("说到油耗，真的很高", {"energy": -1}),
        ("说到油耗，外观很好看", {"energy": 0, "appearance": 1}),
        # nothing said
        ("这质量怎么样？", {"quality": 0}),
        ("希望价格再便宜点", {"price": 0}),
        ("今天天气真好", {}),
        ("", {}),
    ],
)
def test_a_sentence_says_this(text: str, expected: dict[str, int]) -> None:
    assert said(text) == expected


def golden() -> list[tuple[str, dict[str, int]]]:
    """Sentences with what a reader says of them."""
    file = Path(__file__).parents[2] / "golden" / "aspects" / "sentences.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            (row["text"], {code: int(sign) for code, sign in _pairs(row["expected"])})
            for row in csv.DictReader(lines)
        ]


def _pairs(expected: str) -> Iterator[tuple[str, str]]:
    for pair in filter(None, expected.split(";")):
        code, _, sign = pair.partition(":")
        yield code, sign


def test_the_golden_sentences_are_read_as_a_reader_reads_them() -> None:
    sentences = golden()
    found: list[dict[str, int]] = [{} for _ in sentences]
    for row in aspects.annotate([text for text, _ in sentences]).to_pylist():
        found[row["text_number"]][row["aspect_code"]] = row["polarity"]
    wrong = [
        (text, expected, said)
        for (text, expected), said in zip(sentences, found, strict=True)
        if said != expected
    ]
    assert len(sentences) >= 60
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "evidence", "start"),
    [
        # the clause alone, without the punctuation around it, counted from the text's start
        (
            "😀很好。外观好看，就是电池不行！",
            {"appearance": "外观好看", "battery": "就是电池不行！"},
            4,
        ),
        # the clause that outweighs the others
        ("电池还行，不过用久了电池不行", {"battery": "不过用久了电池不行"}, 5),
        ("质量怎么样？质量好，质量差", {"quality": "质量差"}, 10),
        ("说到油耗，真的很高", {"energy": "说到油耗，真的很高"}, 0),
        ("　外观好看　电池不行", {"appearance": "外观好看", "battery": "电池不行"}, 1),
    ],
)
def test_the_evidence_is_the_clause_that_says_so(
    text: str, evidence: dict[str, str], start: int
) -> None:
    rows = aspects.annotate(["前面一条", text]).to_pylist()
    assert {row["aspect_code"]: row["evidence_text"] for row in rows} == evidence
    for row in rows:
        clause = row["evidence_text"]
        assert text[row["evidence_start"] : row["evidence_start"] + len(clause)] == clause
    assert min(row["evidence_start"] for row in rows) == start


def test_many_texts_are_read_as_each_alone() -> None:
    texts = [text for text, _ in golden()] * 120  # more than are read at once
    rows = aspects.annotate(texts).to_pylist()
    by_text: dict[int, dict[str, int]] = {}
    for row in rows:
        by_text.setdefault(row["text_number"], {})[row["aspect_code"]] = row["polarity"]
    for number in (0, 71, 4_000, len(texts) - 2):
        assert by_text.get(number, {}) == said(texts[number])
