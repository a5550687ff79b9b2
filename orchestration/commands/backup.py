"""`koubei backup`: a consistent copy, with the way back written beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.home.settings import load_settings
from orchestration.maintenance.backups import back_up
from orchestration.publication.connections import home_held
from orchestration.terminal.tables import console


def backup(
    destination: Annotated[
        Path | None,
        typer.Argument(metavar="DEST", help="A folder; the home's backups by default."),
    ] = None,
) -> None:
    """Copy the build, the current publication and the originals; the key is not copied."""
    settings = load_settings()
    with home_held(settings):
        made = back_up(settings, destination)
    out = console()
    out.print(f"备份 backup: {made.path} ({made.size_bytes / 2**20:,.1f} MB)", soft_wrap=True)
    out.print(
        f"  发布 publication {made.publication_id or 'none'}, 原始文件 originals {made.originals}"
    )
    out.print(
        "  密钥不在其中 the key is NOT in it; its fingerprint: "
        f"{made.fingerprint or 'none yet, nothing has landed'}"
    )
    out.print(f"  恢复 to restore: {made.path / 'RESTORE.txt'}", soft_wrap=True)
