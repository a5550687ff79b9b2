"""The docs: the written reference is fresh, no link is dead, both languages have the same pages."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.contracts.models import ColumnTarget, Contract, Export, FeedMapping, Files
from orchestration.home.settings import Settings
from orchestration.interface.contract import Shape
from orchestration.reference import changelog
from orchestration.reference.__main__ import main

ROOT = Path(__file__).parents[3]
PROJECT = ROOT / "dbt_project"
PAGES = sorted(
    [
        ROOT / "README.md",
        *(ROOT / ".github").glob("*.md"),
        PROJECT / "CHANGELOG.md",
        *(PROJECT / "docs").rglob("*.md"),
    ]
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", flags=re.MULTILINE)


def dead_links(page: Path) -> Iterator[str]:
    """Relative links of a page that lead to no file, or to a heading that its file does not have."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        found = (page.parent / path).resolve() if path else page
        if not found.exists():
            yield f"{page}: {target}"
        elif anchor:
            headings = HEADING.findall(found.read_text(encoding="utf-8"))
            slugs = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
            if anchor not in slugs:
                yield f"{page}: {target} (no such heading)"


def test_no_link_is_dead() -> None:
    assert len(PAGES) > 30
    assert [link for page in PAGES for link in dead_links(page)] == []


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A heading\n[a](gone.md) [b](#a-heading) [c](#another) [d](https://x.org)\n")
    seen = [line.partition(": ")[2] for line in dead_links(page)]
    assert seen == ["gone.md", "#another (no such heading)"]


def test_every_page_is_linked_from_the_readme_or_another_page() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in LINK.findall(page.read_text(encoding="utf-8"))
    }
    docs = [page for page in PAGES if page.is_relative_to(PROJECT / "docs")]
    assert [page for page in docs if page.resolve() not in linked] == []


def test_concepts_and_tutorial_are_there_in_both_languages() -> None:
    docs = PROJECT / "docs"
    english = [docs / "tutorial.md", *(docs / "concepts").glob("[a-z]*[a-z].md")]
    english = [page for page in english if not page.name.endswith(".zh.md")]
    assert len(english) == 7
    assert [page for page in english if not page.with_suffix(".zh.md").exists()] == []


def test_every_decision_is_in_the_list_with_its_subject_choice_and_month() -> None:
    folder = PROJECT / "docs/decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    faults, titles = [], []
    for page in sorted(folder.glob("*.md")):
        for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            heading, _, body = section.partition("\n")
            title = re.fullmatch(r"(.+) \(20\d\d-\d\d\)", heading)
            if (
                title is None
                or title[1] not in listed
                or not re.search(r"\*\*Choice|^- |^\|", body, re.M)
            ):
                faults.append(f"{page.name}: {heading}")
            titles.append(heading)
    assert (faults, len(titles) > 100, len(set(titles))) == ([], True, len(titles))


def test_the_reference_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main(["--check"]), capsys.readouterr().out) == (0, "")


def test_every_setting_and_contract_key_is_described() -> None:
    models = [Settings, Contract, Export, Files, FeedMapping, ColumnTarget]
    without = [
        f"{model.__name__}.{name}"
        for model in models
        for name, field in model.model_fields.items()
        if not field.description
    ]
    # where it was read from, which is no key of a contract
    assert without == ["Contract.path", "Contract.sha256"]
    page = (PROJECT / "docs/reference/settings.md").read_text(encoding="utf-8")
    named = set(re.findall(r"KOUBEI_([A-Z_]+)`", page))
    assert {name.upper() for name in Settings.model_fields} <= named


def test_a_change_of_columns_is_listed_with_old_and_new() -> None:
    before = {
        "a.gone": Shape(("x",), "one row per x", {"x": "VARCHAR"}),
        "a.kept": Shape(("x",), "one row per x", {"x": "VARCHAR", "y": "INTEGER"}),
    }
    now = {
        "a.kept": Shape(("x", "z"), "one row per x", {"x": "BIGINT", "z": "DATE"}),
        "a.new": Shape(("x",), "one row per x", {"x": "VARCHAR"}),
    }
    assert list(changelog.changes(before, now)) == [
        ("`a.gone`", "", "removed", "", ""),
        ("`a.kept`", "", "key", "x", "x, z"),
        ("`a.kept`", "`x`", "type", "VARCHAR", "BIGINT"),
        ("`a.kept`", "`y`", "removed", "INTEGER", ""),
        ("`a.kept`", "`z`", "added", "", "DATE"),
        ("`a.new`", "", "added", "", ""),
    ]


def test_the_changelog_is_compared_with_the_last_tag(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )

    file = tmp_path / "interface.yml"
    file.write_text("a.b:\n  key: [x]\n  grain: one row per x\n  columns: {x: VARCHAR}\n")
    (tmp_path / "CHANGELOG.md").write_text(f"# C\n{changelog.BEGIN}\nold\n{changelog.END}\nend\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    assert "There is no release yet: all 1 tables are new." in changelog.render(tmp_path)
    git("commit", "--allow-empty", "-qm", "two")
    git("tag", "v1")
    # the commit of a release itself may still be compared with the one before
    assert "There is no release yet" in changelog.render(tmp_path, "HEAD~1")
    assert "No table and no column changed since v1." in changelog.render(tmp_path)
    file.write_text("a.b:\n  key: [x]\n  grain: one row per x\n  columns: {x: VARCHAR, y: DATE}\n")
    written = changelog.render(tmp_path)
    assert "| `a.b` | `y` | added |  | DATE |" in written
    assert written.endswith(f"{changelog.END}\nend\n")
    assert "old" not in written.partition(changelog.BEGIN)[2].partition("| table")[0]


def test_stale_pages_are_named_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "CHANGELOG.md").write_text(f"{changelog.BEGIN}\n{changelog.END}\n")
    assert main(["--check", "--project", str(tmp_path)]) == 1
    assert "stale: dbt_project/docs/reference/commands.md" in capsys.readouterr().out
    assert main(["--write", "--project", str(tmp_path)]) == 0
    assert main(["--check", "--project", str(tmp_path)]) == 0
