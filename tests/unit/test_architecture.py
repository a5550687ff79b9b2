"""The direction of imports, rooms without circles, and the home of each heavy library.

What ruff can say by itself stands in `pyproject.toml` (TID251), where an editor shows it. Here is
the rest: which package may import which, that no folder imports one above it, and that the home of
one library is no loophole for another.
"""

from __future__ import annotations

import ast
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

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
    "chinese_calendar": "ingestion/raw/work_calendar.py",
    "dagster": "orchestration/graph/",
    "dagster_dbt": "orchestration/graph/",
    "dbt": "orchestration/",
    "great_expectations": "expectations/",
    "psycopg": "orchestration/postgres/",
    "snownlp": "ingestion/scoring/",
    "typer": "orchestration/",
}
ENVIRONMENT_READERS = {"orchestration/home/settings.py"}
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
LONGEST = 400
LOOSE_MODULES = {"orchestration": {"__init__", "cli"}, "ingestion": {"__init__", "landing"}}


@cache
def sources() -> dict[str, ast.Module]:
    """Every module of the product, parsed, by its path."""
    trees = {}
    for package in ALLOWED:
        for path in sorted((ROOT / package).rglob("*.py")):
            with tokenize.open(path) as file:
                trees[path.relative_to(ROOT).as_posix()] = ast.parse(file.read())
    return trees


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that a tree imports, wherever in the file; `from a import b` gives both."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def faults_of(source: str, tree: ast.Module) -> Iterator[str]:
    """What in one module goes against the layout."""
    package = source.split("/", maxsplit=1)[0]
    for top in sorted({module.split(".")[0] for module in imported(tree)}):
        if top in ALLOWED and top not in ALLOWED[package]:
            yield f"{source} imports {top}: {package} may not"
        if top in ONE_HOME and not source.startswith(ONE_HOME[top]):
            yield f"{source} imports {top}: only {ONE_HOME[top]} may"
    for node in ast.walk(tree):
        reads = isinstance(node, ast.Attribute) and node.attr in {"getenv", "environ"}
        if reads and source not in ENVIRONMENT_READERS:
            yield f"{source}:{node.lineno} touches the environment: home/settings.py does that"
    if ast.get_docstring(tree) is None and tree.body:
        yield f"{source} does not open by saying what belongs in it"


def room_of(source: str) -> str:
    """The folder of a module; a module that stands loose in a package is a room of its own."""
    path = PurePosixPath(source)
    is_loose = path.parent.as_posix() in {*ALLOWED, "ingestion/demo"} and path.name != "__init__.py"
    return path.with_suffix("").as_posix() if is_loose else path.parent.as_posix()


def arrows(
    trees: dict[str, ast.Module], place: Callable[[str], str] = room_of
) -> dict[str, set[str]]:
    """Which rooms each room imports; what a package's `__init__` re-exports is not followed."""
    modules = {source.removesuffix(".py").replace("/", "."): source for source in trees}
    found: dict[str, set[str]] = defaultdict(set)
    for source, tree in trees.items():
        for module in imported(tree):
            if module in modules and place(modules[module]) != place(source):
                found[place(source)].add(place(modules[module]))
    return found


def on_circles(graph: dict[str, set[str]]) -> list[str]:
    """Rooms from which a way of imports leads back to them."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            fresh = graph.get(todo.pop(), set()) - seen
            seen |= fresh
            todo.extend(fresh)
        return seen

    return sorted(room for room in graph if room in reached(room))


def parsed(modules: Iterable[tuple[str, str]]) -> dict[str, ast.Module]:
    return {source: ast.parse(text) for source, text in modules}


def test_there_is_something_to_walk() -> None:
    assert {source.split("/")[0] for source in sources()} == set(ALLOWED)


def test_modules_import_down_and_libraries_have_one_home() -> None:
    assert [fault for source, tree in sources().items() for fault in faults_of(source, tree)] == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("ingestion/x.py", '"""X."""\nimport orchestration.home.settings'),
        ("ingestion/x.py", '"""X."""\ndef f():\n    from expectations import suite'),
        ("expectations/x.py", '"""X."""\nimport dagster as dg'),
        ("orchestration/pipeline/x.py", '"""X."""\nimport dagster as dg'),
        ("dbt_project/estimators/x.py", '"""X."""\nfrom ingestion import landing'),
        ("orchestration/x.py", '"""X."""\nfrom snownlp import SnowNLP'),
        ("ingestion/x.py", '"""X."""\nimport os\nos.getenv("KOUBEI_HASH_KEY")'),
        ("ingestion/x.py", "x = 1"),
    ],
)
def test_the_walk_sees_each_kind_of_fault(source: str, text: str) -> None:
    assert len(list(faults_of(source, ast.parse(text)))) == 1


def test_no_room_and_no_module_imports_one_that_imports_it() -> None:
    assert on_circles(arrows(sources())) == []
    assert on_circles(arrows(sources(), place=str)) == []


def test_a_circle_over_three_rooms_is_seen() -> None:
    trees = parsed(
        [
            ("ingestion/a/x.py", "from ingestion.b import y"),
            ("ingestion/b/y.py", "import ingestion.c.z"),
            ("ingestion/c/z.py", "def f():\n    from ingestion.a.x import g"),
            ("ingestion/d/w.py", "from ingestion.a import x"),
        ]
    )
    assert on_circles(arrows(trees)) == ["ingestion/a", "ingestion/b", "ingestion/c"]


def test_packages_hold_rooms_and_no_loose_modules() -> None:
    loose = {
        package: {path.stem for path in (ROOT / package).glob("*.py")} for package in LOOSE_MODULES
    }
    assert loose == LOOSE_MODULES


def test_an_editor_shows_the_home_of_each_library_that_has_one() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    banned = config["lint"]["flake8-tidy-imports"]["banned-api"]
    everywhere = {"dbt", "typer"}  # theirs is a whole package
    assert {library for library in ONE_HOME if library not in everywhere} <= banned.keys()
    for library, home in ONE_HOME.items():
        assert library in everywhere or home.rstrip("/") in banned[library]["msg"]


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [source for source in sources() if Path(source).stem in VAGUE_NAMES] == []


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
