"""A page of HTML taken apart, so that tests ask for a cell and not for a piece of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "link", "br", "img", "input", "hr", "circle", "rect", "polyline", "line", "path"}


@dataclass
class Node:
    """An element; its children are elements and texts."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def walk(self) -> Iterator[Node]:
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    def all(self, tag: str = "", cls: str = "", **attributes: str) -> list[Node]:
        """Every element below with this tag, class and attributes."""
        return [
            node
            for node in self.walk()
            if (not tag or node.tag == tag)
            and (not cls or cls in node.classes)
            and all(
                node.attributes.get(name.replace("_", "-")) == value
                for name, value in attributes.items()
            )
        ]

    def one(self, tag: str = "", cls: str = "", **attributes: str) -> Node:
        (found,) = self.all(tag, cls, **attributes)
        return found

    def said(self, language: str = "zh") -> str:
        """What a reader of this language sees, in one line."""
        hidden = "en" if language == "zh" else "zh"
        parts: list[str] = []

        def gather(node: Node) -> None:
            if hidden in node.classes or node.tag in ("style", "script"):
                return
            for child in node.children:
                if isinstance(child, Node):
                    gather(child)
                    parts.append(" " if child.tag in ("td", "th", "p", "li", "br", "div") else "")
                else:
                    parts.append(child)

        gather(self)
        return re.sub(r"\s+", " ", "".join(parts)).strip()

    def table(self, cls: str, language: str = "zh") -> list[list[str]]:
        """The body of a table as people of this language read it."""
        return [
            [cell.said(language) for cell in row.children if isinstance(cell, Node)]
            for row in self.one("table", cls).one("tbody").all("tr")
        ]

    def section(self, code: str) -> Node:
        """One section of the report."""
        return self.one("section", data_section=code)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("root")
        self.stack = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.stack[-1].children.append(node)
        if tag not in VOID:
            self.stack.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.stack[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.stack[-1].tag == tag, f"<{self.stack[-1].tag}> is closed by </{tag}>"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        self.stack[-1].children.append(data)


def parsed(text: str) -> Node:
    """The tree of a page; an element that is not closed, or closed twice, is an error."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert len(builder.stack) == 1, f"<{builder.stack[-1].tag}> is never closed"
    return builder.root


def page_at(path: Path) -> Node:
    return parsed(path.read_text(encoding="utf-8"))
