from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.publication.dictionary import in_words
from orchestration.publication.exposures import (
    ExposureError,
    chinese_of,
    exposed_models,
    read_manifest_of_dbt,
)
from tests.unit.publication.house import House, dbt_manifest


def described(house: House, table: str) -> dict[str | None, tuple[str | None, ...]]:
    rows = house.read(
        "select column_name, label_zh, label_en, description, data_type, grain "
        f"from meta.dictionary where table_name = '{table}'"
    )
    return {row[0]: row[1:] for row in rows}


def test_the_dictionary_has_every_published_table_and_column_and_no_other(house: House) -> None:
    house.publish()
    published = house.read(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where database_name = 'koubei' and schema_name in "
        "('meta', 'reviews', 'kpis', 'intermediate') order by all"
    )
    assert (
        house.read(
            "select schema_name, table_name, column_name from meta.dictionary "
            "where column_name is not null order by all"
        )
        == published
    )
    assert house.read(
        "select data_type from meta.dictionary where column_name is not null "
        "order by schema_name, table_name, column_name"
    ) == house.read(
        "select data_type from duckdb_columns() where database_name = 'koubei' "
        "and schema_name in ('meta', 'reviews', 'kpis') "
        "order by schema_name, table_name, column_name"
    )


def test_words_come_from_the_project_and_names_stand_in_for_missing_ones(house: House) -> None:
    house.publish()
    voices = described(house, "fct_voices")
    assert voices[None] == (
        "口碑声音", "Voices", "口碑声音；One row per voice's first delivery.", None, "voice_key",
    )  # fmt: skip
    assert voices["voice_key"][:3] == ("声音键", "Voice key", "声音键；Stable key.")
    assert voices["value_cny"][:4] == ("金额", "Value CNY", "Money in yuan.", "DECIMAL(18,2)")
    assert voices["reply_count"] == (None, "Reply count", None, "BIGINT", None)


def test_every_column_of_schema_meta_is_labelled(house: House) -> None:
    house.publish()
    assert (
        house.read(
            "select table_name, column_name from meta.dictionary "
            "where schema_name = 'meta' and (not regexp_matches(coalesce(label_zh, ''), '[一-鿿]') "
            "or label_en is null)"
        )
        == []
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("first_reply_minutes", "First reply minutes"),
        ("net_cny", "Net CNY"),
        ("fct_voices", "Voices"),
        ("kpi", "Kpi"),
    ],
)
def test_a_name_in_words(name: str, words: str) -> None:
    assert in_words(name) == words


@pytest.mark.parametrize(
    ("description", "chinese"),
    [
        ("声量；Public voices.", "声量"),
        ("好评占比 / Share of praise.", "好评占比"),
        ("One row per case; null when open.", None),
        ("", None),
    ],
)
def test_the_chinese_half_of_a_description(description: str, chinese: str | None) -> None:
    assert chinese_of(description) == chinese


def test_only_models_that_exposures_name_are_published() -> None:
    manifest = dbt_manifest()
    assert [model.qualified for model in exposed_models(manifest)] == [
        "kpis.kpi_history",
        "reviews.fct_voices",
    ]
    ephemeral = manifest["nodes"]["model.koubei.kpi_history"]
    ephemeral["config"]["materialized"] = "ephemeral"
    assert [model.name for model in exposed_models(manifest)] == ["fct_voices"]


def test_a_manifest_that_is_missing_or_broken_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with pytest.raises(ExposureError, match="koubei refresh"):
        read_manifest_of_dbt(path)
    for text in ("{", "[]", json.dumps({"nothing": 1})):
        path.write_text(text)
        with pytest.raises(ExposureError, match=r"manifest\.json"):
            read_manifest_of_dbt(path)
