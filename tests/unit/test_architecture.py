"""The direction of imports and the home of each heavy library, held by walking the syntax trees."""

import ast
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ALLOWED = {
    "ingestion": {"ingestion"},
    "expectations": {"expectations"},
    "orchestration": {"ingestion", "expectations", "orchestration"},
    "dbt_project": {"dbt_project"},
}
# a library, and the only place that imports it
ONE_HOME = {
    "apprise": "orchestration/notify/",
    "chinese_calendar": "ingestion/work_calendar.py",
    "dagster": "orchestration/",
    "dagster_dbt": "orchestration/",
    "dbt": "orchestration/",
    "great_expectations": "expectations/",
    "psycopg": "orchestration/postgres/",
    "snownlp": "ingestion/scoring/",
    "typer": "orchestration/",
}
ENVIRONMENT_READERS = {"orchestration/settings.py"}
TOP_LEVEL = {
    "orchestration",
    "dbt_project",
    "ingestion",
    "expectations",
    "tests",
    "pyproject.toml",
    "README.md",
    "Makefile",
    "requirements.lock",
    "LICENSE",
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ALLOWED
    for path in (ROOT / package).rglob("*.py")
)


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that a tree imports, wherever in the file the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def faults_of(source: str, text: str) -> list[str]:
    """What in one module goes against the layout."""
    tree = ast.parse(text)
    package = source.split("/", maxsplit=1)[0]
    faults = []
    for module in imported(tree):
        top = module.split(".")[0]
        if top in ALLOWED and top not in ALLOWED[package]:
            faults.append(f"{source} imports {module}: {package} may not")
        if top in ONE_HOME and not source.startswith(ONE_HOME[top]):
            faults.append(f"{source} imports {module}: only {ONE_HOME[top]} may")
    for node in ast.walk(tree):
        reads = isinstance(node, ast.Attribute) and node.attr in {"getenv", "environ"}
        if reads and source not in ENVIRONMENT_READERS:
            faults.append(f"{source}:{node.lineno} touches the environment: settings.py does that")
    if ast.get_docstring(tree) is None and text.strip():
        faults.append(f"{source} does not open by saying what belongs in it")
    return faults


def test_there_is_something_to_walk() -> None:
    assert {source.split("/")[0] for source in SOURCES} == set(ALLOWED)


@pytest.mark.parametrize("source", SOURCES)
def test_a_module_imports_down_and_never_up(source: str) -> None:
    with tokenize.open(ROOT / source) as file:
        assert faults_of(source, file.read()) == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("ingestion/x.py", '"""X."""\nimport orchestration.settings'),
        ("ingestion/x.py", '"""X."""\ndef f():\n    from expectations import suite'),
        ("expectations/x.py", '"""X."""\nimport dagster as dg'),
        ("dbt_project/estimators/x.py", '"""X."""\nfrom ingestion import landing'),
        ("orchestration/x.py", '"""X."""\nfrom snownlp import SnowNLP'),
        ("ingestion/x.py", '"""X."""\nimport os\nos.getenv("KOUBEI_HASH_KEY")'),
        ("ingestion/x.py", "x = 1"),
    ],
)
def test_the_walk_sees_each_kind_of_fault(source: str, text: str) -> None:
    assert len(faults_of(source, text)) == 1


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [source for source in SOURCES if Path(source).stem in VAGUE_NAMES] == []


def test_the_top_level_holds_the_design_and_nothing_else() -> None:
    seen = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert seen - {"build", "dist", "koubei.egg-info"} - TOP_LEVEL == set()
    assert seen >= TOP_LEVEL


def test_the_lock_pins_with_hashes_and_names_no_index() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", " "))]
    assert len(pins) > 100
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    assert not [line for line in lines if "://" in line or "index-url" in line]
