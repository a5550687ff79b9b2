"""Refs run down: staging < core < reviews < attribution < segments < kpis, and no room on a circle.

A room is a folder of models; what stands in its `steps/` belongs to it. A family's rooms may read
earlier rooms of their family.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

PROJECT = Path(__file__).parents[3] / "dbt_project"
ORDER = ["staging", "core", "marts/reviews", "marts/attribution", "marts/segments", "kpis"]
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\(.*?%}(.*?){%-?\s*endmacro", re.DOTALL)
REF = re.compile(r"ref\(\s*['\"](\w+)['\"]")


def reads(models: dict[str, str], macros: dict[str, str]) -> dict[str, set[str]]:
    """Which models each model reads, by itself or in a macro that it calls."""

    def reached(text: str, seen: set[str]) -> set[str]:
        found = set(REF.findall(text))
        for name in set(re.findall(r"\b(\w+)\(", text)) & macros.keys() - seen:
            seen.add(name)
            found |= reached(macros[name], seen)
        return found

    return {name: reached(text, set()) & models.keys() - {name} for name, text in models.items()}


def project() -> tuple[dict[str, Path], dict[str, set[str]]]:
    paths = {
        path.stem: path
        for kind in ("sql", "py")
        for path in (PROJECT / "models").rglob(f"*.{kind}")
    }
    texts = {name: COMMENT.sub("", path.read_text("utf-8")) for name, path in paths.items()}
    macros = {
        name: body
        for path in (PROJECT / "macros").rglob("*.sql")
        for name, body in MACRO.findall(COMMENT.sub("", path.read_text("utf-8")))
    }
    folders = {name: path.relative_to(PROJECT / "models").parent for name, path in paths.items()}
    rooms = {
        name: folder.parent if folder.name == "steps" else folder
        for name, folder in folders.items()
    }
    return rooms, reads(texts, macros)


def layer(room: Path) -> int:
    return next(position for position, name in enumerate(ORDER) if room.is_relative_to(Path(name)))


def test_no_ref_runs_up() -> None:
    rooms, parents = project()
    assert sum(map(len, parents.values())) > 500
    up = [
        f"{name} ({rooms[name]}) reads {parent} ({rooms[parent]})"
        for name, found in parents.items()
        for parent in found
        if layer(rooms[name]) < layer(rooms[parent])
    ]
    assert up == []


def test_no_room_reads_one_that_reads_it() -> None:
    rooms, parents = project()
    graph: dict[Path, set[Path]] = defaultdict(set)
    for name, found in parents.items():
        graph[rooms[name]] |= {rooms[parent] for parent in found} - {rooms[name]}
    assert on_circles(graph) == []


def on_circles(graph: dict[Path, set[Path]]) -> list[str]:
    def below(start: Path) -> set[Path]:
        seen: set[Path] = set()
        todo = [start]
        while todo:
            fresh = graph.get(todo.pop(), set()) - seen
            seen |= fresh
            todo.extend(fresh)
        return seen

    return sorted(str(room) for room in graph if room in below(room))


def test_a_circle_through_a_macro_is_seen() -> None:
    models = {"a": "select * from {{ rows_of_b() }}", "b": "{{ ref('c') }}", "c": "{{ ref('a') }}"}
    parents = reads(models, {"rows_of_b": "{{ ref('b') }}"})
    assert parents == {"a": {"b"}, "b": {"c"}, "c": {"a"}}
    assert on_circles(
        {Path(name): {Path(p) for p in found} for name, found in parents.items()}
    ) == [
        "a",
        "b",
        "c",
    ]


def test_every_layer_has_models() -> None:
    rooms, _ = project()
    empty = [
        name
        for name in ORDER
        if not any(room.is_relative_to(Path(name)) for room in rooms.values())
    ]
    assert empty == []
