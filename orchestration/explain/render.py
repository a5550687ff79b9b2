"""An explanation as tables on the command line, Chinese first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from orchestration.explain.contributions import DIMENSIONS, Movement
from orchestration.explain.explain import Answer
from orchestration.explain.periods import LABELS
from orchestration.publication.labels import Labels
from orchestration.publication.number_formats import write, write_change, write_quantity
from orchestration.terminal.tables import records, table

_STATUS = {
    "on_target": "达标",
    "near_target": "接近目标",
    "off_target": "未达标",
    "no_target": "未设目标",
    "running": "进行中",
    "hidden": "样本不足",
    "withheld": "暂缓发布",
}
_FILES_SHOWN = 20


def show(out: Console, answer: Answer, labels: Labels, *, with_sql: bool) -> None:
    """Print all there is to say."""
    out.print(_definition(answer))
    out.print(_number(answer))
    for each in answer.movements:
        out.print(_movement(answer, each, labels))
    if not answer.movements:
        out.print(f"变动来源 What moved it: {answer.missing_reason or '–'}")
    _show_rows(out, answer)
    _show_files(out, answer)
    if with_sql:
        out.print("\n明细查询 The query behind it, for koubei query:")
        out.print(Syntax(answer.evidence.sql, "sql", background_color="default", word_wrap=True))
    else:
        out.print("--sql 打印明细查询 prints the query; --rows N gives more rows; --json gives all")


def _definition(answer: Answer) -> Table:
    kpi = answer.kpi
    made = table(
        f"{kpi.describe()}  {kpi.code}",
        [("", ""), ("", "")],
        [
            ("口径 definition", kpi.definition),
            ("口径版本 version", f"{kpi.version}"),
            ("负责方 owner", kpi.owner),
            ("范围 scope", answer.scope.describe()),
            ("发布 publication", f"{answer.publication_id}, 数据截至 as of {answer.as_of}"),
        ],
    )
    made.show_header = False
    return made


def _number(answer: Answer) -> Table:
    unit = answer.kpi.unit
    now, before, history = answer.now, answer.before, answer.history
    low, high = history.get("value_low"), history.get("value_high")
    interval = "–" if low is None else f"{_value(unit, low)} – {_value(unit, high)}"
    rows: list[tuple[str, str, str]] = [
        ("周期 period", _period(answer, 0), _period(answer, 1)),
        (
            "数值 value",
            _value(unit, answer.value),
            _value(unit, answer.previous_value),
        ),
        ("分子 numerator", write_quantity(now.numerator), write_quantity(before.numerator)),
        ("分母 denominator", write_quantity(now.denominator), write_quantity(before.denominator)),
        ("变化 change", _delta(answer), ""),
        ("样本量 n", write_quantity(history.get("sample_count") or now.size), ""),
        ("95% 区间 interval", interval, ""),
        ("目标 target", _target(answer), ""),
        ("状态 status", _status(answer), ""),
    ]
    return table(None, [("", ""), ("本期", "now"), ("对比期", "compared with")], rows)


def _value(unit: str, number: float | None) -> str:
    return write(number, unit).both


def _change(unit: str, number: float | None) -> str:
    return write_change(number, unit).both


def _period(answer: Answer, position: int) -> str:
    period = (answer.period, answer.against)[position]
    cut = "，同天数 the same days" if period.is_cut else ""
    return f"{LABELS[period.kind]} {period.describe()}{cut}"


def _delta(answer: Answer) -> str:
    if answer.delta is None:
        return "–"
    text = _change(answer.kpi.unit, answer.delta)
    if answer.kpi.is_count and answer.previous_value:
        text += f" ({_change('percent', answer.delta / answer.previous_value)})"
    return text


def _target(answer: Answer) -> str:
    unit, history = answer.kpi.unit, answer.history
    low, high = history.get("target_low"), history.get("target_high")
    if low is not None and high is not None:
        return f"{_value(unit, low)} – {_value(unit, high)}"
    if low is not None:
        return f"≥ {_value(unit, low)}"
    return "–" if high is None else f"≤ {_value(unit, high)}"


def _status(answer: Answer) -> str:
    if not answer.history:
        return "按明细计算，不在指标历史中 computed from the rows; not in the history"
    code = str(answer.history["status_code"])
    reason, outlook = answer.history.get("status_reason"), answer.history.get("outlook_code")
    said = [_STATUS.get(code, ""), code, reason and f"({reason})"]
    said += [outlook and f"照此 so far: {_STATUS.get(outlook, '')} {outlook}"]
    return " ".join(filter(None, said))


def _movement(answer: Answer, movement: Movement, labels: Labels) -> Table | Text:
    title = f"按{DIMENSIONS[movement.dimension][0]} By {movement.dimension}"
    if movement.reason:
        return Text(f"{title}: {movement.reason}")
    unit, is_count = answer.kpi.unit, answer.kpi.is_count
    headers = [
        (DIMENSIONS[movement.dimension][0], movement.dimension),
        ("本期", "now"),
        ("对比期", "before"),
        ("贡献", "contribution"),
    ]
    if not is_count:
        headers += [
            ("自身变化", "rate effect"),
            ("结构变化", "mix effect"),
            ("本期分子/分母", "n / d"),
        ]
    names = {key: f"{name} {key}" for key, name in answer.product_names.items()}
    rows = []
    for each in movement.contributions:
        code = each.member_code
        row = [
            labels.channel(code) if movement.dimension == "channel" else names.get(code, code),
            _value(unit, each.value),
            _value(unit, each.previous_value),
            _change(unit, each.contribution),
        ]
        if not is_count:
            row += [
                _change(unit, each.rate_effect),
                _change(unit, each.mix_effect),
                f"{write_quantity(each.numerator)} / {write_quantity(each.denominator)}",
            ]
        rows.append(row)
    total = [
        "合计 total",
        _value(unit, answer.value),
        _value(unit, answer.previous_value),
        _change(unit, sum(each.contribution for each in movement.contributions)),
    ]
    if not is_count:
        total += [
            _change(unit, sum(each.rate_effect or 0 for each in movement.contributions)),
            _change(unit, sum(each.mix_effect or 0 for each in movement.contributions)),
            f"{write_quantity(answer.now.numerator)} / {write_quantity(answer.now.denominator)}",
        ]
    made = table(title, headers, rows)
    made.add_section()
    made.add_row(*total, style="bold")
    return made


def _show_rows(out: Console, answer: Answer) -> None:
    evidence = answer.evidence
    sums = (
        f"{evidence.numerator_rows:,} 行计入分子 rows in the numerator, "
        f"{evidence.denominator_rows:,} 行计入分母 in the denominator"
    )
    if not evidence.is_sum:
        sums += "；该指标不是这些行之和 the KPI is no sum of these rows"
    out.print(f"\n明细 Rows: {sums}")
    for title, rows in (
        ("分子 In the numerator", evidence.of_numerator),
        ("仅分母 In the denominator alone", evidence.of_denominator),
    ):
        if rows:
            out.print(records(title, dict(_headers(rows)), rows))


def _headers(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, tuple[str, str]]]:
    names = {
        "day": ("日期", "day"),
        "channel_code": ("渠道", "channel"),
        "brand_code": ("品牌", "brand"),
        "product_key": ("商品", "product"),
        "row_table": ("表", "table"),
        "row_key": ("主键", "key"),
        "numerator": ("分子", "n"),
        "denominator": ("分母", "d"),
        "voice_text": ("原文", "text"),
    }
    for name, both in names.items():
        if name in ("day", "row_table", "row_key") or any(
            row[name] not in (None, "all", "own") for row in rows
        ):
            yield name, both


def _show_files(out: Console, answer: Answer) -> None:
    found = answer.files
    how = (
        "按主键精确 exact, by the keys of the rows"
        if found.is_exact
        else f"按渠道与日期 by channel and day ({found.note})"
    )
    headers = {
        "file_name": ("文件", "file"),
        "channel_code": ("渠道", "channel"),
        "export_date": ("导出日期", "export date"),
    }
    if found.is_exact:
        headers["numerator_rows"] = ("分子行数", "rows in n")
        headers["denominator_rows"] = ("分母行数", "rows in d")
    title = f"来源文件 Files: {len(found.files):,}, {how}"
    out.print(records(title, headers, found.files[:_FILES_SHOWN]))
    if len(found.files) > _FILES_SHOWN:
        out.print(f"前 {_FILES_SHOWN} 个 the first {_FILES_SHOWN}: --json gives all")
    if found.unknown_rows:
        out.print(f"{found.unknown_rows:,} 行无来源文件 rows lead to no file that is still held")
