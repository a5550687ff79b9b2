from __future__ import annotations

import datetime as dt

import pytest

from ingestion.contracts.file_patterns import NameParts, PatternError, compile_pattern

FULL = compile_pattern("xhs_notes_{date}[_{part}][_r{revision}].csv")
DAY = dt.date(2026, 11, 20)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("xhs_notes_20261120.csv", NameParts(DAY, None, 1)),
        ("xhs_notes_2026-11-20.csv", NameParts(DAY, None, 1)),
        ("xhs_notes_20261120_2.csv", NameParts(DAY, "2", 1)),
        ("xhs_notes_20261120_r2.csv", NameParts(DAY, None, 2)),
        ("xhs_notes_20261120_b_r3.csv", NameParts(DAY, "b", 3)),
        ("xhs_notes_20261120_red.csv", NameParts(DAY, "red", 1)),
        ("2026/11/xhs_notes_20261120.csv", NameParts(DAY, None, 1)),
        ("xhs_notes_20261320.csv", None),
        ("xhs_notes_20261120.csv.part", None),
        ("my_xhs_notes_20261120.csv", None),
    ],
)
def test_a_name_says_day_part_and_revision(name: str, parts: NameParts | None) -> None:
    assert FULL.match(name) == parts


def test_a_pattern_with_a_folder_looks_at_the_folder() -> None:
    pattern = compile_pattern("jd/{date}.csv")
    assert pattern.match("jd/20261120.csv")
    assert pattern.match("tmall/20261120.csv") is None


@pytest.mark.parametrize(
    "pattern",
    ["a.csv", "a_{date}_{date}.csv", "a_[{date}].csv", "a_{date}[.csv", "a_{date}_{x}.csv"],
)
def test_a_pattern_that_cannot_work_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_every_sample_is_a_file_of_its_pattern() -> None:
    samples = FULL.samples()
    assert len(set(samples)) >= 8
    assert all(FULL.match(name) for name in samples)
