"""What `koubei refresh` and `koubei demo` share: run with a progress display, print the summary."""

from __future__ import annotations

import sys
from collections.abc import Collection
from datetime import date

from rich.console import Console

from orchestration.home.settings import Settings, prepare_environment
from orchestration.terminal.progress import reporter_for
from orchestration.terminal.tables import console


def screen() -> Console:
    """Where progress and summaries go, also while dbt's lines are sent to a log."""
    made = console()
    # a console looks for stdout anew at each line; during a build stdout is the log
    made.file = sys.stdout
    return made


def run_refresh(
    settings: Settings,
    *,
    first: date | None = None,
    last: date | None = None,
    accept: Collection[str] = (),
) -> int:
    """Refresh, watched; returns the exit code.

    Raises:
        KoubeiError: It could not start.
    """
    prepare_environment(settings)
    # these import the engines: seconds, which `koubei --help` must not pay
    from orchestration.commands.summary import print_summary  # noqa: PLC0415
    from orchestration.graph.refresh import refresh  # noqa: PLC0415

    shown = screen()
    with reporter_for(shown) as progress:
        outcome = refresh(settings, progress=progress, first=first, last=last, accept=accept)
    print_summary(outcome, shown)
    return outcome.exit_code
