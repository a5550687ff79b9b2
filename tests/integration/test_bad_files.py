"""One night with every kind of bad file: each is named, and the rest of the files land.

That what was refused lands when it is mended, and is not tried before, test_gate.py shows.
"""

from __future__ import annotations

import pytest

from tests.integration.bad_night import ROWS
from tests.integration.home import Home

pytestmark = pytest.mark.integration


def reason_of(home: Home, name: str) -> str:
    rows = home.query(f"select outcome, reason from meta.files where file_name like '%{name}%'")
    assert [row["outcome"] for row in rows] == ["refused"]
    return rows[0]["reason"]


def test_the_good_file_and_the_good_rows_are_published(night: Home) -> None:
    assert night.one("select count(*) from reviews.fct_voices") == 50 + ROWS - 3


def test_three_bad_rows_among_ten_thousand_are_kept_with_line_column_and_reason(
    night: Home,
) -> None:
    rows = night.query(
        "select line_number, column_name, value_text, reason from meta.rejected_rows order by line_number"
    )
    assert [row["line_number"] for row in rows] == [12, 501, 9001]
    assert rows[0]["value_text"] == "昨天下午"
    assert "评价时间" in rows[0]["column_name"]
    assert "很多星" in rows[1]["value_text"]
    assert "评价ID" in rows[2]["column_name"]
    assert all(row["reason"] for row in rows)
    listed = night.run("rejects", "--file", "few_20261120.csv").stdout
    assert "昨天下午" in listed
    assert "12" in listed


def test_delivered_is_landed_plus_rejected_plus_duplicate(night: Home) -> None:
    counts = night.build(
        "select delivered_count, landed_count, rejected_count, duplicate_count "
        "from raw.file_feeds join raw.files using (file_id) where outcome = 'landed'"
    )
    assert sorted(counts) == [(50, 50, 0, 0), (ROWS, ROWS - 3, 3, 0)]


def test_a_truncated_gzip_is_refused_whole(night: Home) -> None:
    reason = reason_of(night, "truncated_20261120")
    assert "gzip" in reason
    assert "ends too early" in reason
    assert "deliver it again" in reason


def test_a_gbk_file_declared_utf8_names_the_encoding_and_the_contract(night: Home) -> None:
    reason = reason_of(night, "gbk_20261120")
    assert "gb18030" in reason
    assert "shop.yml" in reason


def test_a_renamed_header_is_named_with_the_one_that_looks_like_it(night: Home) -> None:
    reason = reason_of(night, "renamed_20261120")
    assert "评价时间" in reason
    assert "评论时间" in reason


def test_the_summary_tells_a_stranger_what_was_refused(night: Home) -> None:
    shown = (night.path / "refresh.out").read_text(encoding="utf-8")
    for name in ["truncated_20261120", "gbk_20261120", "renamed_20261120"]:
        assert name in shown
    status = night.run("status").stdout
    assert "renamed_20261120" in status
