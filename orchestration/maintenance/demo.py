"""A home for invented exports: never one that holds real ones."""

from __future__ import annotations

import os
import secrets

from ingestion.demo import MARKER, write_demo
from orchestration.home.errors import KoubeiError
from orchestration.home.lock import holding
from orchestration.home.settings import Settings
from orchestration.terminal.progress import ProgressReporter


class DemoError(KoubeiError):
    """The demo would mix invented data with real data."""


def write_exports(
    settings: Settings, *, days: int, customers: int | None, seed: int, progress: ProgressReporter
) -> None:
    """Write the demo's files into the home, and a key where there is none.

    Raises:
        DemoError: The home holds something that the demo did not write, or exports are read from
            elsewhere.
    """
    if settings.exports and settings.exports_url != str(settings.exports_path):
        raise DemoError(
            f"KOUBEI_EXPORTS is {settings.exports}, and the demo writes to "
            f"{settings.exports_path}: unset it, or name a home for the demo in KOUBEI_HOME"
        )
    has_files = settings.exports_path.is_dir() and any(settings.exports_path.iterdir())
    if not (settings.home / MARKER).exists() and (has_files or settings.warehouse_path.exists()):
        raise DemoError(
            f"{settings.home} holds data that the demo did not write: name another home, such as "
            "KOUBEI_HOME=.koubei-demo koubei demo"
        )
    with holding(settings):
        make_key(settings)
        sized = {} if customers is None else {"customers": customers}
        write_demo(
            settings.home,
            days=days,
            seed=seed,
            on_progress=lambda what, done, total: progress.update("demo", done, total, what),
            **sized,
        )


def make_key(settings: Settings) -> None:
    """Make the home's key, readable by its owner alone; one that is set or there stays."""
    if settings.hash_key is not None or settings.key_path.exists():
        return
    settings.home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(settings.key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
