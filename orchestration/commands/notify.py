"""`koubei notify`: what needs attention, posted to chat or mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.home.settings import Settings, SettingsError, load_settings
from orchestration.publication.connections import home_held
from orchestration.status.state import read_state
from orchestration.terminal.tables import console

if TYPE_CHECKING:
    from orchestration.notify.findings import RunResult


def notify(
    is_dry: Annotated[
        bool, typer.Option("--dry-run", help="Print the message; send nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also to those who have had it, or may have had it.")
    ] = False,
) -> None:
    """Post what needs attention to 企业微信, 钉钉, 飞书 or mail; every refresh does it by itself.

    KPIs off target or withheld, alerts that are open, late feeds, a refused publication; nothing
    where all is well, and nothing twice.

    Exit code: 0 sent, sent before or nothing to say, 1 a target has not taken it, 2 misuse.
    """
    # apprise and DuckDB are no part of a help text
    from orchestration.notify.notify import compose  # noqa: PLC0415
    from orchestration.notify.notify import notify as post  # noqa: PLC0415

    settings = load_settings()
    out = console()
    if is_dry:
        composed = compose(settings, _run_result(settings))
        out.print(str(composed[1]) if composed else _WELL, soft_wrap=True, markup=False)
        return
    if settings.notify_urls is None:
        raise SettingsError(
            "KOUBEI_NOTIFY_URLS is not set: write addresses such as wecombot://KEY "
            "dingtalk://TOKEN feishu://TOKEN mailto://user:password@host (--dry-run sends nothing)"
        )
    with home_held(settings):
        results = post(settings, _run_result(settings), again=again)
    if not results:
        out.print(_WELL)
    for each in results:
        out.print(each.line, markup=False, soft_wrap=True)
    raise typer.Exit(int(any(each.outcome in ("failed", "unknown") for each in results)))


_WELL = "一切正常 all is well: nothing off target, withheld, open, late or refused"


def _run_result(settings: Settings) -> RunResult:
    from orchestration.notify.findings import RunResult  # noqa: PLC0415

    state = read_state(settings)
    last, there = state["last_verdict"], state["postgres"]
    postgres_error = None
    if there is not None:
        postgres_error = there["problem"] or (
            f"{there['publication_id'] or 'nothing'} stands there" if there["is_behind"] else None
        )
    if last is not None and last["verdict"] == "refused":
        return RunResult(last["run_id"], [last["reason"]], (), postgres_error)
    return RunResult(last["run_id"] if last else "", (), (), postgres_error)
