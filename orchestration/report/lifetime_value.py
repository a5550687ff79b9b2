"""What customers are worth beside what they cost, for the report: word of mouth against paid."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb

from orchestration.publication.tables import rows_of
from orchestration.report.bilingual import Bilingual, amount, money, said
from orchestration.report.charts import Figure, Interval, intervals, numbers

LTV_TABLE = "segments.mart_ltv_cac"

GROUPS = {
    "wom": Bilingual("口碑", "word of mouth"),
    "paid": Bilingual("付费", "paid"),
    "owned": Bilingual("自有", "owned"),
    "direct": Bilingual("直接访问", "direct"),
    "unattributed": Bilingual("无触点", "no touch"),
}
# the value that is shown is the furthest at which word of mouth and paid can be compared
HORIZONS = {
    "predicted": Bilingual("至今加未来 12 个月预期", "so far and the 12 months to come"),
    "365d": Bilingual("首购后 365 天", "first 365 days"),
    "90d": Bilingual("首购后 90 天", "first 90 days"),
    "30d": Bilingual("首购后 30 天", "first 30 days"),
}
_ROWS = f"""
select ltv.*, coalesce(ltv.dimension_name, strategies.strategy_name, ltv.dimension_value) as zh,
    coalesce(strategies.strategy_name_en, '') as en
from {LTV_TABLE} as ltv
left join seeds.strategies as strategies on strategies.strategy_code = ltv.dimension_value
where ltv.period_kind = 'all' and ltv.dimension_code in ('group', 'strategy')
    and not ltv.is_suppressed and ltv.customer_count > 0
order by ltv.dimension_code, ltv.dimension_value
"""


def read_lifetime_value(
    connection: duckdb.DuckDBPyConnection, published: Collection[str]
) -> dict[str, Any] | None:
    """Value against cost by what brought a customer; None where the mart is not published.

    Returns:
        `figure`, `horizon` (its name; None where no value is known), `groups` in their order and
        `strategies` by value, each with value, ratio, and gap to paid, with intervals.
    """
    if LTV_TABLE not in published:
        return None
    found = rows_of(connection, _ROWS)
    horizon = _horizon(found)
    if horizon is None:
        return {"horizon": None, "groups": [], "strategies": [], "figure": None}
    rows = [
        {
            "code": row["dimension_value"],
            "name": GROUPS.get(row["dimension_value"]) or said(row["zh"], row["en"]),
            "is_group": row["dimension_code"] == "group",
            "customer_count": row["customer_count"],
            "cac_cny": row["cac_cny"],
            **{
                name: row[f"ltv_{horizon}_{column}"]
                for name, column in (
                    ("ltv", "cny"), ("ltv_low", "low_cny"), ("ltv_high", "high_cny"),
                    ("ratio", "to_cac"), ("ratio_low", "to_cac_low"), ("ratio_high", "to_cac_high"),
                    ("gap", "minus_paid_cny"), ("gap_low", "minus_paid_low_cny"),
                    ("gap_high", "minus_paid_high_cny"),
                )
            },
        }
        for row in found
    ]  # fmt: skip
    places = {code: place for place, code in enumerate(GROUPS)}
    groups = sorted(
        (row for row in rows if row["is_group"]),
        key=lambda row: (places.get(row["code"], len(places)), row["code"]),
    )
    return {
        "horizon": HORIZONS[horizon],
        "figure": _figure(groups, HORIZONS[horizon]),
        "groups": groups,
        # who had no touch is a group, and stands there
        "strategies": sorted(
            (row for row in rows if not row["is_group"] and row["code"] not in GROUPS),
            key=lambda row: (row["ltv"] is None, -(row["ltv"] or 0), row["code"]),
        ),
    }


def _horizon(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The furthest at which word of mouth and paid are both known, else that known of most rows."""
    known = {
        horizon: {row["dimension_value"] for row in rows if row[f"ltv_{horizon}_cny"] is not None}
        for horizon in HORIZONS
    }
    for horizon, values in known.items():
        if {"wom", "paid"} <= values:
            return horizon
    most = max(known, key=lambda horizon: len(known[horizon]))
    return most if known[most] else None


def _figure(groups: Sequence[Mapping[str, Any]], horizon: Bilingual) -> Figure | None:
    """What a customer is worth by what brought them, beside those that were paid for."""
    known = [row for row in groups if row["ltv"] is not None and row["ltv_low"] is not None]
    paid = next((row["ltv"] for row in known if row["code"] == "paid"), None)
    if paid is None or len(known) < 2:
        return None
    return Figure(
        svg=intervals(
            [
                Interval(
                    row["name"], float(row["ltv"]), float(row["ltv_low"]), float(row["ltv_high"]),
                    amount(row["ltv"], "cny"),
                )
                for row in known
            ],
            reference=float(paid),
        ),
        title=Bilingual("人均毛利，按客户来源", "Margin of a customer, by what brought them"),
        caption=Bilingual(f"{horizon.zh}，95% 区间；虚线为付费带来的客户。",
                     f"{horizon.en.capitalize()}, 95 % interval; dashed: brought by paid."),
        head=[Bilingual("来源", "brought by"), Bilingual("客户", "customers"),
              Bilingual("人均毛利", "margin"),
              Bilingual("95% 区间", "95 % interval")],
        rows=[
            numbers(
                row["name"], amount(row["customer_count"], "count"), amount(row["ltv"], "cny"),
                f"{money(row['ltv_low'], 1)} – {money(row['ltv_high'], 1)}",
            )
            for row in known
        ],
    )  # fmt: skip
