"""MetricFlow, asked for the metrics of the semantic layer, answers what kpis.kpi_history says.

Outside `make test`: `make test-metricflow` builds the environment of requirements.lock and runs this.
The published file of a demo home is asked, read-only, as an analyst would ask it.
"""

from __future__ import annotations

import csv
import math
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.dbt.generated import FOLDER, write_generated
from orchestration.dbt.yaml_entries import Entry, read_project
from tests.integration.home import SMALL_WORLD, Home

PROJECT = Path(__file__).parents[2] / "dbt_project"
BIN = Path(os.environ["METRICFLOW_BIN"])

KPIS = [kpi for kpi in read_project(PROJECT).kpis if kpi.meta["additivity"] == "sum"]
# each kind of period in total and by what it is read by most
ASKED = [
    ("day", None), ("week", None), ("month", None), ("day", "brand"), ("week", "channel"),
    ("month", "brand"), ("month", "channel"), ("quarter", None),
]  # fmt: skip
COLUMN = {"channel": "channel_code", "brand": "brand_code"}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published file: of the home that `make test-metricflow home=PATH` names, or a small one."""
    named = os.environ.get("METRICFLOW_HOME")
    home = Home(Path(named) if named else tmp_path_factory.mktemp("home"))
    if not named:
        home.run("demo", *SMALL_WORLD)
    return home.current / "koubei.duckdb"


@pytest.fixture(scope="session")
def semantic_layer(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project, for `mf` looks for its artifacts inside it."""
    project = tmp_path_factory.mktemp("semantic") / "dbt_project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs", FOLDER))
    write_generated(project, project / FOLDER)
    run(project, published, "dbt", "parse", "--quiet")
    yield project
    shutil.rmtree(project)


def run(project: Path, published: Path, *command: str) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DBT_")},
        "KOUBEI_WAREHOUSE": str(published),
        "DBT_TARGET": "published",
        "DBT_PROFILES_DIR": str(project),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=project, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (
        f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    )
    return done.stdout


def answered(
    project: Path, published: Path, metrics: list[str], grain: str, split: str | None
) -> dict[tuple[str, str], dict[str, str]]:
    """(first day of the period, member) to the metrics, as `mf query` writes them."""
    into = project / f"{grain}_{split}.csv"
    group_by = ",".join(filter(None, [f"metric_time__{grain}", split]))
    run(
        project, published, "mf", "query", "--quiet", "--metrics", ",".join(metrics),
        "--group-by", group_by, "--csv", str(into),
    )  # fmt: skip
    with into.open(encoding="utf-8", newline="") as lines:
        return {
            (row[f"metric_time__{grain}"][:10], row[split] if split else "all"): row
            for row in csv.DictReader(lines)
        }


def kpi_answers(published: Path, kpi: Entry, grain: str, split: str | None) -> list[dict[str, Any]]:
    """The same from kpi_history."""
    totals = {
        "channel_code": "all",
        "brand_code": "all",
        "product_key": "all",
        "segment_kind": "all",
    }
    if split:
        del totals[COLUMN[split]]
    where = [f"{column} = '{value}'" for column, value in totals.items()]
    if kpi.meta.get("maturity_days"):
        # of the running period the history leaves out the days that have not matured
        where.append("is_complete")
    if split:
        # what only the history has: totals, and our brands together
        where.append(f"{COLUMN[split]} not in ('all', 'own')")
    member = COLUMN[split] if split else "'all'"
    with duckdb.connect(str(published), read_only=True) as database:
        cursor = database.execute(
            f"select cast(period_start as varchar) as period, {member} as member, numerator, "
            f"denominator, value from kpis.kpi_history where kpi_code = ? and period_kind = ? "
            f"and {' and '.join(where)}",
            [kpi.name, grain],
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def same(said: str, wanted: float | None) -> bool:
    return wanted is not None and math.isclose(float(said), wanted, rel_tol=1e-6, abs_tol=1e-6)


def differences(
    kpi: Entry, rows: list[dict[str, Any]], answers: Mapping[tuple[str, str], dict[str, str]]
) -> Iterator[str]:
    is_rate = kpi.meta["unit"] != "count"
    for row in rows:
        answer = answers.get((row["period"], row["member"]))
        where = f"{kpi.name} {row['period']} {row['member']}"
        if answer is None:
            yield f"{where}: no answer"
            continue
        parts = {"numerator": "_numerator", "denominator": "_denominator"} if is_rate else {}
        for column, ending in parts.items():
            if not same(answer[kpi.name + ending] or "nan", row[column]):
                yield f"{where}: {column} {answer[kpi.name + ending]!r}, {row[column]!r} in history"
        # a value that is hidden or withheld can be compared by its parts alone
        if row["value"] is not None and not same(answer[kpi.name] or "nan", row["value"]):
            yield f"{where}: {answer[kpi.name]!r}, {row['value']!r} in kpi_history"


@pytest.mark.parametrize(("grain", "split"), ASKED)
def test_metricflow_answers_what_the_history_says(
    published: Path, semantic_layer: Path, grain: str, split: str | None
) -> None:
    asked = [kpi for kpi in KPIS if grain in kpi.meta.get("period_kinds", [grain])]
    metrics = [
        name
        for kpi in asked
        for name in (
            [kpi.name, f"{kpi.name}_numerator", f"{kpi.name}_denominator"]
            if kpi.meta["unit"] != "count"
            else [kpi.name]
        )
    ]
    answers = answered(semantic_layer, published, metrics, grain, split)
    compared, found = 0, []
    for kpi in asked:
        rows = kpi_answers(published, kpi, grain, split)
        compared += len(rows)
        found += differences(kpi, rows, answers)
    assert not found, "\n".join(found[:20])
    assert compared > len(asked) / 2


def test_every_kpi_that_may_be_summed_is_a_metric_and_no_other(
    published: Path, semantic_layer: Path
) -> None:
    listed = run(semantic_layer, published, "mf", "list", "metrics", "--show-all-dimensions")
    names = {word for word in listed.replace(":", " ").split() if word.startswith("kpi_")}
    assert {kpi.name for kpi in KPIS} <= names
    others = {kpi.name for kpi in read_project(PROJECT).kpis} - {kpi.name for kpi in KPIS}
    assert not others & names
