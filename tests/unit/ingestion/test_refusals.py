"""A file that is unfit is refused whole, and says why; for its size or rejections it can be accepted."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ingestion.landing import FeedCounts
from tests.unit.ingestion.warehouse import (
    HEADER,
    NAME,
    REVIEWS,
    Warehouse,
    counts,
    line,
)

REFUSED = [
    pytest.param("评价ID,用户,评分,内容\nr1,u1,5,好\n".encode(), "no header 时间", id="missing"),
    pytest.param(
        "评价ID,用户,评分,评价内容,时间\nr1,u1,5,好,2026-11-20\n".encode(),
        "no header 内容 (评价内容 looks like it)",
        id="renamed",
    ),
    pytest.param(
        "评价ID,用户,评分,内容,时间,时间\n1,2,3,4,5,6\n".encode(),
        "时间 occurs more than once",
        id="twice",
    ),
    pytest.param((HEADER + line("r1")).encode("gbk"), "looks like gb18030", id="gbk"),
    pytest.param(
        "王小明,13812345678,5,好,x\nr1,u1,5,好,y\n".encode(), "none of the headers", id="headless"
    ),
    pytest.param(b"", "holds no header", id="empty"),
    pytest.param(b"\n\n", "holds no header", id="blank"),
]


@pytest.mark.parametrize(("content", "said"), REFUSED)
@pytest.mark.parametrize("accept", [False, True])
def test_a_file_that_is_not_what_was_agreed_is_refused_whole(
    tmp_path: Path, content: bytes, said: str, accept: bool
) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.land("reviews_20261119.csv", HEADER + line("r0"))
    landed = warehouse.land(NAME, content, accept=accept)
    assert landed.outcome == "refused"
    assert landed.reason is not None
    assert said in landed.reason
    assert warehouse.rows("select outcome, reason, is_accepted from raw.files order by load_id desc")[0] == (
        "refused", landed.reason, False,
    )  # fmt: skip
    assert warehouse.rows("select record_key from raw.reviews") == [("shop:r0",)]
    assert not list((tmp_path / "work").iterdir())
    assert "王小明" not in str(warehouse.rows("from raw.files"))


def test_a_file_with_too_many_bad_rows_is_refused_and_can_be_accepted(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, REVIEWS.replace("1.0", "0.2"))
    content = HEADER + "".join(line(f"r{i}", stars="x" if i < 3 else "5") for i in range(10))
    landed = warehouse.land(NAME, content)
    assert landed.outcome == "refused"
    assert landed.reason is not None
    assert "3 of 10 rows for reviews are unfit (30.0%, at most 20.0% allowed)" in landed.reason
    assert "评分 is not a number" in landed.reason
    assert warehouse.one("select count(*) from raw.reviews") == 0
    assert warehouse.one("select count(*) from raw.file_feeds") == 0
    assert warehouse.one("select count(*) from raw.rejected_rows") == 3

    again = warehouse.land(NAME, accept=True)
    assert (again.outcome, counts(again)) == ("landed", FeedCounts(10, 7, 3, 0))
    assert warehouse.rows("select outcome, is_accepted from raw.files") == [("landed", True)]
    assert warehouse.one("select count(*) from raw.rejected_rows") == 3


def test_three_bad_rows_among_ten_thousand_are_kept_and_the_rest_lands(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, REVIEWS.replace("1.0", "0.05"))
    rows = "".join(
        line(f"r{i}", at="x" if i in (7, 5000, 9999) else "2026-11-20") for i in range(10_000)
    )
    landed = warehouse.land(NAME, HEADER + rows)
    assert counts(landed) == FeedCounts(10_000, 9_997, 3, 0)
    assert warehouse.rows("select line_number from raw.rejected_rows order by 1") == [
        (9,),
        (5002,),
        (10_001,),
    ]


def test_a_suddenly_short_file_is_refused_and_can_be_accepted(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for day, size in (("18", 100), ("19", 140), ("20", 120)):
        rows = "".join(line(f"r{day}{i}") for i in range(size))
        assert warehouse.land(f"reviews_202611{day}.csv", HEADER + rows).outcome == "landed"
    short = HEADER + "".join(line(f"s{i}") for i in range(11))
    landed = warehouse.land("reviews_20261121.csv", short)
    assert landed.outcome == "refused"
    assert landed.reason is not None
    assert "11 rows, where this export usually has 120" in landed.reason
    assert warehouse.land("reviews_20261122.csv", short + line("s12")).outcome == "landed"
    assert warehouse.land("reviews_20261121.csv", accept=True).outcome == "landed"


def test_a_first_file_with_years_in_it_does_not_make_the_next_ones_short(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.land("reviews_20261118.csv", HEADER + "".join(line(f"r{i}") for i in range(1_000)))
    assert warehouse.land("reviews_20261119.csv", HEADER + line("s1")).outcome == "landed"


def test_a_small_export_may_have_a_quiet_day(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.land(NAME, HEADER + "".join(line(f"r{i}") for i in range(99)))
    landed = warehouse.land("reviews_20261121.csv", HEADER)
    assert (landed.outcome, counts(landed)) == ("landed", FeedCounts(0, 0, 0, 0))


def test_a_refused_file_comes_again_when_its_contract_changes(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    warehouse.land(NAME, (HEADER + line("r1")).encode("gb18030"))
    warehouse.add_contract(
        tmp_path, REVIEWS.replace("format: csv", "format: csv, encoding: gb18030")
    )
    assert warehouse.pending() == [NAME]
    assert warehouse.land(NAME).outcome == "landed"
    assert warehouse.rows("select outcome from raw.files") == [("landed",)]
    assert warehouse.pending() == []


def test_truncated_binary_files_are_refused(tmp_path: Path) -> None:
    for format_ in ("xlsx", "parquet"):
        text = REVIEWS.replace("format: csv", f"format: {format_}").replace(".csv", f".{format_}")
        warehouse = Warehouse(tmp_path, text)
        landed = warehouse.land(NAME.replace("csv", format_), b"PK\x03\x04 and then nothing")
        assert landed.outcome == "refused"
        assert landed.reason is not None
        assert "deliver it again" in landed.reason


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    warehouse = Warehouse(
        tmp_path, REVIEWS.replace("format: csv", "format: csv, compression: gzip")
    )
    packed = gzip.compress((HEADER + line("r1") * 100).encode())
    landed = warehouse.land(NAME, packed[: len(packed) // 2])
    assert landed.outcome == "refused"
    assert landed.reason is not None
    assert "gzip archive ends too early" in landed.reason
    assert warehouse.land(NAME, packed).outcome == "landed"
