"""Texts as Chinese platforms write them, and the values that a person would read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contracts.parsers import PARSERS, Zones, clean, create_macros, half_width
from ingestion.contracts.sql_steps import SqlSteps, column

SHANGHAI = Zones("Asia/Shanghai", "Asia/Shanghai")
CONNECTION = duckdb.connect()
create_macros(CONNECTION)


def statement(parser: str, zones: Zones = SHANGHAI) -> str:
    steps = SqlSteps()
    text = half_width(steps, column("value"))
    read = PARSERS[parser].read(steps, text, zones)
    base = f"select position, {clean('raw')} as value from landed"
    return f"with landed as (select * from texts) select {read} from ({steps.render(base)}) order by position"


def read_all(parser: str, texts: list[str | None], zones: Zones = SHANGHAI) -> list[object]:
    CONNECTION.execute(
        "create or replace temp table texts as select unnest($texts::varchar[]) as raw, "
        "unnest(range(len($texts))) as position",
        {"texts": texts},
    )
    return [row[0] for row in CONNECTION.execute(statement(parser, zones)).fetchall()]


def at(*parts: int) -> dt.datetime:
    return dt.datetime(*parts)  # type: ignore[arg-type]


CASES: dict[str, dict[str, object]] = {
    "timestamp": {
        "2026-11-20 09:05:00": at(2026, 11, 20, 9, 5),
        "2026/11/20 9:05": at(2026, 11, 20, 9, 5),
        "2026/1/2 9:05:07": at(2026, 1, 2, 9, 5, 7),
        "2026.11.20 9:05": at(2026, 11, 20, 9, 5),
        "2026年11月20日": at(2026, 11, 20),
        "2026年11月20日 9时5分": at(2026, 11, 20, 9, 5),
        "2026年11月20日9:05": at(2026, 11, 20, 9, 5),
        "2026年1月2日 21时05分08秒": at(2026, 1, 2, 21, 5, 8),
        "２０２６／１１／２０　９：０５": at(2026, 11, 20, 9, 5),
        "2026-11-20T01:05:00Z": at(2026, 11, 20, 9, 5),
        "2026-11-20T09:05:00.5+08:00": dt.datetime(2026, 11, 20, 9, 5, 0, 500000),
        "2026-11-20 09:05+0800": at(2026, 11, 20, 9, 5),
        "Fri Nov 20 09:05:00 +0800 2026": at(2026, 11, 20, 9, 5),
        "20261120090500": at(2026, 11, 20, 9, 5),
        "2026-11-20 24:00:00": at(2026, 11, 21),
        "2026-13-20 09:05:00": None,
        "2026-02-30": None,
        "26/1/2 9:05": None,
        "1763690400": None,
        "epoch": None,
        "infinity": None,
        "昨天 09:05": None,
    },
    "epoch_s": {"1763690400": at(2025, 11, 21, 10), "1763690400000": None, "x": None},
    "epoch_ms": {
        "1763690400123": dt.datetime(2025, 11, 21, 10, 0, 0, 123000),
        "1763690400000.0": at(2025, 11, 21, 10),
        "1763690400": None,
    },
    "date": {
        "2026-11-20": dt.date(2026, 11, 20),
        "2026/11/2": dt.date(2026, 11, 2),
        "2026年11月20日": dt.date(2026, 11, 20),
        "2026-11-20 00:00:00": dt.date(2026, 11, 20),
        "20261120": dt.date(2026, 11, 20),
        "2026-11-20T18:00:00Z": dt.date(2026, 11, 21),
        "2026-11": None,
    },
    "integer": {
        "12": 12, "-3": -3, "1,234": 1234, "12.0": 12, "１２": 12,
        "1.5": None, "1,23": None, "1e3": None, "1_000": None, "99999999999999999999": None,
    },
    "decimal": {
        "4.5": 4.5, ".5": 0.5, "1,234.5": 1234.5, "1e-3": 0.001, "５．５": 5.5,
        "1,2": None, "nan": None, "inf": None, "一": None,
    },
    "money": {
        "¥1,299.00": Decimal("1299.00"), "￥1299": Decimal("1299.00"), "1299元": Decimal("1299.00"),
        "1.2万元": Decimal("12000.00"), "1.234567万": Decimal("12345.67"), "-¥12.5": Decimal("-12.50"),
        "¥-12.5": Decimal("-12.50"), "R$ 12.34": Decimal("12.34"), "3亿": Decimal("300000000.00"),
        "人民币100元整": Decimal("100.00"), "１２．５": Decimal("12.50"), "0.1": Decimal("0.10"),
        "1,2": None, "免费": None, "12元/件": None,
    },
    "count": {
        "1.2万": 12000, "3亿": 300000000, "1,234": 1234, "10w+": 100000, "999+": 999, "1.2k": 1200,
        "２百万": 2000000, "12.0": 12, "18人": 18, "1.5": None, "万": None, "很多": None,
    },
    "percent": {
        "12%": 0.12, "１２％": 0.12, "0.12": 0.12, "-3.5%": -0.035, "5‰": 0.005, "100%": 1.0, "1": 1.0,
        "12": None, "%": None,
    },
    "stars": {
        "五星": 5.0, "5.0分": 5.0, "4星": 4.0, "5": 5.0, "三星半": 3.5, "四颗半星": 4.5, "两星": 2.0,
        "★★★★☆": 4.0, "1星差评": 1.0, "☆☆☆": None, "好": None,
    },
    "boolean": {
        "是": True, "否": False, "已购": True, "未购": False, "TRUE": True, "false": False,
        "1": True, "0": False, "Ｙ": True, "n": False, "也许": None,
    },
}  # fmt: skip


@pytest.mark.parametrize("parser", CASES)
def test_a_parser_reads_what_platforms_write(parser: str) -> None:
    texts: list[str | None] = list(CASES[parser])
    assert dict(zip(texts, read_all(parser, texts), strict=True)) == CASES[parser]


@pytest.mark.parametrize("parser", PARSERS)
def test_a_blank_of_any_width_is_null(parser: str) -> None:
    assert read_all(parser, ["", "  ", "\u3000", "\t", "\ufeff", None]) == [None] * 6


def test_a_text_keeps_what_is_inside_and_loses_the_space_around() -> None:
    assert read_all("text", ["　很好用 １２ \n 推荐 "]) != []
    read = CONNECTION.execute(f"select {clean('v')} from (select $v as v)", {"v": "　１２ \n 好 "})
    assert read.fetchall() == [("１２ \n 好",)]


def test_listed_values_are_blank_too() -> None:
    sql = f"select {clean('v', ['-', '--'])} from (select unnest(['-', ' -- ', '---']) as v)"
    assert CONNECTION.execute(sql).fetchall() == [(None,), (None,), ("---",)]


def test_times_move_from_the_exports_zone_to_the_business_zone() -> None:
    zones = Zones("America/Sao_Paulo", "Asia/Shanghai")
    texts: list[str | None] = ["2026-11-20 09:05:00", "2026-11-20T09:05:00Z"]
    assert read_all("timestamp", texts, zones) == [at(2026, 11, 20, 20, 5), at(2026, 11, 20, 17, 5)]
    assert read_all("date", ["2026-11-20"], zones) == [dt.date(2026, 11, 20)]


def test_a_zone_that_saves_daylight_moves_by_the_day() -> None:
    zones = Zones("America/New_York", "Asia/Shanghai")
    assert read_all("timestamp", ["2026-07-01 12:00", "2026-12-01 12:00"], zones) == [
        at(2026, 7, 2, 0, 0),
        at(2026, 12, 2, 1, 0),
    ]


def full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


WRITERS: dict[str, tuple[st.SearchStrategy[object], Callable[[object], list[str]]]] = {
    "timestamp": (
        st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2150, 1, 1)).map(
            lambda moment: moment.replace(microsecond=0)
        ),
        lambda v: (
            [
                f"{v:%Y-%m-%d %H:%M:%S}",
                f"{v:%Y/%m/%d %H:%M:%S}",
                f"{v.year}年{v.month}月{v.day}日 {v.hour}时{v.minute}分{v.second}秒",
                f"{v:%Y-%m-%dT%H:%M:%S}+08:00",
                f"{v - dt.timedelta(hours=8):%Y-%m-%dT%H:%M:%S}Z",
            ]
            if v.year > 1992  # Shanghai saved daylight until 1991, and +08:00 was not its zone then
            else [f"{v:%Y-%m-%d %H:%M:%S}"]
        ),
    ),
    "integer": (st.integers(-(10**15), 10**15), lambda v: [f"{v}", f"{v:,}", f"{v}.0"]),
    "money": (
        st.decimals(-(10**9), 10**9, places=2),
        lambda v: [f"{v}", f"{v:,}", f"¥{v}", f"{v}元"],
    ),
    "count": (st.integers(0, 10**9), lambda v: [f"{v}", f"{v:,}", f"{v}+", f"{v}次"]),
}


@pytest.mark.parametrize("parser", WRITERS)
def test_what_was_written_is_read_back_in_any_dress(parser: str) -> None:
    values, dress = WRITERS[parser]

    @settings(max_examples=15, deadline=None)
    @given(st.lists(values, min_size=1, max_size=60))
    def check(drawn: list[object]) -> None:
        texts: list[str | None] = []
        wanted: list[object] = []
        for value in drawn:
            for text in dress(value):
                texts += [text, full_width(text)]
                wanted += [value, value]
        assert read_all(parser, texts) == wanted

    check()


@pytest.mark.parametrize("parser", PARSERS)
def test_no_text_breaks_a_parser(parser: str) -> None:
    @settings(max_examples=15, deadline=None)
    @given(
        st.lists(
            st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))), max_size=50
        )
    )
    def check(texts: list[str | None]) -> None:
        assert len(read_all(parser, texts)) == len(texts)

    check()
