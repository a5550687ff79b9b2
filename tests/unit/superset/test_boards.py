"""The declared dashboards against the promised tables: every column, measure and filter is there."""

import re
from pathlib import Path

import duckdb
import pytest

from orchestration.superset.board_specs import (
    BOARDS,
    BoardError,
    Chart,
    Dataset,
    read_boards,
    read_datasets,
)
from orchestration.superset.bundle import Sources
from orchestration.superset.datasets import Column, columns_of
from orchestration.superset.names import read_words

DATASETS = read_datasets().datasets
CHARTS = {
    f"{board.code}/{name}": chart for board in read_boards() for name, chart in board.charts.items()
}


@pytest.fixture(scope="module")
def columns(published: duckdb.DuckDBPyConnection, sources: Sources) -> dict:
    words = read_words(read_datasets().books, sources.seeds, sources.channels)
    return {name: columns_of(published, each, words) for name, each in DATASETS.items()}


def test_the_five_dashboards_are_there() -> None:
    codes = {board.code for board in read_boards()}
    assert codes == {"overview", "reviews", "attribution", "segments", "health"}
    for board in read_boards():
        assert re.search("[一-鿿]", board.zh)
        assert re.search("[A-Za-z]", board.en)


def test_every_dataset_reads_what_is_published_under_its_own_names(promised: dict) -> None:
    for name, dataset in DATASETS.items():
        assert set(dataset.tables) <= set(promised), name
        if dataset.sql is not None:
            named = set(re.findall(r"\b(?:from|join) (\w+\.\w+)", dataset.sql))
            assert set(dataset.reads) <= named, name


def _fault_of_dataset(
    dataset: Dataset, columns: list[Column], published: duckdb.DuckDBPyConnection
) -> str | None:
    """Why a column or a measure of a dataset cannot be asked for."""
    source = dataset.table or f"({dataset.sql})"
    calculated = [f"{each.sql} as {each.name}" for each in columns if each.sql]
    measures = [f"{each.expression} as {key}" for key, each in dataset.measures.items()]
    try:
        published.execute(f"select {', '.join(calculated) or '1'} from {source} as asked limit 0")
        published.execute(f"select {', '.join(measures) or '1'} from {source} as asked")
    except duckdb.Error as error:
        return str(error)
    return None


def test_columns_and_measures_of_every_dataset_can_be_asked_for(
    columns: dict, published: duckdb.DuckDBPyConnection
) -> None:
    faults = {
        name: fault
        for name, dataset in DATASETS.items()
        if (fault := _fault_of_dataset(dataset, columns[name], published))
    }
    assert faults == {}


def _faults_of_chart(chart: Chart, there: set[str], measures: set[str]) -> list[str]:
    """What a chart names and its dataset does not have, and a title that it lacks."""
    asked = {*chart.where, *chart.without, *chart.present, *chart.by, *chart.columns}
    asked |= {chart.x} if chart.x else set()
    order = {each.removeprefix("-") for each in chart.order}
    faults = sorted((asked - there) | (set(chart.measures) - measures) | (order - there - measures))
    is_titled = chart.kpi or (re.search("[一-鿿]", chart.zh) and chart.en)
    return faults if is_titled else [*faults, "a title in both languages"]


def test_what_every_chart_names_is_in_its_dataset(columns: dict) -> None:
    faults = {
        name: _faults_of_chart(
            chart,
            {each.name for each in columns[chart.data]},
            set(DATASETS[chart.data].measures),
        )
        for name, chart in CHARTS.items()
    }
    assert len(faults) > 50
    assert {name: found for name, found in faults.items() if found} == {}


def test_each_fault_of_a_dataset_and_a_chart_is_seen(
    columns: dict, published: duckdb.DuckDBPyConnection
) -> None:
    data = DATASETS["kpi_trend"]
    wrong = data.model_copy(update={"table": "kpis.nowhere", "sql": None})
    assert "nowhere" in (_fault_of_dataset(wrong, columns["kpi_trend"], published) or "")
    measure = next(iter(data.measures.values())).model_copy(
        update={"sum": None, "max": "lost", "count": False, "sql": None}
    )
    wrong = data.model_copy(update={"measures": {"m": measure}})
    assert "lost" in (_fault_of_dataset(wrong, columns["kpi_trend"], published) or "")

    chart = Chart(kind="line", data="kpi_trend", zh="甲", en="A", x="a", measures=["m"])
    assert _faults_of_chart(chart, {"a"}, {"m"}) == []
    for change, fault in (
        ({"x": "b"}, "b"),
        ({"by": ["b"]}, "b"),
        ({"columns": ["b"]}, "b"),
        ({"measures": ["n"]}, "n"),
        ({"order": ["-b"]}, "b"),
        ({"zh": ""}, "a title in both languages"),
    ):
        assert _faults_of_chart(chart.model_copy(update=change), {"a"}, {"m"}) == [fault]


def test_widths_are_those_that_a_phone_can_wrap() -> None:
    assert {chart.width for chart in CHARTS.values()} <= {3, 6, 12}
    for board in read_boards():
        for row in board.rows:
            if row.charts:
                assert sum(board.charts[name].width for name in row.charts) == 12


def test_every_filter_acts_on_a_column_of_its_dataset(columns: dict) -> None:
    for board in read_boards():
        for name, each in board.filters.items():
            there = {column.name for column in columns[each.data]}
            assert {each.column, *each.where} <= there, f"{board.code}: {name}"
            assert set(each.only) <= set(board.charts), f"{board.code}: {name}"


def test_defaults_of_filters_are_names_that_codes_have(sources: Sources) -> None:
    words = read_words(read_datasets().books, sources.seeds, sources.channels)
    names = {name for said in words.values() for name in said.values()}
    for board in read_boards():
        for each in board.filters.values():
            if each.default is not None and each.column != "kpi_label":
                assert each.default in names


def test_no_path_and_no_secret_stands_in_what_is_declared() -> None:
    for path in BOARDS.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"://|password|secret|(?<![\w.])/(?:home|root|tmp|var|srv|data)/", text
        )


def test_an_unknown_word_is_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.superset import board_specs

    (tmp_path / "datasets.yml").write_text("books: {}\ndatasets: {a: {table: b.c, colour: red}}\n")
    monkeypatch.setattr(board_specs, "BOARDS", tmp_path)
    with pytest.raises(BoardError, match=r"datasets\.yml: datasets\.a\.colour"):
        board_specs.read_datasets.__wrapped__()


def test_a_chart_that_stands_nowhere_is_refused() -> None:
    from pydantic import ValidationError

    from orchestration.superset.board_specs import Board

    chart = Chart(kind="line", data="kpi_trend")
    with pytest.raises(ValidationError, match="exactly one row"):
        Board(code="a", zh="甲", en="A", about="", rows=(), charts={"lost": chart})


def test_every_chart_has_an_answer_that_was_worked_out_without_it() -> None:
    import yaml

    path = Path(__file__).parents[2] / "superset/answers.yml"
    assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) == set(CHARTS)
