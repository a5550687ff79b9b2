"""What the README and its page of KPIs show can be pasted: queries answer, commands and settings are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.home.settings import Settings
from tests.integration.home import Home

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
KPIS = (ROOT / "dbt_project/models/kpis/KPIS.md").read_text(encoding="utf-8")
SHOWN = re.compile(r'\$ koubei query "([^"]*)"\n(┏.*?┘)', flags=re.DOTALL)
QUERIES, QUESTIONS = SHOWN.findall(README), SHOWN.findall(KPIS)


def test_one_question_of_each_family_is_shown() -> None:
    asked = " ".join(sql for sql, _ in QUERIES)
    assert all(f"{family}." in asked for family in ["reviews", "attribution", "segments", "kpis"])


def test_a_brand_manager_asks_ten_questions() -> None:
    assert len(QUESTIONS) == len(re.findall(r"^\*\*\d+\. ", KPIS, flags=re.MULTILINE)) == 10


@pytest.mark.parametrize(("sql", "shown"), [*QUERIES, *QUESTIONS])
def test_a_query_of_a_page_answers_with_the_columns_shown(
    sql: str, shown: str, demo_home: Home
) -> None:
    rows = demo_home.query(sql)
    assert rows
    headings = [heading.strip() for heading in shown.splitlines()[1].strip("┃").split("┃")]
    assert list(rows[0]) == headings


def test_every_command_of_the_readme_has_help(demo_home: Home) -> None:
    commands = set(re.findall(r"`koubei ([a-z-]+)", README))
    assert commands >= {"demo", "refresh", "status", "query", "rejects", "diff", "rollback"}
    for command in sorted(commands):
        assert "Usage" in demo_home.run(command, "--help").stdout


def test_every_setting_is_named() -> None:
    named = set(re.findall(r"KOUBEI_([A-Z_]+)`", README))
    assert {name.upper() for name in Settings.model_fields} <= named
