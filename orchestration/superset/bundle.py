"""The whole bundle: every file of it, and the zip that holds them, always the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import duckdb
import yaml

from orchestration.superset.board_specs import (
    Board,
    BoardError,
    Chart,
    Datasets,
    read_boards,
    read_datasets,
)
from orchestration.superset.chart_params import VIZ, form_of
from orchestration.superset.databases import database_file
from orchestration.superset.datasets import VERSION, Column, columns_of, dataset_file
from orchestration.superset.names import read_words, stable_id
from orchestration.superset.pages import CSS, filter_of, metadata_of, position_of, title_of

Target = Literal["duckdb", "postgres"]
_FOLDER: Final = "koubei"
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
# that of libyaml is ten times as fast
_DUMPER: Final = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_SLUGS: Final = {"duckdb": "koubei", "postgres": "koubei-postgres"}


@dataclass(frozen=True)
class Kpi:
    """What a tile needs of a KPI."""

    zh: str
    en: str
    unit: str


@dataclass(frozen=True)
class Sources:
    """What a bundle is made from, beside the declared dashboards."""

    connection: duckdb.DuckDBPyConnection
    uri: str
    seeds: Path
    channels: Mapping[str, str]


def bundle_files(target: Target, sources: Sources) -> dict[str, str]:
    """Path in the bundle to its text.

    Args:
        target: The store that the dashboards read.
        sources: The published database (for names and types), the URI that Superset connects to,
            the seeds with the names of codes, and the names of channels.

    Raises:
        BoardError: A dashboard names what is not published.
    """
    declared, boards = read_datasets(), read_boards()
    words = read_words(declared.books, sources.seeds, sources.channels)
    used = {chart.data for board in boards for chart in board.charts.values()}
    used |= {each.data for board in boards for each in board.filters.values()}
    columns = {
        name: columns_of(sources.connection, dataset, words)
        for name, dataset in declared.datasets.items()
        if name in used
    }
    kpis = _kpis(sources.connection)
    abouts = _abouts(sources.connection)
    files: dict[str, Any] = {
        # without a type, both doors of Superset take it: assets, and dashboards
        "metadata.yaml": {"version": VERSION},
        f"databases/{_FOLDER}.yaml": database_file(target, sources.uri),
    }
    for name, found in columns.items():
        dataset = declared.datasets[name]
        about = abouts.get(dataset.tables[0])
        files[f"datasets/{_FOLDER}/{name}.yaml"] = dataset_file(target, name, dataset, found, about)
    number = 0
    for board in boards:
        numbers = {name: number + place for place, name in enumerate(board.charts, start=1)}
        number += len(numbers)
        files |= _board_files(
            target, board, declared=declared, columns=columns, numbers=numbers, kpis=kpis
        )
    return {f"{_FOLDER}/{path}": _yaml(said) for path, said in sorted(files.items())}


def zipped(files: Mapping[str, str]) -> bytes:
    """The files as one zip; the same files give the same bytes."""
    held = io.BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as archive:
        for path, text in sorted(files.items()):
            entry = ZipInfo(path, _MOMENT)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return held.getvalue()


def _board_files(
    target: Target,
    board: Board,
    *,
    declared: Datasets,
    columns: Mapping[str, list[Column]],
    numbers: Mapping[str, int],
    kpis: Mapping[str, Kpi],
) -> Iterator[tuple[str, Any]]:
    ids = {name: stable_id(target, "chart", f"{board.code}/{name}") for name in board.charts}
    titles = {name: _title(board, name, chart, kpis) for name, chart in board.charts.items()}
    for name, chart in board.charts.items():
        kpi = kpis[chart.kpi] if chart.kpi is not None else None
        form = form_of(chart, declared.datasets[chart.data], kpi.unit if kpi else None)
        if kpi is not None:
            form["subtitle"] = kpi.en
        yield (
            f"charts/{board.code}_{name}.yaml",
            {
                "slice_name": titles[name],
                "description": chart.note,
                "certified_by": None,
                "certification_details": None,
                "viz_type": VIZ[chart.kind],
                "params": form,
                "query_context": None,
                "cache_timeout": None,
                "uuid": ids[name],
                "version": VERSION,
                "dataset_uuid": stable_id(target, "dataset", chart.data),
            },
        )
    filters = []
    for key, each in board.filters.items():
        has = {name for name, found in columns.items() if each.column in {c.name for c in found}}
        excluded = [
            numbers[name]
            for name, chart in board.charts.items()
            if chart.data not in has or (each.only and name not in each.only)
        ]
        filters.append(filter_of(key, each, stable_id(target, "dataset", each.data), excluded))
    yield (
        f"dashboards/{board.code}.yaml",
        {
            "dashboard_title": title_of(board),
            "description": board.about,
            "css": CSS.read_text(encoding="utf-8"),
            "slug": f"{_SLUGS[target]}-{board.code}",
            "certified_by": "",
            "certification_details": "",
            "published": True,
            "uuid": stable_id(target, "dashboard", board.code),
            "position": position_of(board, ids, numbers, titles),
            "metadata": metadata_of(filters),
            "version": VERSION,
        },
    )


def _title(board: Board, name: str, chart: Chart, kpis: Mapping[str, Kpi]) -> str:
    if chart.kpi is None:
        # a big number has its English name below it
        return chart.zh if chart.kind == "number" else f"{chart.zh} {chart.en}".strip()
    if chart.kpi not in kpis:
        raise BoardError(
            f"{board.code}.yml: {name} is of {chart.kpi}, which the published set does not have: "
            "koubei refresh publishes it"
        )
    return kpis[chart.kpi].zh


def _kpis(connection: duckdb.DuckDBPyConnection) -> dict[str, Kpi]:
    rows = connection.execute(
        "select kpi_code, label_zh, label_en, unit from kpis.kpi_catalogue order by kpi_code"
    ).fetchall()
    return {code: Kpi(zh, en, unit) for code, zh, en, unit in rows}


def _abouts(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    rows = connection.execute(
        "select schema_name || '.' || table_name, description from meta.dictionary "
        "where column_name is null and description is not null"
    ).fetchall()
    return dict(rows)


class _Plain(_DUMPER):  # type: ignore[misc, valid-type]
    """Writes a list that stands in two places twice, as a person would."""

    def ignore_aliases(self, data: object) -> bool:
        """Never a reference to another place."""
        return True


def _yaml(said: object) -> str:
    return str(yaml.dump(said, Dumper=_Plain, allow_unicode=True, width=1_000_000))
