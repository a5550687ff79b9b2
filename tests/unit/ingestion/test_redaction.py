from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.privacy.redaction import redact_texts

CONNECTION = duckdb.connect()


def redacted(text: str) -> str | None:
    return redact_texts(CONNECTION, [text])[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("打13812345678找我", "打[手机号]找我"),
        ("138-1234-5678 或 139 8765 4321", "[手机号] 或 [手机号]"),
        ("1 3 8 1 2 3 4 5 6 7 8", "[手机号]"),
        ("１３８１２３４５６７８", "[手机号]"),
        ("+86 138 1234 5678", "[手机号]"),
        ("1381234567813987654321", "[手机号][手机号]"),
        ("13812345678,13912345678 13712345678", "[手机号],[手机号] [手机号]"),
        ("电话0571-88886666", "电话[电话]"),
        ("(010)88886666", "[电话]"),
        ("写信到 a.b@qq.com，或c＠163.com", "写信到 [邮箱]，或[邮箱]"),
        ("身份证330102199001011234", "身份证[身份证号]"),
        ("11010519491231002X。", "[身份证号]。"),
        ("旧证110105491231002", "旧证[身份证号]"),
        ("微信：abc_12345", "微信：[微信号]"),
        ("微信号是13812345678", "微信号是[手机号]"),
        ("vx:zhangsan88", "vx:[微信号]"),
        ("我的WX zhangsan88", "我的WX [微信号]"),
        ("V信 zhangsan-88", "V信 [微信号]"),
        ("加V zhang12345", "加V [微信号]"),
        ("加我\nwx_hello99", "加我\n[微信号]"),
        ("QQ 12345678", "QQ [QQ号]"),
    ],
)
def test_what_identifies_a_person_goes(text: str, wanted: str) -> None:
    assert redacted(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "很好用，推荐", "2026-11-20 13:45 收到", "价格1299.00，买了3件", "微信支付很方便", "wechat pay 好用",
        "60升 2000W 热水器", "用了365天", "",
    ],
)  # fmt: skip
def test_what_does_not_stays(text: str) -> None:
    assert redacted(text) == text


def test_null_stays_null_and_order_is_kept() -> None:
    assert redact_texts(CONNECTION, ["b13812345678", None, "a"]) == ["b[手机号]", None, "a"]


PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
GLUE = st.sampled_from(["", " ", "，", "和", "-", "转", "微信"])


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(st.tuples(GLUE, PHONES), min_size=1, max_size=6), max_size=40))
def test_no_phone_survives_whatever_stands_around_it(drawn: list[list[tuple[str, str]]]) -> None:
    texts: list[str | None] = ["".join(g + phone for g, phone in parts) for parts in drawn]
    once = redact_texts(CONNECTION, texts)
    assert not [text for text in once if text and re.search(r"1[3-9][0-9]{9}", text)]
    # the hash of a text is taken after redaction, so a second pass must not change it
    assert redact_texts(CONNECTION, once) == once
