"""What a suite is and how suites are found.

Belongs here: `Suite`, `discover`, and `gxe`, which a suite's file is written with. How a suite is
run is in `validation.py`, how verdicts become pages in `data_docs.py`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from expectations.deferred import gxe
from expectations.verdicts import Stage

__all__ = ["Suite", "SuiteError", "discover", "gxe"]


class SuiteError(Exception):
    """A suite file that cannot be used; the message names the file and what to do."""


@dataclass(frozen=True)
class Suite:
    """Expectations about one table.

    Attributes:
        table: schema and table that the suite guards, e.g. `reviews.fct_voices`.
        stage: `landed` runs before dbt, `marts` before publishing.
        title_zh: what the suite is called in Chinese.
        expectations: Great Expectations' own, written as `gxe.Expect...(...)`; `severity` is
            `critical` (blocks) or `warning` (reported), `description` says what it means.
        query: SQL that gives only the rows and columns needed. Without it, the columns that the
            expectations name are read, and `key`. A query without a row passes.
        key: columns that tell a failing row from others; shown with it.
        name: the module's name; `discover` fills it in.
        summary: the first line of the module's docstring; `discover` fills it in.
    """

    table: str
    stage: Stage
    title_zh: str
    expectations: Sequence[Any]
    query: str | None = None
    key: Sequence[str] = ()
    name: str = ""
    summary: str = ""

    @property
    def sql(self) -> str:
        """The statement that reads what the suite looks at."""
        if self.query:
            return self.query
        columns = [*self.key, *(c for e in self.expectations for c in e.columns)]
        return f"select {', '.join(dict.fromkeys(columns)) or '1 as row_mark'} from {self.table}"


def discover(package: str = "expectations.suites") -> list[Suite]:
    """Every suite of the package, by name.

    Raises:
        SuiteError: a file without a `SUITE`, or one with an unknown stage.
    """
    folder = importlib.import_module(package)
    found = []
    for module_info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{package}.{module_info.name}")
        suite = getattr(module, "SUITE", None)
        if not isinstance(suite, Suite):
            raise SuiteError(
                f"{module.__file__}: no SUITE here; each file of {package} holds one SUITE"
            )
        if suite.stage not in get_args(Stage):
            raise SuiteError(
                f"{module.__file__}: stage {suite.stage!r} is not one of landed, marts"
            )
        summary = (module.__doc__ or "").strip().split("\n", 1)[0]
        found.append(replace(suite, name=module_info.name, summary=summary))
    return found
