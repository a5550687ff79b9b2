"""What texts say of aspects: worked sentences, written for this test."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.annotation.aspects import ANNOTATOR
from ingestion.annotation.themes import ANNOTATOR as THEMES

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"
aspects = ANNOTATOR.configured(SEEDS)
themes = THEMES.configured(SEEDS)


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
