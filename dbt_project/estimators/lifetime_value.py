"""What customers will buy and what that is worth: both models, from and to Arrow tables.

Counts of distinct histories come in, in days; fits and expectations go out, in weeks. What a single
customer's purchases are worth is plain arithmetic on the fitted parameters, and SQL does it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dbt_project.estimators import bgnbd, gamma_gamma
from dbt_project.estimators.maximum_likelihood import Fit, dot

Floats = npt.NDArray[np.float64]

DAYS_PER_WEEK = 7
MONTHS = 12
WEEKS_PER_MONTH = 365 / 12 / DAYS_PER_WEEK
_HISTORY = ("frequency", "recency_days", "age_days")
_SPENDING = ("frequency", "spend_cny")
_FIT_COLUMNS = {
    "fit_code": pa.string(),
    "customer_count": pa.int64(),
    "repeater_count": pa.int64(),
    **dict.fromkeys(["r", "alpha", "a", "b", "log_likelihood"], pa.float64()),
    "is_converged": pa.bool_(),
    "is_at_bound": pa.bool_(),
    "spender_count": pa.int64(),
    **dict.fromkeys(["p", "q", "v", "spend_log_likelihood"], pa.float64()),
    "is_spend_converged": pa.bool_(),
    "is_spend_at_bound": pa.bool_(),
    "frequency_monetary_correlation": pa.float64(),
    "expected_by_week": pa.list_(pa.float64()),
}


def fit_models(histories: pa.Table, spending: pa.Table, periods: pa.Table) -> pa.Table:
    """Both models, fitted to every period.

    Args:
        histories: fit_code, frequency, recency_days, age_days, customer_count; one row a history.
        spending: fit_code, frequency (1 or more), spend_cny (above 0), customer_count.
        periods: fit_code, test_days: days after the period whose purchases are known; 0: none.

    Returns:
        One row a period, columns as in `_FIT_COLUMNS`; parameters are null where nothing can be
        fitted. alpha is in weeks, v in yuan. `expected_by_week` holds the purchases that the
        period's customers are expected to make up to the end of each week of the test.
    """
    rows = []
    for period in sorted(periods.to_pylist(), key=lambda row: str(row["fit_code"])):
        code, weeks = str(period["fit_code"]), int(period["test_days"]) // DAYS_PER_WEEK
        row: dict[str, object] = dict.fromkeys(_FIT_COLUMNS)
        known = _histories(histories, code)
        row |= {
            "fit_code": code,
            "customer_count": int(known.weight.sum()),
            "repeater_count": int(known.weight[known.frequency > 0].sum()),
        }
        if row["repeater_count"] and known.age.max() > 0:
            fit = bgnbd.fit(known)
            row |= _fit_columns(fit, ("r", "alpha", "a", "b"), "log_likelihood", "is_")
            parameters = bgnbd.Parameters(*_rounded(fit.parameters))
            row["expected_by_week"] = _by_week(known, parameters, weeks)
        spent = _spending(spending, code)
        row["spender_count"] = int(spent.weight.sum())
        # three parameters cannot be estimated from fewer customers
        if len(spent.weight) > 3:
            fit = gamma_gamma.fit(spent)
            row |= _fit_columns(fit, ("p", "q", "v"), "spend_log_likelihood", "is_spend_")
            row["frequency_monetary_correlation"] = _correlation(spent)
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=pa.schema(list(_FIT_COLUMNS.items())))


def expect_purchases(
    histories: pa.Table, fits: pa.Table, periods: pa.Table, *, annual_discount_rate: float
) -> pa.Table:
    """What every distinct history lets expect, under its period's fit.

    Discounting is by months: the purchases expected in a month of 365/12 days count as made in its
    middle, at the annual rate compounded.

    Args:
        histories: As for `fit_models`.
        fits: Its result; periods without parameters have no rows here.
        periods: fit_code, test_days.
        annual_discount_rate: What a yuan in a year loses, .1 for a tenth.

    Returns:
        fit_code, frequency, recency_days, age_days, p_alive, expected_orders_12m,
        discounted_orders_12m, expected_test_orders (null without a test), rounded so that every
        build gives the same.
    """
    days = {str(row["fit_code"]): int(row["test_days"]) for row in periods.to_pylist()}
    # purchases of the middle of month m are worth (1 + rate)^-((m - 1/2) / 12)
    worth = (1 + annual_discount_rate) ** -((np.arange(MONTHS) + 0.5) / MONTHS)
    tables = []
    for row in fits.to_pylist():
        if row["r"] is None:
            continue
        code = str(row["fit_code"])
        parameters = bgnbd.Parameters(row["r"], row["alpha"], row["a"], row["b"])
        known = _histories(histories, code)
        alive = bgnbd.p_alive(known.frequency, known.recency, known.age, parameters)
        untils = [WEEKS_PER_MONTH * month for month in range(1, MONTHS + 1)]
        so_far = _expected(known, alive, untils, parameters)
        by_month = np.diff(so_far, axis=1, prepend=0.0)
        test_weeks = days[code] / DAYS_PER_WEEK
        tested = (
            np.round(_expected(known, alive, [test_weeks], parameters)[:, 0], 9)
            if test_weeks
            else None
        )
        of_code = _of(histories, code, _HISTORY)
        tables.append(pa.table({
            "fit_code": pa.repeat(pa.scalar(code), of_code.num_rows),
            **{name: of_code[name] for name in _HISTORY},
            "p_alive": np.round(alive, 9),
            "expected_orders_12m": np.round(so_far[:, -1], 9),
            "discounted_orders_12m": np.round((by_month * worth).sum(axis=1), 9),
            "expected_test_orders": pa.nulls(of_code.num_rows, pa.float64())
            if tested is None else pa.array(tested),
        }))  # fmt: skip
    return pa.concat_tables(tables) if tables else _EXPECTATIONS.empty_table()


_EXPECTATIONS = pa.schema([
    ("fit_code", pa.string()),
    *((name, pa.int64()) for name in _HISTORY),
    *((name, pa.float64()) for name in (
        "p_alive", "expected_orders_12m", "discounted_orders_12m", "expected_test_orders",
    )),
])  # fmt: skip


def _expected(
    known: bgnbd.Histories, alive: Floats, untils: list[float], parameters: bgnbd.Parameters
) -> Floats:
    """Expected purchases, a row a history and a column a span; the costly part once a (x, T)."""
    kinds, place = _kinds_of(known)
    nothing = np.zeros(len(kinds.age))
    # of somebody without a repeat purchase the model is sure that they still buy
    columns = [
        bgnbd.expected_of_the_living(kinds.frequency, kinds.age, nothing + until, parameters)[place]
        * alive
        for until in untils
    ]
    return np.stack(columns, axis=1)


def _by_week(known: bgnbd.Histories, parameters: bgnbd.Parameters, weeks: int) -> list[float]:
    """Purchases of all customers that are expected up to the end of each of so many weeks."""
    alive = bgnbd.p_alive(known.frequency, known.recency, known.age, parameters)
    kinds, place = _kinds_of(known)
    weights = np.bincount(place, weights=alive * known.weight)
    return [
        round(dot(weights, bgnbd.expected_of_the_living(
            kinds.frequency, kinds.age, np.full(len(weights), float(week)), parameters
        )), 6)
        for week in range(1, weeks + 1)
    ]  # fmt: skip


def _kinds_of(known: bgnbd.Histories) -> tuple[bgnbd.Histories, npt.NDArray[np.intp]]:
    """Distinct (x, T), and which of them each history has."""
    days = np.round(known.age * DAYS_PER_WEEK).astype(np.int64)
    width = int(days.max(initial=0)) + 1
    kinds, place = np.unique(known.frequency.astype(np.int64) * width + days, return_inverse=True)
    frequency, age = (kinds // width).astype(float), (kinds % width) / DAYS_PER_WEEK
    nothing = np.zeros(len(kinds))
    return bgnbd.Histories(frequency, nothing, age, nothing), place


def _of(table: pa.Table, code: str, keys: tuple[str, ...]) -> pa.Table:
    """Rows of a period in one order, so that sums of doubles come out alike in every build."""
    mask = np.asarray(table["fit_code"].to_numpy(zero_copy_only=False) == code)
    return table.filter(pa.array(mask)).sort_by([(key, "ascending") for key in keys])


def _column(table: pa.Table, name: str) -> Floats:
    values: Floats = table[name].cast(pa.float64()).to_numpy().astype(np.float64)
    return values


def _histories(table: pa.Table, code: str) -> bgnbd.Histories:
    rows = _of(table, code, _HISTORY)
    return bgnbd.Histories(
        _column(rows, "frequency"),
        _column(rows, "recency_days") / DAYS_PER_WEEK,
        _column(rows, "age_days") / DAYS_PER_WEEK,
        _column(rows, "customer_count"),
    )


def _spending(table: pa.Table, code: str) -> gamma_gamma.Spending:
    rows = _of(table, code, _SPENDING)
    frequency = _column(rows, "frequency")
    return gamma_gamma.Spending(
        frequency, _column(rows, "spend_cny") / frequency, _column(rows, "customer_count")
    )


def _correlation(spent: gamma_gamma.Spending) -> float | None:
    """Pearson's, between how often customers buy and what they spend each time."""
    x = spent.frequency - np.average(spent.frequency, weights=spent.weight)
    y = spent.monetary - np.average(spent.monetary, weights=spent.weight)
    spread = np.sqrt(dot(spent.weight, x**2) * dot(spent.weight, y**2))
    return round(dot(spent.weight * x, y) / spread, 9) if spread > 0 else None


def _rounded(parameters: Floats) -> list[float]:
    """To eight digits, more than the climb differs by where it began."""
    return [float(f"{value:.8g}") for value in parameters]


def _fit_columns(
    fit: Fit, names: tuple[str, ...], likelihood: str, prefix: str
) -> dict[str, object]:
    return {
        **dict(zip(names, _rounded(fit.parameters), strict=True)),
        likelihood: round(fit.log_likelihood, 4),
        f"{prefix}converged": fit.is_converged,
        f"{prefix}at_bound": fit.is_at_bound,
    }
