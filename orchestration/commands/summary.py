"""The end of a refresh, for a person: what landed, what did not and why, what to do next."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orchestration.graph.refresh import Outcome
from orchestration.publication.ledger import CheckResult

QUERY = (
    "select brand_code, count(*) as voices, "
    "round(avg(cast(is_negative as integer)), 3) as negative_share "
    "from reviews.fct_voices where is_public group by all order by voices desc"
)
_LISTED = 10


def print_summary(outcome: Outcome, console: Console) -> None:
    """Print what a refresh came to."""
    parts = [
        _landed(outcome),
        _files(outcome),
        _rejections(outcome),
        _checks(outcome),
        _headline(outcome),
    ]
    console.print()
    for part in parts:
        if part is not None:
            console.print(part)
            console.print()
    _print_next(outcome, console)


def _grid(title: str, *columns: str, numbers: int = 0) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for position, name in enumerate(columns):
        is_number = position >= len(columns) - numbers
        table.add_column(
            name, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number
        )
    return table


def _landed(outcome: Outcome) -> RenderableType | None:
    landed = outcome.session.landed
    if not landed:
        return Text("没有新文件 No file was due; what had landed was built again.")
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 5)
    for file in landed:
        for feed, counts in file.feeds.items():
            if file.outcome != "landed":
                continue
            row = sums[file.channel_code, feed]
            added = (1, counts.delivered, counts.landed, counts.rejected, counts.duplicate)
            row[:] = [have + more for have, more in zip(row, added, strict=True)]
    table = _grid(
        f"导入 Landed: {len(landed):,} files, {outcome.first} to {outcome.last}",
        "渠道 Channel", "数据流 Feed",
        "文件 Files", "交付 Delivered", "入库 Landed", "拒绝 Rejected", "重复 Duplicate",
        numbers=5,
    )  # fmt: skip
    contracts = outcome.session.contracts
    for (channel, feed), row in sorted(sums.items()):
        label = contracts[channel].label if channel in contracts else ""
        numbers = [f"{number:,}" for number in row]
        numbers[3] = f"[yellow]{numbers[3]}[/]" if row[3] else numbers[3]
        table.add_row(f"{label} {channel}", feed, *numbers)
    totals = [sum(row[position] for row in sums.values()) for position in range(5)]
    table.add_section()
    table.add_row("合计 Total", "", "", *[f"{number:,}" for number in totals[1:]])
    return table


def _files(outcome: Outcome) -> RenderableType | None:
    session = outcome.session
    lines: list[RenderableType] = []
    refused = [file for file in session.landed if file.outcome == "refused"]
    if refused:
        table = _grid(
            f"拒收的文件 Refused files: {len(refused)}; their channel's last good data stays",
            "文件 File", "原因与办法 Why, and what to do",
        )  # fmt: skip
        for file in refused[:_LISTED]:
            table.add_row(file.file_name, file.reason or "")
        lines.append(table)
        if len(refused) > _LISTED:
            lines.append(Text(f"... {len(refused) - _LISTED} more: koubei status"))
    duplicates = sum(file.outcome == "duplicate" for file in session.landed)
    if duplicates:
        lines.append(Text(f"重复的文件 Delivered before, not landed again: {duplicates:,}"))
    unmapped = {
        (f"{file.channel_code}.{file.export_name}", column)
        for file in session.landed
        for column in file.unmapped_columns
    }
    if unmapped:
        told = ", ".join(f"{export}: {column}" for export, column in sorted(unmapped)[:_LISTED])
        lines.append(Text(f"合约不认识的列 Columns that no contract maps or ignores: {told}"))
    unclaimed = session.scan.unclaimed
    if unclaimed:
        told = ", ".join(sorted(unclaimed)[:_LISTED])
        lines.append(
            Text(f"没有合约认领的文件 Files that no contract claims ({len(unclaimed)}): {told}")
        )
    return Group(*lines) if lines else None


def _rejections(outcome: Outcome) -> RenderableType | None:
    if not outcome.rejections:
        return None
    table = _grid(
        "拒绝的行 Why rows were rejected (koubei rejects shows each)",
        "渠道 Channel", "数据流 Feed", "列 Column", "原因 Reason", "例如 For example", "行数 Rows",
        numbers=1,
    )  # fmt: skip
    for channel, feed, column, reason, example, count in outcome.rejections:
        table.add_row(channel, feed, column, reason, example, f"{count:,}")
    return table


def _checks(outcome: Outcome) -> RenderableType | None:
    results = outcome.session.results
    if not results:
        return None
    lines: list[RenderableType] = []
    counted = []
    for kind, label in (("gx", "expectations"), ("dbt", "dbt tests"), ("audit", "audits")):
        ours = [result for result in results if result.kind == kind]
        failed = sum(not result.is_passed and _blocks(result) for result in ours)
        warned = sum(not result.is_passed and not _blocks(result) for result in ours)
        counted.append(f"{label} {len(ours)} run, {failed} failed, {warned} warnings")
    lines.append(Text("检查 Checks: " + "; ".join(counted), style="bold"))
    broken = [result for result in results if not result.is_passed]
    for result in sorted(broken, key=lambda each: not _blocks(each))[:_LISTED]:
        lines.append(_broken(result))
    if len(broken) > _LISTED:
        lines.append(Text(f"... {len(broken) - _LISTED} more: koubei status"))
    return Group(*lines)


def _blocks(result: CheckResult) -> bool:
    return result.severity in ("error", "critical")


def _broken(result: CheckResult) -> RenderableType:
    mark, style = ("✗", "red") if _blocks(result) else ("!", "yellow")
    head = Text(f"{mark} {result.table_name or ''} {result.check_name}", style=style)
    told = Text(result.message or "")
    if not (_blocks(result) and result.sample_rows):
        return Group(head, Padding(told, (0, 0, 0, 2)))
    return Group(head, Padding(Group(told, _sample(list(result.sample_rows))), (0, 0, 0, 2)))


def _sample(rows: list[dict[str, Any]]) -> Table:
    columns = list(dict.fromkeys(column for row in rows for column in row))[:8]
    table = _grid("", *columns)
    for row in rows[:5]:
        table.add_row(*[Text(str(row.get(column, ""))) for column in columns])
    return table


def _headline(outcome: Outcome) -> RenderableType:
    session = outcome.session
    took = "  ".join(f"{stage} {seconds:.1f} s" for stage, seconds in session.seconds.items())
    publication = session.publication
    if publication is not None:
        marts = [n for name, n in publication.tables.items() if not name.startswith("meta.")]
        rows = sum(marts)
        text = (
            f"已发布 Published {publication.publication_id}: {len(marts)} tables, "
            f"{rows:,} rows, as of {publication.as_of}."
            if publication.is_new
            else f"没有变化 Unchanged: {publication.publication_id} (as of {publication.as_of}) "
            "already says what was built; readers see the same set."
        )
        lines = [Text(text, style="bold green")]
    else:
        label = "未发布 Refused by the gate" if outcome.verdict == "refused" else "失败 Failed"
        lines = [Text(f"{label}: nothing was published, the last publication stays.", "bold red")]
        lines += [Text(f"  {reason}", "red") for reason in outcome.reasons[:_LISTED]]
    return Group(*lines, *_postgres(outcome), *_notified(outcome), Text(took, "dim"))


def _notified(outcome: Outcome) -> list[Text]:
    """Who was told what needs attention."""
    session = outcome.session
    if session.mute is not None:
        return [Text(f"通知未发出 Nobody was notified: {session.mute}", style="red")]
    return [
        Text(each.line, style="" if each.outcome in ("sent", "before") else "red")
        for each in session.told
    ]


def _postgres(outcome: Outcome) -> list[Text]:
    """What became of the copy in PostgreSQL."""
    session = outcome.session
    if session.behind is not None:
        return [
            Text(f"PostgreSQL 落后 behind: {session.behind}", style="bold red"),
            Text("  the next run catches up, or: koubei postgres", style="red"),
        ]
    done = session.followed
    if done is None:
        return []
    if not done.is_new:
        return [Text(f"PostgreSQL: {done.publication_id}, 无变化 unchanged.", style="green")]
    lines = [
        Text(
            f"PostgreSQL: {done.publication_id}, {done.tables} tables, {done.rows:,} rows, "
            f"{done.way} ({len(done.changed)} changed) in {done.seconds:.1f} s.",
            style="green",
        )
    ]
    if done.left:
        lines.append(
            Text(
                "  不再发布 unpublished; could not be dropped, in use: " + ", ".join(done.left),
                style="yellow",
            )
        )
    return lines


def _print_next(outcome: Outcome, console: Console) -> None:
    publication = outcome.session.publication
    lines: list[tuple[str, str]] = []
    if publication is not None:
        path = publication.path
        lines.append(("数据库 Database", str(path / "koubei.duckdb")))
        lines += [("报告 Report", str(path / "report.html"))] * (path / "report.html").exists()
        quality = path / "quality" / "index.html"
        lines += [("质量 Quality", str(quality))] * quality.exists()
        lines += [
            ("接下来 Next", "koubei status   freshness, missing days, rejections"),
            ("", "koubei dev      the same graph in the browser"),
            ("问一句 Ask", f'koubei query "{QUERY}"'),
        ]
    elif outcome.verdict == "refused":
        lines += [
            ("接下来 Next", "koubei status       the checks that refused it, with their rows"),
            ("", "koubei diff TABLE   what was built against what is published"),
            ("", "correct the export (deliver it again) or the model, then: koubei refresh"),
        ]
    else:
        lines.append(("接下来 Next", "put the cause right and run koubei refresh: it goes on"))
    if any(file.outcome == "refused" for file in outcome.session.landed):
        lines.append(("", "koubei refresh --accept FILE   lets a refused file in all the same"))
    if outcome.session.log_path.exists():
        lines.append(("日志 Log", str(outcome.session.log_path)))
    for label, told in lines:
        padding = " " * (18 - cell_len(label))
        # a path or a command must stay one line, to be copied
        console.print(Text.assemble((label + padding, "bold"), told), soft_wrap=True)
