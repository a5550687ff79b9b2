"""What goes wrong on the way: bad rows, repeated rows, corrected, repeated, late and split files.

Faults never touch the world's own rows: bad rows and phantoms are extra rows with ids of their own,
and a correction's second revision holds the rows as they are in the world.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np

from ingestion.contracts.models import Export
from ingestion.demo.world import World

COPIES = 2


@dataclass(frozen=True)
class BadRow:
    """A row that cannot land: one header's value is replaced, one feed rejects it."""

    feed: str
    header: str
    value: str | None
    reason: str  # unreadable, unlisted or missing
    blank: tuple[str, ...] = ()  # headers emptied so that no other feed takes the row


@dataclass(frozen=True)
class Correction:
    """A file whose first revision has this header wrong in every third row."""

    header: str
    wrong: str


@dataclass(frozen=True)
class FaultPlan:
    """What goes wrong in one export. `id_header` names the header to give extra rows an id in."""

    id_header: str
    bad_rows: tuple[BadRow, ...] = ()
    correction: Correction | None = None
    repeats_rows: bool = False
    repeats_file: bool = False
    delays_file: bool = False
    splits_files: int = 0


PLANS: dict[tuple[str, str], FaultPlan] = {
    ("jd", "reviews"): FaultPlan(
        "评价ID",
        (
            BadRow("reviews", "评价时间", "2026-13-45 25:61", "unreadable", ("回复时间",)),
            BadRow("reviews", "评分", "好评如潮", "unreadable", ("回复时间",)),
        ),
        Correction("评分", "1星"),
        splits_files=1,
    ),
    ("jd", "orders"): FaultPlan(
        "订单编号",
        (
            BadRow("orders", "订单金额", "壹佰元整", "unreadable"),
            BadRow("orders", "订单状态", "送往火星", "unlisted"),
        ),
        Correction("订单金额", "¥9,999,999.00"),
        repeats_rows=True,
        delays_file=True,
    ),
    ("jd", "order_items"): FaultPlan(
        "订单编号", (BadRow("order_items", "数量", "两件", "unreadable"),)
    ),
    ("jd", "refunds"): FaultPlan("退款单号", repeats_file=True),
    ("tmall", "reviews"): FaultPlan(
        "rate_id", (BadRow("reviews", "created", "昨天", "unreadable", ("reply_time",)),)
    ),
    ("tmall", "orders"): FaultPlan("订单编号", (BadRow("orders", "订单编号", "", "missing"),)),
    ("tmall", "order_items"): FaultPlan("tid", correction=Correction("payment", "0.01")),
    ("weibo", "posts"): FaultPlan(
        "微博ID",
        (BadRow("mentions", "发布时间", "刚刚", "unreadable", ("统计日期",)),),
        Correction("监测品牌", "beiyu"),
        delays_file=True,
    ),
    ("xiaohongshu", "notes"): FaultPlan(
        "笔记ID",
        (
            BadRow("mentions", "类型", "直播", "unlisted", ("统计日期", "品牌回复时间")),
            BadRow("mentions", "粉丝数", "很多", "unreadable", ("统计日期", "品牌回复时间")),
        ),
        repeats_file=True,
    ),
    ("service", "cases"): FaultPlan("工单号", (BadRow("cases", "补偿金额", "三百", "unreadable"),)),
    ("service", "case_events"): FaultPlan(
        "event_id", (BadRow("case_events", "field", None, "missing"),), delays_file=True
    ),
    ("service", "responses"): FaultPlan("回复编号", correction=Correction("部门", "品质部")),
    ("crm", "identities"): FaultPlan(
        "标识", (BadRow("identities", "会员号", "", "missing"),), delays_file=True
    ),
    ("crm", "points"): FaultPlan(
        "流水号",
        (BadRow("points", "积分变动", "一千", "unreadable"),),
        repeats_rows=True,
        repeats_file=True,
    ),
    ("ads", "touchpoints"): FaultPlan(
        "触点ID",
        (BadRow("touchpoints", "触达时间", "NULL", "unreadable"),),
        Correction("媒体渠道", "短信"),
        repeats_rows=True,
        splits_files=2,
    ),
    ("surveys", "answers"): FaultPlan(
        "答卷编号", (BadRow("surveys", "发送时间", "上周", "unreadable"),)
    ),
}


@dataclass
class Planted:
    """What was planted in one export; file indices are turned into names by the writer."""

    bad: list[tuple[int, str, BadRow]] = field(default_factory=list)  # file, id given, fault
    corrected: dict[int, dict[str, Any]] = field(default_factory=dict)
    repeated_rows: dict[int, int] = field(default_factory=dict)
    repeated_files: list[int] = field(default_factory=list)
    delayed_files: list[int] = field(default_factory=list)


def plant_faults(
    connection: duckdb.DuckDBPyConnection, world: World, channel: str, export: Export
) -> Planted:
    """Change the table `export_rows`: `_file, _pos, _revision, _part, _mark`, then the headers.

    Bad rows carry their id in `_mark`. A file takes at most one kind of fault, and only files with
    rows enough for it do: bad rows stay under the export's share of rejections. A small world may
    get fewer faults, or none. The first and the last file stay whole.
    """
    planted = Planted()
    plan = PLANS.get((channel, export.name))
    if plan is None:
        return planted
    rng = world.rng(f"faults {channel} {export.name}")
    sizes = connection.execute(
        "select _file, count(*) from export_rows group by all order by _file"
    ).fetchall()
    # a first file may hold a backlog, and the last day is what a reader looks at first
    free = [(int(f), int(n)) for f, n in sizes[1:] if f != world.days - 1]
    free = [free[i] for i in rng.permutation(len(free))]

    def take(least: int) -> tuple[int, int] | None:
        for place, (_, rows) in enumerate(free):
            if rows >= least:
                return free.pop(place)
        return None

    if plan.correction is not None and (chosen := take(5)) is not None:
        planted.corrected[chosen[0]] = _correct(connection, plan, plan.correction, chosen)
    for _ in range(plan.splits_files):
        if (chosen := take(4)) is not None:
            connection.execute(
                "update export_rows set _part = (1 + (_pos::bigint % 2))::varchar where _file = ?",
                [chosen[0]],
            )
    if plan.repeats_file and (chosen := take(2)) is not None:
        planted.repeated_files.append(chosen[0])
    if plan.delays_file and (chosen := take(2)) is not None:
        planted.delayed_files.append(chosen[0])
    if plan.repeats_rows and (chosen := take(3)) is not None:
        _copy(connection, chosen[0], _places(rng, chosen[1], COPIES), {}, 0.25)
        planted.repeated_rows[chosen[0]] = COPIES
    least = int(np.ceil(1.2 / max(export.max_rejected_share, 1e-6)))
    for fault in plan.bad_rows:
        for _ in range(COPIES):
            if (chosen := take(least)) is None:
                continue
            identifier = f"BAD{len(planted.bad) + 1:03d}"
            values: dict[str, str | None] = dict.fromkeys(fault.blank)
            values |= {plan.id_header: identifier, fault.header: fault.value}
            values["_mark"] = identifier
            _copy(connection, chosen[0], _places(rng, chosen[1], 1), values, 0.5)
            planted.bad.append((chosen[0], identifier, fault))
    return planted


def _places(rng: np.random.Generator, rows: int, count: int) -> list[int]:
    return sorted(int(place) for place in rng.permutation(rows)[:count])


def _copy(
    connection: duckdb.DuckDBPyConnection,
    file: int,
    places: list[int],
    values: dict[str, str | None],
    shift: float,
) -> None:
    """Insert copies of the rows at these places of a file right behind them, values replaced."""
    names = [row[0] for row in connection.execute("describe export_rows").fetchall()]
    shown = [f'$value{names.index(name)} as "{name}"' for name in values]
    replaced = ", ".join(["_pos + $shift as _pos", *shown])
    connection.execute(
        f"insert into export_rows select * replace ({replaced}) from export_rows"
        " where _file = $file and _revision = 1"
        " qualify row_number() over (order by _pos) - 1 in (select unnest($places))",
        {
            "shift": shift,
            "file": file,
            "places": places,
            **{f"value{names.index(name)}": value for name, value in values.items()},
        },
    )


def _correct(
    connection: duckdb.DuckDBPyConnection,
    plan: FaultPlan,
    correction: Correction,
    chosen: tuple[int, int],
) -> dict[str, Any]:
    """Make the file's rows revision 2, and put a faulty revision 1 before it.

    The faulty one has a wrong value in every third row, lacks its last tenth (one row at least),
    and ends with a phantom that the correction takes away.
    """
    file, rows = chosen
    kept = rows - max(1, rows // 10)
    connection.execute("update export_rows set _revision = 2 where _file = ?", [file])
    ident = plan.id_header
    connection.execute(
        f"""
        insert into export_rows
        with rows as (
            select *, row_number() over (order by _pos) - 1 as _place
            from export_rows where _file = $file
        )
        select * exclude (_place) replace (
            1 as _revision,
            case when _place % 3 = 0 then $wrong else "{correction.header}"::varchar end
                as "{correction.header}",
            case when _place = $kept then 'PHANTOM' else "{ident}"::varchar end as "{ident}"
        )
        from rows where _place <= $kept
        """,
        {"file": file, "kept": kept, "wrong": correction.wrong},
    )
    return {
        "header": correction.header,
        "wrong_value": correction.wrong,
        "wrong_rows": (kept + 2) // 3,
        "missing_rows": rows - kept,
        "phantom_id": "PHANTOM",
    }
