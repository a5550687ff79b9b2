"""How the command line shows things: tables whose headers are Chinese first, English below."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# wide enough for a log or a pipe, where there is no window to ask
_WIDTH_ELSEWHERE = 160


def console() -> Console:
    """A console for standard output; as wide as the window, or wide where there is none."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH_ELSEWHERE, highlight=False)


def table(
    title: str | None, headers: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]
) -> Table:
    """A table of `rows`; each header is (Chinese, English). Cells are text, never markup."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    cells = [list(row) for row in rows]
    for position, (chinese, english) in enumerate(headers):
        is_number = bool(cells) and all(
            isinstance(row[position], int | float | Decimal) or row[position] is None
            for row in cells
        )
        heading = f"{chinese}\n{english}" if chinese else english
        made.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in cells:
        made.add_row(*(Text(shown(value)) for value in row))
    return made


def records(
    title: str | None, headers: Mapping[str, tuple[str, str]], rows: Iterable[Mapping[str, Any]]
) -> Table:
    """As `table`, from mappings; `headers` gives the columns and their order."""
    return table(title, list(headers.values()), ([row[name] for name in headers] for row in rows))


def shown(value: object) -> str:
    """A value as a person reads it: nothing for null, thousands apart, days and minutes."""
    text = str(value)
    match value:
        case None:
            text = ""
        case bool():
            text = "是 yes" if value else "否 no"
        case int():
            text = f"{value:,}"
        case datetime():
            text = f"{value:%Y-%m-%d %H:%M}"
        case list():
            text = ", ".join(shown(each) for each in value)
    return text
