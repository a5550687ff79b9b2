"""What suites and audits found, as the ledger keeps it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from expectations.verdicts import Verdict
from ingestion.scoring.audit import Audit
from orchestration.publication.ledger import CheckResult

_SAMPLE_ROWS = 10


def as_results(verdict: Verdict) -> list[CheckResult]:
    """The outcomes of a suite as the ledger keeps them, each under a name of its own."""
    results = []
    seen: Counter[str] = Counter()
    for outcome in verdict.results:
        name = f"{verdict.suite}.{outcome.expectation}"
        name += f"({outcome.column})" if outcome.column else ""
        seen[name] += 1
        results.append(
            CheckResult(
                check_name=name if seen[name] == 1 else f"{name}#{seen[name]}",
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


def audit_result(audit: Audit) -> CheckResult:
    """An audit of scores as a check that blocks."""
    failing = len(audit.differences)
    return CheckResult(
        check_name=f"{audit.scorer}_equals_its_library",
        kind="audit",
        table_name="raw.text_scores",
        severity="error",
        is_passed=not failing,
        failing_count=failing,
        message=audit.message,
        sample_rows=[asdict(each) for each in audit.differences[:_SAMPLE_ROWS]],
    )
