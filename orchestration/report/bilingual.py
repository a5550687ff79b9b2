"""What the page says, in Chinese and in English: words side by side, of which one is shown.

Both stand in the page, and its style shows one, so that the language can be changed without a
script. A number that reads the same in both is said once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from orchestration.publication.number_formats import write, write_change

_NAME = re.compile(r"[\u4e00-\u9fff]|[A-Za-z]{4}")
_AS_IS = Markup('<span class="asis">{}</span>')


@dataclass(frozen=True)
class Bilingual:
    """The same thing in two languages; in a template it becomes both, one of them hidden."""

    zh: str
    en: str

    def __html__(self) -> str:
        """Markup of both, or of the one where they are the same: a number, or a name as it is."""
        if self.zh == self.en:
            is_name = _NAME.search(self.zh)
            return str(_AS_IS.format(self.zh) if is_name else escape(self.zh))
        return str(
            Markup('<span class="zh">{}</span><span class="en" lang="en">{}</span>').format(
                self.zh, self.en
            )
        )

    def __add__(self, other: Bilingual) -> Bilingual:
        return Bilingual(self.zh + other.zh, self.en + other.en)


PERIODS = {
    "day": Bilingual("日", "day"),
    "week": Bilingual("周", "week"),
    "month": Bilingual("月", "month"),
    "quarter": Bilingual("季", "quarter"),
}
PREVIOUS = {
    "day": Bilingual("较前一日", "vs the day before"),
    "week": Bilingual("较上一周", "vs the week before"),
    "month": Bilingual("较上一月", "vs the month before"),
    "quarter": Bilingual("较上一季", "vs the quarter before"),
}
SEVERITIES = {
    "high": Bilingual("高", "high"),
    "medium": Bilingual("中", "medium"),
    "low": Bilingual("低", "low"),
}
# a sign beside each, so that nobody needs its colour
STATUSES = {
    "on_target": Bilingual("✓ 达标", "✓ on target"),
    "near_target": Bilingual("≈ 接近目标", "≈ near target"),
    "off_target": Bilingual("✗ 未达标", "✗ off target"),
    "no_target": Bilingual("未设目标", "no target"),
    "running": Bilingual("周期未完", "period running"),
    "hidden": Bilingual("样本不足，不展示", "too few, not shown"),
    "withheld": Bilingual("暂缓发布", "withheld"),
}
_BOTH = re.compile(r"^(?P<zh>.*[\u4e00-\u9fff].*?)[；;]\s*(?P<en>[^\u4e00-\u9fff]+)$", re.DOTALL)
_TAIL = re.compile(r"^(?P<zh>.*[\u4e00-\u9fff]) (?P<en>[A-Za-z][^\u4e00-\u9fff]*)$")
_TOO_FEW = re.compile(r"^样本不足 (n < [\d,]+)$")


def said(zh: object, en: object = None) -> Bilingual:
    """Both languages; what has no English stands for itself."""
    return Bilingual(str(zh), str(zh if en is None or en == "" else en))


def split(text: str | None) -> Bilingual:
    """A text that says it twice, `中文；English` or `中文 English`, taken apart."""
    if not text:
        return Bilingual("", "")
    if few := _TOO_FEW.match(text):
        return Bilingual(text, f"too few: {few[1]}")
    both = _BOTH.match(text) or _TAIL.match(text)
    return Bilingual(both["zh"], both["en"].strip()) if both else Bilingual(text, text)


def amount(value: float | None, unit: str) -> Bilingual:
    """A value in its unit, as a person reads it: 12.34%, 41.0, 3.20×, 1,234, 35 min."""
    zh, en, _ = write(value, unit)
    return Bilingual(zh, en)


def change(value: float | None, unit: str, kind: str | None) -> Bilingual:
    """A change against the period before: percent for volumes, points for everything else."""
    if value is None:
        return Bilingual("", "")
    zh, en, _ = write_change(value, unit, kind)
    return Bilingual(zh, en)


def money(value: float | None, unit: int) -> str:
    """An amount in 元 (unit 1) or 万元 (unit 10,000), short enough for a cell: 1,234, 12.3."""
    if value is None:
        return "–"
    scaled = float(value) / unit
    if unit == 1 or scaled == 0 or abs(scaled) >= 100:
        return f"{scaled:,.0f}"
    return f"{scaled:.2f}" if abs(scaled) < 10 else f"{scaled:.1f}"


def minutes(value: float | None) -> Bilingual:
    """A time span that is no KPI, in minutes, hours or days: 35 分钟, 2 小时 5 分, 3.1 天."""
    return Bilingual("–", "–") if value is None else _minutes(float(value))


def between(first: date, last: date) -> str:
    """A span of days: 2026-10-19 – 10-25; the year once where it is the same."""
    if first == last:
        return str(first)
    return f"{first} – {last:%m-%d}" if first.year == last.year else f"{first} – {last}"


def period(kind: str, start: date | None, end: date | None = None) -> Bilingual:
    """A period's name: 2026-10, 2026 Q3, the week of 10-19 – 10-25."""
    if start is None:
        return said("")
    match kind:
        case "month":
            return said(f"{start:%Y-%m}")
        case "quarter":
            return said(f"{start.year} Q{(start.month + 2) // 3}")
        case _:
            return said(between(start, end or start))


def named(names: Mapping[str, Bilingual], code: str | None) -> Bilingual:
    """The name of a code; a code that nobody named stands for itself."""
    return names.get(code or "", said(code or "–"))


def joined(parts: Sequence[Bilingual], between_zh: str = "，", between_en: str = ", ") -> Bilingual:
    """Several in one."""
    return Bilingual(
        between_zh.join(part.zh for part in parts), between_en.join(part.en for part in parts)
    )


def _minutes(value: float) -> Bilingual:
    whole = round(value)
    if whole < 60:
        return said(f"{whole} 分钟", f"{whole} min")
    if whole < 48 * 60:
        hours, rest = divmod(whole, 60)
        return said(
            f"{hours} 小时" + (f" {rest} 分" if rest else ""),
            f"{hours} h" + (f" {rest} min" if rest else ""),
        )
    return said(f"{value / 1440:,.1f} 天", f"{value / 1440:,.1f} d")
