"""`koubei refresh`: the nightly run, started by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

_DAY = ["%Y-%m-%d", "%Y%m%d"]


def refresh(
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=_DAY, help="Land the exports of this day only."),
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="Land no earlier day.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="Land no later day.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept",
            metavar="FILE",
            help="Land this file although it looks too short or has many bad rows. Repeatable.",
        ),
    ] = None,
) -> None:
    """Land pending exports, score, build, check, publish.

    Without options: every day that has exports and has not landed.

    Exit code: 0 published (or nothing changed), 1 refused by the gate, 2 misuse or a bad
    environment, 3 published here but PostgreSQL could not be brought to it.
    """
    from orchestration.commands.run_refresh import run_refresh  # noqa: PLC0415 - a second of imports
    from orchestration.home.settings import load_settings  # noqa: PLC0415

    if day and (first or last):
        raise typer.BadParameter("--date cannot stand beside --from or --to", param_hint="--date")
    if first and last and first > last:
        raise typer.BadParameter("it is after --to", param_hint="--from")
    first, last = day or first, day or last
    exit_code = run_refresh(
        load_settings(),
        first=first.date() if first else None,
        last=last.date() if last else None,
        accept=accept or [],
    )
    raise typer.Exit(exit_code)
