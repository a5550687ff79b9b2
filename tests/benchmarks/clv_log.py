"""The lifetime value models on an order log of one's own: `python -m tests.benchmarks.clv_log FILE --until DAY`.

FILE has a line an order: fields parted by blanks, commas or semicolons, the customer, the day and the
amount at the places that --fields names (counted from 1); lines without a day, as a heading, are left
out. The project's own models turn it into frequency, recency and age in weeks (orders of a day are one
purchase), fit it up to the day given, and test the fit on what comes after. Nothing is kept.

The published answers for CDNOW (Fader, Hardie and Lee 2005; Fader and Hardie 2013), with the log as
Bruce Hardie publishes it and, if at hand, the summary that the `lifetimes` package has of it:

    python -m tests.benchmarks.clv_log cdnow_sample.txt --fields 2,3,5 --until 1997-09-30 \\
        --summary cdnow_customers_summary.csv --cdnow

exits with 1 where a parameter is off by more than .5 % (of spend, 1 %) or a row of the summary differs.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tests.unit.dbt.clv_chain import TABLES, build_counts, build_fits, build_marts

# name, published, share by which it may be off
CDNOW = [
    ("r", 0.243, 0.005), ("alpha", 4.414, 0.005), ("a", 0.793, 0.005), ("b", 2.426, 0.005),
    ("log_likelihood", -9582.4, 0.00001), ("p", 6.25, 0.01), ("q", 3.74, 0.01), ("v", 15.44, 0.01),
]  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Read the log, fit, print; the exit code says whether what was asked for holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.clv_log", allow_abbrev=False)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--fields", default="1,2,3", help="places of customer, day, amount (1,2,3)")
    parser.add_argument("--until", type=date.fromisoformat, help="last day that the fit sees")
    parser.add_argument("--summary", type=Path, help="CSV of frequency, recency, T to compare with")
    parser.add_argument("--cdnow", action="store_true", help="compare with the published answers")
    asked = parser.parse_args(arguments)
    try:
        places = [int(place) for place in asked.fields.split(",")]
        with duckdb.connect() as connection:
            read_log(connection, asked.file, places)
            fit_log(connection, asked.until)
            is_right = _report(connection)
            if asked.summary:
                is_right &= _compare_summary(connection, asked.summary)
            if asked.cdnow:
                is_right &= _compare_published(connection)
    except (duckdb.Error, ValueError) as error:
        print(f"{asked.file}: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    return 0 if is_right else 1


def read_log(connection: duckdb.DuckDBPyConnection, file: Path, places: list[int]) -> None:
    """Orders of a file, as the warehouse's orders.

    Raises:
        ValueError: it holds no order at these places.
    """
    customer, day, amount = places
    connection.execute(TABLES)
    connection.execute(
        f"""
        insert into fct_orders
        select
            cast(row_number() over () as varchar), fields[{customer}], day, fields[{amount}]::decimal(18, 2), 0, true
        from (
            select
                regexp_split_to_array(trim(line), '[,;\\s]+') as fields,
                coalesce(try_strptime(fields[{day}], '%Y%m%d'), try_cast(fields[{day}] as timestamp)) as day
            from read_csv(?, columns = {{'line': 'varchar'}}, delim = '\\x01', quote = '', header = false)
        )
        where day is not null
        """,
        [str(file)],
    )
    if not connection.execute("select count(*) from fct_orders").fetchall()[0][0]:
        message = f"no order with a day in field {day}"
        raise ValueError(message)


def fit_log(connection: duckdb.DuckDBPyConnection, until: date | None) -> None:
    """All models, the fit seeing the log up to a day (by default half of it)."""
    connection.execute("insert into stg_as_of select cast(max(ordered_at) as date) from fct_orders")
    variables: dict[str, Any] = {}
    if until:
        (weeks,) = connection.execute(
            "select (as_of - ?::date) // 7 from stg_as_of", [until]
        ).fetchall()[0]
        # the test is of whole weeks, so that what is left over at the end is not looked at
        connection.execute("update stg_as_of set as_of = ?::date + ? * 7", [until, weeks])
        variables["clv_holdout_weeks"] = weeks
    build_counts(connection, **variables)
    build_fits(connection)
    build_marts(connection, **variables)


def _fit(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    found = connection.sql("from mart_clv_fits where fit_code = 'calibration'").to_arrow_table()
    row: dict[str, Any] = found.to_pylist()[0]
    return row


def _report(connection: duckdb.DuckDBPyConnection) -> bool:
    fit = _fit(connection)
    print(
        f"{fit['customer_count']:,} customers, {fit['repeater_count']:,} of them bought again,"
        f" from {fit['started_on']} to {fit['fitted_until']}"
    )
    print(
        f"BG/NBD       {fit['status_code']:<8}",
        _numbers(fit, "r", "alpha", "a", "b", "log_likelihood"),
    )
    print(
        f"Gamma-Gamma  {fit['spend_status_code']:<8}",
        _numbers(fit, "p", "q", "v", "mean_purchase_cny"),
    )
    print("correlation of frequency and spend", _numbers(fit, "frequency_monetary_correlation"))
    if fit["test_days"]:
        print(
            f"test of {fit['test_days'] // 7} weeks",
            _numbers(fit, "expected_test_order_count", "actual_test_order_count", "test_bias_share",
                     "test_mean_absolute_error"),
        )  # fmt: skip
        for row in connection.execute(
            "select dimension_value, customer_count, actual_per_customer, expected_per_customer"
            " from mart_clv_calibration where dimension_code = 'frequency' order by sort_number"
        ).fetchall():
            written = (
                "too few people"
                if row[1] is None
                else f"{row[1]:>6,} customers: made {row[2]:.3f}, expected {row[3]:.3f}"
            )
            print(f"  bought again {row[0]:>2}  {written}")
    return fit["r"] is not None


def _numbers(fit: dict[str, Any], *names: str) -> str:
    return ", ".join(
        f"{name} {'unknown' if fit[name] is None else format(float(fit[name]), '.6g')}"
        for name in names
    )


def _compare_summary(connection: duckdb.DuckDBPyConnection, summary: Path) -> bool:
    """Row for row, in the order of the customers, to the hundredth of a week that it is written in."""
    differences = connection.execute(
        """
        with ours as (
            select
                row_number() over (order by customer_key) as id, calibration_frequency as frequency,
                round(calibration_recency_days / 7.0, 2) as recency, round(calibration_age_days / 7.0, 2) as age
            from int_clv_customers where calibration_frequency is not null
        ),
        theirs as (
            select row_number() over () as id, frequency, round(recency, 2) as recency, round(T, 2) as age
            from read_csv(?)
        )
        select count(*), count(*) filter (
            ours.frequency is distinct from theirs.frequency
            or coalesce(abs(ours.recency - theirs.recency) > .0051, true)
            or coalesce(abs(ours.age - theirs.age) > .0051, true)
        )
        from ours full join theirs using (id)
        """,
        [str(summary)],
    ).fetchall()[0]
    print(f"summary: {differences[0]:,} rows, {differences[1]:,} of them differ")
    return differences[0] > 0 and differences[1] == 0


def _compare_published(connection: duckdb.DuckDBPyConnection) -> bool:
    fit, is_right = _fit(connection), True
    for name, published, tolerance in CDNOW:
        off = float(fit[name]) / published - 1 if fit[name] is not None else float("nan")
        holds = abs(off) <= tolerance
        is_right &= holds
        print(
            f"{name:<15} {fit[name]:>12.6g}  published {published:>9}  off by {off:+.4%}  {'ok' if holds else 'NO'}"
        )
    return is_right


if __name__ == "__main__":
    sys.exit(main())
