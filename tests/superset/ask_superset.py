"""Superset for real: both bundles imported, every chart asked and drawn, and a swap seen."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.superset.declared import read_boards, read_datasets
from tests.superset.browser import Drawn, draw, signed_in
from tests.superset.server import Superset
from tests.superset.stores import Stores, write_bundle

BOARDS = {board.code: board for board in read_boards()}
CHARTS = [f"{board.code}/{name}" for board in read_boards() for name in board.charts]
ANSWERS = yaml.safe_load(Path(__file__).with_name("answers.yml").read_text(encoding="utf-8"))
WIDTHS = (1280, 390)
TILE = """
select period_start, value
from kpis.kpi_history
where
    kpi_code = '{kpi}' and period_kind = '{kind}'
    and (channel_code, brand_code, product_key, segment_kind) = ('all', 'own', 'all', 'all')
qualify is_complete or countif(is_complete) over () = 0
"""


@pytest.fixture(scope="session")
def drawn(superset: Superset, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple, Drawn]:
    """Every dashboard of the DuckDB bundle at both widths."""
    pictures = tmp_path_factory.mktemp("pictures")
    print(f"pictures: {pictures}")  # noqa: T201
    with signed_in(superset) as context:
        return {
            (code, width): draw(
                context,
                superset,
                f"koubei-{code}",
                width=width,
                charts=len(board.charts),
                picture=pictures / f"{code}-{width}.png",
            )
            for code, board in BOARDS.items()
            for width in WIDTHS
        }


@pytest.fixture(scope="session")
def questions(superset: Superset, drawn: dict[tuple, Drawn]) -> dict[str, dict[str, Any]]:
    """Chart to the question that its page sent, with the filters as the dashboard opens."""
    numbers = _numbers(superset, "duckdb")
    return {
        chart: drawn[chart.split("/")[0], 1280].asked[number]
        for chart, number in numbers["chart"].items()
    }


def test_everything_is_imported(superset: Superset) -> None:
    counts = {
        kind: len(superset.listed(kind)) for kind in ("database", "dataset", "chart", "dashboard")
    }
    used = {chart.data for board in BOARDS.values() for chart in board.charts.values()}
    used |= {each.data for board in BOARDS.values() for each in board.filters.values()}
    assert counts == {
        "database": 2,
        "dataset": 2 * len(used),
        "chart": 2 * len(CHARTS),
        "dashboard": 2 * len(BOARDS),
    }


def test_importing_again_changes_nothing(
    superset: Superset, stores: Stores, tmp_path: Path
) -> None:
    before = {kind: {each["id"] for each in superset.listed(kind)} for kind in ("dataset", "chart")}
    again = write_bundle(stores, "duckdb", tmp_path / "again.zip")
    assert again.read_bytes() == stores.bundles["duckdb"].read_bytes()
    superset.import_bundle(again)
    after = {kind: {each["id"] for each in superset.listed(kind)} for kind in ("dataset", "chart")}
    assert before == after


def test_the_door_for_dashboards_takes_it_too(superset: Superset, stores: Stores) -> None:
    # the button of the list of dashboards; the other door is for what is kept as code
    fields = {"passwords": "{}", "overwrite": "true"}
    superset.post_file("/api/v1/dashboard/import/", "formData", stores.bundles["duckdb"], fields)


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


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_says_what_the_mart_says(
    chart: str, superset: Superset, stores: Stores, questions: dict[str, dict[str, Any]]
) -> None:
    _require_equal(_asked(superset, questions[chart]), stores.ask(_answer(chart)))


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_on_postgresql_says_the_same(
    chart: str, superset: Superset, stores: Stores, questions: dict[str, dict[str, Any]]
) -> None:
    name = BOARDS[chart.split("/", maxsplit=1)[0]].charts[chart.split("/")[1]].data
    other = _numbers(superset, "postgres")["dataset"][name]
    said = json.loads(json.dumps(questions[chart]))
    said["datasource"] = {"id": other, "type": "table"}
    _require_equal(_asked(superset, said), stores.ask(_answer(chart)))


def test_a_swap_is_seen_by_the_next_question(
    superset: Superset, stores: Stores, questions: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    moved = ("overview/as_of", "overview/tile_nsr", "reviews/backlog", "attribution/by_strategy")
    before = {chart: _asked(superset, questions[chart]) for chart in moved}
    stores.publish_other_values()
    for chart in moved:
        after = _asked(superset, questions[chart])
        assert _counted(after) != _counted(before[chart]), chart
    for chart in CHARTS:
        _require_equal(_asked(superset, questions[chart]), stores.ask(_answer(chart)))
        name = BOARDS[chart.split("/")[0]].charts[chart.split("/")[1]].data
        other = {"id": _numbers(superset, "postgres")["dataset"][name], "type": "table"}
        said = {**questions[chart], "datasource": other}
        _require_equal(_asked(superset, said), stores.ask(_answer(chart)))
    with signed_in(superset) as context:
        again = draw(
            context,
            superset,
            "koubei-postgres-overview",
            width=1280,
            charts=len(BOARDS["overview"].charts),
            picture=tmp_path / "swapped.png",
        )
    assert again.faults == []


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
