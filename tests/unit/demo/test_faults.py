"""What is planted as wrong stands in the files exactly where the planted truths say."""

from __future__ import annotations

import gzip
from collections import Counter

import pandas as pd
import pytest

from tests.unit.demo.reading import Exports, contracts


def test_bad_rows_stand_at_their_row_and_line(demo: Exports) -> None:
    bad = demo.truth["bad_rows"]
    assert {b["reason"] for b in bad} == {"unreadable", "unlisted", "missing"}
    for fault in bad:
        row = demo.read(fault["file"]).iloc[fault["row"] - 1]
        assert row[fault["header"]] == (fault["value"] or ""), fault
        path = demo.home / "exports" / fault["file"]
        files = contracts()[fault["channel"]].claim(path.name)[0].files  # type: ignore[index]
        if files.format == "csv" and fault["value"]:
            content = path.read_bytes()
            content = gzip.decompress(content) if files.compression else content
            # a quoted text may run on, so the value is on this line or the next two
            lines = content.decode(files.encoding).split("\n")[fault["line"] - 1 :][:3]
            assert fault["value"] in "\n".join(lines), fault


def test_bad_rows_stay_under_each_contract_share(demo: Exports) -> None:
    for name, count in Counter(b["file"] for b in demo.truth["bad_rows"]).items():
        channel, file = name.split("/")
        claimed = contracts()[channel].claim(file)
        assert claimed is not None
        assert count / len(demo.read(name)) <= claimed[0].max_rejected_share, name


def test_no_other_row_is_bad(demo: Exports) -> None:
    """Every header of a number or a time is readable in all rows that are not planted."""
    orders = demo.rows("jd", "orders")
    assert orders["订单金额"].str.fullmatch(r"¥[\d,]+\.\d\d").all()
    assert pd.to_datetime(orders["下单时间"], format="%Y/%m/%d %H:%M:%S").notna().all()
    reviews = demo.rows("jd", "reviews")
    assert reviews["评分"].str.fullmatch("[1-5]星").all()


def test_repeated_rows_repeat_another_row_of_their_file(demo: Exports) -> None:
    assert demo.truth["duplicate_rows"]
    for fault in demo.truth["duplicate_rows"]:
        rows = demo.read(fault["file"]).drop(columns="_row")
        assert int(rows.duplicated().sum()) == fault["rows"]


def test_repeated_files_have_the_same_bytes(demo: Exports) -> None:
    assert demo.truth["duplicate_files"]
    for fault in demo.truth["duplicate_files"]:
        first, second = (demo.home / "exports" / fault[k] for k in ("same_as", "file"))
        assert first.read_bytes() == second.read_bytes()


def test_a_correction_mends_values_adds_rows_and_takes_the_phantom(demo: Exports) -> None:
    assert len(demo.truth["corrections"]) >= 3
    for fault in demo.truth["corrections"]:
        first, second = (demo.read(fault[k]) for k in ("file", "corrected_by"))
        assert len(second) == len(first) - 1 + fault["missing_rows"]
        phantoms = (first == fault["phantom_id"]).any(axis=1)
        assert int(phantoms.sum()) == 1
        assert not (second == fault["phantom_id"]).any(axis=None)
        kept = first[~phantoms].reset_index(drop=True)
        right = second.head(len(kept)).reset_index(drop=True)
        differs = kept.drop(columns="_row") != right.drop(columns="_row")
        # only the one header is wrong, and only in rows that hold the wrong value
        assert set(differs.columns[differs.any()]) <= {fault["header"]}
        wrong = kept[fault["header"]] == fault["wrong_value"]
        assert (wrong | ~differs.any(axis=1)).all()
        assert int((kept.index % 3 == 0).sum()) == fault["wrong_rows"]


def test_late_files_are_dated_after_their_morning(demo: Exports) -> None:
    assert demo.truth["late_files"]
    for fault in demo.truth["late_files"]:
        path = demo.home / "exports" / fault["file"]
        delivered = pd.Timestamp(path.stat().st_mtime, unit="s", tz="UTC")
        assert delivered.tz_convert("Asia/Shanghai").date().isoformat() == fault["delivered_on"]
        assert fault["date"] < fault["delivered_on"]


def test_planted_personal_data_is_in_the_texts_it_names(demo: Exports) -> None:
    texts = {
        "jd": demo.rows("jd", "reviews", "评价ID").set_index("评价ID")["评价内容"],
        "tmall": demo.rows("tmall", "reviews", "rate_id").set_index("rate_id")["content"],
        "weibo": demo.rows("weibo", "posts", "微博ID").set_index("微博ID")["微博正文"],
        "service": demo.rows("service", "cases", "工单号").set_index("工单号")["问题描述"],
        "wecom": demo.rows("wecom", "messages", "msgid").set_index("msgid")["text"],
    }
    planted = [p for p in demo.truth["personal_data"] if p["channel"] in texts]
    assert len(planted) > 5
    assert {p["kind"] for p in demo.truth["personal_data"]} == {
        "phone",
        "two_phones",
        "email",
        "id_card",
        "wechat",
    }
    for plant in planted:
        text = texts[plant["channel"]][plant["id"]]
        assert all(value in text for value in plant["values"]), plant


@pytest.mark.parametrize("channel", ["jd", "weibo"])
def test_some_rows_are_late_and_say_an_earlier_day(demo: Exports, channel: str) -> None:
    export, key, column, form = {
        "jd": ("orders", "订单编号", "下单时间", "%Y/%m/%d %H:%M:%S"),
        "weibo": ("posts", "微博ID", "发布时间", "%Y年%m月%d日 %H:%M"),
    }[channel]
    rows = demo.rows(channel, export)
    first = rows.drop_duplicates(key)
    said = pd.to_datetime(first[column], format=form).dt.normalize()
    # what was bought before the first file is in it, and not late
    is_within = said >= pd.Timestamp(demo.truth["world"]["first_day"])
    days = (pd.to_datetime(first["_date"]) - said)[is_within]
    subject = {"jd": "jd_order", "weibo": "mention_daily"}[channel]
    late = int((days > pd.Timedelta(0)).sum())
    assert 0 < late <= demo.truth["late_rows"][subject]
