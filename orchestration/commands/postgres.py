"""`koubei postgres`: PostgreSQL holds what readers of the home see, without a refresh."""

from __future__ import annotations

from rich.console import Console

from orchestration.home.errors import KoubeiError
from orchestration.home.settings import Settings, SettingsError, load_settings
from orchestration.publication.connections import home_held
from orchestration.terminal.progress import reporter_for
from orchestration.terminal.tables import console


def postgres() -> None:
    """Bring PostgreSQL to the publication that readers see; every refresh does it by itself.

    Exit code: 0 it is there, 2 misuse, 3 it could not be brought there.
    """
    settings = load_settings()
    if settings.postgres_dsn is None:
        raise SettingsError(
            "KOUBEI_POSTGRES_DSN is not set: write it as postgresql://user:password@host:5432/db"
        )
    with home_held(settings):
        error = sync_postgres(settings, console())
    if error is not None:
        raise error


def sync_postgres(settings: Settings, out: Console) -> KoubeiError | None:
    """Sync PostgreSQL and print the result; returns the error, if any. The home is held."""
    if settings.postgres_dsn is None:
        return None
    from orchestration.postgres.sync import sync  # noqa: PLC0415 - a driver few need

    try:
        with reporter_for(out) as progress:
            done = sync(settings, progress)
    except KoubeiError as error:
        return error
    if done is None:
        out.print("还没有发布 nothing is published yet: run koubei refresh")
    else:
        took = (
            f", {done.way}, {len(done.changed)} changed, {done.seconds:.1f} s"
            if done.is_new
            else " 无变化 unchanged"
        )
        out.print(
            f"PostgreSQL: {done.publication_id}, {done.tables} tables, {done.rows:,} rows{took}",
            soft_wrap=True,
        )
        for name in done.left:
            out.print(f"  不再发布 unpublished; could not be dropped, in use: {name}")
    return None
