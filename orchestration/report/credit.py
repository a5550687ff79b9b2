"""What each strategy brought, for the report: credit by model, and what it cost.

Only reads what the marts say of the latest complete month; which touch is credited with what is
decided in the models.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from orchestration.publication.tables import rows_of, shade
from orchestration.report.bilingual import Bilingual, amount, money, said
from orchestration.report.charts import Figure, Interval, intervals, numbers

PERFORMANCE = "attribution.strategy_performance"

UNATTRIBUTED = "unattributed"
_NO_STRATEGY = "no_strategy"
# the model whose order and return are shown where one is shown: the first of these that is there
_LEADING = ("markov", "shapley", "linear")

GROUPS = {
    "wom": Bilingual("口碑", "word of mouth"),
    "paid": Bilingual("付费", "paid"),
    "owned": Bilingual("自有", "owned"),
    "direct": Bilingual("直接", "direct"),
}
_NAMELESS = {
    UNATTRIBUTED: Bilingual("无触点", "no touch"),
    _NO_STRATEGY: Bilingual("策略未知", "no strategy"),
}
# returns are compared as ratios: less than a hundredth of what was spent is drawn as that
_LEAST_RETURN = 0.02

_MONTH = f"""
select max(month_start) from {PERFORMANCE}
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
from {PERFORMANCE} as performance
left join seeds.strategies as strategies
    on strategies.strategy_code = performance.strategy_code
where performance.goal_code = 'sale' and performance.month_start = ?
"""

_MODELS = """
select model_code, model_name as name_zh, model_name_en as name_en,
    coalesce(model_kind_code, 'rule') as kind_code
from seeds.attribution_models order by model_position, model_code
"""


def read_credit(
    connection: duckdb.DuckDBPyConnection, published: Collection[str], as_of: str
) -> dict[str, Any] | None:
    """The picture of the latest complete month; None where its mart is not published.

    Args:
        connection: The build file.
        published: Names of the published tables, with their schema.
        as_of: The day that the data run through.

    Returns:
        `month`, `models`, `rows` (a strategy each; none where no month is complete), `leading` (the
        model by which returns are shown), `totals`, `untouched_share`, `unit` (1 or 10,000 CNY) and
        `figure` (returns over all models).
    """
    if PERFORMANCE not in published:
        return None
    picture = _picture(connection, latest_month(connection, as_of))
    return {**picture, "figure": _figure(picture)}


def latest_month(connection: duckdb.DuckDBPyConnection, as_of: str) -> date | None:
    """The first day of the latest complete month with credited sales."""
    found = connection.execute(_MONTH, [as_of]).fetchone()
    return found[0] if found else None


def _picture(connection: duckdb.DuckDBPyConnection, month: date | None) -> dict[str, Any]:
    """Strategies by models: each strategy's credited value, and how dark its cell is."""
    cells = rows_of(connection, _CREDIT, [month]) if month else []
    codes = {cell["model_code"] for cell in cells}
    models = [
        {
            **row,
            "name": said(row["name_zh"], row["name_en"]),
            "short": Bilingual(_short(row["name_zh"]), _short(row["name_en"])),
        }
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
        key=lambda row: (row["strategy_code"] == UNATTRIBUTED, -row["leading"], row["name"].zh)
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
    value = {cell["model_code"]: float(cell["credited_cny"]) for cell in cells}
    roas = {cell["model_code"]: cell["roas"] for cell in cells if cell["roas"] is not None}
    return {
        "strategy_code": code,
        "name": _NAMELESS.get(code) or said(first["name_zh"], first["name_en"]),
        "group": GROUPS.get(first["touch_group_code"] or "", said("–")),
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


def _figure(picture: Mapping[str, Any]) -> Figure | None:
    """What each strategy that cost something returned: by the leading model, and over all."""
    rows = [row for row in picture["rows"] if row["roas"] is not None]
    if not rows:
        return None
    rows.sort(key=lambda row: -row["roas"])
    name = picture["leading"]["name"]
    return Figure(
        svg=intervals(
            [
                Interval(
                    row["name"],
                    row["roas"],
                    row["roas_low"],
                    row["roas_high"],
                    amount(row["roas"], "multiple"),
                )
                for row in rows
            ],
            reference=1,
            floor=_LEAST_RETURN,
        ),
        title=Bilingual("投产比，各模型的区间", "Return on spend, over all models"),
        caption=Bilingual(f"点为{name.zh}模型，线为各模型的最低至最高；虚线为 1 倍，等距为等倍。",
                     f"Points: {name.en}; lines: lowest to highest of all models; dashed: 1x; "
                     "equal steps are equal ratios."),
        head=[Bilingual("策略", "strategy"), Bilingual("归因金额（元）", "credited, CNY"),
              Bilingual("花费（元）", "spend, CNY"), Bilingual("投产比", "ROAS"),
              Bilingual("各模型", "over all models")],
        rows=[
            numbers(
                row["name"], money(row["leading"], 1), money(row["spend_cny"], 1),
                amount(row["roas"], "multiple"),
                amount(row["roas_low"], "multiple")
                + said(" – ")
                + amount(row["roas_high"], "multiple"),
            )
            for row in rows
        ],
    )  # fmt: skip
