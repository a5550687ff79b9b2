"""Charts: drawn once as SVG when the report is written, by Altair and vl-convert.

A chart carries no script and no font. Its colours are signs that the page's style translates, so
that it follows dark mode and prints; its labels carry both languages, of which the style shows one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from orchestration.report.bilingual import Bilingual, said

# blue, orange and grey are text apart by all kinds of colour-blindness, and differ in lightness
BLUE, ORANGE, GREY = "#1f5fbf", "#b4540a", "#7a8494"
_INK, _SOFT, _LINE = "#1d2129", "#59626f", "#dde1e7"
WIDTH = 350
_ROW = 26
# what half a Chinese letter of a number takes
_LETTER = 7.0
_BETWEEN = "\u2063"
_WIDE = re.compile(r"[\u2e80-\uffef]")
_KEPT = (' class="zh"', ' class="en"', ' aria-hidden="true"')
_TEXT = re.compile(r">([^<>]*)\u2063([^<>]*)</text>")


@dataclass(frozen=True)
class Figure:
    """A chart with its words, and the table that it was drawn from."""

    svg: Markup
    title: Bilingual
    caption: Bilingual
    head: Sequence[Bilingual]
    rows: Sequence[Sequence[Bilingual]]
    key: Sequence[tuple[str, Bilingual]] = ()


@dataclass(frozen=True)
class Bar:
    """A value with its name; bars of one name stand on one line, text apart by colour."""

    label: Bilingual
    value: float
    text: Bilingual
    colour: str = BLUE


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval."""

    label: Bilingual
    value: float
    low: float
    high: float
    text: Bilingual


def bars(items: Sequence[Bar]) -> Markup:
    """Horizontal bars in the order given, from a zero line, each with its number at its end."""
    import altair as alt  # noqa: PLC0415

    rows = [
        {"label": _both(item.label), "value": item.value, "text": _both(item.text),
         "colour": item.colour}
        for item in items
    ]  # fmt: skip
    low, high = min(0.0, *(bar.value for bar in items)), max(0.0, *(bar.value for bar in items))
    # room for the numbers beside the bars, as shares of what the names leave
    left = _room(items)
    before = _beside([item for item in items if item.value < 0], 8, left)
    after = _beside([item for item in items if item.value >= 0], 8, left)
    span = ((high - low) or 1.0) / (1 - before - after)
    x = alt.X(
        "value:Q",
        axis=None,
        scale=alt.Scale(domain=[low - before * span, high + after * span], nice=False),
    )
    y = _rows_axis(rows)
    base = alt.Chart(alt.Data(values=rows)).encode(x=x, y=y)
    colour = alt.Color("colour:N", scale=None)
    drawn = (
        base.mark_bar(height={"band": 0.62}).encode(color=colour),
        base.transform_filter("datum.value >= 0")
        .mark_text(align="left", dx=4)
        .encode(text="text:N"),
        base.transform_filter("datum.value < 0")
        .mark_text(align="right", dx=-4)
        .encode(text="text:N"),
        alt.Chart(alt.Data(values=[{"value": 0}])).mark_rule(color=_SOFT).encode(x="value:Q"),
    )
    return _svg(alt.layer(*drawn), _ROW * len({row["label"] for row in rows}), _room(items))


def intervals(items: Sequence[Interval], *, reference: float, floor: float | None = None) -> Markup:
    """Estimates as points on their intervals, beside a line of reference.

    With a `floor` the scale is one of ratios (logarithmic) and begins there.
    """
    import altair as alt  # noqa: PLC0415

    rows = [
        {"label": _both(item.label), "value": item.value, "low": item.low, "high": item.high,
         "text": _both(item.text),
         "colour": GREY if item.low <= reference <= item.high
         else BLUE if item.value > reference else ORANGE}
        for item in items
    ]  # fmt: skip
    low = min(reference, *(item.low for item in items))
    high = max(reference, *(item.high for item in items))
    # room for the number behind the largest, and for a point that begins the scale
    before, after = 0.06, _beside(items, 12)
    span = ((high - low) or 1.0) / (1 - before - after)
    scale = (
        alt.Scale(domain=[low - before * span, high + after * span], nice=False)
        if floor is None
        else alt.Scale(
            type="log",
            domain=[floor, floor * max(high / floor, 1.1) ** (1 / (1 - after))],
            clamp=True,
            nice=False,
        )
    )
    y = _rows_axis(rows)
    base = alt.Chart(alt.Data(values=rows)).encode(y=y, color=alt.Color("colour:N", scale=None))
    drawn = (
        alt.Chart(alt.Data(values=[{"value": reference}]))
        .mark_rule(color=_SOFT, strokeDash=[3, 3])
        .encode(x=alt.X("value:Q", axis=None, scale=scale)),
        base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q", axis=None, scale=scale), x2="high:Q"),
        base.mark_point(size=70, filled=True, opacity=1).encode(
            x=alt.X("value:Q", axis=None, scale=scale)
        ),
        base.mark_text(align="left", dx=8, color=_INK).encode(
            x=alt.X("high:Q", axis=None, scale=scale), text="text:N", color=alt.value(_INK)
        ),
    )
    return _svg(alt.layer(*drawn), _ROW * len(rows), _room(items))


def lines(
    series: Mapping[str, Sequence[tuple[date, float]]],
    *,
    dashes: Mapping[str, Sequence[int]] | None = None,
    target: float | None = None,
    form: str = ",.0f",
    marks: Sequence[date] = (),
) -> Markup:
    """Courses over days, text apart by colour and by dashes; `marks` are days to point at."""
    import altair as alt  # noqa: PLC0415

    rows = [
        {"day": day.isoformat(), "value": value, "colour": colour,
         "dash": "2" if (dashes or {}).get(colour) else "1"}
        for colour, points in series.items()
        for day, value in points
    ]  # fmt: skip
    x = alt.X(
        "day:T",
        axis=alt.Axis(format="%m-%d", title=None, grid=False, tickCount=5, labelFlush=True),
    )
    y = alt.Y("value:Q", axis=alt.Axis(format=form, title=None, tickCount=4))
    layers: list[Any] = [
        alt.Chart(alt.Data(values=rows))
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            color=alt.Color("colour:N", scale=None),
            strokeDash=alt.StrokeDash(
                "dash:N",
                legend=None,
                scale=alt.Scale(domain=["1", "2"], range=[[1, 0], [5, 3]]),
            ),
        )
    ]
    if target is not None:
        layers.append(
            alt.Chart(alt.Data(values=[{"value": target}]))
            .mark_rule(color=_SOFT, strokeDash=[3, 3])
            .encode(y="value:Q")
        )
    if marks:
        pointed = [{"day": day.isoformat()} for day in marks]
        layers.append(
            alt.Chart(alt.Data(values=pointed))
            .mark_rule(color=ORANGE, strokeDash=[2, 3])
            .encode(x="day:T")
        )
    return _svg(alt.layer(*layers), 150, 40, foot=22)


def _both(text: Bilingual) -> str:
    return text.zh if text.zh == text.en else f"{text.zh}{_BETWEEN}{text.en}"


def _letters(items: Sequence[Bar] | Sequence[Interval]) -> int:
    """Letters of the longest number, in either language; a Chinese one is as wide as two."""
    return max(
        len(text) + len(_WIDE.findall(text))
        for item in items
        for text in (item.text.zh, item.text.en)
    )


def _beside(items: Sequence[Bar] | Sequence[Interval], gap: int, left: int | None = None) -> float:
    """What the longest number and the gap before it take, as a share of what the names leave."""
    if not items:
        return 0.0
    drawn = WIDTH - 4 - (_room(items) if left is None else left)
    return min(0.45, (gap + _LETTER * _letters(items)) / drawn)


def _room(items: Sequence[Bar] | Sequence[Interval]) -> int:
    """What the longest name takes, in either language, as far as there is room."""
    longest = max(
        12.5 * len(_WIDE.findall(text)) + 7.1 * len(_WIDE.sub("", text))
        for item in items
        for text in (item.label.zh, item.label.en)
    )
    return round(min(longest + 12, WIDTH * 0.62))


def _rows_axis(rows: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401
    import altair as alt  # noqa: PLC0415

    axis = alt.Axis(title=None, ticks=False, domain=False, labelLimit=0, labelPadding=8)
    return alt.Y("label:N", sort=list(dict.fromkeys(row["label"] for row in rows)), axis=axis)


def _svg(chart: Any, height: int, left: int, *, foot: int = 4) -> Markup:  # noqa: ANN401
    """The chart as markup for the page, without a size of its own.

    Places are ours: the width of both languages of a label would be measured as one.
    """
    import vl_convert  # noqa: PLC0415

    spec = chart.properties(
        width=WIDTH - left - 4,
        height=height,
        background="transparent",
        padding={"left": left, "right": 4, "top": 4, "bottom": foot},
        autosize="none",
    ).configure(
        font="sans-serif",
        aria=False,
        view={"stroke": None},
        axis={
            "labelColor": _SOFT, "labelFontSize": 12.5, "gridColor": _LINE, "domainColor": _LINE,
            "tickColor": _LINE,
        },
        axisY={"labelColor": _INK},
        text={"color": _INK, "fontSize": 12.5},
    )  # fmt: skip
    svg = vl_convert.vegalite_to_svg(spec.to_dict(validate=False), allowed_base_urls=[])
    svg = re.sub(
        r'^<svg[^>]*viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', svg
    )
    svg = _TEXT.sub(
        r'><tspan class="zh">\1</tspan><tspan class="en" lang="en">\2</tspan></text>', svg
    )
    # every label repeats what the style says once, and the drawing says what it is not
    svg = re.sub(r' (?:font-family|pointer-events|class|opacity|role|aria-\w+)="[^"]*"', _kept, svg)
    # a name that is the same in both languages is a name
    svg = re.sub(r"<text( [^>]*>[^<]*[\u4e00-\u9fffA-Za-z]{4})", r'<text class="asis"\1', svg)
    return Markup(svg)


def _kept(found: re.Match[str]) -> str:
    return found[0] if found[0] in _KEPT else ""


def numbers(*values: object) -> list[Bilingual]:
    """Cells of a chart's table."""
    return [value if isinstance(value, Bilingual) else said(value) for value in values]
