"""A KPI is one SQL and one entry: by these two alone it is everywhere where KPIs are.

In a copy of the project and of a demo home, of which only the KPIs' common tables are built anew.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from orchestration.dbt.generated import FOLDER
from orchestration.dbt.project import dbt_executable, ensure_manifest, read_manifest
from orchestration.home.settings import Settings
from orchestration.interface.contract import recorded_interface
from orchestration.interface.generate import write
from orchestration.pipeline.publish import publish_build
from orchestration.superset.write import make_files
from tests.integration.home import Home
from tests.unit.publication.pages import page_at

pytestmark = pytest.mark.integration

PROJECT = Path(__file__).parents[2] / "dbt_project"
CODE = "kpi_weekend_voices"
SQL = """\
-- KPI: public voices of a weekend, over all of them.
with

subjects as (

    select
        'reviews.fct_voices' as row_table,
        voice_key as row_key,
        cast(posted_at as date) as period_date,
        channel_code,
        coalesce(brand_code, 'unknown') as brand_code,
        coalesce(product_key, 'unknown') as product_key,
        cast(case when extract(isodow from posted_at) >= 6 then 1 else 0 end as double) as numerator,
        cast(1 as double) as denominator

    from {{ ref('fct_voices') }}
    where
        is_public
        and is_original
        and posted_at is not null

),

counted as (

    {{ kpi_counted() }}

)

select * from counted
"""
ENTRY = f"""\
version: 2

models:
  - name: {CODE}
    description: 周末声量占比；Public voices of Saturdays and Sundays over all of them.
    config:
      meta:
        label_zh: 周末声量占比
        label_en: Weekend share of voices
        unit: share
        higher_is_better: true
        owner: brand
        definition: 周末公域原创声音的占比；Public original voices of Saturdays and Sundays over all.
        additivity: sum
        interval: wilson
"""
# what all KPIs come together in; nothing else is built anew
COMMON = ["kpi_catalogue", "kpi_rows", "kpi_periods", "kpi_history", "kpi_scorecard"]


class SettingsOfACopy(Settings):
    """A home that builds another project than the installed one."""

    @property
    def dbt_project_path(self) -> Path:
        return self.home.parent / "dbt_project"


@pytest.fixture
def settings(own_home: Home) -> SettingsOfACopy:
    settings = SettingsOfACopy(_env_file=None, home=own_home.path)
    ignored = shutil.ignore_patterns(FOLDER, "target", "__pycache__")
    shutil.copytree(PROJECT, settings.dbt_project_path, ignore=ignored)
    kpis = settings.dbt_project_path / "models/kpis"
    (kpis / f"{CODE}.sql").write_text(SQL, encoding="utf-8")
    (kpis / "_kpis_weekends.yml").write_text(ENTRY, encoding="utf-8")
    return settings


def build(settings: Settings) -> None:
    done = subprocess.run(
        [dbt_executable(), "--no-use-colors", "build", "--full-refresh",
         "--exclude-resource-type", "unit_test", "--select", CODE, *COMMON],
        cwd=settings.linked_project_path,
        env={
            **os.environ,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_PROFILES_DIR": str(settings.dbt_project_path),
            "DBT_TARGET_PATH": str(settings.dbt_path / "target"),
            "DBT_LOG_PATH": str(settings.dbt_path / "logs"),
            "KOUBEI_WAREHOUSE": str(settings.warehouse_path),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]


def count(database: duckdb.DuckDBPyConnection, relation: str, where: str) -> int:
    (number,) = database.execute(f"select count(*) from {relation} where {where}").fetchall()[0]
    return int(number)


def dataset_sql(files: dict[str, str], name: str) -> str:
    (text,) = [text for path, text in files.items() if path.endswith(f"/{name}.yaml")]
    dataset: dict[str, Any] = yaml.safe_load(text)
    return dataset["sql"] or f"{dataset['schema']}.{dataset['table_name']}"


def test_a_kpi_of_one_sql_and_one_entry_is_everywhere_where_kpis_are(
    settings: SettingsOfACopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KOUBEI_WAREHOUSE", "DAGSTER_HOME", "DBT_TARGET_PATH", "DBT_LOG_PATH"):
        monkeypatch.setenv(name, "restored afterwards")
    monkeypatch.setenv("DBT_PROFILES_DIR", "restored afterwards")
    manifest = read_manifest(ensure_manifest(settings))
    build(settings)
    published = publish_build(
        settings, manifest_path=settings.manifest_path, run_id="a-new-kpi", load_id=99
    )
    is_it = f"kpi_code = '{CODE}'"
    with duckdb.connect(str(published.path / "koubei.duckdb"), read_only=True) as database:
        # history, scorecard and catalogue, with its own table beside them
        assert count(database, f"kpis.{CODE}", "numerator > 0") > 0
        shown = "channel_code = 'all' and brand_code = 'own' and value between 0.1 and 0.5"
        assert count(database, "kpis.kpi_history", f"{is_it} and {shown}") > 0
        assert count(database, "kpis.kpi_scorecard", f"{is_it} and value_low < value") > 0
        catalogue = database.execute(
            f"select label_zh, unit, version, status_code from kpis.kpi_catalogue where {is_it}"
        ).fetchall()
        assert catalogue == [("周末声量占比", "share", 1, "published")]
        # the dictionary, with the columns of all KPIs described
        named = database.execute(
            "select column_name, label_zh from meta.dictionary "
            f"where table_name = '{CODE}' order by column_name nulls first limit 2"
        ).fetchall()
        assert named == [(None, "周末声量占比"), ("brand_code", "品牌")]
    # the report
    page = page_at(published.path / "report.html")
    assert "周末声量占比" in page.one("section", "tile", data_kpi=CODE).said("zh")
    # the semantic model, with a metric and its two parts
    assert f"semantic_model.koubei.{CODE}" in manifest["semantic_models"]
    metrics = {name for name in manifest["metrics"] if CODE in name}
    assert metrics == {f"metric.koubei.{CODE}{part}" for part in ("", "_numerator", "_denominator")}
    # Superset: what its dashboards draw and filter by
    files = make_files(settings, "duckdb")
    with duckdb.connect(str(published.path / "koubei.duckdb"), read_only=True) as database:
        for dataset in ("kpi_scorecard", "kpi_trend"):
            assert count(database, f"({dataset_sql(files, dataset)})", is_it) > 0
    # the pages in git
    write(settings.dbt_project_path, date(2026, 11, 22))
    kpis_page = (settings.dbt_project_path / "models/kpis/KPIS.md").read_text(encoding="utf-8")
    assert f"| 周末声量占比 | Weekend share of voices | `{CODE}` |" in kpis_page
    assert recorded_interface(settings.dbt_project_path)[f"kpis.{CODE}"].key == (
        "period_date", "channel_code", "brand_code", "product_key",
    )  # fmt: skip
    assert json.dumps(manifest["exposures"]["exposure.koubei.kpis"]["depends_on"]).count(CODE) == 1
