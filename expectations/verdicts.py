"""What a suite found: one `Verdict` per suite, one `Outcome` per expectation. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from expectations.deferred import Severity

Stage = Literal["landed", "marts"]


@dataclass(frozen=True)
class Outcome:
    """One expectation against one frame.

    Attributes:
        expectation: the library's snake-case name, e.g. `expect_column_values_to_be_between`.
        column: what it read; two columns are joined by a comma; null for the whole table.
        severity: `critical` blocks, `warning` is reported.
        is_passed: whether it holds.
        observed: what was seen, for a person: a value, or `3 of 120 rows`.
        failing_count: rows that break it; 1 where a figure of the whole frame does.
        sample_rows: a few of those rows, with the suite's key columns; values are plain JSON.
        description: what the expectation means, in Chinese and English.
        limits: the bounds that it was given, e.g. `{"min_value": 0}`.
    """

    expectation: str
    column: str | None
    severity: Severity
    is_passed: bool
    observed: str
    failing_count: int = 0
    sample_rows: list[dict[str, Any]] = field(default_factory=list)
    description: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """One line that says what was found and where, for a log or a ledger."""
        subject = f" ({self.column})" if self.column else ""
        meaning = self.description or self.expectation
        return f"{meaning}{subject}: {self.observed}"


@dataclass(frozen=True)
class Verdict:
    """All outcomes of one suite.

    Attributes:
        suite: the suite's name, which is its module's name.
        table: the table it guards.
        stage: `landed` (before dbt) or `marts` (before publishing).
        title_zh: the suite's Chinese title.
        summary: the suite's English sentence.
        row_count: rows that were read; 0 means there was nothing to read, which passes.
        results: one outcome per expectation, in the order of the suite.
    """

    suite: str
    table: str
    stage: Stage
    title_zh: str
    summary: str
    row_count: int
    results: list[Outcome]

    @property
    def is_passed(self) -> bool:
        """No critical expectation is broken."""
        return not any(o.severity == "critical" for o in self.failures)

    @property
    def failures(self) -> list[Outcome]:
        """The outcomes that do not hold, critical ones first."""
        broken = [outcome for outcome in self.results if not outcome.is_passed]
        return sorted(broken, key=lambda outcome: outcome.severity != "critical")
