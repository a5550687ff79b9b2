"""Run one suite: read its rows through the given connection, ask Great Expectations, plain answer.

Great Expectations' own SQL source closes DuckDB's cursor too early, so it is handed a pandas frame
with only the columns and rows that the suite asks for. The context is ephemeral: no file is
written and nothing leaves the machine.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import duckdb

from expectations.deferred import Expected, library
from expectations.verdicts import Outcome, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.datasource.fluent import PandasDatasource

    from expectations.suite import Suite

SAMPLE_SIZE = 10
_LIMITS = ("min_value", "max_value", "value_set", "mostly", "or_equal", "quantile_ranges", "regex")


def validate(suite: Suite, connection: duckdb.DuckDBPyConnection) -> Verdict:
    """Check one suite against the database behind the connection.

    A suite whose query gives no row has nothing to say and passes: an empty feed is not an error.
    A suite that cannot be read, or an expectation that cannot be evaluated, fails: silence is not
    a pass.

    Args:
        suite: from `discover`, or made by hand.
        connection: open on the build file; only read from.

    Returns:
        The verdict, with outcomes in the order of the suite's expectations.
    """
    try:
        frame = connection.execute(suite.sql).df()
    except duckdb.Error as error:
        outcome = Outcome(
            expectation="expect_table_to_be_readable",
            column=None,
            severity="critical",
            is_passed=False,
            observed=str(error).strip().split("\n", 1)[0],
            failing_count=1,
            description=f"套件读不到数据；suite {suite.name} cannot read {suite.table}",
        )
        return _verdict(suite, 0, [outcome])
    if frame.empty:
        return _verdict(suite, 0, [])
    return _verdict(suite, len(frame), _outcomes(suite, frame))


def _verdict(suite: Suite, row_count: int, results: list[Outcome]) -> Verdict:
    return Verdict(
        suite.name, suite.table, suite.stage, suite.title_zh, suite.summary, row_count, results
    )


def _outcomes(suite: Suite, frame: pd.DataFrame) -> list[Outcome]:
    expected: list[Expected] = list(suite.expectations)
    gx = library()
    # results come back in another order than asked, so each carries its position
    asked = []
    outcomes: dict[int, Outcome] = {}
    for position, one in enumerate(expected):
        try:
            expectation = one.resolve()
        except (AttributeError, TypeError, ValueError) as error:
            outcomes[position] = _misspelt(one, error)
            continue
        expectation.meta = {"position": position}
        asked.append(expectation)
    batch = (
        _source()
        .add_dataframe_asset(suite.name or suite.table)
        .add_batch_definition_whole_dataframe("rows")
        .get_batch({"dataframe": frame})
    )
    answer = batch.validate(
        gx.ExpectationSuite(name=suite.name or suite.table, expectations=asked),
        result_format={
            "result_format": "SUMMARY",
            "unexpected_index_column_names": [c for c in suite.key if c in frame.columns],
            "partial_unexpected_count": SAMPLE_SIZE,
        },
    )
    for result in answer.results:
        position = cast("Any", result.expectation_config).meta["position"]
        outcomes[position] = _outcome(expected[position], result, frame)
    return [outcomes[position] for position in range(len(expected))]


def _misspelt(expected: Expected, error: Exception) -> Outcome:
    """An expectation that the library does not know, or not with these arguments."""
    reason = " ".join(str(error).split())
    return Outcome(
        expectation=expected.name,
        column=", ".join(expected.columns) or None,
        severity="critical",
        is_passed=False,
        observed=f"could not be evaluated: {reason}",
        failing_count=1,
        description="期望写法有误；the suite's file names an expectation that does not exist so",
    )


def _source() -> PandasDatasource:
    """A fresh pandas source; asset names must not meet those of an earlier suite."""
    return _context().data_sources.add_or_update_pandas("frames")


@functools.cache
def _context() -> EphemeralDataContext:
    gx = library()
    progress = library("great_expectations.data_context.types.base").ProgressBarsConfig
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = progress(globally=False)
    return cast("EphemeralDataContext", context)


def _outcome(
    expected: Expected, result: ExpectationValidationResult, frame: pd.DataFrame
) -> Outcome:
    # the library types this as any JSON; it is a dict, and empty when nothing could be computed
    found = cast("dict[str, Any]", result.to_json_dict()["result"] or {})
    is_passed = bool(result.success)
    failing = int(found.get("unexpected_count") or (0 if is_passed else 1))
    if not found and not is_passed:
        observed = f"could not be evaluated: {_reason(result.exception_info)}"
    elif "unexpected_count" in found:
        observed = f"{found['unexpected_count']:,} of {found['element_count']:,} rows"
    else:
        observed = _shown(found.get("observed_value"))
    samples = [] if is_passed else found.get("partial_unexpected_index_list", [])
    if not is_passed and not samples and len(frame) <= SAMPLE_SIZE:
        # a figure of the whole frame failed, and the frame is small enough to be the evidence
        samples = cast("list[dict[str, Any]]", frame.to_dict(orient="records"))
    return Outcome(
        expectation=cast("Any", result.expectation_config).type,
        column=", ".join(expected.columns) or None,
        severity=expected.severity,
        is_passed=is_passed,
        observed=observed,
        failing_count=failing,
        sample_rows=[{k: _plain(v) for k, v in row.items()} for row in samples[:SAMPLE_SIZE]],
        description=expected.arguments.get("description", ""),
        limits={k: _plain(v) for k, v in expected.arguments.items() if k in _LIMITS},
    )


def _reason(exception_info: Mapping[str, Any]) -> str:
    """The last line of what the library says went wrong."""
    info = exception_info if "exception_message" in exception_info else {}
    if not info and exception_info:
        info = next(iter(exception_info.values()))
    return str(info.get("exception_message") or "no reason given").strip().split("\n")[-1]


def _plain(value: object) -> object:
    """A value that JSON knows: timestamps as text, not-a-number as null."""
    if isinstance(value, (list, tuple, set)):
        return [_plain(one) for one in value]
    value = value.item() if hasattr(value, "item") else value
    if value is None or isinstance(value, (bool, int, str)):
        return None if value == "NaT" else value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return None if str(value) in ("NaT", "<NA>") else str(value)


def _shown(value: object) -> str:
    value = _plain(value)
    if isinstance(value, float):
        return f"{value:,.6g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
