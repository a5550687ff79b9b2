"""The words of a message: Chinese first, English beside it, short enough for a chat.

No text that anybody wrote is quoted: a chat is outside the company, and the report has the quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.notify.findings import Exceptions
from orchestration.publication.labels import Labels
from orchestration.publication.number_formats import write, write_change

_LISTED = 8
_PERIODS = {
    "day": "日 day",
    "week": "周 week",
    "month": "月 month",
    "quarter": "季 quarter",
}


@dataclass(frozen=True)
class Message:
    """A title, and a body of lines."""

    title: str
    body: str

    def fitted(self, limit: int) -> Message:
        """The message cut after a whole line, so that title and body are at most `limit` bytes."""
        room = limit - len(self.title.encode()) - 2
        if len(self.body.encode()) <= room:
            return self
        more = "… 其余见报告 the rest is in the report"
        room -= len(more.encode()) + 1
        kept: list[str] = []
        for line in self.body.split("\n"):
            room -= len(line.encode()) + 1
            if room < 0:
                break
            kept.append(line)
        return Message(self.title, "\n".join([*kept, more]))

    def __str__(self) -> str:
        return f"{self.title}\n\n{self.body}"


def compose_text(found: Exceptions, labels: Labels) -> Message:
    """The message for what was found."""
    if found.is_refused:
        return _refused(found)
    lines: list[str] = []
    for heading, rows, line in (
        ("未达标 Off target", found.off_target, _off_target),
        ("暂缓公布 Withheld", found.withheld, _withheld),
        ("未平息的警报 Alerts open", found.alerts, _alert),
        ("迟到的数据 Feeds late", found.late, _late(labels)),
        ("拒收的文件 Files refused", found.refused_files, _file),
    ):
        lines += _section(heading, rows, line)
    if found.run.postgres_error:
        lines += ["【PostgreSQL 落后 behind】", f"· {found.run.postgres_error}"]
    return Message(
        f"口碑 Koubei {found.publication_id}（数据截至 as of {found.as_of}）", "\n".join(lines)
    )


def _refused(found: Exceptions) -> Message:
    reasons = [*found.run.refusals, *found.run.failures]
    what = "未发布 Not published" if found.run.refusals else "刷新失败 Refresh failed"
    stays = (
        f"读者仍看到 readers still see {found.publication_id}（数据截至 as of {found.as_of}）"
        if found.publication_id
        else "还没有任何发布 nothing was ever published"
    )
    return Message(
        f"口碑 Koubei {what}",
        "\n".join([stays, *_section("原因 Reasons", reasons, str), "→ koubei status"]),
    )


def _section(heading: str, rows: Sequence[Any], line: Callable[[Any], str]) -> Iterator[str]:
    if not rows:
        return
    yield f"【{heading}】{len(rows)}"
    for row in rows[:_LISTED]:
        yield f"· {line(row)}"
    if len(rows) > _LISTED:
        yield f"· … +{len(rows) - _LISTED}"


def _off_target(row: dict[str, Any]) -> str:
    sign = "≥" if row["higher_is_better"] else "≤"
    target = (
        f"目标 target {sign} {write(row['target'], row['unit']).both}"
        if row["target"] is not None
        else ""
    )
    moved = f"较上期 {_moved(row)}" if row["delta"] is not None else ""
    period = f"{_PERIODS.get(row['period_kind'], row['period_kind'])} {row['period_start']}"
    details = ", ".join(filter(None, [target, moved, f"n={row['sample_count']:,}"]))
    return (
        f"{row['label_zh']} {row['label_en']}: {write(row['value'], row['unit']).both}"
        f" ({details}; {period})"
    )


def _moved(row: dict[str, Any]) -> str:
    return write_change(row["delta"], row["unit"], row["delta_kind"]).both


def _withheld(row: dict[str, Any]) -> str:
    return f"{row['label_zh']} {row['label_en']}: {row['status_reason'] or ''}"


def _alert(row: dict[str, Any]) -> str:
    return (
        f"{row['product_name']} / {row['aspect_code']}: {row['first_alert_date']} – "
        f"{row['last_alert_date']}, 峰值 peak {row['peak_count']:,}"
    )


def _late(labels: Labels) -> Callable[[dict[str, Any]], str]:
    def line(row: dict[str, Any]) -> str:
        return (
            f"{labels.channel(row['channel_code'])} {labels.feed(row['feed'])}: 最近 last "
            f"{row['last_export_date']}, 落后 {row['days_behind']} 天 days behind"
        )

    return line


def _file(row: dict[str, Any]) -> str:
    return f"{row['file_name']}: {row['reason']}"
