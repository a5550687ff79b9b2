from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from orchestration.dbt.yaml_entries import read_project

MODELS = Path(__file__).parents[3] / "dbt_project" / "models"


@pytest.fixture(scope="module")
def raw_database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        create_raw_schema(made, load_feeds())
        yield made


@pytest.fixture
def raw(raw_database: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The empty raw schema; what a test inserts is gone after it."""
    raw_database.begin()
    yield raw_database
    raw_database.rollback()


@pytest.fixture(scope="module")
def marts_database(
    raw_database: duckdb.DuckDBPyConnection,
) -> duckdb.DuckDBPyConnection:
    """The raw schema, and the marts as their contracts describe them."""
    for entry in read_project(MODELS.parent).published:
        columns = [f"{name} {column['data_type']}" for name, column in entry.columns.items()]
        raw_database.execute(f"create schema if not exists {entry.schema}")
        raw_database.execute(f"create table {entry.schema}.{entry.relation} ({', '.join(columns)})")
    raw_database.execute("create schema intermediate")
    raw_database.execute(
        "create table intermediate.int_customer_identities (node varchar, customer_key varchar)"
    )
    return raw_database


@pytest.fixture
def marts(marts_database: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Empty marts; what a test inserts is gone after it."""
    marts_database.begin()
    yield marts_database
    marts_database.rollback()
