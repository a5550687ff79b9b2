"""The docs of the project as pages of `koubei serve`, with tables linked to dbt's docs.

Pages are the Markdown files under `dbt_project/docs/` with the page of KPIs and the changelog. A
link between them becomes an address below `/guide/`; one to a file of the code becomes its name,
for a reader of these pages may have no clone. A published table in code style is a link to its
columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from posixpath import normpath
from typing import Final

from markdown_it import MarkdownIt

from orchestration.home.settings import ROOT

PROJECT: Final = ROOT / "dbt_project"
START: Final = "docs/README"
_TABLE = re.compile(r"<code>((?:reviews|attribution|segments|kpis)\.(\w+))</code>")
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', flags=re.DOTALL)
_IMAGE = re.compile(r"<img [^>]*>")
_TITLE = re.compile(r"^# (.*)$", flags=re.MULTILINE)
_KINDS: Final = {
    "docs/": "教程 Tutorial",
    "docs/howto/": "操作指南 How-to",
    "docs/concepts/": "概念 Concepts",
    "docs/reference/": "参考 Reference",
    "docs/decisions/": "决策 Decisions",
}


@dataclass(frozen=True)
class Page:
    """One page: its address below `/guide/`, what it is, and its Markdown."""

    name: str
    title: str
    kind: str
    markdown: str

    @property
    def words(self) -> str:
        """What a search looks through: the text in lower case, without the signs of Markdown."""
        return " ".join(re.sub(r"[`*|#\[\]()-]", " ", self.markdown).lower().split())


@cache
def guide() -> Mapping[str, Page]:
    """Every page by its name, in the order of the list: by kind, then by name."""
    paths = [
        *sorted((PROJECT / "docs").rglob("*.md")),
        PROJECT / "models/kpis/KPIS.md",
        PROJECT / "CHANGELOG.md",
    ]
    pages = [_page(path) for path in paths]
    kinds = list(_KINDS.values())
    return {page.name: page for page in sorted(pages, key=lambda each: kinds.index(each.kind))}


def _page(path: Path) -> Page:
    name = path.relative_to(PROJECT).with_suffix("").as_posix()
    text = path.read_text(encoding="utf-8")
    title = _TITLE.search(text)
    kind = _KINDS.get(f"{path.relative_to(PROJECT).parent.as_posix()}/", _KINDS["docs/reference/"])
    return Page(name, title[1] if title else name, kind, text)


def as_html(page: Page) -> str:
    """A page's Markdown as HTML."""
    rendered = MarkdownIt("commonmark", {"html": False}).enable("table").render(_visible(page))
    rendered = _IMAGE.sub("", rendered)
    rendered = _LINK.sub(lambda match: _link(page.name, match[1], match[2]), rendered)
    return _TABLE.sub(r'<a href="/docs#!/model/model.koubei.\2"><code>\1</code></a>', rendered)


def overview() -> str:
    """What dbt's docs open with: the list of pages, in Markdown, with addresses of this server."""
    text = guide()[START].markdown
    return re.sub(
        r"\]\(([^)\s]+)\)", lambda match: f"]({_address(START, match[1]) or '/guide'})", text
    )


def _visible(page: Page) -> str:
    """Without the remarks for whoever edits the file."""
    return re.sub(r"<!--.*?-->", "", page.markdown, flags=re.DOTALL)


def _link(name: str, target: str, inner: str) -> str:
    address = _address(name, target)
    return f'<a href="{escape(address)}">{inner}</a>' if address else inner


def _address(name: str, target: str) -> str | None:
    """Where a link of a page leads: another page, another site, or nowhere on this server."""
    if "://" in target:
        return target
    path, _, anchor = target.partition("#")
    leads_to = normpath(f"{name.rpartition('/')[0]}/{path}").removesuffix(".md") if path else name
    if leads_to not in guide():
        return None
    return f"/guide/{leads_to}" + (f"#{anchor}" if anchor else "")
