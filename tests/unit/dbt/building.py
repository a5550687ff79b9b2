"""Models built without dbt, in full or incrementally, with the project's own macros, vars and strategy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import duckdb
import jinja2
import yaml

PROJECT = Path(__file__).parents[3] / "dbt_project"
# in this order: a macro knows those that were read before it
MACROS = [
    *(
        path
        for path in sorted(PROJECT.glob("macros/dialect/*.sql"))
        # a materialization is dbt's own tag
        if not path.name.startswith("materialization_")
    ),
    PROJECT / "macros/affected.sql",
    PROJECT / "macros/customer_key_of.sql",
    PROJECT / "macros/first_public_touches.sql",
    PROJECT / "macros/in_cny.sql",
    PROJECT / "macros/winning_order.sql",
    PROJECT / "macros/latest_wins.sql",
    PROJECT / "macros/naming_affected.sql",
    PROJECT / "macros/restated_in.sql",
    PROJECT / "macros/touch_units.sql",
    PROJECT / "macros/intervals.sql",
    PROJECT / "macros/journey_inputs.sql",
    PROJECT / "macros/keyword_weeks.sql",
    PROJECT / "macros/largest_remainder.sql",
    PROJECT / "macros/path_transform.sql",
    PROJECT / "macros/credit_by.sql",
    PROJECT / "macros/small_cell.sql",
    PROJECT / "macros/voice_impressions.sql",
    PROJECT / "macros/paired_interval.sql",
    PROJECT / "macros/sample_variance.sql",
    PROJECT / "macros/matched_difference.sql",
    PROJECT / "macros/kpi_history_terms.sql",
    PROJECT / "macros/hidden_cell.sql",
    PROJECT / "macros/kpi_counted.sql",
    PROJECT / "macros/kpi_scopes.sql",
]


def _refuse(message: str) -> NoReturn:
    raise ValueError(message)


class _Relation(str):
    """A table's name, as dbt hands it to a strategy."""

    @property
    def identifier(self) -> str:
        return str(self)


class _Adapter:
    def __init__(self, macros: Mapping[str, Any]) -> None:
        self._macros = macros

    def dispatch(self, name: str) -> Any:
        return self._macros.get(f"duckdb__{name}", self._macros.get(f"default__{name}"))


class _Config(dict[str, Any]):
    """`config(...)` of the model that is rendered, and `config.get`."""

    def __call__(self, **settings: Any) -> str:
        self.update(settings)
        return ""


class _Project:
    """The macros, and what dbt tells them of the model that is rendered."""

    def __init__(self) -> None:
        self.config = _Config()
        self.model = {"resource_type": "model", "compiled_code": ""}
        self.is_incremental = False
        self.variables: Mapping[str, object] = {}
        self._environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        macros: dict[str, Any] = {}
        self._environment.globals.update(
            adapter=_Adapter(macros),
            config=self.config,
            dbt=SimpleNamespace(type_string=lambda: "varchar"),
            exceptions=SimpleNamespace(raise_compiler_error=_refuse),
            execute=True,
            get_quoted_csv=", ".join,
            model=self.model,
            ref=lambda name: name,
            source=lambda schema, name: f"{schema}.{name}",
            is_incremental=lambda: self.is_incremental,
            var=lambda name, default=None: self.variables.get(name, default),
        )
        self._environment.globals["return"] = lambda value: value
        for path in MACROS:
            # a plain macro gives text, and the text False would be true
            text = path.read_text("utf-8").replace(
                "return(model.resource_type != 'unit_test' and is_incremental())",
                "'yes' if is_incremental()",
            )
            module = self._environment.from_string(text).module
            found = {key: getattr(module, key) for key in dir(module) if key[0] != "_"}
            macros.update(found)
            self._environment.globals.update(found)
        self.strategy = macros["get_incremental_replace_affected_sql"]

    @cache  # noqa: B019  (there is one project)
    def _template(self, name: str) -> jinja2.Template:
        (path,) = PROJECT.glob(f"models/**/{name}.sql")
        return self._environment.from_string(path.read_text("utf-8"))

    def render(self, name: str, *, is_incremental: bool, variables: Mapping[str, object]) -> str:
        """The query of a model; `config` then holds what the model says of itself."""
        self.config.clear()
        self.is_incremental = is_incremental
        self.variables = variables
        self.model["compiled_code"] = self._template(name).render(this=name)
        return self.model["compiled_code"]

    def fill(self, sql: str) -> str:
        """SQL with the macros filled in."""
        return self._environment.from_string(sql).render()


@cache
def _project() -> _Project:
    return _Project()


class Build:
    """Builds models into a DuckDB connection, one table or view a model, under its bare name."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, **variables: object) -> None:
        """Take the connection and what differs from the vars of dbt_project.yml."""
        self.connection = connection
        project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
        self._variables = {**project["vars"], **variables}

    def run(self, *models: str, incremental: bool = False) -> None:
        """Build models in the order given; incremental ones, if asked, as dbt would update them."""
        project = _project()
        for name in models:
            query = project.render(name, is_incremental=incremental, variables=self._variables)
            # as dbt_project.yml has it: staging models that say nothing else are views
            kind = "view" if name.startswith("stg_") else "table"
            materialized = project.config.get("materialized", kind)
            if materialized == "view":
                self.connection.execute(f"create or replace view {name} as {query}")
            elif incremental and materialized == "incremental":
                self._update(name, query)
            else:
                self.connection.execute(f"create or replace table {name} as {query}")

    def rendered(self, sql: str) -> str:
        """SQL with the project's macros filled in; a ref is the bare name of its model."""
        return _project().fill(sql)

    def _update(self, name: str, query: str) -> None:
        new = f"{name}__new"
        self.connection.execute(f"create or replace temporary table {new} as {query}")
        columns = self.connection.execute(f"select * from {new} limit 0").description
        statements = _project().strategy(
            {
                "target_relation": _Relation(name),
                "temp_relation": new,
                "unique_key": _project().config["unique_key"],
                "dest_columns": [{"name": column[0]} for column in columns or ()],
            }
        )
        self.connection.execute(statements)
        self.connection.execute(f"drop table {new}")
