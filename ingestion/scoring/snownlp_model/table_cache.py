"""The tables of a model, kept in a file: building them takes seconds, reading them a moment.

A cache is never needed: a folder that cannot be written, or a file that is damaged, costs the time
to build the tables again, and nothing else.
"""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

import numpy as np

from ingestion.privacy.private_files import replace_file
from ingestion.scoring.snownlp_model.files import ModelFiles
from ingestion.scoring.snownlp_model.layout import Tables
from ingestion.scoring.snownlp_model.tables import build_tables

LAYOUT = 4
"""Bump it when the tables mean something else."""


def user_cache() -> Path:
    """Where tables are kept when no folder is named."""
    return Path.home() / ".cache" / "koubei"


def load_tables(files: ModelFiles, cache: Path | None = None) -> Tables:
    """The tables of a model, from the cache where it has them.

    Args:
        files: The model.
        cache: A folder; the user's own cache when None.

    Raises:
        ModelError: A file of the model cannot be read, or holds something else.
    """
    path = cached_path(files, cache)
    tables = _read(path)
    if tables is None:
        tables = build_tables(files)
        _write(tables, path)
    return tables


def cached_path(files: ModelFiles, cache: Path | None = None) -> Path:
    """The file of a model's tables; its name holds package version and content hash."""
    name = f"snownlp-{files.version}-{files.digest[:16]}-{LAYOUT}.npz"
    return (cache or user_cache()) / name


def _read(path: Path) -> Tables | None:
    try:
        # every array carries a checksum, and reading it compares
        with np.load(path, allow_pickle=False) as held:
            return Tables(**{name: held[name] for name in Tables._fields})
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(tables: Tables, path: Path) -> None:
    """Put the file in its place whole, or not at all."""
    with contextlib.suppress(OSError), replace_file(path) as file:
        np.savez(file, **tables._asdict())
