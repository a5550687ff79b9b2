"""Numbers of a KPI as a person reads them, by its unit."""

from __future__ import annotations

_FORMS = {
    "share": "{:.2%}",
    "nps": "{:.1f}",
    "multiple": "{:.2f} ×",
    "count": "{:,.0f}",
    "score": "{:.2f}",
    "minutes": "{:,.0f} min",
    "days": "{:,.1f} 天",
    "cny": "¥{:,.2f}",
    "per_1000": "{:.2f} ‰",
}


def value(unit: str, number: float | None) -> str:
    """A value in its unit; a dash where there is none."""
    if number is None:
        return "–"
    return _FORMS.get(unit, "{:,.4g}").format(number)


def change(unit: str, number: float | None) -> str:
    """A difference of two values: percentage points for a share, else in its unit, with a sign."""
    if number is None:
        return "–"
    if unit == "share":
        return f"{100 * number:+.2f} pp"
    told = value(unit, abs(number))
    return f"{'-' if number < 0 else '+'}{told}"


def amount(number: float | None) -> str:
    """A numerator or denominator: whole where it is, else two digits."""
    if number is None:
        return "–"
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.2f}"
