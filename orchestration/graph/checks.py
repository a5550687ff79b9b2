"""Expectation suites as asset checks.

Keys, references and accepted values are dbt tests, and come with the dbt assets. Volume,
distribution and freshness are suites in `expectations/`, and come from here. No fact is checked
twice.
"""

from collections import Counter
from collections.abc import Sequence

import dagster as dg

from expectations.suite import Suite
from orchestration.pipeline.check import check as validate_suite
from orchestration.pipeline.state import RunState


def asset_key_of(suite: Suite) -> dg.AssetKey:
    """The asset that a suite guards."""
    return dg.AssetKey(suite.table.split("."))


def build_suite_check(suite: Suite, suite_count: int) -> dg.AssetChecksDefinition:
    """The check of one suite: a critical failure stops what lists its table in its `deps`."""

    @dg.asset_check(
        asset=asset_key_of(suite),
        name=suite.name,
        blocking=True,
        description=f"{suite.title_zh}。{suite.summary}",
    )
    def check(run: dg.ResourceParam[RunState]) -> dg.AssetCheckResult:
        verdict = validate_suite(run, suite, suite_count)
        is_critical = not verdict.is_passed
        return dg.AssetCheckResult(
            passed=not verdict.failures,
            severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
            metadata={
                "rows": verdict.row_count,
                "failures": [failure.message for failure in verdict.failures],
                "sample_rows": [row for each in verdict.failures for row in each.sample_rows],
            },
        )

    return check


def build_suite_checks(suites: Sequence[Suite]) -> list[dg.AssetChecksDefinition]:
    """One check a suite."""
    doors = Counter(suite.stage for suite in suites)
    return [build_suite_check(suite, doors[suite.stage]) for suite in suites]
