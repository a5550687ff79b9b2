"""The dbt project describes what it builds: read from its files, without starting dbt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def _faults_of_model(entry: dict[str, Any] | None) -> list[str]:
    if entry is None:
        return ["no entry in a yml beside it"]
    return [
        fault
        for fault, is_right in {
            "description: 中文；English": BILINGUAL.search(entry.get("description", "")),
            "config.meta.label_zh": CHINESE.search(_meta(entry).get("label_zh", "")),
        }.items()
        if not is_right
    ]


def _faults_of_columns(entry: dict[str, Any]) -> list[str]:
    """Columns without a type, a Chinese label or a description in both languages."""
    return [
        column["name"]
        for column in entry["columns"]
        if not (
            column.get("data_type")
            and BILINGUAL.search(column.get("description", ""))
            and CHINESE.search(_meta(column).get("label_zh", ""))
        )
    ]


def _is_key_tested(name: str, entry: dict[str, Any], own_queries: list[str]) -> bool:
    """Whether a test holds the key unique: in the entry, or in a query of its own."""
    key = _meta(entry)["key"]
    return key in _unique_keys(entry) or any(
        f"ref('{name}')" in query and all(column in query for column in key)
        for query in own_queries
    )


def _offenders(faults: dict[str, list[str]]) -> list[str]:
    return [f"{name}: {', '.join(found)}" for name, found in faults.items() if found]


def test_every_model_is_described_in_both_languages_and_labelled() -> None:
    assert _offenders({name: _faults_of_model(DESCRIBED.get(name)) for name in MODELS}) == []


def test_no_yml_describes_a_model_that_is_gone() -> None:
    assert set(DESCRIBED) <= set(MODELS)


def test_every_column_of_a_mart_has_a_type_a_label_and_both_languages() -> None:
    assert _offenders({name: _faults_of_columns(DESCRIBED[name]) for name in CONTRACTED}) == []


def test_every_mart_names_its_grain() -> None:
    marts = sorted({*CONTRACTED, *PUBLISHED})
    assert [name for name in marts if not _meta(DESCRIBED[name]).get("key")] == []


def test_every_published_mart_has_a_test_of_its_key() -> None:
    # a key with a column that may be null has a query of its own
    own_queries = [
        path.read_text("utf-8") for path in PROJECT.glob("tests/*/*_rows_are_unique.sql")
    ]
    # the rows of all KPIs are tested together, each by its code
    (whole,) = _unique_keys(DESCRIBED["kpi_rows"])
    untested = [
        name
        for name in PUBLISHED
        if not (
            {"kpi_code", *_meta(DESCRIBED[name])["key"]} <= set(whole)
            if "additivity" in _meta(DESCRIBED[name])
            else _is_key_tested(name, DESCRIBED[name], own_queries)
        )
    ]
    assert untested == []


def test_every_staging_model_has_a_test_of_its_key() -> None:
    untested = [
        name
        for name in MODELS
        if name.startswith("stg_")
        and _meta(DESCRIBED[name])["key"] != ["as_of"]
        and not _is_key_tested(name, DESCRIBED[name], [])
    ]
    assert untested == []


def test_the_lints_see_each_kind_of_fault() -> None:
    right = {
        "description": "声音；A voice.",
        "config": {"meta": {"label_zh": "声音", "key": ["a"]}},
    }
    assert _faults_of_model(right) == []
    assert _faults_of_model(None) == ["no entry in a yml beside it"]
    assert _faults_of_model(right | {"description": "A voice."}) == ["description: 中文；English"]
    assert _faults_of_model(right | {"config": {}}) == ["config.meta.label_zh"]

    column = right | {"name": "a", "data_type": "string"}
    wrong = [
        {"columns": [column | {"name": field, field: None} | other]}
        for field, other in (
            ("data_type", {}),
            ("no description", {"description": "声音"}),
            ("no label", {"config": {}}),
        )
    ]
    assert _faults_of_columns({"columns": [column]}) == []
    assert [_faults_of_columns(entry) for entry in wrong] == [
        ["data_type"],
        ["no description"],
        ["no label"],
    ]

    assert not _is_key_tested("fct_a", right | {"columns": [column]}, [])
    tested = column | {"data_tests": ["unique", "not_null"]}
    assert _is_key_tested("fct_a", right | {"columns": [tested]}, [])
    assert not _is_key_tested("fct_a", right | {"columns": [column]}, ["ref('fct_b') a"])
    assert _is_key_tested("fct_a", right | {"columns": [column]}, ["ref('fct_a') a"])
    assert _offenders({"x": [], "y": ["a", "b"]}) == ["y: a, b"]


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
