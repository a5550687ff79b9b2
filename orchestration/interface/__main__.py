"""What is made of the project: `python -m orchestration.interface --write` (or `make interface`).

The published interface and the page of KPIs follow from the models and their yml entries. They are
checked in, so that a reader and a diff have them without running anything, and a test fails while
one of them is not what the project says. With them goes what dbt reads beside the project's own
files, into `generated/`, which git ignores: a refresh has its own in the home, and this one is for
dbt called by hand.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from orchestration.dbt.generated import FOLDER, write_generated
from orchestration.dbt.short_entries import EntryError
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
        if options.write:
            lines = write(options.project, date.today())
            write_generated(options.project, options.project / FOLDER)
        else:
            lines = stale(options.project, date.today())
    except (InterfaceError, EntryError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if lines and options.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
