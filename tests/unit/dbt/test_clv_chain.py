"""From an order log to values: the project's own models on simulated customers, and the command for a log of one's own."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from dbt_project.estimators import bgnbd, gamma_gamma
from tests.benchmarks.clv_log import fit_log, main, read_log
from tests.unit.estimators.customers import purchases_between, simulate

TRUTH = bgnbd.Parameters(0.9, 6.0, 0.8, 2.5)
SPEND = gamma_gamma.Parameters(5.0, 4.0, 90.0)
START = date(2025, 1, 6)
WEEKS, TEST_WEEKS = 78, 26


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Orders of simulated customers, a heading first, every tenth order split in two on its day."""
    world = simulate(1500, WEEKS, TRUTH, SPEND, seed=5)
    lines = ["customer,day,amount"]
    for customer, (first_at, times) in enumerate(zip(world.first_at, world.bought_at, strict=True)):
        for place, week in enumerate([first_at, *times[times <= WEEKS]]):
            day = START + timedelta(days=int(week * 7))
            value = world.value_cny[customer, place]
            parts = [value / 2, value / 2] if place % 10 == 9 else [value]
            lines += [f"{customer:05d},{day},{part:.2f}" for part in parts]
    file = tmp_path_factory.mktemp("clv") / "orders.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture(scope="module")
def fitted(log: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    read_log(connection, log, [1, 2, 3])
    fit_log(connection, START + timedelta(weeks=WEEKS - TEST_WEEKS))
    return connection


def test_the_fit_is_the_world_s_and_the_test_bears_it_out(
    fitted: duckdb.DuckDBPyConnection,
) -> None:
    row = fitted.sql("from mart_clv_fits where fit_code = 'calibration'").to_arrow_table()
    fit = row.to_pylist()[0]
    assert (fit["status_code"], fit["spend_status_code"]) == ("ok", "ok")
    assert fit["r"] / fit["alpha"] == pytest.approx(TRUTH.r / TRUTH.alpha, rel=0.15)
    assert float(fit["mean_purchase_cny"]) == pytest.approx(150, rel=0.1)
    assert abs(fit["test_bias_share"]) < 0.1
    assert not fit["has_bias_warning"]
    assert not fit["has_correlation_warning"]
    actual = purchases_between(
        simulate(1500, WEEKS, TRUTH, SPEND, seed=5), WEEKS - TEST_WEEKS, WEEKS
    )
    # days are rounded down, and some purchases of one day are one
    assert fit["actual_test_order_count"] == pytest.approx(actual.sum(), rel=0.08)


def test_every_buyer_has_a_value_and_all_of_them_what_the_histories_have(
    fitted: duckdb.DuckDBPyConnection,
) -> None:
    (count, predicted, lowest, highest, orders, unlike) = fitted.execute(
        "select count(*), count(value_12m_cny), min(p_alive), max(p_alive), sum(expected_orders_12m),"
        " count(*) filter ((frequency = 0) and p_alive <> 1) from customer_value"
    ).fetchall()[0]
    assert count == predicted == 1500
    assert 0 <= lowest < highest == 1
    assert unlike == 0
    (by_history,) = fitted.execute(
        "select sum(e.expected_orders_12m * h.customer_count) from int_clv_expectations as e"
        " join int_clv_histories as h using (fit_code, frequency, recency_days, age_days) where fit_code = 'full'"
    ).fetchall()[0]
    assert orders == pytest.approx(by_history, rel=1e-5)
    assert np.isfinite(orders)


def test_the_command_tells_of_a_log_and_of_one_that_is_none(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = tmp_path / "nothing.csv"
    nothing.write_text("a,b,c\nx,y,z\n")
    assert main([str(nothing)]) == 1
    assert capsys.readouterr().err.endswith("no order with a day in field 2\n")
    assert main([str(log), "--cdnow"]) == 1  # these are other people
    assert "1,500 customers" in capsys.readouterr().out
