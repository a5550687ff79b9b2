"""A declared dashboard as Superset keeps it: where each chart stands, its filters, its style."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from orchestration.superset.board_specs import Board, Filter, Row
from orchestration.superset.chart_params import COLOURS

CSS: Final = Path(__file__).with_name("boards.css")
_ROOT: Final = ["ROOT_ID", "GRID_ID"]


def position_of(
    board: Board, ids: Mapping[str, str], numbers: Mapping[str, int], titles: Mapping[str, str]
) -> dict[str, Any]:
    """The tree of rows and charts.

    Args:
        board: What is declared.
        ids: Chart to its id.
        numbers: Chart to its number, which Superset replaces by its own on import.
        titles: Chart to its title.
    """
    rows = [f"ROW-{number:02d}" for number in range(1, len(board.rows) + 1)]
    tree: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {
            "id": "GRID_ID",
            "type": "GRID",
            "parents": ["ROOT_ID"],
            "children": rows,
        },
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": title_of(board)}},
    }
    for key, row in zip(rows, board.rows, strict=True):
        parts = _parts(key, row, board, ids=ids, numbers=numbers, titles=titles)
        tree[key] = {
            "id": key,
            "type": "ROW",
            "parents": _ROOT,
            "children": list(parts),
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        tree |= parts
    return tree


def title_of(board: Board) -> str:
    """Chinese first, English beside it."""
    return f"{board.zh} {board.en}"


def _parts(
    row_key: str,
    row: Row,
    board: Board,
    *,
    ids: Mapping[str, str],
    numbers: Mapping[str, int],
    titles: Mapping[str, str],
) -> dict[str, Any]:
    parents = [*_ROOT, row_key]
    if not row.charts:
        said = f"### {row.heading}" if row.heading else str(row.text)
        key = f"MARKDOWN-{row_key}"
        meta = {"code": said, "width": 12, "height": row.height if row.text else 6}
        return {
            key: {"id": key, "type": "MARKDOWN", "children": [], "parents": parents, "meta": meta}
        }
    return {
        f"CHART-{name}": {
            "id": f"CHART-{name}",
            "type": "CHART",
            "children": [],
            "parents": parents,
            "meta": {
                "uuid": ids[name],
                "chartId": numbers[name],
                "width": board.charts[name].width,
                "height": row.height,
                "sliceName": titles[name],
            },
        }
        for name in row.charts
    }


def metadata_of(filters: list[dict[str, Any]]) -> dict[str, Any]:
    """What a dashboard says of itself beside its layout."""
    return {
        "color_scheme": COLOURS,
        "cross_filters_enabled": False,
        "default_filters": "{}",
        "expanded_slices": {},
        "filter_bar_orientation": "HORIZONTAL",
        "label_colors": {},
        "native_filter_configuration": filters,
        "refresh_frequency": 0,
        "shared_label_colors": [],
        "timed_refresh_immune_slices": [],
    }


def filter_of(key: str, declared: Filter, dataset_id: str, excluded: list[int]) -> dict[str, Any]:
    """A native filter.

    Args:
        key: Its name in the dashboard's file.
        declared: What is declared.
        dataset_id: The dataset whose values it offers.
        excluded: Numbers of the charts that it leaves alone.
    """
    chosen = [declared.default] if declared.default is not None else None
    mask: dict[str, Any] = {"extraFormData": {}, "filterState": {}, "ownState": {}}
    if chosen is not None:
        mask["extraFormData"] = {"filters": [{"col": declared.column, "op": "IN", "val": chosen}]}
        mask["filterState"] = {
            "value": chosen,
            "label": declared.default,
            "validateStatus": False,
            "validateMessage": False,
        }
    return {
        "id": f"NATIVE_FILTER-{key}",
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "name": f"{declared.zh} {declared.en}",
        "description": "",
        "targets": [{"datasetUuid": dataset_id, "column": {"name": declared.column}}],
        "adhoc_filters": [
            {
                "clause": "WHERE",
                "expressionType": "SIMPLE",
                "subject": column,
                "operator": "==",
                "comparator": value,
            }
            for column, value in declared.where.items()
        ],
        "cascadeParentIds": [],
        "controlValues": {
            "enableEmptyFilter": declared.default is not None and not declared.several,
            "defaultToFirstItem": False,
            "multiSelect": declared.several,
            "searchAllOptions": False,
            "inverseSelection": False,
            "sortAscending": True,
        },
        "defaultDataMask": mask,
        "scope": {"rootPath": ["ROOT_ID"], "excluded": excluded},
    }
