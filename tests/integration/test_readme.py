"""What the README, its questions and the page of KPIs show can be pasted: queries answer, commands run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = ROOT / "dbt_project" / "docs"
TUTORIAL = (DOCS / "tutorial.md").read_text(encoding="utf-8")
FAMILIES = (DOCS / "questions.md").read_text(encoding="utf-8")
KPIS = (ROOT / "dbt_project/models/kpis/KPIS.md").read_text(encoding="utf-8")
SHOWN = re.compile(r'\$ koubei query "([^"]*)"\n(┏.*?┘)', flags=re.DOTALL)
QUERIES, FAMILY_QUERIES, QUESTIONS = map(SHOWN.findall, (README, FAMILIES, KPIS))


def test_the_readme_is_short_and_shows_one_query() -> None:
    assert len(README.splitlines()) <= 150
    assert len(QUERIES) == 1


def test_one_question_of_each_family_is_shown() -> None:
    asked = " ".join(sql for sql, _ in FAMILY_QUERIES)
    assert all(f"{family}." in asked for family in ["reviews", "attribution", "segments", "kpis"])


def test_a_brand_manager_asks_ten_questions() -> None:
    assert len(QUESTIONS) == len(re.findall(r"^\*\*\d+\. ", KPIS, flags=re.MULTILINE)) == 10


@pytest.mark.parametrize(("sql", "shown"), [*QUERIES, *FAMILY_QUERIES, *QUESTIONS])
def test_a_query_of_a_page_answers_with_the_columns_shown(
    sql: str, shown: str, demo_home: Home
) -> None:
    rows = demo_home.query(sql)
    assert rows
    headings = [heading.strip() for heading in shown.splitlines()[1].strip("┃").split("┃")]
    assert list(rows[0]) == headings


def test_every_table_of_the_readme_is_published(demo_home: Home) -> None:
    named = set(re.findall(r"`((?:reviews|attribution|segments|kpis)\.\w+)`", README))
    assert len(named) > 10
    assert {name for name in named if name not in demo_home.manifest["tables"]} == set()


def test_the_commands_that_load_ones_own_data_are_those_of_the_tutorial() -> None:
    section = README.partition("## Load your own data")[2].partition("\n## ")[0]
    block = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)[0].splitlines()
    assert len(block) == 5
    commands = [line.partition("#")[0].strip() for line in block if line.startswith("koubei ")]
    assert len(commands) == 2
    assert [command for command in commands if f"\n{command}\n" not in TUTORIAL] == []


def test_every_command_that_a_page_names_has_help(demo_home: Home) -> None:
    pages = [README, *(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))]
    commands = {name for page in pages for name in re.findall(r"`koubei ([a-z][a-z-]+)", page)}
    assert commands >= {"demo", "refresh", "status", "query", "rejects", "diff", "rollback"}
    for command in sorted(commands):
        assert "Usage" in demo_home.run(command, "--help").stdout
