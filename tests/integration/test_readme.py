"""What the README shows can be pasted: its queries answer, its commands and settings are all there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.integration.home import Home

pytestmark = pytest.mark.integration

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
QUERIES = re.findall(r'\$ koubei query "(.*?)"\n(┏.*?┘)', README, flags=re.DOTALL)


def test_one_question_of_each_family_is_shown() -> None:
    asked = " ".join(sql for sql, _ in QUERIES)
    assert all(f"{family}." in asked for family in ["reviews", "attribution", "segments", "kpis"])


@pytest.mark.parametrize(("sql", "shown"), QUERIES)
def test_a_query_of_the_readme_answers_with_the_columns_shown(
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
