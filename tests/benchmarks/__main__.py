"""Run the benchmarks, print a table, keep one JSON each under the home's `bench/`."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
from pathlib import Path

from rich.console import Console
from rich.table import Table

import tests.benchmarks as package
from orchestration.home.settings import load_settings
from tests.benchmarks.timing import Timing

FRAME = {"__main__", "attribution_peers", "clv_log", "clv_peer", "memory", "naive_day", "timing"}


def main() -> None:
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name not in FRAME)
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", choices=names, metavar="NAME", help=", ".join(names))
    chosen = parser.parse_args().only
    folder = Path(load_settings().home) / "bench"
    folder.mkdir(parents=True, exist_ok=True)

    table = Table(title="Seconds, medians of one run; ratio under 1 is faster than the peer")
    for heading in ["benchmark", "size", "ours", "peer", "ratio", "peer is", "agreement", "MiB"]:
        table.add_column(heading)
    for name in [chosen] if chosen else names:
        timings: list[Timing] = importlib.import_module(f"tests.benchmarks.{name}").run()
        for t in timings:
            (folder / f"{t.name}.json").write_text(
                json.dumps(t.as_row(), indent=2), encoding="utf-8"
            )
            table.add_row(
                t.name, t.size, f"{t.ours:.2f}", f"{t.peer:.2f}", f"{t.ratio:.2g}", t.peer_name,
                t.agreement, f"{t.peak_memory_mib:.0f}",
            )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
