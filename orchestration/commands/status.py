"""`koubei status`: what readers see, how fresh the data are, how the last run ended."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.text import Text

from orchestration.home.settings import load_settings
from orchestration.publication.labels import Labels, read_labels
from orchestration.status.state import read_state
from orchestration.terminal.tables import console, records, shown, table

_ROWS = 10


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Say what is published, how fresh each feed is, what is missing, how the last run ended."""
    settings = load_settings()
    state = read_state(settings)
    if as_json:
        typer.echo(json.dumps(state, ensure_ascii=False, indent=2, default=str))
        return
    out = console()
    out.print(Group(*_published(state)))
    _verdict(out, state)
    _health(out, state["health"], read_labels(settings))


def _published(state: dict[str, Any]) -> list[Text]:
    current = state["current"]
    if current is None:
        said = [
            Text("已发布 Published: 还没有 nothing yet", style="bold"),
            Text("  run koubei refresh (or koubei demo for invented data)"),
        ]
    else:
        said = [
            Text(f"已发布 Published: {current['publication_id']}", style="bold"),
            Text(
                f"  数据截至 as of {current['as_of']}, 发布于 published "
                f"{current['published_at'][:16].replace('T', ' ')}: "
                f"{current['table_count']} tables, {current['row_count']:,} rows, "
                f"重述 restated {current['restatements']:,}"
            ),
        ]
        if state["is_rolled_back"]:
            said.append(
                Text(
                    f"  已回滚 rolled back: the newest is {state['kept'][-1]} "
                    f"(koubei rollback {state['kept'][-1]} goes forward again)",
                    style="yellow",
                )
            )
    said += _postgres(state["postgres"])
    if state["is_refreshing"]:
        said.append(
            Text(
                "  正在刷新 a refresh is running: what follows is of the current publication",
                style="yellow",
            )
        )
    return said


def _postgres(state: dict[str, Any] | None) -> list[Text]:
    if state is None:
        return []
    if state["problem"]:
        return [Text(f"  PostgreSQL 无法得知 cannot be asked: {state['problem']}", style="red")]
    there = state["publication_id"] or "还没有 nothing yet"
    if state["is_behind"]:
        return [
            Text(
                f"  PostgreSQL 落后 behind: {there} (koubei postgres, or the next refresh, "
                "brings it up to date)",
                style="yellow",
            )
        ]
    return [Text(f"  PostgreSQL: {there}")]


def _verdict(out: Console, state: dict[str, Any]) -> None:
    verdict = state["last_verdict"]
    if verdict is None:
        return
    colour = {"published": "green", "unchanged": "green", "refused": "red"}[verdict["verdict"]]
    name = {"published": "已发布", "unchanged": "无变化", "refused": "已拒绝"}[verdict["verdict"]]
    reason = f": {verdict['reason']}" if verdict["reason"] else ""
    out.print(
        Text(f"上次结论 Last verdict: {name} {verdict['verdict']}", style=f"bold {colour}")
        + Text(f" ({shown(verdict['published_at'])}, run {verdict['run_id']}){reason}")
    )
    failed = state["failed_checks"]
    if failed:
        out.print(
            records(
                "未通过的检查 Checks that failed",
                {
                    "severity": ("级别", "severity"),
                    "check_name": ("检查", "check"),
                    "table_name": ("表", "table"),
                    "failing_count": ("不合格", "failing"),
                    "message": ("说明", "message"),
                },
                failed,
            )
        )
    for check in failed:
        rows = check["sample_rows"][:_ROWS]
        if rows and check["severity"] in ("error", "critical"):
            names = list(rows[0])
            out.print(
                table(
                    f"样例行 Rows that fail {check['check_name']}",
                    [("", name) for name in names],
                    [[row.get(name) for name in names] for row in rows],
                )
            )


def _health(out: Console, health: dict[str, Any], labels: Labels) -> None:
    if health["feeds"]:
        out.print(
            records(
                f"数据新鲜度 Freshness (数据截至 as of {health['as_of']})",
                {
                    "channel_code": ("渠道", "channel"),
                    "feed": ("数据流", "feed"),
                    "last_export_date": ("最近导出", "last export"),
                    "days_behind": ("落后天数", "days behind"),
                    "is_late": ("迟到", "late"),
                    "row_count": ("行数", "rows"),
                    "rejected_count": ("拒收", "rejected"),
                },
                [
                    {**each, "is_late": "迟到 late" if each["is_late"] else ""}
                    for each in _labelled(health["feeds"], labels)
                ],
            )
        )
    if health["missing"]:
        out.print(
            table(
                "缺失日期 Days missing",
                [("渠道", "channel"), ("导出", "export"), ("缺", "missing"), ("日期", "days")],
                [
                    [
                        labels.channel(each["channel_code"]),
                        each["export_name"],
                        each["missing_count"],
                        _shortened(each["missing_days"]),
                    ]
                    for each in health["missing"]
                ],
            )
        )
    if health["refusals"]:
        out.print(
            records(
                "被拒文件 Files refused, not yet replaced",
                {
                    "file_name": ("文件", "file"),
                    "channel_code": ("渠道", "channel"),
                    "export_date": ("导出日期", "day"),
                    "reason": ("原因", "reason"),
                },
                _labelled(health["refusals"], labels),
            )
        )
    if health["rejections"]:
        total = sum(each["rejected_count"] for each in health["rejections"])
        out.print(
            records(
                f"拒收行 Rejected rows: {total:,} (koubei rejects shows them)",
                {
                    "channel_code": ("渠道", "channel"),
                    "feed": ("数据流", "feed"),
                    "column_name": ("列", "column"),
                    "reason": ("原因", "reason"),
                    "rejected_count": ("行数", "rows"),
                },
                _labelled(health["rejections"][:_ROWS], labels),
            )
        )


def _labelled(rows: list[dict[str, Any]], labels: Labels) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "channel_code": labels.channel(row["channel_code"]),
            "feed": labels.feed(row.get("feed", "")),
        }
        for row in rows
    ]


def _shortened(days: list[Any]) -> str:
    rest = f" … (+{len(days) - _ROWS})" if len(days) > _ROWS else ""
    return ", ".join(str(day) for day in days[:_ROWS]) + rest
