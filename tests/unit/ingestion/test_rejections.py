"""A row that cannot land is kept with its line, column and reason, and its neighbours land."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.landing import FeedCounts
from tests.unit.ingestion.warehouse import (
    HEADER,
    NAME,
    Warehouse,
    counts,
    line,
)


def test_a_bad_row_is_kept_with_line_column_and_reason(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    landed = warehouse.land(
        NAME,
        HEADER
        + line("r1", text="两\n行")
        + line("r2", stars="好")
        + "\n"
        + line("r3", at="昨天")
        + line("")
        + line("r5"),
    )
    assert counts(landed) == FeedCounts(5, 2, 3, 0)
    assert warehouse.rows(
        "select file_name, line_number, row_number, column_name, value_text, reason "
        "from raw.rejected_rows order by line_number"
    ) == [
        (NAME, 4, 2, "评分", "好", "is not a number such as 4.5"),
        (
            NAME,
            6,
            3,
            "时间",
            "昨天",
            "is not a time such as 2026-11-20 09:05:00 or 2026/11/20 9:05",
        ),
        (NAME, 7, 4, "评价ID", None, "is blank"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_broken_line_is_rejected_with_its_number_and_its_neighbours_land(
    tmp_path: Path, end: str
) -> None:
    warehouse = Warehouse(tmp_path)
    content = (
        HEADER
        + line("r1", text="三\n\n行")
        + "r2,u1,5\n"
        + "\n"
        + line("r3")
        + 'r4,u1,5,"他说"好"用",2026-11-20\n'
        + line("r5", stars="x")
        + "r6,u1,5,很好用,2026-11-20,多\n"
        + line("r7", text="二\n行")
        + line("r8", at="x")
    )
    landed = warehouse.land(NAME, content.replace("\n", end))
    assert counts(landed) == FeedCounts(8, 3, 5, 0)
    assert warehouse.rows("select record_key from raw.reviews order by 1") == [
        ("shop:r1",), ("shop:r3",), ("shop:r7",),
    ]  # fmt: skip
    assert warehouse.rows("select line_number, reason from raw.rejected_rows order by 1") == [
        (5, "the line has 3 values, the header 5"),
        (8, "a quote is opened or closed in the middle of a value"),
        (9, "is not a number such as 4.5"),
        (10, "the line has at least 6 values, the header 5"),
        (13, "is not a time such as 2026-11-20 09:05:00 or 2026/11/20 9:05"),
    ]


def test_a_quote_that_is_never_closed_loses_no_row_in_silence(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    rows = "".join(line(f"r{i}") for i in range(50))
    landed = warehouse.land(NAME, HEADER + rows + 'r50,u1,5,"没有结尾,2026-11-20\n' + rows)
    if landed.outcome == "landed":
        assert (
            warehouse.one("select count(*) from raw.rejected_rows") == counts(landed).rejected > 0
        )
        assert counts(landed).landed >= 50
    else:
        assert landed.reason is not None
        assert "quote" in landed.reason
