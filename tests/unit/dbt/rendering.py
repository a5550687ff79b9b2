"""Models rendered and run without dbt: the project's own macros, on tables that a test makes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

PROJECT = Path(__file__).parents[3] / "dbt_project"


class _Adapter:
    """Finds a macro's default form, as dbt does for an engine without a form of its own."""

    def __init__(self, macros: dict[str, Any]) -> None:
        self._macros = macros

    def dispatch(self, name: str) -> Any:
        return self._macros.get(f"duckdb__{name}", self._macros.get(f"default__{name}"))


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    macros: dict[str, Any] = {}
    environment.globals.update(
        adapter=_Adapter(macros),
        config=lambda **_: "",
        ref=lambda name: name,
        source=lambda schema, name: f"{schema}.{name}",
    )
    environment.globals["return"] = lambda value: value
    # a template sees what is known when it is read, so what others call comes first
    for path in [
        *(
            path
            for path in sorted(PROJECT.glob("macros/dialect/*.sql"))
            # a materialization is dbt's own tag
            if not path.name.startswith("materialization_")
        ),
        PROJECT / "macros/business_clock.sql",
    ]:
        module = environment.from_string(path.read_text("utf-8")).module
        found = {name: getattr(module, name) for name in dir(module) if name[0] != "_"}
        macros.update(found)
        environment.globals.update(found)
    return environment


def rendered(sql: str) -> str:
    """SQL with the project's macros filled in; a ref is the bare name of its model."""
    return _environment().from_string(sql).render()


def model(name: str) -> str:
    """The query of a model, rendered."""
    (path,) = PROJECT.glob(f"models/**/{name}.sql")
    return rendered(path.read_text("utf-8"))
