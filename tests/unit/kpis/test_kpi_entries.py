"""What dbt itself does not check of KPIs and exposures: that nothing is forgotten. Reads yml only."""

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


@pytest.fixture(scope="module")
def documents() -> dict[Path, dict[str, Any]]:
    return full_documents(MODELS.parent)


def with_macros(query: str) -> str:
    """The query with the text of each macro that stands for whole CTEs in place of its call."""

    def body(call: re.Match[str]) -> str:
        return (MODELS.parent / "macros" / f"{call[1]}.sql").read_text(encoding="utf-8")

    return re.sub(r"^\{\{ (\w+)\(.*\) \}\}", body, query, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def kpi_entries(documents: dict[Path, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        model["name"]: model
        for path, document in documents.items()
        if path.name.startswith("_kpis")
        for model in document.get("models", [])
    }


@pytest.mark.parametrize("name", KPIS)
def test_a_kpi_says_what_it_is(name: str, kpi_entries: dict[str, dict[str, Any]]) -> None:
    meta = kpi_entries[name]["config"]["meta"]
    for entry in ("label_zh", "label_en", "unit", "owner", "definition", "version"):
        assert meta[entry], entry
    assert isinstance(meta["higher_is_better"], bool)
    assert meta["unit"] in UNITS
    assert meta["additivity"] in {"sum", "none"}
    assert meta["interval"] in {"wilson", "mean", "own", "none"}
    assert (meta["interval"] == "mean") == ("sum_of_squares" in meta)
    columns = {column["name"] for column in kpi_entries[name]["columns"]}
    assert (meta["interval"] == "own") == ({"value_low", "value_high"} <= columns)
    assert meta["status"] in {"published", "withheld"}
    assert meta["status"] == "published" or meta["withheld_reason"]


@pytest.mark.parametrize("name", KPIS)
def test_a_kpi_has_the_one_shape(name: str, kpi_entries: dict[str, dict[str, Any]]) -> None:
    entry = kpi_entries[name]
    columns = [column["name"] for column in entry["columns"]]
    is_summed = entry["config"]["meta"]["additivity"] == "sum"
    key = ["period_date"] if is_summed else ["period_kind", "period_date", "is_cut"]
    key += DIMENSIONS + (SEGMENT if "segment_kind" in columns else [])
    assert columns[: len(key) + 2] == [*key, "numerator", "denominator"]
    assert entry["config"]["meta"]["key"] == key


@pytest.mark.parametrize("name", KPIS)
def test_a_kpi_names_the_rows_that_it_counts(name: str) -> None:
    query = with_macros((MODELS / "kpis" / f"{name}.sql").read_text(encoding="utf-8"))
    subjects = re.search(r"^subjects as \(\n(.*?)^\)", query, re.DOTALL | re.MULTILINE)
    assert subjects, "a CTE `subjects`: one row per thing counted"
    missing = [column for column in SUBJECT if not re.search(rf"\b{column}\b", subjects[1])]
    assert not missing
    assert "period_date" in subjects[1] or {"state_from", "state_to"} <= set(
        re.findall(r"\w+", subjects[1])
    )
    # what explains a number reads `subjects` in place of the last line
    assert re.fullmatch(r"select \* from \w+", query.rstrip().splitlines()[-1])


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
