"""How numbers and ids are written in truth.json."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ingestion.demo.world import DAY, HOUR, MINUTE, NEVER, World

Json = dict[str, Any]


def rate(part: float, whole: float) -> float | None:
    """A fraction to six places; null where there is nothing to divide by."""
    return round(float(part) / float(whole), 6) if whole else None


def iso(world: World, seconds: int) -> str | None:
    """A time as text; null where it lies after the last day, and so in no export."""
    if seconds == NEVER or seconds >= world.end:
        return None
    day, rest = divmod(int(seconds), DAY)
    clock = f"{rest // HOUR:02d}:{rest % HOUR // MINUTE:02d}:{rest % MINUTE:02d}"
    return f"{world.date_of(day).isoformat()} {clock}"


def yuan(cents: pd.Series) -> str:
    """An exact sum in yuan, as text: JSON's numbers would round large sums."""
    total = int(cents.sum())
    return f"{total // 100}.{total % 100:02d}"


def member(number: int) -> str:
    """A member's number as the CRM writes it."""
    return f"M{int(number):07d}"


def opaque(prefix: str, number: int) -> str:
    """An account's id: the same as the SQL macro `opaque`."""
    return f"{prefix}{((int(number) + 10**9) * 2654435761 + 97) % 2**32:08x}"
