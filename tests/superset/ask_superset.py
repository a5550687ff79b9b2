"""Superset for real: both bundles imported, every chart asked and drawn, and a swap seen."""

from __future__ import annotations

import math
import re
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.superset.board_specs import read_boards, read_datasets
from tests.superset.browser import Drawn, draw, signed_in
from tests.superset.server import Superset
from tests.superset.stores import Stores, write_bundle

BOARDS = {board.code: board for board in read_boards()}
CHARTS = [f"{board.code}/{name}" for board in read_boards() for name in board.charts]
ANSWERS = yaml.safe_load(Path(__file__).with_name("answers.yml").read_text(encoding="utf-8"))
WIDTHS = (1280, 390)
TARGETS = ("duckdb", "postgres")
TILE = """
select period_start, value
from kpis.kpi_history
where
    kpi_code = '{kpi}' and period_kind = '{kind}'
    and (channel_code, brand_code, product_key, segment_kind) = ('all', 'own', 'all', 'all')
qualify is_complete or countif(is_complete) over () = 0
"""


@pytest.fixture(scope="session")
def drawn(
    supersets: dict[str, Superset], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple, Drawn]:
    """Every dashboard of the DuckDB bundle at both widths."""
    pictures = tmp_path_factory.mktemp("pictures")
    print(f"pictures: {pictures}")  # noqa: T201
    with signed_in(supersets["duckdb"]) as context:
        return {
            (code, width): draw(
                context,
                supersets["duckdb"],
                f"koubei-{code}",
                width=width,
                charts=len(board.charts),
                picture=pictures / f"{code}-{width}.png",
            )
            for code, board in BOARDS.items()
            for width in WIDTHS
        }


@pytest.fixture(scope="session")
def questions(
    supersets: dict[str, Superset], drawn: dict[tuple, Drawn]
) -> dict[tuple[str, str], dict[str, Any]]:
    """Store and chart to the question that its page sent, with the filters as the dashboard opens.

    The pages of the other store ask the same of their own datasets.
    """
    numbers = {target: _numbers(superset, target) for target, superset in supersets.items()}
    asked = {}
    for chart, number in numbers["duckdb"]["chart"].items():
        code, name = chart.split("/")
        question = drawn[code, 1280].asked[number]
        for target, known in numbers.items():
            dataset = known["dataset"][BOARDS[code].charts[name].data]
            asked[target, chart] = {**question, "datasource": {"id": dataset, "type": "table"}}
    return asked


@pytest.mark.parametrize("target", TARGETS)
def test_everything_is_imported(target: str, supersets: dict[str, Superset]) -> None:
    superset = supersets[target]
    used = {chart.data for board in BOARDS.values() for chart in board.charts.values()}
    used |= {each.data for board in BOARDS.values() for each in board.filters.values()}
    expected = {"database": 1, "dataset": len(used), "chart": len(CHARTS), "dashboard": len(BOARDS)}
    assert {kind: len(superset.listed(kind)) for kind in expected} == expected


def test_importing_again_changes_nothing(
    supersets: dict[str, Superset], stores: Stores, tmp_path: Path
) -> None:
    superset = supersets["duckdb"]
    before = _ids(superset)
    again = write_bundle(stores, "duckdb", tmp_path / "again.zip")
    assert again.read_bytes() == stores.bundles["duckdb"].read_bytes()
    superset.import_bundle(again)
    assert _ids(superset) == before


def test_the_button_for_dashboards_takes_it_too(
    supersets: dict[str, Superset], stores: Stores
) -> None:
    # the list of dashboards has a button of its own; the other door is for what is kept as code
    superset = supersets["duckdb"]
    before = _ids(superset)
    fields = {"passwords": "{}", "overwrite": "true"}
    superset.post_file("/api/v1/dashboard/import/", "formData", stores.bundles["duckdb"], fields)
    assert _ids(superset) == before


def test_the_password_of_the_server_is_in_no_bundle(stores: Stores) -> None:
    import zipfile

    for bundle in stores.bundles.values():
        with zipfile.ZipFile(bundle) as archive:
            assert all(
                stores.password.encode() not in archive.read(name) for name in archive.namelist()
            )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("code", BOARDS)
def test_a_dashboard_is_drawn_without_a_fault(
    code: str, width: int, drawn: dict[tuple, Drawn]
) -> None:
    assert drawn[code, width].faults == []
    assert drawn[code, width].picture.stat().st_size > 20_000


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_says_what_the_mart_says(
    chart: str,
    target: str,
    supersets: dict[str, Superset],
    stores: Stores,
    questions: dict[tuple[str, str], dict[str, Any]],
) -> None:
    said = _asked(supersets[target], questions[target, chart])
    _require_equal(said, stores.ask(_answer(chart)))


@pytest.mark.parametrize("target", TARGETS)
def test_a_swap_is_seen_by_the_next_question(
    target: str,
    supersets: dict[str, Superset],
    stores: Stores,
    questions: dict[tuple[str, str], dict[str, Any]],
    tmp_path: Path,
) -> None:
    superset = supersets[target]
    moved = ("overview/as_of", "overview/tile_nsr", "reviews/backlog", "attribution/by_strategy")
    before = {chart: _asked(superset, questions[target, chart]) for chart in moved}
    stores.publish_other_values()
    for chart in moved:
        after = _asked(superset, questions[target, chart])
        assert _counted(after) != _counted(before[chart]), chart
        _require_equal(after, stores.ask(_answer(chart)))
    slug = {"duckdb": "koubei-overview", "postgres": "koubei-postgres-overview"}[target]
    with signed_in(superset) as context:
        again = draw(
            context,
            superset,
            slug,
            width=1280,
            charts=len(BOARDS["overview"].charts),
            picture=tmp_path / "swapped.png",
        )
    assert again.faults == []


def _ids(superset: Superset) -> dict[str, set[int]]:
    kinds = ("database", "dataset", "chart", "dashboard")
    return {kind: {each["id"] for each in superset.listed(kind)} for kind in kinds}


def _answer(chart: str) -> str:
    said = ANSWERS[chart]
    if isinstance(said, str):
        return said
    kpi, kind = said["tile"]
    return TILE.format(kpi=kpi, kind=kind)


def _asked(superset: Superset, question: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of a chart before the browser turns them into a picture."""
    queries = [{**query, "post_processing": []} for query in question["queries"][:1]]
    answer = superset.post("/api/v1/chart/data", {**question, "queries": queries, "force": False})
    result = answer["result"][0]
    assert not result.get("error"), result["error"]
    rows: list[dict[str, Any]] = result["data"]
    return rows


def _require_equal(said: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """The same rows in the columns that the answer has; the chart may have more beside them."""
    names = list(expected[0]) if expected else []
    if expected and said:
        assert set(names) <= set(said[0])
    assert len(said) == len(expected)
    assert _counted([{name: row[name] for name in names} for row in said]) == _counted(expected)


def _counted(rows: list[dict[str, Any]]) -> Counter:
    return Counter(tuple((name, _plain(row[name])) for name in sorted(row)) for row in rows)


def _plain(value: Any) -> Any:
    """A value as both sides can write it: times in milliseconds, numbers to nine digits."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d([T ]|$)", value):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if isinstance(value, datetime):
        value = value.replace(tzinfo=UTC).timestamp() * 1000
    if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        number = float(value)
        return None if math.isnan(number) else float(f"{number:.9g}")
    return value


def _numbers(superset: Superset, target: str) -> dict[str, dict[str, int]]:
    """Names of charts and datasets to the numbers that Superset gave them."""
    from orchestration.superset.names import stable_id

    charts = {stable_id(target, "chart", chart): chart for chart in CHARTS}
    datasets = {stable_id(target, "dataset", name): name for name in read_datasets().datasets}
    return {
        kind: {
            names[each["uuid"]]: each["id"]
            for each in superset.listed(kind)
            if each["uuid"] in names
        }
        for kind, names in (("chart", charts), ("dataset", datasets))
    }
