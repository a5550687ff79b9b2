"""What dbt itself does not check of KPIs and exposures: that nothing is forgotten. Reads yml only."""

import copy
import csv
import re
from pathlib import Path
from typing import Any

import pytest

from orchestration.dbt.generated import generate
from orchestration.dbt.short_entries import full_documents

MODELS = Path(__file__).parents[3] / "dbt_project" / "models"
# the frame around the KPIs; everything else in the folder is one
FRAME = {
    "kpi_catalogue",
    "kpi_contributions",
    "kpi_history",
    "kpi_periods",
    "kpi_rows",
    "kpi_scorecard",
    "kpi_windows",
    "kpi_days",
}
# views on the way to the history, so there is nothing in them to publish
NOT_PUBLISHED = {"kpi_rows", "kpi_periods"}
KPIS = sorted({path.stem for path in (MODELS / "kpis").glob("kpi_*.sql")} - FRAME)
DIMENSIONS = ["channel_code", "brand_code", "product_key"]
SEGMENT = ["segment_kind", "segment_code"]
UNITS = {"share", "nps", "multiple", "count", "score", "minutes", "days", "cny", "per_1000"}
SUBJECT = ["row_table", "row_key", *DIMENSIONS, "numerator", "denominator"]


Documents = dict[Path, dict[str, Any]]


@pytest.fixture(scope="module")
def documents() -> Documents:
    return full_documents(MODELS.parent)


def with_macros(query: str) -> str:
    """The query with the text of each macro that stands for whole CTEs in place of its call."""

    def body(call: re.Match[str]) -> str:
        return (MODELS.parent / "macros" / f"{call[1]}.sql").read_text(encoding="utf-8")

    return re.sub(r"^\{\{ (\w+)\(.*\) \}\}", body, query, flags=re.MULTILINE)


def kpi_entries(documents: Documents) -> dict[str, dict[str, Any]]:
    return {
        model["name"]: model
        for path, document in documents.items()
        if path.name.startswith("_kpis")
        for model in document.get("models", [])
    }


def faults_of_meta(entry: dict[str, Any]) -> list[str]:
    """What a KPI's entry does not say of it, or says otherwise than it may."""
    meta = entry["config"]["meta"]
    columns = {column["name"] for column in entry["columns"]}
    wanted = ("label_zh", "label_en", "unit", "owner", "definition", "version")
    faults = [field for field in wanted if not meta.get(field)]
    interval = meta.get("interval")
    rules = {
        "higher_is_better: true or false": isinstance(meta.get("higher_is_better"), bool),
        "unit: one that is known": meta.get("unit") in UNITS,
        "additivity: sum or none": meta.get("additivity") in {"sum", "none"},
        "interval: one that is known": interval in {"wilson", "mean", "own", "none"},
        "interval mean: with sum_of_squares": (interval == "mean") == ("sum_of_squares" in meta),
        "interval own: with value_low and value_high": (interval == "own")
        == ({"value_low", "value_high"} <= columns),
        "status: published or withheld": meta.get("status") in {"published", "withheld"},
        "withheld: with withheld_reason": meta.get("status") != "withheld"
        or bool(meta.get("withheld_reason")),
    }
    return faults + [rule for rule, holds in rules.items() if not holds]


def faults_of_shape(entry: dict[str, Any]) -> list[str]:
    """Where a KPI's columns and key are not the one shape that all have."""
    columns = [column["name"] for column in entry["columns"]]
    meta = entry["config"]["meta"]
    is_summed = meta["additivity"] == "sum"
    key = ["period_date"] if is_summed else ["period_kind", "period_date", "is_cut"]
    key += DIMENSIONS + (SEGMENT if "segment_kind" in columns else [])
    rules = {
        f"columns: {', '.join(key)}, numerator, denominator first": columns[: len(key) + 2]
        == [*key, "numerator", "denominator"],
        f"config.meta.key: {', '.join(key)}": meta["key"] == key,
    }
    return [rule for rule, holds in rules.items() if not holds]


def faults_of_subjects(query: str) -> list[str]:
    """What is missing for the rows that a KPI counts to be shown."""
    found = re.search(r"^subjects as \(\n(.*?)^\)", query, re.DOTALL | re.MULTILINE)
    if not found:
        return ["a CTE `subjects`: one row per thing counted"]
    words = set(re.findall(r"\w+", found[1]))
    faults = [f"subjects.{column}" for column in SUBJECT if column not in words]
    if "period_date" not in found[1] and not {"state_from", "state_to"} <= words:
        faults.append("subjects.period_date, or state_from and state_to")
    # what explains a number reads `subjects` in place of the last line
    if not re.fullmatch(r"select \* from \w+", query.rstrip().splitlines()[-1]):
        faults.append("a last line that selects everything from one CTE")
    return faults


def offenders(faults: dict[str, list[str]]) -> list[str]:
    assert len(faults) > 50
    return [f"{name}: {'; '.join(found)}" for name, found in faults.items() if found]


def sql_of(name: str) -> str:
    return with_macros((MODELS / "kpis" / f"{name}.sql").read_text(encoding="utf-8"))


def test_every_kpi_says_what_it_is(documents: Documents) -> None:
    found = kpi_entries(documents)
    assert offenders({name: faults_of_meta(found[name]) for name in KPIS}) == []


def test_every_kpi_has_the_one_shape(documents: Documents) -> None:
    found = kpi_entries(documents)
    assert offenders({name: faults_of_shape(found[name]) for name in KPIS}) == []


def test_every_kpi_names_the_rows_that_it_counts() -> None:
    assert offenders({name: faults_of_subjects(sql_of(name)) for name in KPIS}) == []


def test_each_fault_of_an_entry_is_seen(documents: Documents) -> None:
    entry = copy.deepcopy(kpi_entries(documents)["kpi_nsr"])
    meta = entry["config"]["meta"]
    for field in ("label_zh", "label_en", "owner", "definition", "version"):
        assert faults_of_meta(_with(entry, **{field: ""})) == [field]
    for change, fault in (
        ({"unit": "parsecs"}, "unit: one that is known"),
        ({"additivity": "maybe"}, "additivity: sum or none"),
        ({"higher_is_better": "yes"}, "higher_is_better: true or false"),
        ({"interval": "guess"}, "interval: one that is known"),
        ({"interval": "wilson"}, "interval mean: with sum_of_squares"),
        ({"interval": "own"}, "interval own: with value_low and value_high"),
        ({"status": "lost"}, "status: published or withheld"),
        ({"status": "withheld", "withheld_reason": ""}, "withheld: with withheld_reason"),
    ):
        assert fault in faults_of_meta(_with(entry, **change)), change
    assert len(faults_of_shape(_with(entry, key=meta["key"][1:]))) == 1
    assert len(faults_of_shape(entry | {"columns": entry["columns"][1:]})) == 1


def test_each_fault_of_the_rows_counted_is_seen() -> None:
    query = sql_of("kpi_nsr")
    assert faults_of_subjects("select 1") == ["a CTE `subjects`: one row per thing counted"]
    for column in SUBJECT:
        gone = re.sub(rf"\b{column}\b", "x", query)
        assert faults_of_subjects(gone) == [f"subjects.{column}"]
    assert len(faults_of_subjects(query.replace("period_date", "x"))) == 1
    assert len(faults_of_subjects(query + "\nwhere true")) == 1


def _with(entry: dict[str, Any], **meta: object) -> dict[str, Any]:
    return entry | {"config": {"meta": entry["config"]["meta"] | meta}}


def test_every_kpi_reaches_the_history() -> None:
    macro = generate(MODELS.parent)["macros/kpi_models.sql"]
    assert re.findall(r'{"name": "(\w+)"', macro) == KPIS


def test_every_kpi_has_a_target_and_a_reason_for_it() -> None:
    with (MODELS.parent / "seeds" / "kpi_targets.csv").open(encoding="utf-8") as file:
        targets = list(csv.DictReader(file))
    assert {row["kpi_code"] for row in targets} == set(KPIS)
    assert all(re.search(r"[一-鿿].*；.*[a-z]", row["reason"]) for row in targets)


def test_every_mart_is_published_once(documents: dict[Path, dict[str, Any]]) -> None:
    exposed = [
        # ref('fct_crises', v=1) is published from fct_crises_v1
        re.sub(
            r"^ref\('(\w+)'(?:, v=(\d+))?\)$",
            lambda said: "_v".join(filter(None, said.groups())),
            ref,
        )
        for exposure in documents[MODELS / "exposures.yml"]["exposures"]
        for ref in exposure["depends_on"]
    ]
    marts = {
        path.stem
        for layer in ("core", "marts")
        for path in (MODELS / layer).rglob("*.sql")
        if path.parent.name != "steps"
    }
    kpis = {path.stem for path in (MODELS / "kpis").glob("*.sql")} - NOT_PUBLISHED
    assert sorted(exposed) == sorted(marts | kpis)


def test_every_exposure_has_an_owner_and_a_label_in_both_languages(
    documents: dict[Path, dict[str, Any]],
) -> None:
    for exposure in documents[MODELS / "exposures.yml"]["exposures"]:
        assert exposure["owner"]["name"], exposure["name"]
        assert re.search(r"[一-鿿].*[A-Za-z]", exposure["label"]), exposure["name"]
