"""A declared chart as the form that Superset keeps of it.

Each kind of chart has one function here, which knows the names of Superset 6.1's controls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestration.publication.number_formats import d3_format
from orchestration.superset.board_specs import Chart, Dataset

COLOURS: Final = "supersetColors"
"""Colours that people tell apart, with text beside them everywhere."""

VIZ: Final = {
    "tile": "big_number",
    "number": "big_number_total",
    "line": "echarts_timeseries_line",
    "bar": "echarts_timeseries_bar",
    "table": "table",
    "heatmap": "heatmap_v2",
    "pivot": "pivot_table_v2",
}

_PLAIN: Final = ",.4~g"
_MEASURED_DAY: Final = "%Y-%m-%d"


def form_of(chart: Chart, dataset: Dataset, unit: str | None = None) -> dict[str, Any]:
    """The form data of a chart, without the id of its dataset, which Superset fills in.

    Args:
        chart: What is declared.
        dataset: The dataset that it stands on.
        unit: The unit of the KPI, where the chart is of one.
    """
    form = {
        "viz_type": VIZ[chart.kind],
        "adhoc_filters": _filters(chart),
        "extra_form_data": {},
        "row_limit": chart.limit,
        **_KINDS[chart.kind](chart, dataset, unit),
    }
    return form | chart.look


def _filters(chart: Chart) -> list[dict[str, Any]]:
    where = dict(chart.where)
    if chart.kpi is not None:
        where = {"kpi_code": chart.kpi, **where}
    filters = []
    for column, value in where.items():
        if isinstance(value, bool):
            filters.append(_simple(column, "IS TRUE" if value else "IS FALSE", None))
        elif isinstance(value, tuple):
            filters.append(_simple(column, "IN", list(value)))
        else:
            filters.append(_simple(column, "==", value))
    filters += [_simple(column, "NOT IN", list(codes)) for column, codes in chart.without.items()]
    filters += [_simple(column, "IS NOT NULL", None) for column in chart.present]
    if chart.having is not None:
        having = {"clause": "HAVING", "expressionType": "SQL", "sqlExpression": chart.having}
        filters.append(having)
    return filters


def _simple(column: str, operator: str, value: object) -> dict[str, Any]:
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": column,
        "operator": operator,
        "comparator": value,
    }


def _format(chart: Chart, dataset: Dataset, unit: str | None) -> str:
    if unit is not None:
        return d3_format(unit)
    return dataset.measures[chart.measures[0]].d3_format or _PLAIN


def _order(chart: Chart) -> list[str]:
    """`-severity` to `["severity", false]`, as tables of rows keep it."""
    return [json.dumps([name.removeprefix("-"), not name.startswith("-")]) for name in chart.order]


def _tile(chart: Chart, dataset: Dataset, unit: str | None) -> dict[str, Any]:
    return {
        "x_axis": chart.x,
        "metric": chart.measures[0],
        "aggregation": "LAST_VALUE",
        "y_axis_format": _format(chart, dataset, unit),
        "time_format": _MEASURED_DAY,
        "show_timestamp": True,
        "show_trend_line": True,
        "start_y_axis_at_zero": False,
        "header_font_size": 0.4,
        "subheader_font_size": 0.15,
        "subtitle_font_size": 0.15,
        "timestamp_font_size": 0.125,
        "rolling_type": "None",
        # a change of a count is in percent; of a rate it would be percent of percent
        **({"compare_lag": 1, "compare_suffix": "较上期 vs previous"} if unit == "count" else {}),
    }


def _number(chart: Chart, dataset: Dataset, unit: str | None) -> dict[str, Any]:
    return {
        "metric": chart.measures[0],
        "y_axis_format": _format(chart, dataset, unit),
        "time_format": _MEASURED_DAY,
        "header_font_size": 0.4,
        "subheader_font_size": 0.15,
        "subtitle": chart.en,
        "subtitle_font_size": 0.15,
    }


def _axes(chart: Chart, dataset: Dataset, unit: str | None) -> dict[str, Any]:
    return {
        "x_axis": chart.x,
        "metrics": list(chart.measures),
        "groupby": list(chart.by),
        "color_scheme": COLOURS,
        "show_legend": bool(chart.by) or len(chart.measures) > 1,
        "legendOrientation": "top",
        "legendType": "scroll",
        "rich_tooltip": True,
        "tooltipTimeFormat": _MEASURED_DAY,
        "x_axis_time_format": "%m-%d",
        "y_axis_format": _format(chart, dataset, unit),
        "truncate_metric": True,
        "truncateXAxis": True,
        "annotation_layers": [],
        "x_axis_title_margin": 15,
        "y_axis_title_margin": 15,
    }


def _line(chart: Chart, dataset: Dataset, unit: str | None) -> dict[str, Any]:
    return _axes(chart, dataset, unit) | {
        "markerEnabled": True,
        "markerSize": 5,
        "connectNulls": False,
        "truncateYAxis": True,
        "y_axis_bounds": [None, None],
    }


def _bar(chart: Chart, dataset: Dataset, unit: str | None) -> dict[str, Any]:
    sorting: dict[str, Any] = {}
    if chart.order:
        name = chart.order[0].removeprefix("-")
        sorting = {"x_axis_sort": name, "x_axis_sort_asc": not chart.order[0].startswith("-")}
    form = _axes(chart, dataset, unit)
    if chart.x != dataset.time:
        # a code on the axis is no time, and is not to be written as one
        form |= {"xAxisForceCategorical": True, "x_axis_time_format": None}
    return form | {
        "orientation": "vertical",
        "show_value": not chart.by and len(chart.measures) == 1,
        "show_empty_columns": True,
        **sorting,
    }


def _table(chart: Chart, dataset: Dataset, _: str | None) -> dict[str, Any]:
    form: dict[str, Any] = {
        "table_timestamp_format": _MEASURED_DAY,
        "show_cell_bars": False,
        "include_search": False,
        "allow_rearrange_columns": False,
        "server_pagination": False,
        "page_length": 0,
        "color_pn": False,
    }
    if chart.columns:
        return form | {
            "query_mode": "raw",
            "all_columns": list(chart.columns),
            "order_by_cols": _order(chart),
        }
    formats = {
        key: {"d3NumberFormat": dataset.measures[key].d3_format or _PLAIN} for key in chart.measures
    }
    first = chart.order[0] if chart.order else None
    return form | {
        "query_mode": "aggregate",
        "groupby": list(chart.by),
        "metrics": list(chart.measures),
        "timeseries_limit_metric": first.removeprefix("-") if first else None,
        "order_desc": first is None or first.startswith("-"),
        "column_config": formats,
    }


def _heatmap(chart: Chart, dataset: Dataset, unit: str | None) -> dict[str, Any]:
    return {
        "x_axis": chart.x,
        "groupby": chart.by[0],
        "metric": chart.measures[0],
        "y_axis_format": _format(chart, dataset, unit),
        "x_axis_time_format": "%Y-%m",
        "linear_color_scheme": "schemeBlues",
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_asc",
        "normalize_across": "heatmap",
        "xAxisLabelRotation": 0,
        "show_legend": True,
        "show_values": True,
        "show_percentage": False,
        "legend_type": "continuous",
        "left_margin": 100,
        "bottom_margin": "auto",
        "xscale_interval": -1,
        "yscale_interval": -1,
        "value_bounds": [None, None],
        "border_color": {"r": 255, "g": 255, "b": 255, "a": 1},
        "border_width": 1,
    }


def _pivot(chart: Chart, dataset: Dataset, unit: str | None) -> dict[str, Any]:
    return {
        "groupbyRows": list(chart.by),
        "groupbyColumns": [chart.x] if chart.x else [],
        "metrics": list(chart.measures),
        "metricsLayout": "COLUMNS",
        "aggregateFunction": "Sum",
        "valueFormat": _format(chart, dataset, unit),
        "date_format": "%Y-%m",
        "rowOrder": "key_a_to_z",
        "colOrder": "key_a_to_z",
        "rowTotals": False,
        "colTotals": False,
        "order_desc": True,
    }


_KINDS: Final[Mapping[str, Callable[[Chart, Dataset, str | None], dict[str, Any]]]] = {
    "tile": _tile,
    "number": _number,
    "line": _line,
    "bar": _bar,
    "table": _table,
    "heatmap": _heatmap,
    "pivot": _pivot,
}
