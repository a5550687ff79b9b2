"""SnowNLP's sentiment model without SnowNLP's code: its files, their tables, a compiled kernel.

`files` finds and reads what the package (or its own `train` and `save`) wrote, `tables` turns that
into arrays (`layout` describes them) and `table_cache` keeps them, `kernel` segments and judges
with them, and `model` puts all of it together. The library itself is imported only by `reference`,
for the audit.
"""

from __future__ import annotations

from ingestion.scoring import ScoringError


class ModelError(ScoringError):
    """A model file is missing, damaged or of another kind; the message names it and what to do."""
