"""The yml entries that are written short, and what they stand for in full.

The files that `.dbtignore` names say only what differs; dbt reads them in full, from the folder of
generated files (`generated.py`). What is filled in:

- a column that stands by its name alone, or without a description, is the folder's shared column
  of that name (`shared_columns` of any yml file there); of a staging model, its feed's;
- a KPI (an entry with `additivity`) has the columns and the key of its kind before its own;
- a staging model has its feed's label and description, the key of deliveries and a test of its key;
- `every KPI` among what an exposure publishes is a ref to each of them;
- a label that is not given is the Chinese of the description, up to its first comma.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import RawTable, raw_tables
from orchestration.home.errors import KoubeiError

EVERY_KPI: Final = "every KPI"
_REQUIRED: Final = (
    "label_zh", "label_en", "unit", "owner", "definition", "higher_is_better", "interval",
)  # fmt: skip
_PERIOD: Final = {"sum": ("period_date",), "none": ("period_kind", "period_date", "is_cut")}
_DIMENSIONS: Final = ("channel_code", "brand_code", "product_key")
_SEGMENT: Final = ("segment_kind", "segment_code")
_MEASURES: Final = ("numerator", "denominator", "sample_count", "value_low", "value_high")
_DELIVERED_KEY: Final = ["record_key"]
_LABEL: Final = re.compile(r"[^，；]+")
# the yml files hold anchors and merges only, for which the fast loader of libyaml is enough
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Document = dict[str, Any]


class EntryError(KoubeiError):
    """The project's yml names something that is not there; the message says what and where."""


def read_yml(path: Path) -> Document:
    """One yml file, as it is written.

    Raises:
        EntryError: It is no yml, or no mapping; the message has its line and column.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _LOADER) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise EntryError(f"{path}{where}: {error.problem or error.context}") from None
    if not isinstance(document, dict):
        raise EntryError(f"{path}:1:1: keys and their values are expected (models: ...)")
    return document


def short_files(project: Path) -> list[Path]:
    """The yml files that dbt is not to read as they are, by path."""
    ignored = project / ".dbtignore"
    if not ignored.exists():
        return []
    lines = ignored.read_text(encoding="utf-8").splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return sorted({path for pattern in patterns for path in project.glob(pattern)})


def yml_documents(project: Path) -> dict[Path, Document]:
    """Every yml file under `models/`, by path, with short entries in full.

    Raises:
        EntryError: A short entry cannot be filled in.
    """
    return {
        **{path: read_yml(path) for path in sorted((project / "models").rglob("*.yml"))},
        **full_documents(project),
    }


def full_documents(project: Path) -> dict[Path, Document]:
    """The files with short entries, by path, as dbt is to read them.

    Raises:
        EntryError: A short entry cannot be filled in.
    """
    documents = {path: read_yml(path) for path in short_files(project)}
    shared: dict[Path, dict[str, Mapping[str, Any]]] = {}
    for path, document in documents.items():
        for column in document.pop("shared_columns", ()):
            shared.setdefault(path.parent, {})[column["name"]] = column
    for path, document in documents.items():
        if "models" in document:
            where = path.relative_to(project).as_posix()
            known = shared.get(path.parent, {})
            document["models"] = [_model(model, known, where) for model in document["models"]]
    kpis = sorted(
        model["name"]
        for document in documents.values()
        for model in document.get("models", ())
        if "additivity" in model["config"]["meta"]
    )
    for document in documents.values():
        for exposure in document.get("exposures", ()):
            exposure["depends_on"] = list(_published(exposure["depends_on"], kpis))
    return documents


def _published(listed: Sequence[str], kpis: Sequence[str]) -> Iterator[str]:
    for each in listed:
        if each == EVERY_KPI:
            yield from (f"ref('{kpi}')" for kpi in kpis)
        else:
            yield each


def _model(short: Mapping[str, Any], shared: Mapping[str, Any], where: str) -> Document:
    model: Document = dict(short)
    config = dict(model.get("config") or {})
    meta = config["meta"] = dict(config.get("meta") or {})
    model["config"] = config
    columns = [
        {"name": column} if isinstance(column, str) else dict(column)
        for column in model.get("columns") or ()
    ]
    if not all("name" in entry for entry in (model, *columns)):
        raise EntryError(f"{where}: {model.get('name', 'a model')}: an entry without a name")
    table = None
    if "additivity" in meta:
        columns = _fill_kpi(meta, columns, where, model["name"])
    elif model["name"].startswith("stg_"):
        table = _raw_tables().get(model["name"].removeprefix("stg_"))
        _fill_staging(model, meta, table)
    if columns:
        known = {**_columns_of(table), **shared}
        model["columns"] = [
            _column(column, known, f"{where}: {model['name']}") for column in columns
        ]
    if "label_zh" not in meta:
        meta["label_zh"] = _label_of(model.get("description"))
    return model


def _fill_kpi(meta: Document, columns: list[Document], where: str, name: str) -> list[Document]:
    """A KPI's key and defaults, and its columns: those of its kind, then its own."""
    if meta["additivity"] not in _PERIOD:
        raise EntryError(
            f"{where}: {name}: additivity is {meta['additivity']}; it must be "
            f"{' or '.join(_PERIOD)}: may its rows be summed over days?"
        )
    missing = [each for each in _REQUIRED if each not in meta]
    if missing:
        raise EntryError(
            f"{where}: {name}: {', '.join(missing)} missing under config.meta; add "
            f"{'it' if len(missing) == 1 else 'them'}"
        )
    own = {column["name"]: column for column in columns}
    key = [*_PERIOD[meta["additivity"]], *_DIMENSIONS]
    key += [column for column in _SEGMENT if column in own]
    meta.setdefault("key", key)
    meta.setdefault("version", 1)
    meta.setdefault("status", "published")
    has = {"numerator", "denominator", *own}
    has |= {"sample_count"} if meta["additivity"] == "none" else set()
    has |= {"value_low", "value_high"} if meta.get("interval") == "own" else set()
    shape = [*key, *(measure for measure in _MEASURES if measure in has)]
    return [
        *(own.get(column, {"name": column}) for column in shape),
        *(column for column in columns if column["name"] not in shape),
    ]


def _fill_staging(model: Document, meta: Document, table: RawTable | None) -> None:
    meta.setdefault("key", _DELIVERED_KEY)
    if table is not None:
        meta.setdefault("label_zh", table.label_zh)
        model.setdefault(
            "description",
            f"{table.label_zh}，一行一条，取生效的交付；"
            f"{table.description.removesuffix('.')}, the winning delivery.",
        )
    model.setdefault("data_tests", [{"unique_key": {"arguments": {"columns": meta["key"]}}}])


def _column(column: Document, known: Mapping[str, Mapping[str, Any]], where: str) -> Document:
    filled: Document = {**known.get(column["name"], {}), **column}
    if "description" not in filled:
        raise EntryError(
            f"{where}: the column {column['name']} has no description, and there is no shared "
            "column of that name to take it from; give it one, or see to the spelling"
        )
    if "description" in column or "config" not in filled:
        filled["config"] = {"meta": {"label_zh": _label_of(filled["description"])}} | (
            column.get("config") or {}
        )
    return filled


def _label_of(description: object) -> str:
    match = _LABEL.match(str(description or "").strip())
    return match[0] if match else ""


def _columns_of(table: RawTable | None) -> dict[str, Mapping[str, Any]]:
    """A raw table's columns as those of its staging model: an amount stands twice there."""
    columns: dict[str, Mapping[str, Any]] = {}
    for column in table.columns if table else ():
        name, label, text = column.name, column.label_zh, column.description.removesuffix(".")
        columns[name] = _described(name, label, column.description)
        if (amount := name.removesuffix("_cny")) != name:
            columns[f"{amount}_amount"] = _described(
                f"{amount}_amount", f"{label}（原币）", f"{text}, in the export's own currency."
            )
            columns[name] = _described(
                name,
                f"{label}（人民币）",
                f"{text}, in CNY at the day's rate; null where the day has no rate.",
            )
    return columns


def _described(name: str, label: str, description: str) -> Mapping[str, Any]:
    return {
        "name": name,
        "description": f"{label}；{description}",
        "config": {"meta": {"label_zh": label}},
    }


@cache
def _raw_tables() -> Mapping[str, RawTable]:
    return {table.name: table for table in raw_tables(load_feeds())}
