"""How a number is written, by its unit: for the report, `explain`, messages and dashboards alike.

One table. Python writes with it, d3 (the format language of Superset) takes its digits, and SQL
that writes a number for a dashboard is generated from it, so that a KPI reads the same wherever a
person meets it. Not for the tables that are published: they hold the numbers themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

NO_NUMBER: Final = "–"


@dataclass(frozen=True)
class NumberFormat:
    """Digits after the point, and what stands around the number in either language."""

    digits: int
    scale: int = 1
    before: str = ""
    zh: str = ""
    en: str = ""
    is_read_by_all: bool = False

    @property
    def after(self) -> str:
        """What stands behind the number where one text is for both languages: ` 天 d`, ` pp`."""
        is_one = self.is_read_by_all or self.zh == self.en
        return self.en if is_one else self.zh + self.en


class Written(NamedTuple):
    """A number with its unit in two languages, and in one text for both."""

    zh: str
    en: str
    both: str


# two digits of a percent: with one, a share rate of 0.49 % and one of 0.52 % would read the same
FORMATS: Final = {
    "share": NumberFormat(2, 100, zh="%", en="%"),
    "points": NumberFormat(2, 100, zh=" 个百分点", en=" pp", is_read_by_all=True),
    "percent": NumberFormat(1, 100, zh="%", en="%"),
    "per_1000": NumberFormat(2, zh="‰", en="‰"),
    "count": NumberFormat(0),
    "nps": NumberFormat(1),
    "score": NumberFormat(2),
    "mean": NumberFormat(1),
    "multiple": NumberFormat(2, zh="×", en="×"),
    "minutes": NumberFormat(0, zh=" 分钟", en=" min"),
    "days": NumberFormat(1, zh=" 天", en=" d"),
    "cny": NumberFormat(0, before="¥"),
}
"""Every unit of a KPI; `points`, a difference of shares; `percent`, a relative change; `mean`."""

_UNKNOWN: Final = NumberFormat(1)


def format_of(unit: str) -> NumberFormat:
    """The format of a unit; one digit for a unit that is not in the table."""
    return FORMATS.get(unit, _UNKNOWN)


def change_unit(unit: str, kind: str | None = None) -> str:
    """The unit that a change is written in.

    Args:
        unit: The unit of the value that changed.
        kind: `percent` where the change is relative; else it is in the value's own unit, and in
            percentage points for a share.
    """
    if kind == "percent":
        return kind
    return "points" if unit == "share" else unit


def write_digits(value: float, unit: str, *, plus: bool = False) -> str:
    """The number alone, with its sign: `1,234`, `-0.52`; `+` before a gain where asked for.

    Halves are rounded away from zero, as d3 and SQL round them. What rounds to zero has no sign.
    """
    sign, digits = _sign_and_digits(value, format_of(unit), plus=plus)
    return sign + digits


def write(value: float | None, unit: str, *, plus: bool = False) -> Written:
    """The number in its unit, `62.31%`, `¥1,234`, `2.5 天`; a dash where there is none."""
    if value is None:
        return Written(NO_NUMBER, NO_NUMBER, NO_NUMBER)
    form = format_of(unit)
    sign, digits = _sign_and_digits(value, form, plus=plus)
    number = sign + form.before + digits
    return Written(number + form.zh, number + form.en, number + form.after)


def write_change(value: float | None, unit: str, kind: str | None = None) -> Written:
    """A change with its sign, in the unit of `change_unit`; a dash where there is none."""
    return write(value, change_unit(unit, kind), plus=True)


def write_quantity(value: float | None) -> str:
    """A numerator or denominator: whole where it is, else two digits."""
    if value is None:
        return NO_NUMBER
    return write_digits(value, "count" if float(value).is_integer() else "score")


def d3_format(unit: str) -> str:
    """The digits of a unit as a format of d3, which can write `%` and no other unit."""
    form = format_of(unit)
    return f",.{form.digits}{'%' if form.zh == '%' else 'f'}"


def sql_text(number: str, unit: str, *, is_change: bool = False) -> str:
    """SQL, for DuckDB and PostgreSQL, that writes a number as `write` does for both languages.

    Args:
        number: The column of the number; where it is null, so is the text.
        unit: The column of its unit.
        is_change: Write it as `write_change` does. Relative changes have the unit `percent`.
    """
    whens = " ".join(
        f"when '{name}' then {_sql_of(number, change_unit(name) if is_change else name, is_change)}"
        for name in FORMATS
    )
    return f"case {unit} {whens} else {_sql_of(number, '', is_change)} end"


def _sign_and_digits(value: float, form: NumberFormat, *, plus: bool) -> tuple[str, str]:
    scaled = Decimal(float(value) * form.scale)
    rounded = scaled.quantize(Decimal(1).scaleb(-form.digits), ROUND_HALF_UP)
    sign = "-" if rounded < 0 else "+" if plus and rounded > 0 else ""
    return sign, f"{abs(rounded):,}"


def _sql_of(number: str, unit: str, is_change: bool) -> str:
    form = format_of(unit)
    scaled = number if form.scale == 1 else f"{form.scale} * {number}"
    rounded = f"round(cast({scaled} as numeric(24, 6)), {form.digits})"
    digits = f"cast(abs({rounded}) as varchar)"
    # no function groups digits in both engines: each step sets one comma, from the right
    for _ in range(3):
        digits = rf"regexp_replace({digits}, '^([0-9]+)([0-9]{{3}})', '\1,\2')"
    gain = "+" if is_change else ""
    sign = f"case when {rounded} < 0 then '-' when {rounded} > 0 then '{gain}' else '' end"
    return f"{sign} || '{form.before}' || {digits} || '{form.after}'"
