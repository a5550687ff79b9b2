"""How far a command is: bars in a terminal, lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

STAGES = {
    "demo": "写演示导出 Write exports",
    "parse": "读取模型 Read models",
    "land": "导入文件 Land files",
    "erase": "删除个人 Erase people",
    "landed": "入库检查 Check landed data",
    "score": "文本打分 Score texts",
    "audit": "核对打分 Audit scores",
    "annotate": "文本标注 Annotate texts",
    "build": "构建模型 Build models",
    "marts": "成品检查 Check marts",
    "publish": "发布 Publish",
    "postgres": "写入 PostgreSQL",
}
"""Stages in the order in which they come, with their labels."""


class ProgressReporter(Protocol):
    """Takes how far each stage is, and shows it."""

    def update(self, stage: str, done: int, total: int, note: str = "") -> None:
        """`done` of `total` of a stage, and what it is at; a total of 0 is not known yet."""
        ...


class NoProgress:
    """Shows nothing: Dagster's own UI shows the run."""

    def update(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Do nothing."""


class Bars:
    """One bar a stage, in a terminal."""

    def __init__(self, console: Console) -> None:
        # dbt's own lines are sent to a log by redirecting stdout, so rich must not do so too
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}", table_column=None),
            console=console,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._tasks: dict[str, TaskID] = {}

    def update(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Move the stage's bar."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(
                STAGES.get(stage, stage), total=None, note=""
            )
        is_over = bool(total) and done >= total
        self._progress.update(
            self._tasks[stage],
            completed=done,
            total=total or None,
            note="" if is_over else note[-44:],
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


class Lines:
    """A line when a stage starts, every few seconds, and when it ends; for logs and pipes."""

    def __init__(self, console: Console, seconds_between: float = 10) -> None:
        self._console = console
        self._seconds_between = seconds_between
        self._started: dict[str, float] = {}
        self._ended: set[str] = set()
        self._last = 0.0

    def update(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Print a line when there is something new to say."""
        now = time.monotonic()
        is_first = stage not in self._started
        self._started.setdefault(stage, now)
        is_over = bool(total) and done >= total
        if is_over and stage in self._ended:
            return
        if is_over:
            self._ended.add(stage)
        elif not is_first and now - self._last < self._seconds_between:
            return
        self._last = now
        amount = f"{done:,} of {total:,}" if total else "..."
        took = f" in {now - self._started[stage]:.1f} s" if is_over else ""
        self._console.print(
            f"{STAGES.get(stage, stage)}: {amount}{took}", highlight=False, soft_wrap=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


def reporter_for(console: Console) -> Bars | Lines:
    """Bars where they can be drawn, lines where not."""
    return Bars(console) if console.is_terminal and not console.is_dumb_terminal else Lines(console)
