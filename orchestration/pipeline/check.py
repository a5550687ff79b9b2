"""Checking: one suite of expectations against the build file."""

from __future__ import annotations

from collections import Counter

from expectations.suite import Suite
from expectations.validation import validate
from expectations.verdicts import Verdict
from orchestration.pipeline.gate import record_checks, refuse
from orchestration.pipeline.state import RunState
from orchestration.publication.ledger import CheckResult


def check(state: RunState, suite: Suite, suite_count: int) -> Verdict:
    """Validate one suite; a critical failure refuses the run.

    `suite_count` is how many suites guard the same door, for the progress.
    """
    with state.step("check"), state.connect() as connection:
        verdict = validate(suite, connection)
        state.verdicts.append(verdict)
        done = sum(each.stage == suite.stage for each in state.verdicts)
        state.progress.update(suite.stage, done, suite_count, suite.title_zh)
        record_checks(state, connection, as_checks(verdict))
        if not verdict.is_passed:
            critical = next(each for each in verdict.failures if each.severity == "critical")
            refuse(state, connection, f"{suite.table} ({suite.name}): {critical.message}")
    return verdict


def as_checks(verdict: Verdict) -> list[CheckResult]:
    """The outcomes of a suite as the ledger keeps them, each under a name of its own."""
    results = []
    names: Counter[str] = Counter()
    for outcome in verdict.results:
        name = f"{verdict.suite}.{outcome.expectation}"
        name += f"({outcome.column})" if outcome.column else ""
        names[name] += 1
        results.append(
            CheckResult(
                check_name=name if names[name] == 1 else f"{name}#{names[name]}",
                kind="gx",
                table_name=verdict.table,
                severity=outcome.severity,
                is_passed=outcome.is_passed,
                failing_count=outcome.failing_count,
                message=outcome.message,
                sample_rows=outcome.sample_rows,
            )
        )
    return results
