"""A number reads the same in the report, in `explain`, in messages and on a dashboard."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pytest

from orchestration.explain.render import _change, _value
from orchestration.publication.number_formats import (
    FORMATS,
    change_unit,
    d3_format,
    format_of,
    sql_text,
    write,
    write_change,
    write_digits,
    write_quantity,
)
from orchestration.report.bilingual import amount, change
from orchestration.superset.board_specs import Chart, Dataset
from orchestration.superset.chart_params import form_of

VALUES = (0.0, 0.00052, 0.0049, 0.03125, 0.62314, 1.0, 2.25, 41.04, 1234.4, 837780.0, 12345678.9)
UNITS = (*FORMATS, "a unit of tomorrow")


def d3(form: str, value: float) -> str:
    """What d3 writes by a format `,.2f` or `,.2%`: as Python does, but halves go up."""
    digits, kind = int(form[2:-1]), form[-1]
    scaled = Decimal(value * 100 if kind == "%" else value)
    rounded = scaled.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{rounded:,}" + ("%" if kind == "%" else "")


def form_of_tile(unit: str) -> str:
    """The format of a KPI's tile in the bundle."""
    chart = Chart.model_validate(
        {"kind": "tile", "data": "x", "x": "day", "measures": ["m"], "kpi": "kpi_x", "width": 4}
    )
    dataset = Dataset.model_validate(
        {"table": "kpis.x", "measures": {"m": {"label": "", "sum": "v"}}}
    )
    return str(json.loads(json.dumps(form_of(chart, dataset, unit)))["y_axis_format"])


@pytest.mark.parametrize("unit", UNITS)
def test_a_value_reads_the_same_in_report_explain_and_dashboards(unit: str) -> None:
    form = format_of(unit)
    for value in VALUES:
        for sign in (1, -1):
            said, written_value = amount(sign * value, unit), _value(unit, sign * value)
            assert said.zh.removesuffix(form.zh) == said.en.removesuffix(form.en)
            assert written_value == said.zh.removesuffix(form.zh) + form.after
            written = duckdb.execute(
                f"select {sql_text('n', 'u')} from (select cast(? as double) as n, ? as u)",
                [sign * value, unit],
            ).fetchall()
            assert written == [(written_value,)]
        if unit == "points":  # a difference: d3 has no words for it, and no KPI is one
            continue
        drawn = d3(form_of_tile(unit), value)
        assert drawn == amount(value, unit).en.removeprefix(form.before).removesuffix(
            "" if form.en == "%" else form.en
        )


@pytest.mark.parametrize("unit", UNITS)
def test_a_change_reads_the_same_in_report_explain_and_dashboards(unit: str) -> None:
    asked = sql_text("n", "u", is_change=True)
    for value in (*VALUES, *(-each for each in VALUES)):
        both = write_change(value, unit).both
        assert _change(unit, value) == both
        assert both.removesuffix(format_of(change_unit(unit)).after) == change(
            value, unit, "points"
        ).zh.removesuffix(format_of(change_unit(unit)).zh)
        written = duckdb.execute(
            f"select {asked} from (select cast(? as double) as n, ? as u)", [value, unit]
        ).fetchall()
        assert written == [(both,)]


def test_halves_go_away_from_zero_and_nothing_has_no_sign() -> None:
    assert write_digits(1 / 32, "share") == "3.13"
    assert write_digits(-1 / 32, "points", plus=True) == "-3.13"
    assert write_digits(-0.00001, "share") == write_digits(0.00001, "points", plus=True) == "0.00"
    assert write(-1500.4, "cny").both == "-¥1,500"


def test_a_small_share_keeps_its_digits() -> None:
    assert write(0.0049, "share").zh == "0.49%"
    assert write_change(0.0003, "share") == ("+0.03 个百分点", "+0.03 pp", "+0.03 pp")


def test_where_there_is_no_number_there_is_a_dash() -> None:
    assert set(write(None, "share")) == set(write_change(None, "cny")) == {"–"}
    assert write_quantity(None) == "–"


def test_parts_of_a_ratio_are_whole_where_they_can_be() -> None:
    assert [write_quantity(each) for each in (1234.0, 1234.5)] == ["1,234", "1,234.50"]


def test_d3_takes_only_formats_it_knows() -> None:
    assert {d3_format(unit) for unit in UNITS} <= {",.0f", ",.1f", ",.2f", ",.1%", ",.2%"}
