"""Export days: on which a row is written. A row comes again when something changed.

A channel that exports every day writes what is new or changed that day; each export day shows the
row as it stood at the end of its day. Some rows reach their first file days late.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo.world import DAY, NEVER, Ints, World

LATE_SHARE = 0.006
LATE_DAYS = (1, 4)


def row_export_days(
    world: World,
    subject: str,
    ids: Ints,
    turns: list[Ints],
    *,
    cadence: int = 1,
    late_share: float = 0.0,
) -> tuple[pd.DataFrame, int]:
    """Export days per row: columns id, file (day index), as_of (s, end of that day).

    `turns` are the times at which a row is new or changed, NEVER where it is not; the first list is
    when it begins. `late_share` of the rows miss their first file by one to four days; what would
    have been exported before is then shown by the later export.

    Returns:
        The export days, and how many rows are late.
    """
    rng = world.rng(f"late {subject}")
    n = len(ids)
    last = world.days - 1
    days = [np.where(turn == NEVER, -1, world.export_day(turn, cadence)) for turn in turns]
    wanted = rng.random(n) < late_share
    delayed = np.minimum(days[0] + rng.integers(LATE_DAYS[0], LATE_DAYS[1] + 1, n), last)
    delayed = world.export_day(delayed * DAY, cadence)
    is_late = wanted & (delayed > days[0])
    first = np.where(is_late, delayed, days[0])
    span = world.days + 1
    keys = [ids * span + first]
    keys += [(ids * span + np.maximum(day, first))[day >= 0] for day in days[1:]]
    # a sort beats np.unique, which hashes, twentyfold
    ordered = np.sort(np.concatenate(keys))
    unique = ordered[np.diff(ordered, prepend=-1) != 0]
    file = unique % span
    frame = pd.DataFrame({"id": unique // span, "file": file, "as_of": (file + 1) * DAY})
    return frame, int(is_late.sum())


def export_days(world: World, cadence: int) -> list[int]:
    """Every day index on which a file of that cadence is due; always the last day."""
    last = world.days - 1
    return sorted(range(last, -1, -cadence))
