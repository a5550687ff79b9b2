"""A points ledger by hand, or by chance, and the models that read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from tests.unit.dbt.building import PROJECT, Build

MODELS = ("int_point_uses", "fct_points", "mart_points_ledger", "mart_points_exceptions")


@dataclass(frozen=True)
class Entry:
    """One booking; `account` None is somebody who was erased."""

    key: str
    account: str | None
    at: str
    delta: int
    reason: str = "purchase"
    expires: str | None = None


def points_world(
    entries: Sequence[Entry], orders: Sequence[tuple[str, str, str]] = (), as_of: str = "2026-10-31"
) -> duckdb.DuckDBPyConnection:
    """A connection in which the models of points are built; orders are key, customer and time."""
    connection = duckdb.connect()
    connection.execute(
        "create table stg_as_of as select cast(? as date) as as_of, "
        "cast(? as date) + interval '1 day' as as_of_end_at",
        [as_of, as_of],
    )
    connection.execute(
        "create table stg_points (record_key varchar, customer_ref varchar, occurred_at timestamp,"
        " point_delta bigint, reason_code varchar, expires_on date, channel_code varchar)"
    )
    rows = [[e.key, e.account, e.at, e.delta, e.reason, e.expires, "crm"] for e in entries]
    connection.executemany("insert into stg_points values (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute(
        "create table int_customer_identities as "
        "select distinct customer_ref as node, customer_ref as customer_key from stg_points "
        "where customer_ref is not null"
    )
    connection.execute(
        "create table fct_orders (order_key varchar, customer_key varchar, ordered_at timestamp,"
        " is_valid boolean, net_cny decimal(18, 2), refunded_cny decimal(18, 2))"
    )
    for key, customer, at in orders:
        connection.execute(
            "insert into fct_orders values (?, ?, ?, true, 100, 0)", [key, customer, at]
        )
    connection.execute(
        f"create table point_reasons as from read_csv('{PROJECT / 'seeds/point_reasons.csv'}')"
    )
    Build(connection).run(*MODELS)
    return connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Rows of a query, by column."""
    return connection.sql(sql).to_arrow_table().to_pylist()
