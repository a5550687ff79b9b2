"""`koubei rejects`: the rows that could not be landed, with file, line, column and reason."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from orchestration.home.settings import load_settings
from orchestration.publication.connections import open_build
from orchestration.publication.feed_health import has_landing
from orchestration.terminal.tables import console, records, shown

_REJECTED = """
select
    rejected.file_name, line_number, column_name, value_text, rejected.reason,
    rejected.channel_code, rejected.feed, files.export_date, count(*) over () as total
from raw.rejected_rows as rejected
inner join raw.files as files
    on rejected.file_id = files.file_id and rejected.load_id = files.load_id
where files.superseded_load_id is null
    and ($file is null or rejected.file_name = $file or contains(rejected.file_name, $file))
order by files.export_date desc, rejected.file_name, line_number, column_name
limit $limit
"""


def rejects(
    file: Annotated[
        str | None, typer.Option(help="Only of this file; a part of its name is enough.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows shown.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show the rejected rows of files that no later delivery has replaced; values are redacted."""
    rows: list[dict[str, Any]] = []
    with open_build(load_settings()) as connection:
        if has_landing(connection):
            cursor = connection.execute(_REJECTED, {"file": file, "limit": limit})
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    total = rows[0].pop("total") if rows else 0
    if as_json:
        plain = [{name: row[name] for name in row if name != "total"} for row in rows]
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=2, default=str))
        return
    out = console()
    if not rows:
        out.print("没有拒收的行 no rejected rows" + (f" in files like {file}" if file else ""))
        return
    out.print(
        records(
            f"拒收行 Rejected rows: {shown(total)}",
            {
                "file_name": ("文件", "file"),
                "line_number": ("行", "line"),
                "column_name": ("列", "column"),
                "value_text": ("原值", "value"),
                "reason": ("原因", "reason"),
            },
            rows,
        )
    )
    if total > len(rows):
        out.print(f"前 {len(rows)} 行 the first {len(rows)}: --limit N shows more")
    out.print(
        "更正后重新交付即可 deliver a corrected file of the same name: it replaces the old one"
    )
