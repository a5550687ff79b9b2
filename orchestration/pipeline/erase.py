"""Erasing: requests that were delivered, made by command, or cut short before."""

from __future__ import annotations

from orchestration.pipeline.deliver import sync_postgres
from orchestration.pipeline.state import RunState
from orchestration.privacy.erase import Erasure, process_erasure_requests


def erase(state: RunState) -> Erasure | None:
    """Act on every request that is not done; None where there is none."""
    with state.step("erase"):
        state.erasure = process_erasure_requests(
            state.settings, state.contracts, state.feeds, state.erasure_requests
        )
    if state.erasure is not None:
        count = len(state.erasure.requests)
        state.progress.update("erase", count, count)
        # what is kept was rewritten, and must not wait for a run that passes the gate
        sync_postgres(state)
    return state.erasure
