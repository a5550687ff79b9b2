"""`koubei superset`: the dashboards, for a Superset of one's own."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


class Store(StrEnum):
    """A store that dashboards can read."""

    DUCKDB = "duckdb"
    POSTGRES = "postgres"


@app.callback()
def superset() -> None:
    """Dashboards for Apache Superset 6.1, as a bundle that it imports."""


@app.command()
def bundle(
    store: Annotated[
        Store, typer.Option("--for", help="The store that the dashboards read.")
    ] = Store.DUCKDB,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The zip to write.", dir_okay=False)
    ] = Path("koubei_superset.zip"),
) -> None:
    """Write the five dashboards as a zip; the same publication gives the same bytes."""
    from orchestration.superset.write import write_bundle  # noqa: PLC0415

    write_bundle(store.value, output)
