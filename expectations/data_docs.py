"""Data Docs: the verdicts as one static page that opens anywhere.

Great Expectations' own pages load bootstrap, jquery, fonts and charts from seven public hosts, and
are unreadable without them; a publication must open offline and tell nobody that it was opened. So
the page is rendered here, from the same results, with its styles inside and no script.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import jinja2

from expectations.verdicts import Verdict

_TEMPLATES = Path(__file__).parent / "templates"


def write_data_docs(verdicts: Sequence[Verdict], folder: Path, *, as_of: str | None = None) -> Path:
    """Write `index.html` for people and `verdicts.json` for programs.

    The same verdicts give the same bytes: the pages hold no clock.

    Args:
        verdicts: of both stages, in any order.
        folder: made if it is not there; the two files in it are replaced.
        as_of: the day of the data, shown at the top.

    Returns:
        The path of `index.html`.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # what is broken comes first: a reader opens this page to find it
    ordered = sorted(
        verdicts, key=lambda v: (v.is_passed, not v.failures, v.stage != "landed", v.suite)
    )
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    page = environment.get_template("data_docs.html.j2").render(
        verdicts=ordered,
        as_of=as_of,
        checked=sum(len(v.results) for v in ordered),
        blocking=sum(o.severity == "critical" for v in ordered for o in v.failures),
        reported=sum(o.severity == "warning" for v in ordered for o in v.failures),
    )
    index = folder / "index.html"
    index.write_text(page, encoding="utf-8")
    record = [{**asdict(v), "is_passed": v.is_passed} for v in ordered]
    (folder / "verdicts.json").write_text(
        json.dumps(record, ensure_ascii=False, indent=1, default=str), encoding="utf-8"
    )
    return index
