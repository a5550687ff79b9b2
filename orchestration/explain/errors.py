"""What a person asked for that cannot be explained."""

from __future__ import annotations

from orchestration.home.errors import KoubeiError


class ExplainError(KoubeiError):
    """No such KPI or period, or no number there; the message says what there is."""
