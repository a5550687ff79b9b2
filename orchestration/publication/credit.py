"""What each strategy brought, for the report: credit by model, cost, the multiple, experiments.

Only reads what the marts say of the latest complete month; which touch is credited with what, and
what an experiment shows, is decided in the models.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from orchestration.publication.tables import rows_of, shade

_PERFORMANCE = "attribution.strategy_performance"
_MULTIPLE = "attribution.mart_wom_multiple"
_EXPERIMENTS = "attribution.fct_experiments"
_CALIBRATION = "attribution.mart_attribution_calibration"

UNATTRIBUTED = "unattributed"
_NO_STRATEGY = "no_strategy"
_EXPERIMENT_ROWS = 12
# the model whose order and return are shown where one is shown: the first of these that is there
_LEADING = ("markov", "shapley", "linear")

GROUPS = {"wom": "口碑 WOM", "paid": "付费 paid", "owned": "自有 owned", "direct": "直接 direct"}
VERDICTS = {
    "lift": "有效 lift",
    "no_evidence": "证据不足 no evidence",
    "harm": "有害 harm",
    "invalid": "无效 invalid",
}
BANDS = {
    "above": "高于 3–5 倍 above the band",
    "below": "低于 3–5 倍 below the band",
    "in_band": "在 3–5 倍之内 in the band",
    "undecided": "区间跨出 3–5 倍，尚不能断定 undecided",
}
_NAMELESS = {
    UNATTRIBUTED: ("无触点", "no touch"),
    _NO_STRATEGY: ("策略未知", "no strategy"),
}

_MONTH = f"""
select max(month_start) from {_PERFORMANCE}
where goal_code = 'sale' and month_start + interval 1 month <= cast(? as date) + interval 1 day
    and credited_cny <> 0
"""

_CREDIT = f"""
select
    performance.strategy_code,
    coalesce(strategies.strategy_name, performance.strategy_code) as name_zh,
    coalesce(strategies.strategy_name_en, performance.strategy_code) as name_en,
    performance.touch_group_code,
    performance.model_code,
    performance.credited_cny,
    performance.conversion_count,
    performance.spend_cny,
    performance.roas
from {_PERFORMANCE} as performance
left join seeds.strategies as strategies
    on strategies.strategy_code = performance.strategy_code
where performance.goal_code = 'sale' and performance.month_start = ?
"""

_MODELS = """
select model_code, model_name as name_zh, model_name_en as name_en,
    coalesce(model_kind_code, 'rule') as kind_code
from seeds.attribution_models order by model_position, model_code
"""

# the newest month whose windows are over; without one the newest that has a multiple at all
_WOM = f"""
select * from {_MULTIPLE} where product_key = 'all' and month_start <= ?
order by multiple is not null and is_complete desc, multiple is not null desc, month_start desc
limit 1
"""

_VERDICTS = f"""
select experiment_ref, variant_code, control_variant_code, metric_kind_code, unit_count,
    control_unit_count, mean_value, control_mean_value, difference, difference_low,
    difference_high, verdict_code, verdict_reason_zh, verdict_reason_en
from {_EXPERIMENTS}
where is_primary and population_code = 'itt' and not is_control
order by last_assigned_at desc, experiment_ref, variant_code
limit {_EXPERIMENT_ROWS}
"""

_CALIBRATIONS = f"""
select
    calibration.experiment_ref, calibration.variant_code,
    coalesce(any_value(strategies.strategy_name), calibration.strategy_code) as strategy_name,
    any_value(calibration.incremental_conversions) as incremental,
    any_value(calibration.incremental_low) as low,
    any_value(calibration.incremental_high) as high,
    any_value(calibration.verdict_code) as verdict_code,
    list(struct_pack(
        name := coalesce(models.model_name, calibration.model_code),
        credited := calibration.excess_credited_conversions,
        is_inside := calibration.is_credit_within_interval
    ) order by models.model_position, calibration.model_code) as models
from {_CALIBRATION} as calibration
left join seeds.strategies as strategies
    on strategies.strategy_code = calibration.strategy_code
left join seeds.attribution_models as models on models.model_code = calibration.model_code
group by calibration.experiment_ref, calibration.variant_code, calibration.strategy_code
order by all
"""


def read_credit(
    connection: duckdb.DuckDBPyConnection, published: Collection[str], as_of: str
) -> dict[str, Any]:
    """The parts of the section; None for a part whose mart is not published.

    Args:
        connection: The build file.
        published: Names of the published tables, with their schema.
        as_of: The day that the data run through.

    Returns:
        `picture` (models, rows, the month; no rows where no month is complete), `multiple` (a row,
        or an empty one), `experiments` and `calibrations` (rows).
    """
    month = None
    picture = None
    if _PERFORMANCE in published:
        found = connection.execute(_MONTH, [as_of]).fetchone()
        month = found[0] if found else None
        picture = _picture(connection, month)
    multiple = None
    if _MULTIPLE in published:
        rows = rows_of(connection, _WOM, [month]) if month else []
        multiple = rows[0] if rows else {}
    return {
        "picture": picture,
        "multiple": multiple,
        "experiments": rows_of(connection, _VERDICTS) if _EXPERIMENTS in published else None,
        "calibrations": rows_of(connection, _CALIBRATIONS) if _CALIBRATION in published else None,
    }


def money(value: float | None, unit: int) -> str:
    """An amount in 元 (unit 1) or 万元 (unit 10,000), short enough for a cell: 1,234, 12.3."""
    if value is None:
        return "–"
    scaled = float(value) / unit
    if unit == 1 or scaled == 0 or abs(scaled) >= 100:
        return f"{scaled:,.0f}"
    return f"{scaled:.2f}" if abs(scaled) < 10 else f"{scaled:.1f}"


def _picture(connection: duckdb.DuckDBPyConnection, month: date | None) -> dict[str, Any]:
    """Strategies by models: each strategy's credited value, and how dark its cell is."""
    cells = rows_of(connection, _CREDIT, [month]) if month else []
    codes = {cell["model_code"] for cell in cells}
    models = [
        {**row, "short_zh": _short(row["name_zh"]), "short_en": _short(row["name_en"])}
        for row in rows_of(connection, _MODELS)
        if row["model_code"] in codes
    ]
    leading = next((code for code in _LEADING if code in codes), None) or (
        models[0]["model_code"] if models else None
    )
    by_strategy: dict[str, list[Mapping[str, Any]]] = {}
    for cell in cells:
        by_strategy.setdefault(cell["strategy_code"], []).append(cell)
    rows = [_row(own, models, leading) for own in by_strategy.values()]
    rows.sort(
        key=lambda row: (row["strategy_code"] == UNATTRIBUTED, -row["leading"], row["name_zh"])
    )
    touched = [row for row in rows if row["strategy_code"] != UNATTRIBUTED]
    largest = max((max(row["values"], default=0.0) for row in touched), default=0.0)
    bests = [
        max((row["values"][place] for row in touched), default=0.0) for place in range(len(models))
    ]
    for row in rows:
        row["shades"] = [
            0.0 if row["strategy_code"] == UNATTRIBUTED else shade(value, largest)
            for value in row["values"]
        ]
        row["tops"] = [
            row in touched and value > 0 and value == best
            for value, best in zip(row["values"], bests, strict=True)
        ]
    totals = [sum(row["values"][place] for row in rows) for place in range(len(models))]
    # every model leaves the same conversions alone: those without a touch
    untouched = sum(row["leading"] for row in rows if row not in touched)
    total = sum(row["leading"] for row in rows)
    return {
        "month": month,
        "models": models,
        "rows": [row for row in rows if any(row["values"]) or row["spend_cny"]],
        "leading": next((each for each in models if each["model_code"] == leading), None),
        "totals": totals,
        "untouched_share": untouched / total if total else None,
        "unit": 10_000 if largest >= 10_000 else 1,
    }


def _row(
    cells: Sequence[Mapping[str, Any]], models: Sequence[Mapping[str, Any]], leading: str | None
) -> dict[str, Any]:
    first = cells[0]
    code = first["strategy_code"]
    name_zh, name_en = _NAMELESS.get(code, (first["name_zh"], first["name_en"]))
    value = {cell["model_code"]: float(cell["credited_cny"]) for cell in cells}
    roas = {cell["model_code"]: cell["roas"] for cell in cells if cell["roas"] is not None}
    return {
        "strategy_code": code,
        "name_zh": name_zh,
        "name_en": name_en,
        "group": GROUPS.get(first["touch_group_code"] or "", "–"),
        "values": [value.get(model["model_code"], 0.0) for model in models],
        "leading": value.get(leading or "", 0.0),
        "spend_cny": float(first["spend_cny"]),
        "roas": roas.get(leading or ""),
        "roas_low": min(roas.values(), default=None),
        "roas_high": max(roas.values(), default=None),
    }


def _short(name: str) -> str:
    """A model's name for the head of a column: without what stands in brackets."""
    return name.partition("（")[0].partition(" (")[0]
