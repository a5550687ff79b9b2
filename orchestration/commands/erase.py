"""`koubei erase`: a person leaves the home, with proof."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from orchestration.home.errors import KoubeiError


class EraseError(KoubeiError):
    """The erasure was not confirmed; the message says what to write."""


def erase(
    customer: Annotated[
        str,
        typer.Argument(
            metavar="CUSTOMER",
            help="A customer_key, or an identifier as kind:value, such as phone:13800001234.",
        ),
    ],
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person: warehouse, originals, publications, later landings; prints the proof.

    Exit code: 0 erased and proven, 1 a trace was left or nothing could be published, 2 misuse.
    """
    from orchestration.home.settings import load_settings, prepare_environment  # noqa: PLC0415

    settings = load_settings()
    prepare_environment(settings)
    # these import the engines: seconds, which `koubei --help` must not pay
    from orchestration.commands.erasure_summary import print_proof  # noqa: PLC0415
    from orchestration.commands.run_refresh import screen  # noqa: PLC0415
    from orchestration.graph.refresh import refresh  # noqa: PLC0415
    from orchestration.privacy import verification  # noqa: PLC0415
    from orchestration.privacy.requests import person_asked_for  # noqa: PLC0415
    from orchestration.terminal.progress import reporter_for  # noqa: PLC0415

    today = datetime.now(ZoneInfo(settings.timezone)).date()
    person = person_asked_for(settings, customer, today)
    out = screen()
    before = verification.look(settings.warehouse_path, person.traces)
    if not is_sure:
        out.print(
            f"将删除 {len(person.nodes)} 个标识，{sum(before.naming.values())} 行涉及此人 "
            f"identifiers of one person and rows that name them; this cannot be undone."
        )
        if not sys.stdin.isatty():
            raise EraseError("add --yes to erase without being asked")
        typer.confirm("继续 Go on?", abort=True)
    with reporter_for(out) as progress:
        outcome = refresh(
            settings, progress=progress, erasure_requests=person.requests, is_landing=False
        )
    after = verification.look(settings.warehouse_path, person.traces)
    clear = re.sub(r"^[a-z_0-9]+:", "", customer) if ":" in customer else None
    left = verification.walk(settings, person.traces, clear)
    print_proof(
        out,
        person,
        before=before,
        after=after,
        left=left,
        out_of_reach=verification.outside(settings),
        outcome=outcome,
    )
    raise typer.Exit(1 if left else outcome.exit_code)
