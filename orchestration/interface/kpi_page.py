"""The page of all KPIs: `dbt_project/models/kpis/KPIS.md`, written from their yml entries and SQL.

Nothing stands there that does not stand once elsewhere: names, definition, unit and owner in the
entry, what a KPI counts in its SQL, and its target in the seed of targets. What a brand manager
asks of them, `questions.md` beside the entries, ends the page.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from orchestration.dbt.yaml_entries import Entry, Project, references

# a code that stands in none of these is shown as it is
OWNERS: Final = {
    "brand": "品牌部",
    "customer_experience": "客户体验部",
    "customer_service": "客户服务部",
    "after_sales": "售后服务部",
    "ecommerce": "电商部",
    "marketing": "市场部",
    "member_operations": "会员运营部",
    "product": "产品部",
    "public_relations": "公关部",
    "quality": "品质部",
    "social_media": "社交媒体部",
    "data": "数据部",
}
UNITS: Final = {
    "share": "比例",
    "nps": "净推荐值分",
    "multiple": "倍数",
    "count": "数量",
    "score": "分",
    "minutes": "分钟",
    "hours": "小时",
    "days": "天",
    "cny": "元",
    "per_1000": "每千",
}
SUBJECTS: Final = {
    "_kpis": "核心 Core",
    "_kpis_voice": "口碑声音 Voice",
    "_kpis_response": "回应 Response",
    "_kpis_growth": "增长 Growth",
    "_kpis_customers": "客户 Customers",
    "_kpis_service": "服务 Service",
    "_kpis_brand": "品牌 Brand",
}
PERIODS: Final = {"day": "日", "week": "周", "month": "月", "quarter": "季"}
COLUMNS: Final = (
    "中文", "Name", "代码 Code", "定义 Definition", "来源 Source", "负责 Owner", "单位 Unit",
    "方向 Better", "累加 Additivity", "周期 Periods", "目标 Target",
)  # fmt: skip

_HEADER = """\
# 指标 KPIs

<!-- Written by `make interface` from the yml entries beside it, the KPIs' SQL and
seeds/kpi_targets.csv; a test compares. Change those, then write this page again. -->

{count} KPIs. Their numbers are in `kpis.kpi_scorecard` (the last complete period, and the running
one to date) and `kpis.kpi_history`; the finest rows of each are in `kpis.<code>`;
`koubei explain <code> --period P` leads to the rows behind a number. 累加 Additivity: `sum` may be
summed over days, channels, brands and products, and then divided; `none` is computed for each
period and dimension and is never summed.
"""


def render(project: Project) -> str:
    """The page, a table for each subject."""
    targets = _targets(project)
    published = {entry.name: entry.qualified for entry in project.published}
    subjects: dict[str, list[Entry]] = defaultdict(list)
    for kpi in project.kpis:
        subjects[kpi.described_in.stem].append(kpi)
    parts = [_HEADER.format(count=len(project.kpis))]
    # subjects in the order above, then any that it does not know
    known = list(SUBJECTS)
    for subject in sorted(subjects, key=lambda name: [*known, name].index(name)):
        rows = [_row(kpi, published, targets.get(kpi.name, ())) for kpi in subjects[subject]]
        lines = [COLUMNS, ["---"] * len(COLUMNS), *rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        parts.append(f"## {SUBJECTS.get(subject, subject)}\n\n{table}\n")
    parts += [path.read_text(encoding="utf-8") for path in _questions(project)]
    return "\n".join(parts)


def _questions(project: Project) -> list[Path]:
    """The page's last part, where a project has one."""
    paths = {kpi.described_in.with_name("questions.md") for kpi in project.kpis}
    return sorted(path for path in paths if path.exists())


def _row(
    kpi: Entry, published: Mapping[str, str], targets: Sequence[Mapping[str, str]]
) -> list[str]:
    meta = kpi.meta
    unit, owner = str(meta.get("unit")), str(meta.get("owner"))
    # the calendar that all read is nothing that is counted
    read = [name for name in references(kpi) if name in published and name != "kpi_windows"]
    source = [f"`{published[name]}`" for name in read]
    periods = meta.get("period_kinds") or list(PERIODS)
    cells = [
        meta.get("label_zh"),
        meta.get("label_en"),
        f"`{kpi.name}`",
        meta.get("definition"),
        ", ".join(source),
        f"{OWNERS[owner]} {owner}" if owner in OWNERS else owner,
        f"{UNITS[unit]} {unit}" if unit in UNITS else unit,
        "↑ 高 higher" if meta.get("higher_is_better") else "↓ 低 lower",
        meta.get("additivity"),
        " ".join(PERIODS.get(kind, kind) for kind in periods),
        "; ".join(_target(target, meta) for target in targets),
    ]
    # a bar within a cell would end it
    return [" ".join(str(text or "").split()).replace("|", "\\|") for text in cells]


def _targets(project: Project) -> dict[str, list[Mapping[str, str]]]:
    """The targets in force last, of each KPI as a whole."""
    path = _seed(project)
    if path is None:
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    whole = [
        row
        for row in rows
        if all(row.get(name, "all") == "all" for name in ("channel_code", "product_key"))
        and row.get("brand_code", "own") == "own"
        and row.get("segment_code", "all") == "all"
        and not row.get("valid_to")
    ]
    found: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in whole:
        found[row["kpi_code"]].append(row)
    return found


def _seed(project: Project) -> Path | None:
    """The seed of targets, beside the models."""
    for entry in project.kpis:
        path = entry.described_in.parents[2] / "seeds" / "kpi_targets.csv"
        return path if path.exists() else None
    return None


def _target(target: Mapping[str, str], meta: Mapping[str, Any]) -> str:
    low, high = target.get("target_low"), target.get("target_high")
    if low or high:
        aim = f"{_number(low, meta)} … {_number(high, meta)}" if low and high else ""
        aim = aim or (f"≥ {_number(low, meta)}" if low else f"≤ {_number(high, meta)}")
    else:
        sign = "≥" if meta.get("higher_is_better") else "≤"
        aim = f"{sign} {_number(target.get('target'), meta)}"
    kind = target.get("period_kind", "all")
    return aim if kind == "all" else f"{aim} ({PERIODS.get(kind, kind)})"


def _number(value: str | None, meta: Mapping[str, Any]) -> str:
    if not value:
        return ""
    return f"{float(value):.4g}" if meta.get("unit") != "share" else f"{float(value) * 100:.4g} %"
