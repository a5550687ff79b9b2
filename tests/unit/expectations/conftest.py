from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema

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
    for path in sorted((MODELS / "marts").rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            # the folder under marts is the schema, whatever subject a sub-folder is about
            schema = path.relative_to(MODELS / "marts").parts[0]
            create_table(raw_database, schema, model)
    for path in sorted((MODELS / "kpis").glob("_kpis*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            create_table(raw_database, "kpis", model)
    raw_database.execute("create schema intermediate")
    raw_database.execute(
        "create table intermediate.int_customer_identities (node varchar, customer_key varchar)"
    )
    return raw_database


def create_table(connection: duckdb.DuckDBPyConnection, schema: str, model: dict[str, Any]) -> None:
    columns = [f"{c['name']} {c['data_type']}" for c in model.get("columns", [])]
    if columns:
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(f"create table {schema}.{model['name']} ({', '.join(columns)})")


@pytest.fixture
def marts(marts_database: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Empty marts; what a test inserts is gone after it."""
    marts_database.begin()
    yield marts_database
    marts_database.rollback()
