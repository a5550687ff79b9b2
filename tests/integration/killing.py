"""Kill -9 of a running command, and what must not have moved when it is dead."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.home import Home

PATIENCE_SECONDS = 240


def kill_when(process: subprocess.Popen[bytes], happens: Callable[[], bool]) -> None:
    """SIGKILL a command and everything that it started as soon as something is seen in its home."""
    until = time.monotonic() + PATIENCE_SECONDS
    try:
        while not happens():
            assert process.poll() is None, "the command ended before the moment came"
            assert time.monotonic() < until, "the moment never came"
            time.sleep(0.005)
    finally:
        # a command that has ended, as `happens` may allow, has no group any more
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)


@dataclass(frozen=True)
class Seen:
    """What readers of a home see: the publication, its content, counts and money."""

    publication: Path
    hashes: dict[str, str]
    facts: list[dict[str, Any]]

    def assert_unmoved(self, home: Home) -> None:
        """Nothing has moved, but that people may have gone.

        A request to be forgotten is obeyed at once in what is published: people may be missing from
        it afterwards, and nothing else.
        """
        assert home.current == self.publication
        hashes = home.mart_hashes
        moved = {name for name, content in hashes.items() if content != self.hashes[name]}
        assert moved <= _tables_that_name_people(home)
        assert _facts(home) == self.facts


def seen_in(home: Home) -> Seen:
    """What readers of a home see now."""
    return Seen(home.current, home.mart_hashes, _facts(home))


def _facts(home: Home) -> list[dict[str, Any]]:
    """What no reader may see move while a refresh is under way, or killed: counts and money."""
    return home.query(
        "select (select count(*) from reviews.fct_voices) as voices, "
        "count(*) as orders, sum(net_cny) as net_cny from segments.fct_orders"
    )


def _tables_that_name_people(home: Home) -> set[str]:
    """Tables with a customer in them, or words that somebody wrote."""
    rows = home.query(
        "select distinct schema_name || '.' || table_name as name from meta.dictionary "
        "where column_name in ('customer_key', 'voice_key')"
    )
    return {row["name"] for row in rows}
