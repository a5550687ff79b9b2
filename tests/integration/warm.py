"""`koubei` commands in fresh processes that have their libraries loaded already.

A refresh imports Dagster and Great Expectations for nine seconds before it does anything, and these
tests run dozens. So a server process imports them once, and each command is a fork of it: the same
entry point with arguments, environment, folder and exit code of its own. Tests that kill a command
start the real one instead (`Home.start`).
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from orchestration.cli import main
from orchestration.home.settings import prepare_environment

ROOT = Path(__file__).parents[2]
# read at import, so it must be set before the server starts
prepare_environment()
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    [
        "great_expectations",
        "great_expectations.expectations",
        "orchestration.graph.refresh",
        *(f"orchestration.commands.{name}" for name in ("refresh", "demo", "query", "status")),
    ]
)


def run_koubei(
    arguments: Sequence[str], environment: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """One `koubei` command with everything that it prints."""
    with tempfile.TemporaryDirectory() as scratch:
        said, complained = Path(scratch) / "stdout", Path(scratch) / "stderr"
        process = _SERVER.Process(
            target=_command, args=([*arguments], environment, folder, said, complained)
        )
        process.start()
        process.join()
        assert process.exitcode is not None
        return subprocess.CompletedProcess(
            ["koubei", *arguments],
            process.exitcode,
            said.read_text(encoding="utf-8") if said.exists() else "",
            complained.read_text(encoding="utf-8") if complained.exists() else "",
        )


def _command(
    arguments: list[str], environment: dict[str, str], folder: Path, said: Path, complained: Path
) -> None:
    """Runs in the forked process, whose standard streams become files, as a shell's would."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for path, descriptor in ((said, 1), (complained, 2)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    try:
        main(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
