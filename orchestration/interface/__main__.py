"""What is written of the project for its readers: `python -m orchestration.interface --write`.

The published interface, the page of KPIs and dbt's semantic models follow from the models and
their yml entries. They are checked in, so that a reader and a diff have them without running
anything, and a test fails while one of them is not what the project says.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from orchestration.home.settings import ROOT
from orchestration.interface.generate import COMMAND, InterfaceError, stale, write


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what is stale, or say what is; the exit code is 1 for a stale file or a break."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write them anew")
    action.add_argument("--check", action="store_true", help="fail unless they are fresh")
    parser.add_argument("--project", type=Path, default=ROOT / "dbt_project", help="dbt's project")
    options = parser.parse_args(arguments)
    try:
        told = (
            write(options.project, date.today())
            if options.write
            else stale(options.project, date.today())
        )
    except InterfaceError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in told)
    return 1 if told and options.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
