"""Which version of a record wins: an erasure and the warehouse must name the same one."""

from __future__ import annotations

import re

import duckdb
import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.erasure.person import make_links, person_of
from ingestion.raw.schema import create_raw_schema
from ingestion.raw.winning_row import WINNING_ORDER
from tests.unit.dbt.building import PROJECT, Build

RULES = PROJECT / "seeds" / "identity_rules.csv"
DEVICE = "device:d1"


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_raw_schema(connection, load_feeds())
    return connection


def link(connection: duckdb.DuckDBPyConnection, file_id: str, customer: str) -> None:
    """Land row 1 of a part of one export that links the device to a customer."""
    connection.execute(
        """
        insert into raw.identities by name
        select 'crm' as channel_code, date '2026-10-31' as export_date, $file_id as file_id,
            1 as delivery_seq, 1 as row_number, 1 as load_id, 'crm:device|d1' as record_key,
            'device' as identity_kind, $device as identity_value, $customer as customer_ref
        """,
        {"file_id": file_id, "device": DEVICE, "customer": customer},
    )


@pytest.mark.parametrize("order", [("part_1", "part_2"), ("part_2", "part_1")])
def test_two_parts_of_one_export_name_the_same_customer_for_erasure_and_staging(
    warehouse: duckdb.DuckDBPyConnection, order: tuple[str, str]
) -> None:
    for part in order:
        link(warehouse, part, f"crm_customer:of_{part}")

    make_links(warehouse, RULES)
    Build(warehouse).run("stg_identities")

    ((customer,),) = warehouse.execute("select customer_ref from stg_identities").fetchall()
    assert customer == "crm_customer:of_part_2"
    assert person_of(warehouse, [DEVICE]) == sorted([DEVICE, customer])


def test_sql_of_python_and_of_dbt_order_versions_alike() -> None:
    assert Build(duckdb.connect()).rendered("{{ winning_order() }}") == WINNING_ORDER


def test_nobody_else_writes_the_order_down() -> None:
    places = [
        path.relative_to(PROJECT.parent).as_posix()
        for folder in ("ingestion", "orchestration", "dbt_project/macros", "dbt_project/models")
        for path in sorted((PROJECT.parent / folder).rglob("*"))
        if path.suffix in {".py", ".sql"}
        and re.search(
            r"export_date desc,\s*delivery_seq desc,\s*row_number desc", path.read_text("utf-8")
        )
    ]
    assert places == [
        "ingestion/raw/winning_row.py",
        "dbt_project/macros/winning_order.sql",
    ]
