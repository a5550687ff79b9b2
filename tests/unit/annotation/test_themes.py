"""Themes: what is found, and that a changed seed is replayed over history."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import duckdb
import pytest

from ingestion.annotation.store import annotate_pending
from ingestion.annotation.themes import ANNOTATOR
from ingestion.raw.schema import create_raw_schema

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"
themes = ANNOTATOR.configured(SEEDS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("省心又安静", {"hassle_free": "省心", "quiet": "安静"}),
        ("安静，真的安静", {"quiet": "安静"}),
        ("不是很安静", {}),
        ("希望更安静", {}),
        ("这个安静吗？", {}),
        ("不推荐", {"wont_return": "不推荐"}),
        ("货不对板", {"wrong_item": "货不对板", "misleading": "货不对板"}),
        ("", {}),
    ],
)
def test_a_text_speaks_of_these_themes(text: str, expected: dict[str, str]) -> None:
    rows = themes.annotate(["别的文本", text]).to_pylist()
    assert {row["theme_code"]: row["matched_text"] for row in rows} == expected
    assert all(row["text_number"] == 1 for row in rows)


def test_a_changed_seed_is_replayed_over_history(tmp_path: Path) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    words = tmp_path / "seeds" / "theme_words.csv"
    text = "这台机器让人拍手叫绝"
    with duckdb.connect() as connection:
        create_raw_schema(connection, {})
        connection.execute(
            "insert into raw.texts values (?, ?, ?, '1', 1)",
            [hashlib.sha256(text.encode()).hexdigest(), text, len(text)],
        )
        before = ANNOTATOR.configured(tmp_path / "seeds")
        assert annotate_pending(connection, before, load_id=1) == 1
        assert annotate_pending(connection, before, load_id=2) == 0
        words.write_text(words.read_text("utf-8") + "recommends,拍手叫绝\n", "utf-8")
        after = ANNOTATOR.configured(tmp_path / "seeds")
        assert after.version != before.version
        assert annotate_pending(connection, after, load_id=3) == 1
        found = connection.execute("select theme_code, load_id from raw.text_themes").fetchall()
    assert found == [("recommends", 3)]


def test_the_version_follows_from_the_content_of_the_seeds(tmp_path: Path) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    assert ANNOTATOR.configured(tmp_path / "seeds").version == themes.version
