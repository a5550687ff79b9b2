"""`koubei contracts`: whether contracts are sound, before a refresh depends on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def contracts() -> None:
    """Channel contracts: what each channel exports and how it becomes feeds."""


@app.command()
def check(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A folder with contracts of your own, or one contract; the packaged ones and "
            "those of KOUBEI_CHANNELS when left out.",
            exists=True,
        ),
    ] = None,
) -> None:
    """Read contracts and say what they claim, or what is wrong: file, line and what to do."""
    from orchestration.commands.contract_tables import print_contracts  # noqa: PLC0415

    print_contracts(path)
