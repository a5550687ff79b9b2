"""The dbt project describes what it builds: read from its files, without starting dbt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.dbt.short_entries import yml_documents

PROJECT = Path(__file__).parents[3] / "dbt_project"
MODELS = {
    path.stem: path
    for kind in ("sql", "py")
    for path in sorted(PROJECT.glob(f"models/**/*.{kind}"))
}
BILINGUAL = re.compile(r"[\u4e00-\u9fff].*；.*[A-Za-z]", re.DOTALL)
# a Chinese term may keep its Latin name (SnowNLP 得分, KPI 代码), but has Chinese in it
CHINESE = re.compile(r"[\u4e00-\u9fff]")


DOCUMENTS = yml_documents(PROJECT)


def _entries(kind: str) -> dict[str, dict[str, Any]]:
    return {
        entry["name"]: entry for document in DOCUMENTS.values() for entry in document.get(kind, [])
    }


def _seed_documents() -> Iterator[dict[str, Any]]:
    for path in sorted(PROJECT.glob("seeds/**/*.yml")):
        yield yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) or {}


DESCRIBED = _entries("models")
# a former version of a model has a file of its own, and the entry of the model
DESCRIBED |= {
    name: entry
    for entry in list(DESCRIBED.values())
    for version in entry.get("versions", [])
    if (name := f"{entry['name']}_v{version['v']}") in MODELS
}
PUBLISHED = sorted(
    {
        # ref('fct_crises', v=1) is published from fct_crises_v1
        re.sub(
            r"^ref\('(\w+)'(?:, v=(\d+))?\)$",
            lambda ref: "_v".join(filter(None, ref.groups())),
            reference,
        )
        for exposure in _entries("exposures").values()
        for reference in exposure["depends_on"]
    }
)
CONTRACTED = sorted(
    name
    for name, path in MODELS.items()
    if {"core", "marts", "kpis"} & set(path.relative_to(PROJECT).parts)
    and path.parent.name != "steps"
    and DESCRIBED.get(name, {}).get("config", {}).get("contract", {}).get("enforced", True)
)


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = entry.get("config", {}).get("meta", {})
    return meta


def _tests(entry: dict[str, Any]) -> list[str | dict[str, Any]]:
    tests: list[str | dict[str, Any]] = entry.get("data_tests", [])
    return tests


def _unique_keys(entry: dict[str, Any]) -> list[list[str]]:
    """The column lists that a test holds unique and filled."""
    keys = [
        test["unique_key"]["arguments"]["columns"]
        for test in _tests(entry)
        if isinstance(test, dict) and "unique_key" in test
    ]
    return keys + [
        [column["name"]]
        for column in entry.get("columns", [])
        if {"unique", "not_null"} <= {test for test in _tests(column) if isinstance(test, str)}
    ]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_described_in_both_languages_and_labelled(name: str) -> None:
    entry = DESCRIBED.get(name)
    assert entry is not None, f"{MODELS[name].relative_to(PROJECT)} has no entry in a yml beside it"
    assert BILINGUAL.search(entry.get("description", "")), "description: 中文；English"
    assert CHINESE.search(_meta(entry).get("label_zh", "")), "config.meta.label_zh"


def test_no_yml_describes_a_model_that_is_gone() -> None:
    assert set(DESCRIBED) <= set(MODELS)


@pytest.mark.parametrize("name", CONTRACTED)
def test_every_column_of_a_mart_has_a_type_a_label_and_both_languages(name: str) -> None:
    incomplete = [
        column["name"]
        for column in DESCRIBED[name]["columns"]
        if not (
            column.get("data_type")
            and BILINGUAL.search(column.get("description", ""))
            and CHINESE.search(_meta(column).get("label_zh", ""))
        )
    ]
    assert not incomplete, incomplete


@pytest.mark.parametrize("name", sorted({*CONTRACTED, *PUBLISHED}))
def test_every_mart_names_its_grain(name: str) -> None:
    assert _meta(DESCRIBED[name]).get("key"), "config.meta.key: the columns of the grain"


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_mart_has_a_test_of_its_key(name: str) -> None:
    key = _meta(DESCRIBED[name])["key"]
    if "additivity" in _meta(DESCRIBED[name]):
        # the rows of all KPIs are tested together, each by its code
        (whole,) = _unique_keys(DESCRIBED["kpi_rows"])
        assert {"kpi_code", *key} <= set(whole)
        return
    # a key with a column that may be null has a query of its own
    own_queries = [
        path.read_text("utf-8") for path in PROJECT.glob("tests/*/*_rows_are_unique.sql")
    ]
    assert key in _unique_keys(DESCRIBED[name]) or any(
        f"ref('{name}')" in query and all(column in query for column in key)
        for query in own_queries
    )


@pytest.mark.parametrize("name", sorted(name for name in MODELS if name.startswith("stg_")))
def test_every_staging_model_has_a_test_of_its_key(name: str) -> None:
    key = _meta(DESCRIBED[name])["key"]
    assert key == ["as_of"] or key in _unique_keys(DESCRIBED[name])


def test_every_unit_test_is_named_by_a_sentence() -> None:
    short = [name for name in _entries("unit_tests") if name.count("_") < 3]
    assert not short


def test_every_seed_is_described() -> None:
    described = {
        entry["name"]
        for document in _seed_documents()
        for entry in document.get("seeds", [])
        if BILINGUAL.search(entry.get("description", ""))
    }
    assert {path.stem for path in PROJECT.glob("seeds/**/*.csv")} == described
