"""The dbt project as files: its fingerprint, its manifest, and how dbt is called.

Manifest, partial parse and logs go to the home, never into the project's folder.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ingestion.contracts.feeds import load_feeds
from ingestion.raw import dbt_sources
from ingestion.raw.schema import raw_tables
from orchestration.dbt import generated, semantic, short_entries, yaml_entries
from orchestration.home.errors import KoubeiError
from orchestration.home.settings import Settings, prepare_environment
from orchestration.terminal.progress import NoProgress, ProgressReporter

_BUILD_FOLDERS = ("models", "macros", "seeds", "snapshots", "estimators")
_ALL_FOLDERS = (*_BUILD_FOLDERS, "tests", "analyses")
_SUFFIXES = (".sql", ".yml", ".yaml", ".csv", ".py")
# what else decides what dbt reads: the code that fills in its generated files
_GENERATORS = tuple(
    Path(str(module.__file__))
    for module in (dbt_sources, generated, semantic, short_entries, yaml_entries)
)
_TESTED = ("model", "seed", "snapshot", "test")


class ProjectError(KoubeiError):
    """The dbt project cannot be read; the message is dbt's own, in short."""


def dbt_executable() -> str:
    """The dbt that stands beside this Python, also where no environment is activated."""
    beside = Path(sys.executable).with_name("dbt")
    return str(beside) if beside.exists() else "dbt"


def build_fingerprint(project: Path, *inputs: str) -> str:
    """Hash of what decides the rows: models, macros, seeds, vars, estimators, the engine's version.

    When it differs from the last successful build's, everything is built anew.

    Args:
        project: The dbt project.
        inputs: Fingerprints of what is an input like a seed and stands outside the project.
    """
    files = _fingerprint(project, _BUILD_FOLDERS)
    return hashlib.sha256("\n".join([files, *inputs]).encode()).hexdigest()


def ensure_manifest(settings: Settings, progress: ProgressReporter | None = None) -> Path:
    """Make dbt's manifest in the home when it is missing, or older than the project's files.

    dbt reads the project through links in the home, where what is generated stands beside them.

    Raises:
        ProjectError: dbt cannot read the project.
        EntryError: A yml entry of the project cannot be filled in.
    """
    project = settings.dbt_project_path
    stamp = settings.manifest_path.with_name("manifest.fingerprint")
    linked = settings.linked_project_path
    generated.link_project(project, linked)
    wanted = _fingerprint(project, _ALL_FOLDERS)
    if (
        settings.manifest_path.exists()
        and (linked / generated.FOLDER).exists()
        and stamp.exists()
        and stamp.read_text() == wanted
    ):
        return settings.manifest_path
    stamp.unlink(missing_ok=True)
    generated.write_generated(project, linked / generated.FOLDER)
    # the same for every call of dbt, or it parses anew
    prepare_environment(settings)
    progress = progress or NoProgress()
    progress.update("parse", 0, 1)
    settings.manifest_path.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [dbt_executable(), "--no-use-colors", "parse"],
        cwd=linked,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ProjectError(f"{project}: dbt cannot read the project: {_short(done.stdout)}")
    stamp.write_text(wanted)
    progress.update("parse", 1, 1)
    return settings.manifest_path


def neutral_band(project: Path) -> tuple[float, float]:
    """The thresholds between which a model of two classes abstains, as the project's vars say."""
    chosen = short_entries.read_yml(project / "dbt_project.yml")["vars"]
    return float(chosen["sentiment_negative_below"]), float(chosen["sentiment_positive_from"])


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest as JSON."""
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def node_count(manifest: dict[str, Any]) -> int:
    """How many nodes a build runs; unit tests are for the developer."""
    return sum(
        node["resource_type"] in _TESTED
        and node.get("config", {}).get("enabled", True)
        and node.get("config", {}).get("materialized") != "ephemeral"
        for node in manifest["nodes"].values()
    )


def _fingerprint(project: Path, folders: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for package in ("dbt-core", "dbt-duckdb", "duckdb"):
        digest.update(f"{package}={version(package)}\n".encode())
    digest.update(repr(raw_tables(load_feeds())).encode())
    for path in _GENERATORS:
        digest.update(path.read_bytes())
    paths = [project / name for name in ("dbt_project.yml", "profiles.yml", ".dbtignore")]
    for folder in folders:
        paths += [
            path for path in (project / folder).rglob("*") if path.suffix.lower() in _SUFFIXES
        ]
    for path in sorted(paths):
        if path.is_file():
            digest.update(path.relative_to(project).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _short(output: str) -> str:
    """What dbt says went wrong, without its clock and its list of versions."""
    lines = [line.split("  ", 1)[-1].strip() for line in output.splitlines()]
    for position, line in enumerate(lines):
        if "Error" in line or "error" in line:
            return " ".join(filter(None, lines[position : position + 8]))
    return " ".join(filter(None, lines[-5:])) or "it gave no reason"
