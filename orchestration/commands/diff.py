"""`koubei diff`: what a table would change for readers, before or instead of publishing it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from orchestration.home.settings import load_settings
from orchestration.status.diff import Difference, difference
from orchestration.terminal.tables import console, shown, table


def diff(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="schema.table, or table.")],
    limit: Annotated[int, typer.Option(min=0, help="Rows shown of each kind.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Compare a published table with what was just built: rows added, gone and changed, by key."""
    found = difference(load_settings(), name, limit)
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2, default=str))
        return
    out = console()
    if found.is_same:
        out.print(f"{found.table}: 与已发布一致 the same as published")
        return
    out.print(
        f"{found.table}: 新增 added {shown(found.added)}, 消失 gone {shown(found.gone)}, "
        f"变化 changed {shown(found.changed)}" + _columns(found)
    )
    if not found.key:
        out.print("  (the model names no key, so a changed row is one gone and one added)")
    headers = [("", column) for column in found.shown_columns]
    if found.changed_values:
        changed = [*headers, ("列", "column"), ("原值", "published"), ("新值", "built")]
        out.print(table("变化 Changed", changed, found.changed_values))
    if found.added_rows:
        out.print(table("新增 Added", headers, found.added_rows))
    if found.gone_rows:
        out.print(table("消失 Gone", headers, found.gone_rows))
    if max(found.added, found.gone, sum(found.columns.values())) > limit:
        out.print(f"每类前 {limit} 行 the first {limit} of each kind: --limit N shows more")


def _columns(found: Difference) -> str:
    said = "; ".join(f"{column} {shown(count)}" for column, count in found.columns.items())
    sides = [
        *(f"column {column} is new" for column in found.only_built),
        *(f"column {column} is gone" for column in found.only_published),
    ]
    return "".join(f" ({each})" for each in [said, *sides] if each)
