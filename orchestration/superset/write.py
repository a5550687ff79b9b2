"""Writing the bundle: what it is made from, and the one line that says what was written."""

from __future__ import annotations

from pathlib import Path

from orchestration.home.errors import one_line
from orchestration.home.settings import Settings, load_settings
from orchestration.publication import store
from orchestration.publication.connections import open_published
from orchestration.publication.labels import read_labels
from orchestration.superset.board_specs import BoardError
from orchestration.superset.bundle import Sources, Target, bundle_files, zipped
from orchestration.superset.databases import duckdb_uri, postgres_uri
from orchestration.terminal.tables import console


def write_bundle(target: Target, output: Path) -> None:
    """Write the bundle of the current publication to `output`.

    Raises:
        KoubeiError: Nothing is published, the server is not named, or the file cannot be written.
    """
    settings = load_settings()
    files = make_files(settings, target)
    try:
        output.write_bytes(zipped(files))
    except OSError as error:
        raise BoardError(f"{output}: {one_line(error)}") from None
    kinds = [path.split("/")[1] for path in files]
    console().print(
        f"{output}: {kinds.count('dashboards')} 个看板 dashboards, {kinds.count('charts')} 张图 "
        f"charts, {kinds.count('datasets')} 个数据集 datasets"
    )


def make_files(settings: Settings, target: Target) -> dict[str, str]:
    """The files of the bundle, from the current publication and the settings."""
    uri = _uri(settings, target)
    with open_published(settings) as connection:
        sources = Sources(
            connection=connection,
            uri=uri,
            seeds=settings.dbt_project_path / "seeds",
            channels=read_labels(settings).channels,
        )
        return bundle_files(target, sources)


def _uri(settings: Settings, target: Target) -> str:
    if target == "duckdb":
        return duckdb_uri(settings.published_path / "current" / store.DATABASE)
    dsn = getattr(settings, "postgres_dsn", None)
    if dsn is None:
        raise BoardError(
            "KOUBEI_POSTGRES_DSN is not set: name the server that the dashboards read, "
            "like postgresql://user@host:5432/database"
        )
    return postgres_uri(dsn.get_secret_value())
