"""The page of published tables: what one row is and which columns identify it."""

from __future__ import annotations

from pathlib import Path

from orchestration.interface.contract import recorded_interface
from orchestration.reference.markdown import table

_FAMILIES = {
    "reviews": "声量与回应 Reviews and response",
    "attribution": "归因 Attribution",
    "segments": "客群 Customers and segments",
    "kpis": "指标 KPIs",
    "meta": "元数据 About the data",
}


def render(project: Path) -> str:
    """The page, a table for each schema."""
    promised = recorded_interface(project)
    parts = [
        "# Published tables\n",
        f"{len(promised)} tables, those of `meta` among them. Columns with their types are in "
        "[`interface.yml`](../../interface.yml), what they mean in Chinese and English in "
        "`meta.dictionary` and in `koubei serve`.\n",
    ]
    schemas = {name.partition(".")[0] for name in promised}
    for schema in sorted(schemas, key=lambda each: [*_FAMILIES, each].index(each)):
        rows = [
            (f"`{name}`", shape.grain, ", ".join(shape.key), len(shape.columns))
            for name, shape in sorted(promised.items())
            if name.startswith(f"{schema}.")
        ]
        title = _FAMILIES.get(schema, schema)
        parts += [f"## {title}\n", table(["table", "grain", "key", "columns"], rows)]
    return "\n".join(parts)
