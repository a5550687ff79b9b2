"""`koubei demo`: invented exports, then a real refresh of them."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    days: Annotated[int, typer.Option(min=1, help="Days of exports.")] = 61,
    customers: Annotated[
        int | None, typer.Option(min=1, help="Customers of the invented brand.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed writes the same files.")] = 7,
) -> None:
    """Write invented channel exports into the home, then refresh.

    The exports are those of a Chinese consumer brand and two competitors, with late, corrected and
    broken files among them. Nothing after this command knows that they are invented.
    """
    from orchestration.commands.run_refresh import run_refresh, screen  # noqa: PLC0415
    from orchestration.home.settings import load_settings  # noqa: PLC0415
    from orchestration.maintenance.demo import write_exports  # noqa: PLC0415
    from orchestration.terminal.progress import reporter_for  # noqa: PLC0415

    settings = load_settings()
    with reporter_for(screen()) as progress:
        write_exports(settings, days=days, customers=customers, seed=seed, progress=progress)
    raise typer.Exit(run_refresh(load_settings()))
