"""What is a break of the published interface, and what makes it a version: on a project of one mart."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.dbt.yaml_entries import EntryError, read_project
from orchestration.interface.__main__ import main
from orchestration.interface.contract import interface_of, recorded_interface
from orchestration.interface.generate import InterfaceError, stale, write

TODAY = date(2026, 11, 22)

MODEL = """\
models:
  - name: fct_crises
    description: 危机；Crises.
    config: {meta: {key: [crisis_key], label_zh: 危机}}
    columns:
      - {name: crisis_key, data_type: string}
      - {name: level_code, data_type: string}
      - {name: lost_cny, data_type: "decimal(18,2)"}
"""
EXPOSURES = """\
exposures:
  - name: reviews
    depends_on:
      - ref('fct_crises')
"""
# level_code is called severity_code from version 2 on
VERSIONED = """\
models:
  - name: fct_crises
    description: 危机；Crises.
    config: {meta: {key: [crisis_key], label_zh: 危机}}
    latest_version: 2
    columns:
      - {name: crisis_key, data_type: string}
      - {name: severity_code, data_type: string}
      - {name: lost_cny, data_type: "decimal(18,2)"}
    versions:
      - v: 1
        deprecation_date: 2027-03-01
        columns:
          - {include: all, exclude: [severity_code]}
          - {name: level_code, data_type: string}
      - v: 2
        config: {alias: fct_crises}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose interface is recorded."""
    folder = tmp_path / "models/marts/reviews"
    folder.mkdir(parents=True)
    (tmp_path / "models/kpis").mkdir()
    (tmp_path / "dbt_project.yml").write_text(
        "name: koubei\nmodels: {koubei: {marts: {reviews: {+schema: reviews}}}}\n"
    )
    (folder / "fct_crises.sql").write_text("-- Grain: one row per crisis.\nselect 1")
    (folder / "fct_crises.yml").write_text(MODEL)
    (tmp_path / "models/exposures.yml").write_text(EXPOSURES)
    write(tmp_path, TODAY)
    assert stale(tmp_path, TODAY) == []
    return tmp_path


def change(project: Path, old: str, new: str, file: str = "marts/reviews/fct_crises.yml") -> None:
    path = project / "models" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def version(project: Path, *, deprecated: str = "2027-03-01") -> None:
    yml = project / "models/marts/reviews/fct_crises.yml"
    yml.write_text(VERSIONED.replace("2027-03-01", deprecated))
    (project / "models/marts/reviews/fct_crises_v1.sql").write_text("-- Grain: one row per crisis.")
    change(
        project,
        "ref('fct_crises')",
        "ref('fct_crises')\n      - ref('fct_crises', v=1)",
        "exposures.yml",
    )


def test_the_shape_of_a_table_is_recorded_with_the_types_that_readers_see(project: Path) -> None:
    crises = recorded_interface(project)["reviews.fct_crises"]
    assert crises.key == ("crisis_key",)
    assert crises.grain == "one row per crisis"
    assert crises.columns == {
        "crisis_key": "VARCHAR", "level_code": "VARCHAR", "lost_cny": "DECIMAL(18,2)",
    }  # fmt: skip


def test_the_tables_of_schema_meta_are_promised_too(project: Path) -> None:
    files = recorded_interface(project)["meta.files"]
    assert files.columns["export_date"] == "DATE"
    assert files.columns["landed_count"] == "BIGINT"


def test_what_is_added_is_welcome_and_must_be_recorded(project: Path) -> None:
    change(project, "columns:\n", "columns:\n      - {name: title, data_type: string}\n")
    messages = stale(project, TODAY)
    assert messages[0] == "reviews.fct_crises.title: a new column"
    assert "python -m orchestration.interface --write" in messages[-1]
    assert write(project, TODAY) == ["written: dbt_project/interface.yml"]
    assert stale(project, TODAY) == []


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ("name: level_code", "name: severity_code",
         "reviews.fct_crises.level_code: the column was removed or renamed"),
        ('"decimal(18,2)"', "double",
         r"reviews.fct_crises.lost_cny: its type was DECIMAL\(18,2\) and is DOUBLE"),
        ("key: [crisis_key]", "key: [crisis_key, level_code]",
         "reviews.fct_crises: its key was crisis_key and is crisis_key, level_code"),
    ],
)  # fmt: skip
def test_a_break_is_refused_and_named(project: Path, old: str, new: str, messages: str) -> None:
    recorded = (project / "interface.yml").read_text()
    change(project, old, new)
    with pytest.raises(InterfaceError, match=messages):
        stale(project, TODAY)
    # writing does not put it right
    with pytest.raises(InterfaceError, match="versions"):
        write(project, TODAY)
    assert (project / "interface.yml").read_text() == recorded


def test_a_table_that_is_renamed_or_no_longer_published_is_a_break(project: Path) -> None:
    change(project, "    config: {meta", "    config: {alias: fct_scandals, meta")
    with pytest.raises(InterfaceError, match=r"reviews\.fct_crises: the table was removed"):
        stale(project, TODAY)


def test_the_command_says_what_is_broken_and_fails(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check", "--project", str(project)]) == 0
    change(project, "name: level_code", "name: severity_code")
    assert main(["--write", "--project", str(project)]) == 1
    assert "fct_crises.level_code" in capsys.readouterr().err


def test_a_break_with_the_former_version_beside_it_is_a_version(project: Path) -> None:
    version(project)
    messages = stale(project, TODAY)
    assert "reviews.fct_crises.severity_code: a new column" in messages
    assert "reviews.fct_crises_v1: a new table" in messages
    write(project, TODAY)
    assert stale(project, TODAY) == []
    shapes = recorded_interface(project)
    assert shapes["reviews.fct_crises"].version == 2
    assert "level_code" not in shapes["reviews.fct_crises"].columns
    former = shapes["reviews.fct_crises_v1"]
    assert (former.version, former.deprecated_on) == (1, date(2027, 3, 1))
    assert list(former.columns) == ["crisis_key", "lost_cny", "level_code"]


@pytest.mark.parametrize(
    ("old", "new", "file", "messages"),
    [
        # the number alone is no version
        ("\n      - ref('fct_crises', v=1)", "", "exposures.yml", "fct_crises_v1 must be published"),
        ("- {name: level_code, data_type: string}", "- {name: level_code, data_type: int}",
         "marts/reviews/fct_crises.yml", "fct_crises_v1 must be published with the columns, types"),
        ("        deprecation_date: 2027-03-01\n", "", "marts/reviews/fct_crises.yml",
         "deprecation_date must be set"),
        ("2027-03-01", "2026-12-01", "marts/reviews/fct_crises.yml", "not before 2026-12-22"),
    ],
)  # fmt: skip
def test_a_version_that_leaves_readers_without_the_former_one_is_a_break(
    project: Path, old: str, new: str, file: str, messages: str
) -> None:
    version(project)
    change(project, old, new, file)
    with pytest.raises(InterfaceError, match=messages):
        stale(project, TODAY)


def test_a_former_version_goes_once_its_day_is_over_and_not_before(project: Path) -> None:
    version(project)
    write(project, TODAY)
    change(project, "\n      - ref('fct_crises', v=1)", "", "exposures.yml")
    with pytest.raises(InterfaceError, match="removed before 2027-03-01"):
        stale(project, date(2027, 2, 28))
    write(project, date(2027, 3, 1))
    assert "reviews.fct_crises_v1" not in recorded_interface(project)
    # a version that stays is no fault after its day either
    version(project)
    write(project, TODAY)
    assert stale(project, date(2028, 1, 1)) == []


def test_a_version_three_keeps_version_two(project: Path) -> None:
    version(project)
    write(project, TODAY)
    # lost_cny leaves version 3
    change(project, "latest_version: 2", "latest_version: 3")
    change(
        project,
        "      - v: 2\n        config: {alias: fct_crises}\n",
        "      - v: 2\n        deprecation_date: 2027-06-01\n"
        "      - v: 3\n        config: {alias: fct_crises}\n"
        "        columns: [{include: all, exclude: [lost_cny]}]\n",
    )
    with pytest.raises(InterfaceError, match="fct_crises_v2 must be published"):
        stale(project, TODAY)
    change(project, "v=1)", "v=1)\n      - ref('fct_crises', v=2)", "exposures.yml")
    write(project, TODAY)
    assert list(recorded_interface(project)["reviews.fct_crises"].columns) == [
        "crisis_key", "severity_code",
    ]  # fmt: skip


def test_an_exposure_of_what_nobody_describes_is_one_clear_line(project: Path) -> None:
    change(project, "ref('fct_crises')", "ref('fct_storms')", "exposures.yml")
    with pytest.raises(
        EntryError, match=r"exposures\.yml: exposure reviews publishes ref\('fct_st"
    ):
        read_project(project)


def test_the_order_of_columns_is_no_promise(project: Path) -> None:
    yml = project / "models/marts/reviews/fct_crises.yml"
    lines = yml.read_text().splitlines()
    yml.write_text("\n".join([*lines[:-2], lines[-1], lines[-2]]))
    assert stale(project, TODAY)[0] == "reviews.fct_crises: its columns stand in another order"
    assert (
        list(interface_of(read_project(project))["reviews.fct_crises"].columns)[-1] == "level_code"
    )
