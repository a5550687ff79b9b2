"""The proof of an erasure on the screen: before and after, traces, what is out of reach."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.graph.refresh import Outcome
from orchestration.privacy.requests import Person
from orchestration.privacy.verification import State


def print_proof(
    out: Console,
    person: Person,
    *,
    before: State,
    after: State,
    left: list[str],
    out_of_reach: list[str],
    outcome: Outcome,
) -> None:
    """Print the proof of an erasure; nothing printed here names the person."""
    shown = Table(title="涉及此人的行 Rows naming the person", title_justify="left")
    for heading in ("表 table", "之前 before", "之后 after", "总行数 all rows before", "after"):
        shown.add_column(heading, justify="left" if heading.startswith("表") else "right")
    for name in sorted({*before.naming, *after.naming}):
        totals = [str(state.rows.get(name, "")) for state in (before, after)]
        shown.add_row(
            name, str(before.naming.get(name, 0)), str(after.naming.get(name, 0)), *totals
        )
    if before.naming or after.naming:
        out.print(shown)
    else:
        out.print("无此人 no row in the home has that identifier; it is remembered for later files")
    erasure = outcome.state.erasure
    if erasure is not None:
        for publication_id, count in erasure.rewritten.items():
            out.print(f"发布 publication {publication_id} rewritten: {count} rows named the person")
        done = erasure.originals
        out.print(
            f"原始文件 originals rewritten: {done.rewritten}"
            + (f"; dropped, their contract has gone: {done.dropped}" if done.dropped else "")
        )
    out.print(
        f"订单 orders {before.orders[0]} -> {after.orders[0]}, "
        f"金额 gross CNY {before.orders[1]} -> {after.orders[1]}"
    )
    out.print(f"屏蔽 {len(person.nodes)} keyed hashes of identifiers filter every later landing")
    for line in left:
        out.print(Text(f"残留 Remaining traces: {line}", style="bold red"))
    if not left:
        out.print(
            Text("证明 proven: no file of the home holds a trace of the person", style="green")
        )
    out.print("不在掌控之内 out of reach, see to them yourself:")
    for place in out_of_reach:
        out.print(f"  {place}", soft_wrap=True)
    if outcome.verdict not in ("published", "unchanged"):
        out.print(Text(f"发布 not published: {'; '.join(outcome.reasons)}", style="red"))
