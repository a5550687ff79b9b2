"""The chain from orders to what customers are worth, built by the project's own models and estimators."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from dbt_project.estimators.lifetime_value import expect_purchases, fit_models
from tests.unit.dbt.building import Build

TABLES = """
create table stg_as_of (as_of date);
create table fct_orders (
    order_key varchar, customer_key varchar, ordered_at timestamp, net_cny decimal(18, 2),
    refunded_cny decimal(18, 2), is_valid boolean
);
create table fct_order_items (
    order_key varchar, customer_key varchar, product_key varchar, quantity bigint, net_cny decimal(18, 2), is_valid boolean
);
create table dim_products (product_key varchar, unit_cost_cny decimal(18, 2));
"""
DISCOUNT_RATE = 0.1


def build_counts(connection: duckdb.DuckDBPyConnection, **variables: Any) -> None:
    """Models from orders to the distinct histories that the estimators read."""
    Build(connection, **variables).run(
        "int_purchase_margins", "int_clv_periods", "int_clv_customers",
        "int_clv_histories", "int_clv_spending",
    )  # fmt: skip


def build_fits(connection: duckdb.DuckDBPyConnection) -> None:
    """What the two Python models make of them."""
    fits = fit_models(
        *(_table(connection, f"int_clv_{name}") for name in ("histories", "spending", "periods"))
    )
    _keep(connection, "int_clv_fits", fits)
    expected = expect_purchases(
        _table(connection, "int_clv_histories"), fits, _table(connection, "int_clv_periods"),
        annual_discount_rate=DISCOUNT_RATE,
    )  # fmt: skip
    _keep(connection, "int_clv_expectations", expected)


def build_marts(connection: duckdb.DuckDBPyConnection, **variables: Any) -> None:
    """The published tables."""
    Build(connection, **variables).run("mart_clv_fits", "customer_value", "mart_clv_calibration")


def _table(connection: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    return connection.sql(f"select * from {name}").to_arrow_table()


def _keep(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("made", table)
    connection.execute(f"create or replace table {name} as select * from made")
    connection.unregister("made")
