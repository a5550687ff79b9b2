"""The promise to analysts, dbt and the published file say the same, also of a model with versions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.dbt.project import dbt_executable
from orchestration.dbt.yaml_entries import read_project
from orchestration.interface.contract import interface_of, recorded_interface
from orchestration.interface.generate import InterfaceError, stale, write
from orchestration.publication.exposures import exposed_models, read_manifest_of_dbt
from tests.integration.home import Home

pytestmark = pytest.mark.integration

PROJECT = Path(__file__).parents[2] / "dbt_project"
TODAY = date(2026, 11, 22)
CHINESE = "[一-鿿]"


def published(home: Home) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(home.current / "koubei.duckdb"), read_only=True)


def test_the_published_file_is_what_is_promised(demo_home: Home) -> None:
    with published(demo_home) as database:
        columns = database.execute(
            "select schema_name || '.' || table_name, column_name, data_type "
            "from duckdb_columns() where not internal order by table_oid, column_index"
        ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in columns:
        found.setdefault(table, {})[column] = kind
    assert found == {table: shape.columns for table, shape in recorded_interface(PROJECT).items()}


def test_the_keys_that_are_promised_tell_the_rows_apart(demo_home: Home) -> None:
    with published(demo_home) as database:
        doubled = [
            table
            for table, shape in recorded_interface(PROJECT).items()
            if (key := ", ".join(shape.key))
            and database.execute(
                f"select 1 from {table} group by {key} having count(*) > 1"
            ).fetchone()
        ]
    # the ledger may say the same of a run twice
    assert [table for table in doubled if not table.startswith("meta.")] == []


def test_dbt_reads_the_project_as_the_interface_does(demo_home: Home) -> None:
    manifest = read_manifest_of_dbt(demo_home.path / "dbt" / "target" / "manifest.json")
    promised = interface_of(read_project(PROJECT))
    models = exposed_models(manifest)
    assert {model.qualified for model in models} == {
        table for table in promised if not table.startswith("meta.")
    }
    for model in models:
        assert model.key == promised[model.qualified].key
        assert list(model.columns) == list(promised[model.qualified].columns)
    open_ended = [
        node["name"]
        for exposure in manifest["exposures"].values()
        for node in (manifest["nodes"][each] for each in exposure["depends_on"]["nodes"])
        if not node["config"]["contract"]["enforced"]
    ]
    assert open_ended == []


def test_every_published_table_and_column_is_described_in_chinese_and_english(
    demo_home: Home,
) -> None:
    with published(demo_home) as database:
        undescribed = database.execute(
            f"""
            select schema_name, table_name, '' as column_name from duckdb_tables()
            where not internal and not regexp_matches(coalesce(comment, ''), '{CHINESE}.*[A-Za-z]', 's')
            union all
            select schema_name, table_name, column_name from duckdb_columns()
            where not internal and not regexp_matches(coalesce(comment, ''), '{CHINESE}.*[A-Za-z]', 's')
            """
        ).fetchall()
        unlabelled = database.execute(
            f"""
            select schema_name, table_name, column_name from meta.dictionary
            where not regexp_matches(coalesce(label_zh, ''), '{CHINESE}') or label_en is null
                or description is null or (column_name is not null) <> (data_type is not null)
            """
        ).fetchall()
        unlisted = database.execute(
            """
            select schema_name, table_name, column_name from duckdb_columns() where not internal
            except select schema_name, table_name, column_name from meta.dictionary
            """
        ).fetchall()
    assert (undescribed, unlabelled, unlisted) == ([], [], [])


# ---------------------------------------------------------------- a break, and the same as a version


def copy_of_the_project(folder: Path) -> Path:
    return Path(
        shutil.copytree(PROJECT, folder / "dbt_project", ignore=shutil.ignore_patterns("target"))
    )


def change(path: Path, *changes: tuple[str, str], model: str = "") -> None:
    """Replace in a file, or in the entry of one model alone."""
    text = path.read_text(encoding="utf-8")
    begin = text.index(f"  - name: {model}\n") if model else 0
    end = text.find("\n  - name: ", begin) if model else len(text)
    part = text[begin:end]
    for old, new in changes:
        assert old in part, old
        part = part.replace(old, new)
    path.write_text(text[:begin] + part + text[end:], encoding="utf-8")


def test_a_renamed_column_of_the_project_fails_and_as_a_version_it_passes(tmp_path: Path) -> None:
    project = copy_of_the_project(tmp_path)
    entry = project / "models/marts/reviews/crises/_crises.yml"
    change(entry, ("- name: level_code", "- name: severity_code"), model="fct_crises")
    with pytest.raises(
        InterfaceError, match=r"reviews\.fct_crises\.level_code: the column was removed"
    ):
        stale(project, TODAY)
    with pytest.raises(InterfaceError, match="deprecation_date"):
        write(project, TODAY)
    change(
        entry,
        (
            "    columns:\n",
            "    latest_version: 2\n"
            "    versions:\n"
            "      - v: 1\n"
            "        deprecation_date: 2027-03-01\n"
            "        columns:\n"
            "          - {include: all, exclude: [severity_code]}\n"
            "          - {name: level_code, data_type: string}\n"
            "      - v: 2\n"
            "        config: {alias: fct_crises}\n"
            "    columns:\n",
        ),
        model="fct_crises",
    )
    (entry.parent / "fct_crises_v1.sql").write_text("-- Grain: one row per crisis.\n")
    change(
        project / "models/exposures.yml",
        ("- ref('fct_crises')\n", "- ref('fct_crises')\n      - ref('fct_crises', v=1)\n"),
    )
    write(project, TODAY)
    assert stale(project, TODAY) == []
    shapes = recorded_interface(project)
    assert "level_code" in shapes["reviews.fct_crises_v1"].columns
    assert "severity_code" in shapes["reviews.fct_crises"].columns


VERSIONED = """\
version: 2
models:
  - name: fct_crises
    description: 危机；Crises.
    config: {meta: {key: [crisis_key], label_zh: 危机}}
    latest_version: 2
    columns:
      - {name: crisis_key, data_type: string, description: 键；Key.}
      - {name: severity_code, data_type: string, description: 等级；Level.}
    versions:
      - v: 1
        deprecation_date: 2099-03-01
        config: {materialized: view}
        columns:
          - {include: all, exclude: [severity_code]}
          - {name: level_code, data_type: string, description: 等级；Level.}
      - v: 2
        config: {alias: fct_crises}
exposures:
  - name: reviews
    type: analysis
    owner: {name: us}
    depends_on: ["ref('fct_crises')", "ref('fct_crises', v=1)"]
"""


def test_dbt_builds_both_versions_under_the_names_that_are_published(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "models/marts").mkdir(parents=True)
    (project / "macros").mkdir()
    shutil.copy(PROJECT / "macros/generate_schema_name.sql", project / "macros")
    shutil.copy(PROJECT / "profiles.yml", project)
    (project / "dbt_project.yml").write_text(
        "name: koubei\nprofile: koubei\nflags: {send_anonymous_usage_stats: false}\n"
        "models: {koubei: {marts: {+schema: reviews, +materialized: table, "
        "+contract: {enforced: true}, +persist_docs: {relation: true, columns: true}}}}\n"
    )
    marts = project / "models/marts"
    (marts / "fct_crises.yml").write_text(VERSIONED)
    (marts / "fct_crises.sql").write_text("select 'c1' as crisis_key, 'red' as severity_code")
    (marts / "fct_crises_v1.sql").write_text(
        "select crisis_key, severity_code as level_code from {{ ref('fct_crises', v=2) }}"
    )
    warehouse = tmp_path / "warehouse.duckdb"
    done = subprocess.run(
        [dbt_executable(), "build", "--profiles-dir", "."],
        cwd=project,
        env={**os.environ, "KOUBEI_WAREHOUSE": str(warehouse), "DBT_TARGET_PATH": "target"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    manifest = json.loads((project / "target/manifest.json").read_text(encoding="utf-8"))
    models = {model.qualified: model for model in exposed_models(manifest)}
    described = {entry.qualified: entry for entry in read_project(project).published}
    assert set(models) == set(described) == {"reviews.fct_crises", "reviews.fct_crises_v1"}
    with duckdb.connect(str(warehouse), read_only=True) as database:
        for name, model in models.items():
            columns = [row[0] for row in database.execute(f"describe {name}").fetchall()]
            assert set(columns) == set(model.columns) == set(described[name].columns)
            assert model.key == ("crisis_key",)
        # who reads the former one goes on as before
        assert database.execute("select level_code from reviews.fct_crises_v1").fetchall() == [
            ("red",)
        ]
