"""A rejected row names its line, whatever stands before it in the file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.unit.ingestion.warehouse import Warehouse, csv_line

HEADER = "评价ID,用户,评分,内容,时间"
AT = "2026-11-20 09:05:00"


def planted(seed: int, size: int) -> tuple[list[str], list[int], int]:
    """Return records, the lines on which unfit ones start, and how many are fit."""
    dice = random.Random(seed)
    records, unfit, fit, number = [HEADER], [], 0, 2
    for index in range(size):
        ref = f"r{index}"
        kind = dice.choices(
            [
                "plain",
                "quoted",
                "long",
                "blank",
                "short",
                "wide",
                "broken",
                "bad value",
                "bad long",
            ],
            [60, 10, 10, 3, 3, 3, 3, 4, 4],
        )[0]
        record = {
            "plain": f"{ref},u1,5,好用,{AT}",
            "quoted": csv_line([ref, "u1", "5", '他说"好", 真的', AT]),
            "long": csv_line([ref, "u1", "5", "一\n\n二\n" * dice.randint(1, 3), AT]),
            "blank": "",
            "short": f"{ref},u1,5",
            "wide": f"{ref},u1,5,好用,{AT},多,余",
            "broken": f'{ref},u1,5,"好"用,{AT}',
            "bad value": f"{ref},u1,很多,好用,{AT}",
            "bad long": csv_line([ref, "u1", "很多", "一\n\n\n二", AT]),
        }[kind]
        if kind in {"short", "wide", "broken", "bad value", "bad long"}:
            unfit.append(number)
        elif kind != "blank":
            fit += 1
        records.append(record)
        number += record.count("\n") + 1
    return records, unfit, fit


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("seed", range(4))
def test_lines_are_those_of_the_file(tmp_path: Path, seed: int, end: str) -> None:
    records, unfit, fit = planted(seed, 600)
    warehouse = Warehouse(tmp_path)
    landed = warehouse.land("reviews_20261120.csv", ("\n".join(records) + "\n").replace("\n", end))
    assert landed.outcome == "landed", landed.reason
    found = warehouse.rows("select line_number from raw.rejected_rows order by 1")
    assert [line for (line,) in found] == unfit
    assert warehouse.one("select count(distinct record_key) from raw.reviews") == fit


@pytest.mark.integration
def test_a_file_of_many_buffers_is_read_the_same(tmp_path: Path) -> None:
    records, unfit, fit = planted(5, 5_000)
    filler = [f"f{index},u1,5,{'很长的评价' * 400},{AT}" for index in range(12_000)]
    warehouse = Warehouse(tmp_path)
    content = "\n".join([HEADER, *filler, *records[1:]]) + "\n"
    assert len(content.encode()) > 64 * 1024 * 1024
    landed = warehouse.land("reviews_20261120.csv", content)
    found = warehouse.rows("select line_number - 12000 from raw.rejected_rows order by 1")
    assert [line for (line,) in found] == unfit
    assert landed.feeds["reviews"].landed == fit + 12_000
