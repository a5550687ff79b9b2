"""What changed against the period before, and which channels, products and strategies moved it.

The parts of a change are calculated in `kpis.kpi_contributions` and sum to it; here the largest are
named and drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb

from orchestration.publication.tables import rows_of
from orchestration.report.bilingual import Bilingual, amount, change, joined, said
from orchestration.report.charts import BLUE, ORANGE, Bar, Figure, bars, numbers
from orchestration.report.kpi_tiles import CORE, Tile
from orchestration.report.names import Names

CONTRIBUTIONS = "kpis.kpi_contributions"

DIMENSIONS = {
    "channel": (Bilingual("渠道", "channel"), "channels"),
    "product": (Bilingual("商品", "product"), "products"),
    "strategy": (Bilingual("策略", "strategy"), "strategies"),
}
_MEMBERS = {
    "not_separable": Bilingual("无法拆分", "cannot be separated"),
    "unknown": Bilingual("未识别", "unknown"),
    "other": Bilingual("其他", "other"),
    "none": Bilingual("无", "none"),
    "all": Bilingual("全部", "all"),
    "no_strategy": Bilingual("无策略", "no strategy"),
    "unattributed": Bilingual("无触点", "no touch"),
}
SHOWN = 6
"""How many changes the section explains; the rest stand under what to do next."""
_DRAWN = 4
_PARTS = 6
_NAMED = 3

_ROWS = f"""
select * from {CONTRIBUTIONS}
where period_kind = ? and period_start = ? and kpi_code = ? and contribution is not null
    and coalesce(comparison_code, 'complete') = 'complete'
order by dimension_code, abs(contribution) desc, member_code
"""


def read_changes(
    connection: duckdb.DuckDBPyConnection,
    published: Collection[str],
    tiles: Mapping[str, Tile],
    names: Names,
) -> list[dict[str, Any]] | None:
    """The changes that lead, each with its parts.

    Returns:
        Per KPI: `tile`, `why` (a sentence per dimension that takes it apart), `figure` (of the
        first few, else None); the first `SHOWN` lead. None where their table is missing.
    """
    if CONTRIBUTIONS not in published:
        return None
    found: list[dict[str, Any]] = []
    for tile in _ordered(tiles):
        raw = tile.raw
        if raw["delta"] is None or raw["period_start"] is None:
            continue
        # what is off target is taken apart too, for those who must do something about it
        if len(found) >= SHOWN and tile.lead.status != "off_target":
            continue
        rows = rows_of(connection, _ROWS, [raw["period_kind"], raw["period_start"], tile.code])
        if not rows:
            continue
        by_dimension: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_dimension.setdefault(row["dimension_code"], []).append(row)
        is_drawn = sum(each["figure"] is not None for each in found) < _DRAWN
        found.append(
            {
                "tile": tile,
                "why": [
                    _sentence(dimension, by_dimension[dimension], raw, names)
                    for dimension in DIMENSIONS
                    if _has_parts(by_dimension.get(dimension, []))
                ],
                "figure": _figure(tile, by_dimension, names) if is_drawn else None,
            }
        )
    return found


def largest_mover(changes: Sequence[Mapping[str, Any]] | None, code: str) -> Sequence[Bilingual]:
    """The sentences that say what moved a KPI; none where that is not known."""
    return next((each["why"] for each in changes or [] if each["tile"].code == code), [])


def _ordered(tiles: Mapping[str, Tile]) -> list[Tile]:
    """The core ones, then those off target, then those whose change is largest for their size."""

    def weight(tile: Tile) -> tuple[int, float, str]:
        core = CORE.index(tile.code) if tile.code in CORE else len(CORE)
        off = 0 if tile.lead.status == "off_target" else 1
        before = abs(tile.raw["previous_value"] or 0) or 1.0
        size = abs(tile.raw["delta"] or 0)
        relative = size if tile.raw["delta_kind"] == "percent" else size / before
        return core + off, -relative, tile.code

    return sorted(tiles.values(), key=weight)


def _has_parts(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether there are parts: one alone is the whole."""
    return sum(row["member_code"] not in ("not_separable", "all") for row in rows) > 1


def _member(dimension: str, code: str, names: Names) -> Bilingual:
    return _MEMBERS.get(code) or names.of(DIMENSIONS[dimension][1], code)


def _contribution(row: Mapping[str, Any], raw: Mapping[str, Any]) -> Bilingual:
    # a volume's parts are numbers of voices, not percent of the whole
    return change(row["contribution"], raw["unit"], "points")


def _sentence(
    dimension: str, rows: Sequence[Mapping[str, Any]], raw: Mapping[str, Any], names: Names
) -> Bilingual:
    named = [
        _member(dimension, row["member_code"], names) + said(" ") + _contribution(row, raw)
        for row in rows[:_NAMED]
        if row["contribution"]
    ]
    rest = sum(row["contribution"] for row in rows[_NAMED:])
    if len(rows) > _NAMED:
        named.append(
            Bilingual(f"其余 {len(rows) - _NAMED} 个 ", f"the other {len(rows) - _NAMED} ")
            + _contribution({"contribution": rest}, raw)
        )
    return DIMENSIONS[dimension][0] + Bilingual("：", ": ") + joined(named, "，", ", ")


def _figure(
    tile: Tile, by_dimension: Mapping[str, Sequence[Mapping[str, Any]]], names: Names
) -> Figure | None:
    dimension = next((each for each in DIMENSIONS if _has_parts(by_dimension.get(each, []))), None)
    if dimension is None:
        return None
    rows = by_dimension[dimension][:_PARTS]
    raw = tile.raw

    def is_good(row: Mapping[str, Any]) -> bool:
        return bool((row["contribution"] >= 0) == raw["higher_is_better"])

    scale = 100 if raw["unit"] == "share" else 1
    return Figure(
        svg=bars(
            [
                Bar(
                    _member(dimension, row["member_code"], names),
                    float(row["contribution"]) * scale,
                    _contribution(row, raw),
                    BLUE if is_good(row) else ORANGE,
                )
                for row in rows
            ]
        ),
        title=tile.label
        + Bilingual("：各", ": change by ")
        + DIMENSIONS[dimension][0]
        + Bilingual("的贡献", ""),
        caption=Bilingual(
            "各部分之和等于总变化；向好为蓝，转差为橙。",
            "The parts sum to the whole change; blue is for the better, orange for the worse.",
        ),
        key=[(BLUE, Bilingual("向好", "better")), (ORANGE, Bilingual("转差", "worse"))],
        head=[Bilingual("维度", "dimension"), Bilingual("成员", "member"),
              Bilingual("前值", "before"),
              Bilingual("现值", "now"), Bilingual("贡献", "contribution")],
        rows=[
            numbers(
                DIMENSIONS[each][0],
                _member(each, row["member_code"], names),
                amount(row["previous_value"], raw["unit"]),
                amount(row["value"], raw["unit"]),
                _contribution(row, raw),
            )
            for each in DIMENSIONS
            for row in by_dimension.get(each, [])[:12]
        ],
    )  # fmt: skip
