"""Which KPI is meant by what was typed."""

from __future__ import annotations

import pytest

from orchestration.explain.errors import ExplainError
from orchestration.explain.kpis import Kpi, find


def kpi(code: str, label_zh: str, label_en: str) -> Kpi:
    return Kpi(code, label_zh, label_en, "share", "brand", "", 1, "sum", "day,week", 1, 1, 0)


KPIS = [
    kpi("kpi_nsr", "净情感度 NSR", "Net sentiment rate (NSR)"),
    kpi("kpi_net_sentiment", "净情绪值", "Net sentiment"),
    kpi("kpi_share_of_voice_mentions", "声量份额（提及）", "Share of voice (mentions)"),
    kpi("kpi_share_of_voice_reach", "声量份额（曝光）", "Share of voice (reach)"),
]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("kpi_nsr", "kpi_nsr"),
        ("NSR", "kpi_nsr"),
        ("净情绪值", "kpi_net_sentiment"),
        ("Net sentiment", "kpi_net_sentiment"),
        ("share-of-voice-reach", "kpi_share_of_voice_reach"),
        # a part that only one has
        ("曝光", "kpi_share_of_voice_reach"),
    ],
)
def test_it_is_found_by_code_and_by_either_name(typed: str, code: str) -> None:
    assert find(KPIS, typed).code == code


def test_of_two_that_might_be_meant_both_are_named() -> None:
    with pytest.raises(ExplainError) as raised:
        find(KPIS, "声量份额")
    assert "kpi_share_of_voice_mentions, kpi_share_of_voice_reach" in str(raised.value)


def test_a_slip_of_the_pen_is_put_right_and_all_are_listed() -> None:
    with pytest.raises(ExplainError, match=r"did you mean kpi_net_sentiment\?.*nsr") as raised:
        find(KPIS, "net_sentimnet")
    assert "\n" not in str(raised.value)
