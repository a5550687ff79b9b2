"""The small line of a tile, drawn by hand: sixty charts would cost more than they tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.report.bilingual import Bilingual, amount, said

WIDTH, HEIGHT = 240, 44
_EDGE = 4
_FEWEST = 3
_COUNTED = {
    "day": Bilingual("天", "days"),
    "week": Bilingual("周", "weeks"),
    "month": Bilingual("个月", "months"),
    "quarter": Bilingual("季", "quarters"),
}


@dataclass(frozen=True)
class Spark:
    """Points of the line, its last one, the band of the target, and the same in words.

    Attributes:
        points: `x,y` pairs for a polyline.
        last: The newest point.
        band: Top and height of the target band in the picture; an open end reaches the edge, and
            it is None where the band lies outside.
        caption: How many periods, lowest and highest.
        rows: The numbers behind, newest first: period's first day and value.
    """

    points: str
    last: tuple[float, float]
    band: tuple[float, float] | None
    caption: Bilingual
    rows: Sequence[tuple[date, Bilingual]]


def spark_of(
    values: Sequence[tuple[date, float]],
    *,
    unit: str,
    kind: str,
    band: tuple[float | None, float | None] = (None, None),
) -> Spark | None:
    """The line of these values; None for fewer than three, which show no course."""
    if len(values) < _FEWEST:
        return None
    numbers = [value for _, value in values]
    low, high = min(numbers), max(numbers)
    span = (high - low) or abs(high) or 1.0
    band = (_number(band[0]), _number(band[1]))
    edges = [edge for edge in band if edge is not None]
    # a target far from every value would press the line flat; the text tells it
    near = [edge for edge in edges if low - span <= edge <= high + span]
    bottom, top = min([low, *near]), max([high, *near])
    scale = (HEIGHT - 2 * _EDGE) / ((top - bottom) or 1.0)
    first, days = values[0][0], (values[-1][0] - values[0][0]).days or 1

    def place(day: date, value: float) -> tuple[float, float]:
        across = _EDGE + (WIDTH - 2 * _EDGE) * (day - first).days / days
        return round(across, 1), round(HEIGHT - _EDGE - (value - bottom) * scale, 1)

    places = [place(day, value) for day, value in values]
    drawn = None
    if edges:
        above = bottom if band[0] is None else band[0]
        below = top if band[1] is None else band[1]
        if above <= top and below >= bottom:
            y = 0.0 if below >= top and band[1] is None else place(first, min(below, top))[1]
            foot = HEIGHT if band[0] is None else place(first, max(above, bottom))[1]
            drawn = (y, round(max(foot - y, 1.0), 1))
    counted = _COUNTED.get(kind, Bilingual("期", "periods"))
    return Spark(
        points=" ".join(f"{x},{y}" for x, y in places),
        last=places[-1],
        band=drawn,
        caption=Bilingual(f"近 {len(values)} {counted.zh}：", f"Last {len(values)} {counted.en}: ")
        + amount(low, unit)
        + said(" – ")
        + amount(high, unit),
        rows=[(day, amount(value, unit)) for day, value in reversed(values)],
    )


def _number(value: float | None) -> float | None:
    # a target of a seed may be a decimal
    return None if value is None else float(value)
