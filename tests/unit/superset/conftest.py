"""An empty published database with the promised tables: what the dashboards may rely on, and no more."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt.yaml_entries import read_project
from orchestration.interface.contract import recorded_interface
from orchestration.superset.bundle import Sources

PROJECT = Path(__file__).parents[3] / "dbt_project"


@pytest.fixture(scope="session")
def promised() -> dict:
    """`schema.table` to its columns and their types."""
    return {name: table.columns for name, table in recorded_interface(PROJECT).items()}


@pytest.fixture(scope="session")
def published(promised: dict) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    for schema in sorted({name.split(".")[0] for name in promised}):
        connection.execute(f"create schema {schema}")
    for name, columns in promised.items():
        types = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        connection.execute(f"create table {name} ({types})")
    connection.execute(
        "insert into meta.dictionary by name "
        "select 'kpis' as schema_name, 'kpi_scorecard' as table_name, 'value' as column_name, "
        "'值' as label_zh, 'Value' as label_en, '值；Value.' as description"
    )
    for kpi in read_project(PROJECT).kpis:
        connection.execute(
            "insert into kpis.kpi_catalogue by name "
            "select ? as kpi_code, ? as label_zh, ? as label_en, ? as unit",
            [kpi.name, kpi.meta["label_zh"], kpi.meta["label_en"], kpi.meta["unit"]],
        )
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def sources(published: duckdb.DuckDBPyConnection) -> Sources:
    return Sources(
        connection=published,
        uri="duckdb:////data/published/current/koubei.duckdb?access_mode=read_only",
        seeds=PROJECT / "seeds",
        channels={"jd": "京东"},
    )
