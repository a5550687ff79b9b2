"""The rows behind a KPI: the query that gives them on the published set, and the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.explain.errors import ExplainError
from orchestration.explain.kpis import Kpi
from orchestration.explain.periods import Period
from orchestration.explain.scope import Scope
from orchestration.explain.source_files import KIND_OF_KEY
from orchestration.publication.content_hash import columns_of
from orchestration.publication.tables import rows_of

_SUBJECTS = "koubei_subjects"
_TEXT_LENGTH = 40
# what a row says, where it is the row of a text
_WITH_TEXT = f"""
select
    rows.*,
    case when length(texts.voice_text) > {_TEXT_LENGTH}
        then texts.voice_text[1:{_TEXT_LENGTH}] || '…' else texts.voice_text end as voice_text
from ({{rows}}) as rows
left join reviews.fct_voices as voices
    on rows.row_table = 'reviews.fct_voices' and rows.row_key = voices.voice_key
left join reviews.voice_texts as texts on voices.text_sha256 = texts.text_sha256
order by rows.position
"""


@dataclass(frozen=True)
class Evidence:
    """What a KPI counted in a period.

    Attributes:
        sql: The query of all rows; it runs on the published set as it stands.
        numerator_rows, denominator_rows: How many rows add to each.
        numerator, denominator: What they add up to.
        is_sum: Whether the KPI is that sum divided; a median, say, is not.
        of_numerator: The first rows of the numerator, largest first.
        of_denominator: The first rows that are in the denominator alone.
    """

    sql: str
    numerator_rows: int
    denominator_rows: int
    numerator: float | None
    denominator: float | None
    is_sum: bool
    of_numerator: Sequence[dict[str, Any]]
    of_denominator: Sequence[dict[str, Any]]


def query_of(
    connection: duckdb.DuckDBPyConnection,
    kpi: Kpi,
    period: Period,
    scope: Scope,
    own_brands: Sequence[str],
) -> str:
    """The query of the rows that the KPI counts in a period and scope.

    Raises:
        ExplainError: The publication holds no query of that KPI.
    """
    rows = connection.execute(
        "select subjects_sql from meta.kpi_queries where kpi_code = ?", [kpi.code]
    ).fetchall()
    if not rows:
        raise ExplainError(
            f"{kpi.code}: this publication holds no query of its rows; its model needs a CTE "
            "`subjects`, and the next koubei refresh brings it"
        )
    sql = str(rows[0][0])
    columns = [column.name for column in columns_of(connection, f"({sql})")]
    if "state_from" in columns:
        # a state counts as it stands at the end of the period
        days = [f"state_from <= date '{period.until}'", f"state_to > date '{period.until}'"]
    else:
        days = [f"period_date between date '{period.start}' and date '{period.until}'"]
    conditions = "\n    and ".join([*days, *scope.in_rows(columns, own_brands)])
    return f"{sql}\nwhere\n    {conditions}"


def gather(
    connection: duckdb.DuckDBPyConnection,
    kpi: Kpi,
    sql: str,
    measured: tuple[float | None, float | None],
    limit: int,
) -> Evidence:
    """Run the query once, and keep what it gives for `of_files`."""
    connection.execute(f"create or replace temp table {_SUBJECTS} as {sql}")
    (counts,) = connection.execute(
        "select count(*) filter (where numerator <> 0), count(*) filter (where denominator <> 0), "
        "round(cast(sum(numerator) as double), 6), round(cast(sum(denominator) as double), 6) "
        f"from {_SUBJECTS}"
    ).fetchall()
    return Evidence(
        sql=sql,
        numerator_rows=counts[0],
        denominator_rows=counts[1],
        numerator=counts[2],
        denominator=counts[3],
        is_sum=_is_near(counts[2], measured[0]) and _is_near(counts[3], measured[1]),
        of_numerator=_first(connection, "numerator <> 0", "abs(numerator) desc,", limit),
        of_denominator=()
        if kpi.is_count
        else _first(connection, "denominator <> 0 and coalesce(numerator, 0) = 0", "", limit),
    )


def keys_counted(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The keys of all rows, with how many of them count.

    Columns: row_table, row_key, kind (of the record, as the key says), channel_code,
    numerator_rows, denominator_rows.
    """
    return connection.sql(
        f"select row_table, row_key, regexp_extract(row_key, '{KIND_OF_KEY}', 1) as kind, "
        "channel_code, "
        "count(*) filter (where numerator <> 0) as numerator_rows, "
        "count(*) filter (where denominator <> 0) as denominator_rows "
        f"from {_SUBJECTS} where row_key is not null group by all order by all"
    ).to_arrow_table()


def _first(
    connection: duckdb.DuckDBPyConnection, condition: str, order: str, limit: int
) -> list[dict[str, Any]]:
    day = next(
        column.name
        for column in columns_of(connection, _SUBJECTS)
        if column.name in ("period_date", "state_from")
    )
    rows = f"""
        select
            {day} as day, channel_code, brand_code, product_key, row_table, row_key, numerator,
            denominator,
            row_number() over (order by {order} {day} desc, row_table, row_key) as position
        from {_SUBJECTS} where {condition}
        order by position limit {int(limit)}
    """
    found = rows_of(connection, _WITH_TEXT.format(rows=rows))
    return [{name: row[name] for name in row if name != "position"} for row in found]


def _is_near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return not one and not other
    return abs(one - other) <= 1e-6 * max(1.0, abs(one))
