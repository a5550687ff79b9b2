"""What a short yml entry stands for, and what is said of one that cannot be filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ingestion.contracts.feeds import load_feeds
from orchestration.dbt.generated import FOLDER, generate, link_project, write_generated
from orchestration.dbt.short_entries import EntryError, full_documents

SHARED = """\
shared_columns:
  - {name: period_date, data_type: date, description: 日期；The day.}
  - {name: channel_code, data_type: string, description: 渠道，all 为合计；Channel.}
  - {name: brand_code, data_type: string, description: 品牌；Brand.}
  - {name: product_key, data_type: string, description: 商品；Product.}
  - {name: segment_kind, data_type: string, description: 维度；Kind of segment.}
  - {name: segment_code, data_type: string, description: 细分；Segment.}
  - {name: numerator, data_type: double, description: 分子；Numerator.}
  - {name: denominator, data_type: double, description: 分母；Denominator.}
"""
KPI = """\
models:
  - name: kpi_calls
    description: 电话；Calls.
    config:
      meta: {label_zh: 电话数, label_en: Calls, unit: count, owner: brand, definition: 电话；Calls.,
        higher_is_better: true, interval: none, additivity: sum}
    columns:
      - {name: quick_count, data_type: bigint, description: 快接，十秒内；Picked up at once.}
      - segment_kind
      - segment_code
"""


def written(tmp_path: Path, **files: str) -> Path:
    (tmp_path / ".dbtignore").write_text("# short\nmodels/kpis/*.yml\nmodels/staging/*.yml\n")
    for folder in ("kpis", "staging"):
        (tmp_path / "models" / folder).mkdir(parents=True)
    for name, text in files.items():
        folder = "staging" if name == "staging" else "kpis"
        (tmp_path / "models" / folder / f"_{name}.yml").write_text(text, encoding="utf-8")
    return tmp_path


def filled(project: Path) -> dict[str, dict[str, Any]]:
    return {
        model["name"]: model
        for document in full_documents(project).values()
        for model in document.get("models", [])
    }


def test_a_kpi_has_the_key_and_the_columns_of_its_kind_before_its_own(tmp_path: Path) -> None:
    kpi = filled(written(tmp_path, kpis=SHARED, kpis_calls=KPI))["kpi_calls"]
    key = ["period_date", "channel_code", "brand_code", "product_key"]
    key += ["segment_kind", "segment_code"]
    assert kpi["config"]["meta"]["key"] == key
    columns = [column["name"] for column in kpi["columns"]]
    assert columns == [*key, "numerator", "denominator", "quick_count"]
    by_name = {column["name"]: column for column in kpi["columns"]}
    assert by_name["channel_code"]["config"]["meta"]["label_zh"] == "渠道"
    assert by_name["quick_count"]["config"]["meta"]["label_zh"] == "快接"
    assert (kpi["config"]["meta"]["version"], kpi["config"]["meta"]["status"]) == (1, "published")


def test_a_staging_model_is_described_by_its_feed_where_it_says_no_more(tmp_path: Path) -> None:
    project = written(
        tmp_path,
        staging="models:\n  - name: stg_spend\n    columns:\n      - spent_on\n      - spend_amount\n"
        "      - spend_cny\n      - {name: campaign_ref, description: 活动；Ours.}\n",
    )
    spend = filled(project)["stg_spend"]
    feed = load_feeds()["spend"]
    assert spend["config"]["meta"] == {"key": ["record_key"], "label_zh": feed.label_zh}
    assert spend["data_tests"] == [{"unique_key": {"arguments": {"columns": ["record_key"]}}}]
    day, amount, cny, campaign = spend["columns"]
    column = feed.columns["spent_on"]
    assert day["description"] == f"{column.label_zh}；{column.description}"
    assert amount["config"]["meta"]["label_zh"].endswith("（原币）")
    assert cny["config"]["meta"]["label_zh"].endswith("（人民币）")
    assert campaign["description"] == "活动；Ours."
    assert campaign["config"]["meta"]["label_zh"] == "活动"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("segment_code", "segmant_code",
         r"models/kpis/_kpis_calls\.yml: kpi_calls: the column segmant_code has no description"),
        ("additivity: sum", "additivity: yes",
         r"models/kpis/_kpis_calls\.yml: kpi_calls: additivity is True; it must be sum or none"),
        ("owner: brand, ", "",
         r"models/kpis/_kpis_calls\.yml: kpi_calls: owner missing under config\.meta; add it"),
        ("{name: quick_count, ", "{", r"models/kpis/_kpis_calls\.yml: kpi_calls: an entry without a"),
        ("label_en: Calls,", "label_en: [",
         r"models/kpis/_kpis_calls\.yml:6:\d+: did not find expected"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_filled_in_is_named(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    project = written(tmp_path, kpis=SHARED, kpis_calls=KPI.replace(old, new))
    with pytest.raises(EntryError, match=complaint):
        full_documents(project)


def test_what_is_generated_is_plain_yml_for_dbt(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    project = written(tmp_path / "project", kpis=SHARED, kpis_calls=KPI)
    (project / "dbt_project.yml").write_text("name: koubei\nmodels: {koubei: {}}\n")
    texts = generate(project)
    # dbt changes what it has read, so nothing is shared between entries
    assert not [text for text in texts.values() if "&id" in text]
    assert '"name": "kpi_calls"' in texts["macros/kpi_models.sql"]
    assert "shared_columns" not in yaml.safe_load(texts["models/kpis/_kpis.yml"])
    folder = tmp_path / "home"
    link_project(project, folder)
    write_generated(project, folder / FOLDER)
    # a project that moves or loses a file is linked anew
    (project / ".dbtignore").rename(project / "other")
    link_project(project, folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "dbt_project.yml", FOLDER, "models", "other",
    ]  # fmt: skip
    assert (folder / "models").readlink() == project / "models"
