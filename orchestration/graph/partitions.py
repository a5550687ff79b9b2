"""The days that exports are for, as Dagster's partitions."""

from __future__ import annotations

from datetime import date

import dagster as dg

FIRST_DAY = date(2010, 1, 1)
"""Histories are delivered long after their days, so the window is generous."""

daily = dg.DailyPartitionsDefinition(
    start_date=FIRST_DAY.isoformat(),
    # an export may be dated ahead of this machine's clock: a channel in another zone, a demo
    # whose last day is fixed, a test
    end_offset=400,
)

all_days_at_once = dg.BackfillPolicy.single_run()


def days_of(context: dg.AssetExecutionContext) -> tuple[date, date]:
    """The first and the last day that a run is for."""
    span = context.partition_key_range
    return date.fromisoformat(span.start), date.fromisoformat(span.end)


def range_tags(first: date, last: date) -> dict[str, str]:
    """Tags that make one run of all days from `first` to `last`."""
    return {
        "dagster/asset_partition_range_start": first.isoformat(),
        "dagster/asset_partition_range_end": last.isoformat(),
    }
