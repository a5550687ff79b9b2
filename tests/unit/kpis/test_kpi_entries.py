"""What dbt itself does not check of KPIs and exposures: that nothing is forgotten. Reads yml only."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

MODELS = Path(__file__).parents[3] / "dbt_project" / "models"
# the frame around the KPIs; everything else in the folder is one
FRAME = {"kpi_catalogue", "kpi_rows", "kpi_periods", "kpi_history", "kpi_scorecard"}
# views on the way to the history, so there is nothing in them to publish
NOT_PUBLISHED = {"kpi_rows", "kpi_periods"}
KPIS = sorted({path.stem for path in (MODELS / "kpis").glob("kpi_*.sql")} - FRAME)
SHAPE = ["period_date", "channel_code", "brand_code", "product_key", "numerator", "denominator"]


def entries(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def kpi_entries() -> dict[str, dict[str, Any]]:
    return {model["name"]: model for model in entries(MODELS / "kpis" / "_kpis.yml")["models"]}


@pytest.mark.parametrize("name", KPIS)
def test_a_kpi_says_what_it_is(name: str, kpi_entries: dict[str, dict[str, Any]]) -> None:
    meta = kpi_entries[name]["config"]["meta"]
    for entry in ("label_zh", "label_en", "unit", "owner", "definition", "version"):
        assert meta[entry], entry
    assert isinstance(meta["higher_is_better"], bool)
    assert meta["unit"] in {"share", "nps", "multiple", "count"}
    assert meta["additivity"] in {"sum", "none"}
    assert meta["status"] in {"published", "withheld"}
    assert meta["status"] == "published" or meta["withheld_reason"]


@pytest.mark.parametrize("name", KPIS)
def test_a_kpi_has_the_one_shape(name: str, kpi_entries: dict[str, dict[str, Any]]) -> None:
    entry = kpi_entries[name]
    columns = [column["name"] for column in entry["columns"]]
    first = ["period_kind"] if entry["config"]["meta"]["additivity"] == "none" else []
    assert columns[: len(first) + len(SHAPE)] == first + SHAPE
    assert entry["config"]["meta"]["key"] == first + SHAPE[:4]


@pytest.mark.parametrize("name", KPIS)
def test_a_kpi_reaches_the_history(name: str) -> None:
    rows = (MODELS / "kpis" / "kpi_rows.sql").read_text(encoding="utf-8")
    assert f"-- depends_on: {{{{ ref('{name}') }}}}" in rows


def test_every_mart_is_published_once() -> None:
    exposed = [
        re.fullmatch(r"ref\('(\w+)'\)", ref)[1]  # type: ignore[index]
        for exposure in entries(MODELS / "exposures.yml")["exposures"]
        for ref in exposure["depends_on"]
    ]
    marts = {path.stem for path in (MODELS / "marts").rglob("*.sql")}
    kpis = {path.stem for path in (MODELS / "kpis").glob("*.sql")} - NOT_PUBLISHED
    assert sorted(exposed) == sorted(marts | kpis)


def test_every_exposure_has_an_owner_and_a_label_in_both_languages() -> None:
    for exposure in entries(MODELS / "exposures.yml")["exposures"]:
        assert exposure["owner"]["name"], exposure["name"]
        assert re.search(r"[一-鿿].*[A-Za-z]", exposure["label"]), exposure["name"]
