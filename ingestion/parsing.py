"""The closed list of named parsers, each a DuckDB SQL expression over a whole column.

A parser gets the SQL of a text that is trimmed and never blank, and gives the SQL of its typed
value: null means that the text could not be read, and `wants` says what was expected. A channel
that needs another reading gets one more parser here, with its test; a contract never holds SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingestion.feed_definitions import FeedColumn


@dataclass(frozen=True)
class Zones:
    """The zone that an export's times are written in, and the one that they are kept in."""

    export: str
    business: str


@dataclass(frozen=True)
class Parser:
    """One named parser: its SQL, and what a person should have written."""

    name: str
    wants: str
    expression: Callable[[str, Zones], str]


def literal(text: str) -> str:
    """Return `text` as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def clean(value: str, blank_values: list[str] | None = None) -> str:
    """Return SQL that trims `value`, white space of every width, and makes blanks null."""
    trimmed = f"trim({value}, {literal(_SPACES)})"
    blanks = ["", *(blank_values or [])]
    if len(blanks) == 1:
        return f"nullif({trimmed}, '')"
    return f"case when {trimmed} not in ({', '.join(map(literal, blanks))}) then {trimmed} end"


# no-break, ideographic, zero-width and byte-order marks come along with copied cells
_SPACES = " \t\r\n\v\f\u00a0\u3000\u200b\ufeff"
_FULL = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "￥\u3000"
_HALF = "".join(chr(code) for code in range(0x21, 0x7F)) + "¥ "


def half_width(value: str) -> str:
    """Return SQL that writes full-width digits, letters and signs in half width."""
    # testing first is seven times cheaper than translating every row
    return (
        f"if(regexp_matches({value}, '[！-～￥\u3000]'), "
        f"translate({value}, {literal(_FULL)}, {literal(_HALF)}), {value})"
    )


# digits with or without thousands separators; a separator in the wrong place is no number
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_INTEGER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?"


def _text(value: str, _: Zones) -> str:
    return value


def _integer(value: str, _: Zones) -> str:
    text = half_width(value)
    digits = rf"replace(regexp_replace({text}, '\.0+$', ''), ',', '')"
    return (
        rf"case when regexp_full_match({value}, '\d{{1,18}}') then try_cast({value} as bigint) "
        f"when regexp_full_match({text}, '{_INTEGER}') then try_cast({digits} as bigint) end"
    )


def _decimal(value: str, _: Zones) -> str:
    text = half_width(value)
    return (
        f"case when regexp_full_match({text}, '[+-]?(?:{_NUMBER})(?:[eE][+-]?\\d{{1,3}})?') "
        f"then try_cast(replace({text}, ',', '') as double) end"
    )


def _scaled(text: str, pattern: str, units: dict[str, int]) -> str:
    """Return SQL for `sign number unit` in a pattern with groups sign, number, unit: a decimal."""
    found = f"regexp_extract({text}, {literal(pattern)}, ['sign', 'number', 'unit'])"
    factors = " ".join(f"when {literal(unit)} then {factor}" for unit, factor in units.items())
    # six places are kept until the unit is applied: 1.234567万 is exact
    number = f"try_cast(replace({found}.number, ',', '') as decimal(28, 6))"
    return (
        f"{number} * case lower({found}.unit) {factors} else 1 end "
        f"* case {found}.sign when '-' then -1 else 1 end"
    )


_UNITS = {"十": 10, "百": 100, "千": 1000, "k": 1000, "万": 10_000, "w": 10_000, "萬": 10_000}
_UNITS |= {"百万": 1_000_000, "m": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
_UNITS |= {"億": 100_000_000}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))


def _money(value: str, _: Zones) -> str:
    text = f"replace({half_width(value)}, ' ', '')"
    sign = "CN¥|RMB|CNY|人民币|[A-Z]{0,2}\\$|[¥€£]"
    pattern = (
        f"^(?:{sign})?(?P<sign>[+-]?)(?:{sign})?(?P<number>{_NUMBER})"
        f"(?P<unit>(?i:{_UNIT})?)(?:元|圆|块|整|RMB|CNY)*$"
    )
    return (
        rf"case when regexp_full_match({value}, '-?\d{{1,15}}(?:\.\d{{1,2}})?') "
        f"then try_cast({value} as decimal(18, 2)) "
        f"else try_cast({_scaled(text, pattern, _UNITS)} as decimal(18, 2)) end"
    )


def _count(value: str, _: Zones) -> str:
    text = f"replace({half_width(value)}, ' ', '')"
    # a bare fraction is no count: 1.5 of a like does not exist, 1.5万 does
    whole = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?"
    tail = r"(?:\+|人|次|条|件|个|篇|赞)*$"
    with_unit = f"^(?P<sign>)(?P<number>{_NUMBER})(?P<unit>(?i:{_UNIT})){tail}"
    without = f"^(?P<sign>[+-]?)(?P<number>{whole})(?P<unit>){tail}"
    return (
        rf"case when regexp_full_match({value}, '\d{{1,18}}') then try_cast({value} as bigint) "
        f"else coalesce(try_cast(round({_scaled(text, with_unit, _UNITS)}) as bigint), "
        f"try_cast({_scaled(text, without, {'': 1})} as bigint)) end"
    )


def _percent(value: str, _: Zones) -> str:
    text = f"replace({half_width(value)}, ' ', '')"
    signed = f"(?P<sign>[+-]?)(?P<number>{_NUMBER})"
    percent = _scaled(text, f"^{signed}(?P<unit>)[%﹪]$", {"": 1})
    permille = _scaled(text, f"^{signed}(?P<unit>)‰$", {"": 1})
    bare = _decimal(value, Zones("", ""))
    # 12 without a sign is a share of 12 or of .12, nobody can say: it is rejected
    return (
        f"coalesce(try_cast({percent} as double) / 100, try_cast({permille} as double) / 1000, "
        f"case when abs({bare}) <= 1 then {bare} end)"
    )


def _stars(value: str, zones: Zones) -> str:
    text = f"replace({half_width(value)}, ' ', '')"
    number = (
        f"regexp_extract({text}, '^([0-9]+(?:\\.[0-9]+)?)(?:颗?星|分|(?i:stars?))?"
        "(?:好评|中评|差评)?$', 1)"
    )
    chinese = f"regexp_extract({text}, '^([零一二两三四五])颗?(半?)星(半?)(?:好评|中评|差评)?$', "
    word = f"{chinese}1)"
    half = f"if({chinese}2) || {chinese}3) = '', 0, 0.5)"
    words = "零一二三四五"
    return (
        f"coalesce(try_cast(nullif({number}, '') as double), "
        f"case when {word} = '两' then 2.0 + {half} "
        f"when {word} <> '' then instr('{words}', {word}) - 1.0 + {half} end, "
        f"case when regexp_full_match({text}, '[★⭐️☆]+') and not starts_with({text}, '☆') "
        f"then length(regexp_replace({text}, '[^★⭐]', '', 'g'))::double end)"
    )


_TRUE = ["是", "已购", "已购买", "有", "真", "true", "t", "yes", "y", "1", "1.0", "√", "✓"]
_FALSE = ["否", "未购", "未购买", "无", "假", "false", "f", "no", "n", "0", "0.0", "×", "✗"]


def _boolean(value: str, _: Zones) -> str:
    text = f"lower({half_width(value)})"
    return (
        f"case when {text} in ({', '.join(map(literal, _TRUE))}) then true "
        f"when {text} in ({', '.join(map(literal, _FALSE))}) then false end"
    )


_DATES = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"]
_CLOCKS = ["%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%H时%M分", "%H时%M分%S秒", "%H点%M分"]
_TIME_FORMATS = [
    *(f"{date} {clock}" for date in _DATES for clock in _CLOCKS[:3]),
    *(f"%Y-%m-%dT{clock}" for clock in _CLOCKS[:3]),
    *(f"%Y年%m月%d日{gap}{clock}" for gap in (" ", "") for clock in _CLOCKS),
    *_DATES,
    "%Y%m%d%H%M%S",
    "%Y%m%d",
]
_ZONED = (
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
    r" ?(?:Z|[+-]\d{2}:?(?:\d{2})?)"
)


def _formats(formats: list[str]) -> str:
    return "[" + ", ".join(map(literal, formats)) + "]"


def _plausible(moment: str) -> str:
    """Return SQL that is null outside 1900 to 2199: `26/1/2` is not the year 26.

    The first day is out as well: DuckDB reads the words epoch and infinity as that.
    """
    return f"case when {moment} > '1900-01-01' and {moment} < '2200-01-01' then {moment} end"


def _naive(value: str) -> str:
    """Return SQL that reads a time without a zone, as written."""
    return _plausible(f"try_strptime({half_width(value)}, {_formats(_TIME_FORMATS)})")


def _zoned(value: str, zones: Zones) -> str:
    """Return SQL that reads a time with its own zone, in the business zone."""
    text = half_width(value)
    # DuckDB wants seconds before a zone
    with_seconds = f"regexp_replace({text}, '([T ]\\d{{1,2}}:\\d{{2}}) ?(Z|[+-])', '\\1:00\\2')"
    slashless = f"replace({with_seconds}, '/', '-')"
    moment = (
        f"case when regexp_full_match({text}, {literal(_ZONED)}) "
        f"then try_cast({slashless} as timestamptz) "
        f"else try_strptime({text}, '%a %b %d %H:%M:%S %z %Y') end"
    )
    return _plausible(f"timezone({literal(zones.business)}, {moment})")


def _to_business(moment: str, zones: Zones) -> str:
    """Return SQL that moves a naive time from the export's zone to the business zone."""
    if zones.export == zones.business:
        return moment
    return f"timezone({literal(zones.business)}, timezone({literal(zones.export)}, {moment}))"


def _timestamp(value: str, zones: Zones) -> str:
    return f"coalesce({_to_business(_naive(value), zones)}, {_zoned(value, zones)})"


def _date(value: str, zones: Zones) -> str:
    # a day without a zone is the day that the export means, whatever the zone
    return f"coalesce(cast({_naive(value)} as date), cast({_zoned(value, zones)} as date))"


def _month(value: str, zones: Zones) -> str:
    months = _formats(["%Y-%m", "%Y/%m", "%Y年%m月", "%Y.%m", "%Y%m"])
    month = _plausible(f"try_strptime({half_width(value)}, {months})")
    return (
        f"cast(date_trunc('month', coalesce({_date(value, zones)}, cast({month} as date))) as date)"
    )


def _epoch(value: str, zones: Zones, digits: str, per_second: int) -> str:
    text = half_width(value)
    whole = f"try_cast(regexp_extract({text}, '^({digits})(?:\\.\\d+)?$', 1) as bigint)"
    # the digits tell seconds from milliseconds, so that one read as the other is rejected
    moment = f"make_timestamp({whole} * {1_000_000 // per_second})"
    return f"timezone({literal(zones.business)}, timezone('UTC', {moment}))"


def _epoch_s(value: str, zones: Zones) -> str:
    return _epoch(value, zones, r"\d{9,10}", 1)


def _epoch_ms(value: str, zones: Zones) -> str:
    return _epoch(value, zones, r"\d{12,13}", 1000)


PARSERS: dict[str, Parser] = {
    parser.name: parser
    for parser in [
        Parser("text", "a text", _text),
        Parser("code", "a code", _text),
        Parser("timestamp", "a time such as 2026-11-20 09:05:00 or 2026/11/20 9:05", _timestamp),
        Parser("epoch_s", "seconds since 1970, such as 1763690400", _epoch_s),
        Parser("epoch_ms", "milliseconds since 1970, such as 1763690400000", _epoch_ms),
        Parser("date", "a date such as 2026-11-20 or 2026年11月20日", _date),
        Parser("integer", "a whole number such as 12 or 1,234", _integer),
        Parser("decimal", "a number such as 4.5", _decimal),
        Parser("money", "an amount such as ¥1,299.00 or 1.2万元", _money),
        Parser("count", "a count such as 1,234 or 1.2万", _count),
        Parser("percent", "a percentage such as 12% or a share such as 0.12", _percent),
        Parser("stars", "stars such as 五星, 5.0分 or 4星", _stars),
        Parser("boolean", "是 or 否, 已购 or 未购, true or false, 1 or 0", _boolean),
    ]
}

# the first is the default of the type
_PARSERS_OF_TYPE: dict[str, tuple[str, ...]] = {
    "varchar": ("code", "text"),
    "text": ("text",),
    "timestamp": ("timestamp", "epoch_s", "epoch_ms"),
    "date": ("date", "timestamp", "epoch_s", "epoch_ms"),
    "bigint": ("integer", "count"),
    "double": ("decimal", "integer", "count", "percent", "stars", "money"),
    "decimal(18,2)": ("money", "decimal", "integer"),
    "boolean": ("boolean",),
}


def parsers_for(column: FeedColumn) -> tuple[str, ...]:
    """Return the names of the parsers that can fill `column`, its default first."""
    names = _PARSERS_OF_TYPE[column.type]
    if column.name.endswith("_share"):
        return ("percent", *(name for name in names if name != "percent"))
    return names


def parse_sql(value: str, column: FeedColumn, parser: str | None, zones: Zones) -> str:
    """Return SQL that reads `value` (SQL of a trimmed text, null for blank) as the column's type.

    The result is null where the text cannot be read, or where it was null.
    """
    name = parser or parsers_for(column)[0]
    if name == "date" and column.name == "month_start":
        return _month(value, zones)
    expression = PARSERS[name].expression(value, zones)
    if column.type in {"varchar", "text"}:
        return expression
    return f"try_cast({expression} as {column.type})"
