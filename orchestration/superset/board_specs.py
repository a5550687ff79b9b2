"""What `boards/*.yml` may say, and reading it. A word that is not known here is an error.

`boards/datasets.yml` names the published tables that charts stand on, with their measures and the
books of names for their codes; every other file there is one dashboard.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from orchestration.home.errors import KoubeiError
from orchestration.publication.number_formats import FORMATS, d3_format

BOARDS: Final = Path(__file__).with_name("boards")
_DATASETS: Final = "datasets.yml"
_Model = TypeVar("_Model", bound=BaseModel)


class BoardError(KoubeiError):
    """A file under `boards/` says something that cannot be turned into a dashboard."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Book(_Strict):
    """Names of codes: where the columns are found, and the names, written out or from a seed."""

    columns: tuple[str, ...]
    """Columns that hold such a code; `channel_code` gives a column `channel_label`."""
    words: dict[str, str] = {}
    like: tuple[str, ...] = ()
    """Other books, before this one, whose names hold here too."""
    seed: str | None = None
    """A seed of the dbt project: its first three columns are code, Chinese and English name, unless
    `zh` and `en` name others."""
    code: str | None = None
    zh: str | None = None
    en: str | None = None
    is_numbered: bool = False
    """Whether the names carry their place in the seed, so that they sort in its order."""


class Measure(_Strict):
    """A measure of a dataset. Exactly one of `sum`, `max`, `count` (of rows), or `sql`."""

    label: str
    sum: str | None = None
    over: str | None = None
    """With `sum`: divided by the sum of this column; null where that is nothing."""
    max: str | None = None
    count: bool = False
    sql: str | None = None
    format: str | None = None
    """A unit of `number_formats`, or d3's format; None where charts choose it by a KPI's unit."""
    about: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Measure:
        ways = (self.sum is not None, self.max is not None, self.count, self.sql is not None)
        if sum(ways) != 1 or (self.over is not None and self.sum is None):
            raise ValueError("a measure has one of sum, max, count, sql; over stands beside sum")
        return self

    @property
    def d3_format(self) -> str | None:
        """How d3 writes the measure; None where its charts choose."""
        return d3_format(self.format) if self.format in FORMATS else self.format

    @property
    def expression(self) -> str:
        """The SQL of the measure, the same for DuckDB and PostgreSQL."""
        if self.sql is not None:
            return self.sql
        if self.count:
            return "count(*)"
        if self.max is not None:
            return f"max({self.max})"
        if self.over is None:
            return f"sum({self.sum})"
        # whole numbers divide to whole numbers in PostgreSQL
        return f"cast(sum({self.sum}) as double precision) / nullif(sum({self.over}), 0)"


class Text(_Strict):
    """A column that writes a number as people read it, by the unit in another column."""

    label: str
    number: str
    unit: str
    to: str | None = None
    """With it, a range: `number – to`."""
    is_change: bool = False


class CalculatedColumn(_Strict):
    """A further column of a dataset, in SQL that both engines understand."""

    label: str
    sql: str
    type: Literal["VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN", "DATE"] = "VARCHAR"


class Dataset(_Strict):
    """A published table, or a question to several, that charts stand on."""

    table: str | None = None
    sql: str | None = None
    reads: tuple[str, ...] = ()
    """With `sql`: the published tables it reads; their dictionary names its columns."""
    time: str | None = None
    labels: dict[str, str] = {}
    """Names of columns, where the dictionary's are too long for the head of a table."""
    measures: dict[str, Measure] = {}
    columns: dict[str, CalculatedColumn] = {}
    texts: dict[str, Text] = {}

    @model_validator(mode="after")
    def _either(self) -> Dataset:
        if (self.table is None) == (self.sql is None) or bool(self.reads) != bool(self.sql):
            raise ValueError("a dataset has a table, or sql and the tables that it reads")
        return self

    @property
    def tables(self) -> tuple[str, ...]:
        """Published tables that it reads."""
        return (self.table,) if self.table is not None else self.reads


class Chart(_Strict):
    """One chart; `kind` decides which of the other words it needs."""

    kind: Literal["tile", "number", "line", "bar", "table", "heatmap", "pivot"]
    data: str
    zh: str = ""
    en: str = ""
    kpi: str | None = None
    """A tile of this KPI: title and format come from the catalogue of KPIs."""
    where: dict[str, str | bool | int | tuple[str, ...]] = {}
    without: dict[str, tuple[str, ...]] = {}
    having: str | None = None
    present: tuple[str, ...] = ()
    """Columns that may not be null."""
    x: str | None = None
    by: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    """Columns, or one measure, to sort by; a minus before the name is descending."""
    limit: int = 1000
    width: Annotated[int, Field(ge=1, le=12)] = 6
    note: str | None = None
    look: dict[str, Any] = {}
    """Further controls of Superset, as its own forms name them."""


class Filter(_Strict):
    """A filter of a dashboard; it acts on every chart whose dataset has the column."""

    zh: str
    en: str
    data: str
    column: str
    default: str | None = None
    several: bool = False
    where: dict[str, str] = {}
    only: tuple[str, ...] = ()
    """Charts that it acts on, where not all that have the column."""


class Row(_Strict):
    """A row of a dashboard: a heading, a text, or charts of one height (units of 8 pixels)."""

    heading: str | None = None
    text: str | None = None
    charts: tuple[str, ...] = ()
    height: int = 45


class Board(_Strict):
    """One dashboard."""

    code: str
    zh: str
    en: str
    about: str
    filters: dict[str, Filter] = {}
    rows: tuple[Row, ...]
    charts: dict[str, Chart]

    @model_validator(mode="after")
    def _placed(self) -> Board:
        placed = [name for row in self.rows for name in row.charts]
        if sorted(placed) != sorted(self.charts):
            odd = sorted(set(placed) ^ set(self.charts)) or "one stands twice"
            raise ValueError(f"each chart stands in exactly one row: {odd}")
        return self


class Datasets(_Strict):
    """`datasets.yml`."""

    books: dict[str, Book]
    datasets: dict[str, Dataset]


@cache
def read_datasets() -> Datasets:
    """Datasets and books of names.

    Raises:
        BoardError: The file is wrong; the message names it and what is wrong in it.
    """
    return _read(BOARDS / _DATASETS, Datasets)


@cache
def read_boards() -> tuple[Board, ...]:
    """The dashboards, in the order of their files' names.

    Raises:
        BoardError: A file is wrong, or names a dataset, column or chart that is not there.
    """
    datasets = read_datasets().datasets
    paths = sorted(path for path in BOARDS.glob("*.yml") if path.name != _DATASETS)
    boards = tuple(_read(path, Board) for path in paths)
    for path, board in zip(paths, boards, strict=True):
        used = {chart.data for chart in board.charts.values()}
        used |= {each.data for each in board.filters.values()}
        if missing := sorted(used - set(datasets)):
            raise BoardError(f"{path.name}: no such dataset in {_DATASETS}: {', '.join(missing)}")
    return boards


def _read(path: Path, model: type[_Model]) -> _Model:
    try:
        return model.model_validate(YAML(typ="safe").load(path))
    except (OSError, YAMLError) as error:
        raise BoardError(f"{path.name}: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        said = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        raise BoardError(f"{path.name}: {said}") from None
