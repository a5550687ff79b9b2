"""Tables that break people down hide cells with few of them, by one rule, and say which column counts."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import jinja2
import pytest
import yaml

from tests.unit.dbt.building import PROJECT
from tests.unit.dbt.test_project_yml import DESCRIBED, MODELS, PUBLISHED

# what tells people apart in a breakdown; of money by channel or product there is nobody to protect
PERSONAL = re.compile(
    r"(age_band|lifecycle|advocacy|rfm|region|member_level|birth_year|cohort_month|acquired_month|"
    r"(from|to)_stage|follower_band)"
)


def _faults(name: str, entry: dict[str, Any], sql: str) -> list[str]:
    """What is missing in a published model that breaks people down."""
    meta = entry.get("config", {}).get("meta", {})
    columns = {column["name"]: column for column in entry.get("columns", [])}
    counts = meta.get("counts_people")
    if counts is None:
        is_breakdown = any(PERSONAL.match(column) for column in meta.get("key", []))
        # a row of one customer is not a breakdown; a person may be named by a key alone
        is_about_one = any(column.endswith(("customer_key", "creator_key")) for column in columns)
        if is_breakdown and not is_about_one and "counts_no_people" not in meta:
            return [f"{name}: breaks people down; name the counting column in meta.counts_people"]
        return []
    faults = []
    if counts not in columns:
        faults.append(f"{name}: counts_people names {counts}, which is no column")
    if columns.get("is_suppressed", {}).get("data_type") != "boolean":
        faults.append(f"{name}: has no boolean is_suppressed")
    # a macro of its own, or the model before it, may ask small_cell
    if "is_suppressed" not in sql and "small" not in sql:
        faults.append(f"{name}: does not say which cells are suppressed")
    return faults


def test_every_published_breakdown_of_people_hides_small_cells() -> None:
    faults = [
        fault
        for name in PUBLISHED
        for fault in _faults(name, DESCRIBED[name], MODELS[name].read_text("utf-8"))
    ]
    assert faults == []


def test_the_walk_sees_a_breakdown_that_hides_nothing() -> None:
    entry = {
        "columns": [{"name": "age_band_code"}, {"name": "customer_count"}],
        "config": {"meta": {"key": ["age_band_code"]}},
    }
    assert len(_faults("mart_x", entry, "select 1")) == 1
    entry["config"]["meta"]["counts_people"] = "customer_count"  # type: ignore[index, call-overload]
    assert len(_faults("mart_x", entry, "select 1")) == 2


def _filled(template: str, minimum: int) -> str:
    environment = jinja2.Environment()
    macros = environment.from_string(
        (PROJECT / "macros/small_cell.sql").read_text("utf-8"),
        globals={"var": lambda _: minimum},
    ).module
    return environment.from_string(template).render(
        small_cell=macros.small_cell,  # type: ignore[attr-defined]
        unless_small=macros.unless_small,  # type: ignore[attr-defined]
    )


@pytest.mark.parametrize(
    ("people", "is_small"), [("0", False), ("1", True), ("4", True), ("5", False), ("null", False)]
)
def test_a_cell_is_small_from_one_to_below_the_minimum(people: str, is_small: bool) -> None:
    sql = _filled(
        "select {{ small_cell('n') }}, {{ unless_small('n * 10', 'n') }} "
        f"from (select {people}::bigint as n)",
        minimum=5,
    )
    with duckdb.connect() as connection:
        ((small, shown),) = connection.execute(sql).fetchall()
    assert small is is_small
    assert (shown is None) is (is_small or people == "null")


def test_five_is_the_minimum_until_the_business_says_otherwise() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
    assert project["vars"]["small_cell_minimum"] == 5
