"""`koubei rollback`: readers see an earlier publication again."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestration.commands.postgres import sync_postgres
from orchestration.home.settings import load_settings
from orchestration.publication import store
from orchestration.publication.connections import home_held, open_file
from orchestration.publication.store import PublicationError
from orchestration.report.front_page import rewrite_front_page
from orchestration.terminal.tables import console


def rollback(
    publication: Annotated[
        str | None, typer.Argument(help="The publication to go to; the one before by default.")
    ] = None,
) -> None:
    """Move the pointer to an earlier publication; nothing is deleted, and it can be moved again."""
    settings = load_settings()
    folder = settings.published_path
    with home_held(settings):
        store.recover_publications(folder)
        seen = store.current(folder)
        target = store.find(folder, publication or _before(folder))
        if seen is not None and seen.publication_id == target.publication_id:
            raise PublicationError(f"readers see {target.publication_id} already")
        store.point(folder, target.publication_id)
        if settings.warehouse_path.exists():
            with open_file(settings.warehouse_path) as connection:
                rewrite_front_page(settings, connection)
        out = console()
        error = sync_postgres(settings, out)
    out.print(
        f"读者现在看到 readers now see {target.publication_id} "
        f"(数据截至 as of {target.as_of}); the next refresh publishes what it builds"
    )
    if error is not None:
        raise error


def _before(folder: store.Path) -> str:
    seen = store.current(folder)
    kept = [each.publication_id for each in store.kept(folder)]
    if seen is None or seen.publication_id not in kept:
        raise PublicationError("nothing is published yet, so there is nothing to roll back")
    position = kept.index(seen.publication_id)
    if position == 0:
        raise PublicationError(f"{seen.publication_id} is the oldest publication that is kept")
    return kept[position - 1]
