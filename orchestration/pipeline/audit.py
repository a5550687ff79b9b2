"""Auditing scores: a sample is compared with the library that the scorer claims to equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ingestion.scoring import Referenced, Scorer
from ingestion.scoring.audit import Audit, audit_scores
from orchestration.home.errors import GateRefused
from orchestration.pipeline.gate import record_checks, refuse
from orchestration.pipeline.state import RunState
from orchestration.publication.ledger import CheckResult

_SAMPLE_ROWS = 10


def audit(state: RunState, scorers: Sequence[Scorer]) -> dict[str, int]:
    """Compare scores with the implementation that their scorer claims to equal.

    Returns:
        How many texts were compared, under `<scorer> audited`.

    Raises:
        GateRefused: They differ.
    """
    counts = {}
    for scorer in scorers:
        if isinstance(scorer, Referenced):
            with state.step("audit"), state.connect() as connection:
                state.progress.update("audit", 0, 1, scorer.name)
                found = audit_scores(connection, scorer, load_id=state.load_id)
                state.progress.update("audit", 1, 1, scorer.name)
                if found is None:
                    continue
                counts[f"{scorer.name} audited"] = found.checked_count
                record_checks(state, connection, [as_check(found)])
                if found.differences:
                    refuse(state, connection, found.message)
                    raise GateRefused(found.message)
    return counts


def as_check(found: Audit) -> CheckResult:
    """An audit of scores as a check that blocks."""
    failing = len(found.differences)
    return CheckResult(
        check_name=f"{found.scorer}_equals_its_library",
        kind="audit",
        table_name="raw.text_scores",
        severity="error",
        is_passed=not failing,
        failing_count=failing,
        message=found.message,
        sample_rows=[asdict(each) for each in found.differences[:_SAMPLE_ROWS]],
    )
