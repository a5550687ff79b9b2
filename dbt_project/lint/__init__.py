"""What dbt would put into a model's jinja context, for sqlfluff, which renders models without dbt.

Only names that sqlfluff's own dbt builtins lack, or know too little of. Nothing imports this but
sqlfluff (`library_path` in `.sqlfluff`); every name here becomes a name in the templates.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import yaml
from jinja2 import pass_context
from jinja2.runtime import Context

# read again for every model, which the C loader does ten times faster
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PROJECT = yaml.load((Path(__file__).parents[1] / "dbt_project.yml").read_text("utf-8"), _LOADER)


def var(name: str, default: object = None) -> object:
    """The project's own value, so that a loop over a var renders as it will run."""
    return _PROJECT["vars"].get(name, default)


class _Adapter:
    @pass_context
    def dispatch(self, context: Context, name: str, _package: str | None = None) -> object:
        """The portable one: an engine's own may use syntax that the linter does not know."""
        return context.resolve(f"default__{name}")


class _Config:
    def __call__(self, **_settings: object) -> str:
        """Render nothing, as dbt does."""
        return ""

    def get(self, _name: str, default: object = "") -> object:
        """The default: linting knows no model's settings."""
        return default


adapter = _Adapter()
config = _Config()
dbt = SimpleNamespace(type_string=lambda: "string", type_timestamp=lambda: "timestamp")
execute = True
graph: dict[str, dict[str, object]] = {"nodes": {}, "sources": {}}
model = {"resource_type": "model"}


def kpi_models() -> list[dict[str, object]]:
    """Two KPIs, one of each kind, in place of the generated macro."""
    return [
        {"name": "kpi_a", "additivity": "sum", "sum_of_squares": "squares", "columns": []},
        {"name": "kpi_b", "additivity": "none", "columns": ["is_cut", "sample_count"]},
    ]
