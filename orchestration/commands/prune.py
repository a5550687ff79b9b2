"""`koubei prune`: make room; never what readers see."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ingestion.files.originals import Originals
from orchestration.home.settings import load_settings
from orchestration.publication import store
from orchestration.publication.connections import home_held
from orchestration.terminal.tables import console


def prune(
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="Publications to keep; KOUBEI_KEEP_PUBLICATIONS by default."),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(min=0, help="Days of originals to keep; KOUBEI_ORIGINALS_DAYS by default."),
    ] = None,
) -> None:
    """Remove old publications, left-over drafts, and originals past their time."""
    settings = load_settings()
    with home_held(settings):
        left = store.recover_publications(settings.published_path)
        gone = store.prune(settings.published_path, keep or settings.keep_publications)
        today = datetime.now(ZoneInfo(settings.timezone)).date()
        # deleting opens nothing, so no key is asked for
        originals = Originals(settings.originals_path, b"").prune(
            settings.originals_days if days is None else days, today
        )
    out = console()
    out.print(f"发布 publications removed: {', '.join(gone) or 'none'}")
    if left:
        out.print(f"草稿 left-overs of an interrupted run removed: {', '.join(left)}")
    out.print(f"原始文件 originals removed: {originals}")
