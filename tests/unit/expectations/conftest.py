from collections.abc import Iterator

import duckdb
import pytest

from ingestion.contracts import load_feeds
from ingestion.raw_schema import create_raw_schema


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
