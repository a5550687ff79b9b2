"""`koubei explain`: what a KPI is made of, what moved it, and where its rows came from."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from orchestration.explain.explain import Question
from orchestration.explain.explain import explain as answer_of
from orchestration.explain.render import show
from orchestration.home.settings import load_settings
from orchestration.publication.labels import read_labels
from orchestration.terminal.tables import console


def explain(
    kpi: Annotated[
        str, typer.Argument(metavar="KPI", help="Code with or without kpi_, or its Chinese name.")
    ],
    *,
    period: Annotated[
        str,
        typer.Option(
            help="2026-10-18, 2026-W43, 2026-10 or 2026-Q4; day, week, month or quarter for the "
            "last complete one; week-to-date, month-to-date or quarter-to-date."
        ),
    ] = "week",
    against: Annotated[
        str | None,
        typer.Option(help="The period that it is compared with; without it, the one before."),
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Only this channel.")] = None,
    brand: Annotated[
        str | None, typer.Option(help="This brand; without it, our brands together.")
    ] = None,
    product: Annotated[str | None, typer.Option(help="Only this product_key.")] = None,
    segment: Annotated[
        str | None, typer.Option(help="Only this segment: koc, or strategy=koc.")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Rows shown behind each side.")] = 10,
    sql: Annotated[bool, typer.Option("--sql", help="Print the query behind it, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Trace a KPI of the published set: its number, what moved it, its query, rows and files."""
    settings = load_settings()
    question = Question(kpi, period, against, channel, brand, product, segment, rows)
    found = answer_of(settings, question)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2, default=str))
        return
    show(console(), found, read_labels(settings), with_sql=sql)
