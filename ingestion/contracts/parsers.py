"""The closed list of named parsers, each SQL over a whole column.

A parser gets a text that is trimmed, in half width and never blank, and gives its typed value:
null means that the text could not be read, and `wants` says what was expected. A channel that
needs another reading gets one more parser here, with its test; a contract never holds SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from ingestion.contracts.feeds import FeedColumn
from ingestion.contracts.sql_steps import Cell, SqlSteps


@dataclass(frozen=True)
class Zones:
    """The zone that an export's times are written in, and the one that they are kept in."""

    export: str
    business: str


@dataclass(frozen=True)
class Parser:
    """One named parser: its steps, and what a person should have written."""

    name: str
    wants: str
    read: Callable[[SqlSteps, Cell, Zones], Cell]


def literal(text: str) -> str:
    """Return `text` as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def clean(value: str, blank_values: list[str] | None = None) -> str:
    """Return SQL that trims `value`, white space of every width, and makes blanks null."""
    if not blank_values:
        return f"koubei_clean({value})"
    blanks = ", ".join(map(literal, blank_values))
    return f"case when koubei_clean({value}) not in ({blanks}) then koubei_clean({value}) end"


# no-break, ideographic, zero-width and byte-order marks come along with copied cells
_SPACES = " \t\r\n\v\f\u00a0\u3000\u200b\ufeff"
_FULL = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "￥\u3000"
_HALF = "".join(chr(code) for code in range(0x21, 0x7F)) + "¥ "


# digits with or without thousands separators; a separator in the wrong place is no number
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_INTEGER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.0+)?"

_UNITS = {"十": 10, "百": 100, "千": 1000, "k": 1000, "万": 10_000, "w": 10_000, "萬": 10_000}
_UNITS |= {"百万": 1_000_000, "m": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}
_UNITS |= {"億": 100_000_000}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_FACTORS = " ".join(f"when {literal(unit)} then {factor}" for unit, factor in _UNITS.items())

_CURRENCY = "CN¥|RMB|CNY|人民币|[A-Z]{0,2}\\$|[¥€£]"
_PLAIN_MONEY = r"-?\d{1,15}(?:\.\d{1,2})?"
_MONEY = (
    f"^(?:{_CURRENCY})?([+-]?)(?:{_CURRENCY})?({_NUMBER})((?i:{_UNIT})?)(?:元|圆|块|整|RMB|CNY)*$"
)
_PLAIN_COUNT = r"\d{1,18}"
_COUNT = f"^([+-]?)({_NUMBER})((?i:{_UNIT})?)(?:\\+|人|次|条|件|个|篇|赞)*$"
_STARS = (
    r"^(?:(\d+(?:\.\d+)?)(?:颗?星|分|(?i:stars?))?"
    "|([零一二两三四五])颗?(半?)星(半?)"
    "|([★⭐][★⭐☆\ufe0f]*))(?:好评|中评|差评)?$"
)
_TRUE = ["是", "已购", "已购买", "有", "真", "true", "t", "yes", "y", "1", "1.0", "√", "✓"]
_FALSE = ["否", "未购", "未购买", "无", "假", "false", "f", "no", "n", "0", "0.0", "×", "✗"]

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
_MONTH_FORMATS = ["%Y-%m", "%Y/%m", "%Y年%m月", "%Y.%m", "%Y%m"]
_PLAIN_TIME = r"\d{4}[-/]\d{1,2}[-/]\d{1,2} \d{1,2}:\d{2}:\d{2}"
_ZONED = (
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
    r" ?(?:Z|[+-]\d{2}:?(?:\d{2})?)"
)


def _listed(values: list[str]) -> str:
    return ", ".join(map(literal, values))


def _parts(plain: str, pattern: str) -> str:
    return (
        f"case when not regexp_full_match(v, {literal(plain)}) then "
        f"regexp_extract(replace(v, ' ', ''), {literal(pattern)}, ['sign', 'number', 'unit']) end"
    )


def _is_solid(code_point: str) -> str:
    wide = ", ".join(str(ord(space)) for space in _SPACES if ord(space) > ord(" "))
    return f"{code_point} > 32 and {code_point} not in ({wide})"


# what the parsers are made of, given to DuckDB once: a statement that spells these out for every
# column takes longer to parse than most files take to land
MACROS: dict[str, str] = {
    # looking at both ends first spares nearly every value the trimming, which is ten times dearer
    "koubei_clean(v)": (
        f"case when {_is_solid('unicode(v)')} and {_is_solid('unicode(right(v, 1))')} then v "
        f"else nullif(trim(v, {literal(_SPACES)}), '') end"
    ),
    # so it is with translating
    "koubei_half_width(v)": (
        "case when strlen(v) = length(v) or not regexp_matches(v, '[！-～￥\u3000]') then v "
        f"else translate(v, {literal(_FULL)}, {literal(_HALF)}) end"
    ),
    "koubei_integer(v)": (
        f"case when regexp_full_match(v, '{_PLAIN_COUNT}') then try_cast(v as bigint) "
        f"when regexp_full_match(v, '{_INTEGER}') then "
        r"try_cast(replace(regexp_replace(v, '\.0+$', ''), ',', '') as bigint) end"
    ),
    "koubei_decimal(v)": (
        f"case when regexp_full_match(v, '[+-]?(?:{_NUMBER})(?:[eE][+-]?\\d{{1,3}})?') "
        "then try_cast(replace(v, ',', '') as double) end"
    ),
    # sign, number and unit where a plain number does not say it all; null for a plain one
    "koubei_money_parts(v)": _parts(_PLAIN_MONEY, _MONEY),
    "koubei_count_parts(v)": _parts(_PLAIN_COUNT, _COUNT),
    # six places are kept until the unit is applied: 1.234567万 is exact
    "koubei_scaled(p)": (
        "try_cast(replace(p['number'], ',', '') as decimal(28, 6)) "
        f"* case lower(p['unit']) when '' then 1 {_FACTORS} end * if(p['sign'] = '-', -1, 1)"
    ),
    "koubei_money(v, p)": (
        "case when p is null then try_cast(v as decimal(18, 2)) "
        "else try_cast(koubei_scaled(p) as decimal(18, 2)) end"
    ),
    # a bare fraction is no count: 1.5 of a like does not exist, 1.5万 does
    "koubei_count(v, p)": (
        "case when p is null then try_cast(v as bigint) "
        r"when p['unit'] = '' and regexp_matches(p['number'], '\.\d*[1-9]') then null "
        "else try_cast(round(koubei_scaled(p)) as bigint) end"
    ),
    "koubei_percent_parts(v)": (
        "regexp_extract(replace(v, ' ', ''), "
        f"'^([+-]?(?:{_NUMBER})(?:[eE][+-]?\\d{{1,3}})?)([%﹪‰]?)$', ['number', 'unit'])"
    ),
    # 12 without a sign may be a share of 12 or of .12: it is rejected
    "koubei_percent(p, n)": (
        "case when p['unit'] = '‰' then n / 1000 when p['unit'] <> '' then n / 100 "
        "when abs(n) <= 1 then n end"
    ),
    "koubei_star_parts(v)": (
        f"regexp_extract(replace(v, ' ', ''), {literal(_STARS)}, "
        "['number', 'word', 'half', 'late_half', 'signs'])"
    ),
    "koubei_stars(p)": (
        "case when p['number'] <> '' then try_cast(p['number'] as double) "
        "when p['word'] <> '' then instr('零一二三四五', replace(p['word'], '两', '二')) - 1.0 "
        "+ if(p['half'] || p['late_half'] = '', 0, 0.5) "
        "when p['signs'] <> '' "
        "then cast(length(regexp_replace(p['signs'], '[^★⭐]', '', 'g')) as double) end"
    ),
    "koubei_boolean(v)": (
        f"case when lower(v) in ({_listed(_TRUE)}) then true "
        f"when lower(v) in ({_listed(_FALSE)}) then false end"
    ),
    # `26/1/2` is not the year 26; DuckDB reads the words epoch and infinity as 1900-01-01, which
    # a zone may move by a day
    "koubei_plausible(t)": "case when t >= '1900-01-03' and t < '2200-01-01' then t end",
    # a cast reads the two commonest forms eight times faster than a list of formats
    "koubei_naive_time(v)": (
        f"coalesce(case when regexp_full_match(v, {literal(_PLAIN_TIME)}) "
        "then try_cast(replace(v, '/', '-') as timestamp) end, "
        f"try_strptime(v, [{_listed(_TIME_FORMATS)}]))"
    ),
    "koubei_month(v)": f"try_strptime(v, [{_listed(_MONTH_FORMATS)}])",
    # DuckDB wants seconds before a zone
    "koubei_zoned_time(v, naive, zone)": (
        "timezone(zone, case when naive is not null then null "
        f"when regexp_full_match(v, {literal(_ZONED)}) then try_cast(replace(regexp_replace("
        r"v, '([T ]\d{1,2}:\d{2}) ?(Z|[+-])', '\1:00\2'), '/', '-') as timestamptz) "
        "else try_strptime(v, '%a %b %d %H:%M:%S %z %Y') end)"
    ),
    # seconds have 10 digits and milliseconds 13, so that one read as the other is rejected
    "koubei_epoch_s(v)": r"try_cast(regexp_extract(v, '^(\d{9,10})(?:\.\d+)?$', 1) as bigint)",
    "koubei_epoch_ms(v)": r"try_cast(regexp_extract(v, '^(\d{12,13})(?:\.\d+)?$', 1) as bigint)",
    "koubei_from_utc(micros, zone)": "timezone(zone, timezone('UTC', make_timestamp(micros)))",
}


def create_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Give DuckDB the macros that the parsers' SQL speaks of; for this connection only."""
    for signature, body in MACROS.items():
        connection.execute(f"create or replace temp macro {signature} as ({body})")


def half_width(steps: SqlSteps, value: Cell) -> Cell:
    """Write full-width digits, letters and signs in half width."""
    return steps.add(f"koubei_half_width({value})", value)


def _text(_: SqlSteps, value: Cell, __: Zones) -> Cell:
    return value


def _integer(steps: SqlSteps, value: Cell, _: Zones) -> Cell:
    return steps.add(f"koubei_integer({value})", value)


def _decimal(steps: SqlSteps, value: Cell, _: Zones) -> Cell:
    return steps.add(f"koubei_decimal({value})", value)


def _money(steps: SqlSteps, value: Cell, _: Zones) -> Cell:
    parts = steps.add(f"koubei_money_parts({value})", value)
    return steps.add(f"koubei_money({value}, {parts})", value, parts)


def _count(steps: SqlSteps, value: Cell, _: Zones) -> Cell:
    parts = steps.add(f"koubei_count_parts({value})", value)
    return steps.add(f"koubei_count({value}, {parts})", value, parts)


def _percent(steps: SqlSteps, value: Cell, _: Zones) -> Cell:
    parts = steps.add(f"koubei_percent_parts({value})", value)
    number = steps.add(f"try_cast(replace({parts}.number, ',', '') as double)", parts)
    return steps.add(f"koubei_percent({parts}, {number})", parts, number)


def _stars(steps: SqlSteps, value: Cell, _: Zones) -> Cell:
    parts = steps.add(f"koubei_star_parts({value})", value)
    return steps.add(f"koubei_stars({parts})", parts)


def _boolean(steps: SqlSteps, value: Cell, _: Zones) -> Cell:
    return steps.add(f"koubei_boolean({value})", value)


def _times(steps: SqlSteps, value: Cell, zones: Zones) -> tuple[Cell, Cell]:
    """Read a time as written, and one with its own zone in the business zone; one is null."""
    read = steps.add(f"koubei_naive_time({value})", value)
    naive = steps.add(f"koubei_plausible({read})", read)
    zone = literal(zones.business)
    read = steps.add(f"koubei_zoned_time({value}, {naive}, {zone})", value, naive)
    return naive, steps.add(f"koubei_plausible({read})", read)


def _timestamp(steps: SqlSteps, value: Cell, zones: Zones) -> Cell:
    naive, zoned = _times(steps, value, zones)
    local = str(naive)
    if zones.export != zones.business:
        local = f"timezone({literal(zones.business)}, timezone({literal(zones.export)}, {naive}))"
    return steps.add(f"coalesce({local}, {zoned})", naive, zoned)


def _date(steps: SqlSteps, value: Cell, zones: Zones) -> Cell:
    # a day without a zone is the day that the export means, whatever the zone
    naive, zoned = _times(steps, value, zones)
    return steps.add(f"cast(coalesce({naive}, {zoned}) as date)", naive, zoned)


def _month(steps: SqlSteps, value: Cell, zones: Zones) -> Cell:
    day = _date(steps, value, zones)
    read = steps.add(f"koubei_month({value})", value)
    month = steps.add(f"koubei_plausible({read})", read)
    return steps.add(f"cast(date_trunc('month', coalesce({day}, {month})) as date)", day, month)


def _epoch_s(steps: SqlSteps, value: Cell, zones: Zones) -> Cell:
    moment = f"koubei_epoch_s({value}) * 1000000"
    return steps.add(f"koubei_from_utc({moment}, {literal(zones.business)})", value)


def _epoch_ms(steps: SqlSteps, value: Cell, zones: Zones) -> Cell:
    moment = f"koubei_epoch_ms({value}) * 1000"
    return steps.add(f"koubei_from_utc({moment}, {literal(zones.business)})", value)


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


def read_value(
    steps: SqlSteps, value: Cell, column: FeedColumn, parser: str | None, zones: Zones
) -> Cell:
    """Read a trimmed text, null for blank, as the column's type.

    The result is null where the text cannot be read, or where it was null.
    """
    name = parser or parsers_for(column)[0]
    if column.type in {"varchar", "text"}:
        return PARSERS[name].read(steps, value, zones)
    text = half_width(steps, value)
    if name == "date" and column.name == "month_start":
        return _month(steps, text, zones)
    typed = PARSERS[name].read(steps, text, zones)
    return steps.add(f"try_cast({typed} as {column.type})", typed)
