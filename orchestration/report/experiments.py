"""What was measured, not credited: word of mouth against paid, experiments, and their calibration.

Only reads what the marts say; what an experiment shows is decided in the models.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from orchestration.publication.number_formats import write_digits
from orchestration.publication.tables import rows_of
from orchestration.report.bilingual import Bilingual, amount, change, said
from orchestration.report.charts import (
    BLUE,
    GREY,
    ORANGE,
    Bar,
    Figure,
    Interval,
    bars,
    intervals,
    numbers,
)

MULTIPLE = "attribution.mart_wom_multiple"
EXPERIMENTS = "attribution.fct_experiments"
CALIBRATION = "attribution.mart_attribution_calibration"
LIFT = "attribution.mart_lift"
_EXPERIMENT_ROWS = 12

VERDICTS = {
    "lift": Bilingual("▲ 有效", "▲ lift"),
    "no_evidence": Bilingual("– 证据不足", "– no evidence"),
    "harm": Bilingual("▼ 有害", "▼ harm"),
    "invalid": Bilingual("✗ 无效", "✗ invalid"),
}
BANDS = {
    "above": Bilingual("高于 3–5 倍", "above the band of 3–5"),
    "below": Bilingual("低于 3–5 倍", "below the band of 3–5"),
    "in_band": Bilingual("在 3–5 倍之内", "in the band of 3–5"),
    "undecided": Bilingual("区间跨出 3–5 倍，尚不能断定", "undecided: it leaves the band of 3–5"),
}

# the newest month whose windows are over; without one the newest that has a multiple at all
_WOM = f"""
select * from {MULTIPLE} where product_key = 'all' and month_start <= ?
order by multiple is not null and is_complete desc, multiple is not null desc, month_start desc
limit 1
"""

_VERDICTS = f"""
select experiment_ref, variant_code, control_variant_code, metric_kind_code, unit_count,
    control_unit_count, mean_value, control_mean_value, difference, difference_low,
    difference_high, verdict_code, verdict_reason_zh, verdict_reason_en
from {EXPERIMENTS}
where is_primary and population_code = 'itt' and not is_control
order by last_assigned_at desc, experiment_ref, variant_code
limit {_EXPERIMENT_ROWS}
"""

_CALIBRATIONS = f"""
select
    calibration.experiment_ref, calibration.variant_code,
    coalesce(any_value(strategies.strategy_name), calibration.strategy_code) as strategy_zh,
    coalesce(any_value(strategies.strategy_name_en), calibration.strategy_code) as strategy_en,
    any_value(calibration.incremental_conversions) as incremental,
    any_value(calibration.incremental_low) as low,
    any_value(calibration.incremental_high) as high,
    any_value(calibration.verdict_code) as verdict_code,
    list(struct_pack(
        zh := coalesce(models.model_name, calibration.model_code),
        en := coalesce(models.model_name_en, calibration.model_code),
        credited := calibration.excess_credited_conversions,
        is_inside := calibration.is_credit_within_interval
    ) order by models.model_position, calibration.model_code) as models
from {CALIBRATION} as calibration
left join seeds.strategies as strategies
    on strategies.strategy_code = calibration.strategy_code
left join seeds.attribution_models as models on models.model_code = calibration.model_code
group by calibration.experiment_ref, calibration.variant_code, calibration.strategy_code
order by all
"""


def read_multiple(
    connection: duckdb.DuckDBPyConnection, published: Collection[str], month: date | None
) -> dict[str, Any] | None:
    """Word of mouth against paid of a month, with a `figure`; empty where too little happened."""
    if MULTIPLE not in published:
        return None
    rows = rows_of(connection, _WOM, [month]) if month else []
    return {**rows[0], "figure": _rates(rows[0])} if rows else {}


def read_experiments(
    connection: duckdb.DuckDBPyConnection, published: Collection[str]
) -> dict[str, Any]:
    """`experiments` and `calibrations` (rows, None where not published), and a `figure`."""
    rows = rows_of(connection, _VERDICTS) if EXPERIMENTS in published else None
    calibrations = rows_of(connection, _CALIBRATIONS) if CALIBRATION in published else None
    for row in rows or []:
        row["name"] = f"{row['experiment_ref'].split(':')[-1]} · {row['variant_code']}"
        row["reason"] = said(row["verdict_reason_zh"] or "", row["verdict_reason_en"])
    for row in calibrations or []:
        row["name"] = f"{row['experiment_ref'].split(':')[-1]} · {row['variant_code']}"
        row["strategy"] = said(row["strategy_zh"], row["strategy_en"])
        row["models"] = [
            {**model, "name": said(model["zh"], model["en"])} for model in row["models"]
        ]
    return {
        "experiments": rows,
        "calibrations": calibrations,
        "figure": _forest(rows) if rows else None,
    }


def _rates(row: Mapping[str, Any]) -> Figure | None:
    sides = [
        ("wom", Bilingual("只接触口碑", "word of mouth"), BLUE),
        ("mixed", Bilingual("两者都有", "both"), GREY),
        ("paid", Bilingual("只接触付费", "paid"), ORANGE),
    ]
    shown = [side for side in sides if row[f"{side[0]}_rate"] is not None]
    if row["multiple"] is None or not shown:
        return None
    return Figure(
        svg=bars(
            [
                Bar(name, 100 * float(rate), amount(rate, "share"), colour)
                for code, name, colour in shown
                if (rate := row[f"{code}_rate"]) is not None
            ]
        ),
        title=Bilingual("转化率，按接触过什么", "Conversion, by what customers had touched"),
        caption=Bilingual(
            "同一窗口内成交的客户占比。", "Share of customers who bought in the same window."
        ),
        head=[Bilingual("接触", "touched"), Bilingual("成交", "bought"),
              Bilingual("客户", "customers"),
              Bilingual("转化率", "rate")],
        rows=[
            numbers(
                name,
                amount(row[f"{code}_conversion_count"], "count"),
                amount(row[f"{code}_window_count"], "count"),
                amount(row[f"{code}_rate"], "share"),
            )
            for code, name, _ in shown
        ],
    )  # fmt: skip


def _forest(rows: Sequence[Mapping[str, Any]]) -> Figure | None:
    """Differences of rates with their intervals; means have units of their own and stay below."""
    shown = [
        row
        for row in rows
        if row["metric_kind_code"] == "rate"
        and row["verdict_code"] != "invalid"
        and row["difference_low"] is not None
    ]
    if not shown:
        return None
    return Figure(
        svg=intervals(
            [
                Interval(
                    said(row["name"]),
                    100 * float(row["difference"]),
                    100 * float(row["difference_low"]),
                    100 * float(row["difference_high"]),
                    # names are long here, so the unit stands in the title
                    said(write_digits(row["difference"], "points", plus=True)),
                )
                for row in shown
            ],
            reference=0,
        ),
        title=Bilingual("实验组减对照组，百分点", "Variant less control, percentage points"),
        caption=Bilingual(
            "转化率之差与 95% 区间；跨过虚线的为灰色，尚无证据。",
            "Difference of conversion rates with its 95 % interval; grey where it crosses the "
            "dashed line: no evidence.",
        ),
        head=[Bilingual("实验", "experiment"), Bilingual("对照", "control"),
              Bilingual("实验组", "variant"),
              Bilingual("差", "difference"), Bilingual("95% 区间", "95 % interval")],
        rows=[
            numbers(
                row["name"],
                amount(row["control_mean_value"], "share"),
                amount(row["mean_value"], "share"),
                change(row["difference"], "share", "points"),
                change(row["difference_low"], "share", "points")
                + said(" – ")
                + change(row["difference_high"], "share", "points"),
            )
            for row in shown
        ],
    )  # fmt: skip
