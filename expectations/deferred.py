"""Expectations named without importing Great Expectations.

Belongs here: the stand-in `gxe`, and nothing about any suite. Importing Great Expectations takes
four seconds on a quiet machine, and a command such as `koubei status` needs only the names of the
suites; so a suite writes `gxe.ExpectColumnValuesToBeBetween(...)` as it would with the library,
and the library is loaded when the first suite is validated.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from great_expectations.expectations import Expectation

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Expected:
    """One expectation as a suite wrote it: the library's class name and its arguments."""

    name: str
    arguments: dict[str, Any]

    @property
    def severity(self) -> Severity:
        """`critical` blocks, `warning` is reported; critical when the suite does not say."""
        return cast("Severity", self.arguments.get("severity", "critical"))

    @property
    def columns(self) -> list[str]:
        """The columns that it looks at, in the order of its arguments."""
        single = [self.arguments.get(name) for name in ("column", "column_A", "column_B")]
        return [c for c in (*single, *self.arguments.get("column_list", [])) if c is not None]

    def resolve(self) -> Expectation:
        """Build the library's own expectation.

        Raises:
            AttributeError: no expectation of that name.
            ValueError: an argument that the expectation does not take (pydantic's error).
        """
        kind = getattr(library("great_expectations.expectations"), self.name)
        return cast("Expectation", kind(**{"severity": self.severity, **self.arguments}))


class _Stand:
    """Answers `gxe.ExpectSomething` with a function that records its arguments."""

    def __getattr__(self, name: str) -> Callable[..., Expected]:
        if not name.startswith("Expect"):
            raise AttributeError(name)
        return lambda **arguments: Expected(name, arguments)


def library(name: str = "great_expectations") -> ModuleType:
    """Import Great Expectations, or one of its modules, now that it is needed."""
    return importlib.import_module(name)


gxe = _Stand()
