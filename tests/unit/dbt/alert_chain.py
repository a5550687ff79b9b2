"""The models that judge the days, rendered without dbt and run in a DuckDB in memory.

dbt takes ten seconds to start; these models use no more of it than `ref`, `var`, `config` and dispatch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa
import yaml

PROJECT = Path(__file__).parents[3] / "dbt_project"
MACROS = ["alert_days", "tail_probabilities"]
DIALECT = ["log_gamma", "negative_binomial_tail", "beta_binomial_tail", "day_number", "row_hash"]
CHAIN = [
    "int_alert_counts",
    "int_alert_days",
    "int_alert_series_days",
    "int_alert_weekday_factors",
    "int_alert_levels",
    "int_alert_tests",
    "int_alerts",
]
# voices that praise and that complain, by product, channel, aspect of the complaints and day
World = dict[tuple[str, str, str, int], list[int]]


class _Adapter:
    """Finds the macro of an engine, as dbt's dispatch does."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.module: Any = None

    def dispatch(self, name: str) -> Callable[..., str]:
        own = getattr(self.module, f"{self.engine}__{name}", None)
        found: Callable[..., str] = own or getattr(self.module, f"default__{name}")
        return found


@cache
def _variables() -> dict[str, Any]:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
    variables: dict[str, Any] = project["vars"]
    return variables


def _environment(adapter: _Adapter) -> jinja2.Environment:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.globals.update(
        {
            "return": lambda value: value,
            "adapter": adapter,
            "config": lambda **_: "",
            # every build is a full one
            "replaces_affected": lambda: False,
            "affected_keys": lambda *_, **__: "select null as posted_on where 1 = 0",
            "is_affected": lambda _: "1 = 1",
            "build_watermark": lambda: "0",
            "ref": lambda name: name,
            "this": "this",
            "var": _variables().__getitem__,
        }
    )
    return environment


@cache
def macros(engine: str = "duckdb") -> Any:
    """The macros that these models use, as functions that give SQL."""
    paths = [PROJECT / "macros" / f"{name}.sql" for name in MACROS]
    paths += [PROJECT / "macros" / "dialect" / f"{name}.sql" for name in DIALECT]
    adapter = _Adapter(engine)
    source = "\n".join(path.read_text("utf-8") for path in paths)
    adapter.module = _environment(adapter).from_string(source).module
    return adapter.module


@cache
def rendered(model: str) -> str:
    """The SQL of a model, its refs being tables of their names."""
    (path,) = PROJECT.glob(f"models/**/{model}.sql")
    known = {name: value for name, value in vars(macros()).items() if not name.startswith("_")}
    return _environment(_Adapter("duckdb")).from_string(path.read_text("utf-8")).render(**known)


def judged(worlds: Mapping[str, World]) -> duckdb.DuckDBPyConnection:
    """The tables of the chain, one brand a world (brands are judged apart); day 0 is 2026-01-05."""
    listed = [
        (brand, *key, *values) for brand, world in worlds.items() for key, values in world.items()
    ]
    columns = ["brand", "product", "channel", "aspect", "day", "praise", "complaints"]
    counts = pa.table(dict(zip(columns, zip(*listed, strict=True), strict=True)))
    database = duckdb.connect()
    database.register("counts", counts)
    database.execute(
        """
        create table fct_voices as
        select
            concat_ws('|', brand, product, channel, aspect, day, number) as voice_key,
            'mention' as voice_kind, brand as brand_code, product as product_key,
            channel as channel_code,
            timestamp '2026-01-05 12:00:00' + day * interval '1 day' as posted_at,
            number >= praise as is_negative, true as is_earned, true as is_original,
            aspect as aspect_code
        from counts, lateral (select unnest(range(praise + complaints)) as number)
        """
    )
    database.execute(
        "create table fct_voice_aspects as "
        "select voice_key, aspect_code, -1 as polarity from fct_voices where is_negative"
    )
    run_chain(database)
    return database


def run_chain(database: duckdb.DuckDBPyConnection) -> None:
    """Build the models over fct_voices and fct_voice_aspects, anew."""
    for model in CHAIN:
        database.execute(f"create or replace table {model} as {rendered(model)}")


def alerts(
    database: duckdb.DuckDBPyConnection, brand: str, columns: str = "alert_date"
) -> list[tuple[Any, ...]]:
    """The brand's alerts, one a day, in order."""
    return database.execute(
        f"select {columns} from int_alerts where series_rank = 1 and brand_code = ? "
        "order by alert_date",
        [brand],
    ).fetchall()
