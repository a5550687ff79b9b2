"""Which KPI is meant: by its code, with or without `kpi_`, or by its Chinese or English name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import duckdb

from orchestration.explain.errors import ExplainError

_CATALOGUE = """
select
    kpi_code, label_zh, label_en, unit, owner, definition, version, additivity, period_kinds,
    scale, minimum_sample, maturity_days
from kpis.kpi_catalogue order by kpi_code
"""


@dataclass(frozen=True)
class Kpi:
    """A KPI as the catalogue of the publication defines it; `scale` as in `kpi_catalogue`."""

    code: str
    label_zh: str
    label_en: str
    unit: str
    owner: str
    definition: str
    version: int
    additivity: str
    period_kinds: str
    scale: float
    minimum_sample: int
    maturity_days: int

    @property
    def kinds(self) -> list[str]:
        """The kinds of period that it has."""
        return self.period_kinds.split(",")

    @property
    def is_summed(self) -> bool:
        """Whether its rows may be summed and then divided."""
        return self.additivity == "sum"

    @property
    def is_count(self) -> bool:
        """Whether it is divided by nothing."""
        return self.unit == "count"

    def describe(self) -> str:
        """`净情感度 NSR  Net sentiment rate (NSR)`."""
        return f"{self.label_zh}  {self.label_en}"


def catalogue(connection: duckdb.DuckDBPyConnection) -> list[Kpi]:
    """All KPIs of the publication."""
    return [Kpi(*row) for row in connection.execute(_CATALOGUE).fetchall()]


def find(kpis: Sequence[Kpi], wanted: str) -> Kpi:
    """The KPI that is meant.

    Raises:
        ExplainError: None is; the message names the nearest ones, and all.
    """
    names = {name: kpi for kpi in kpis for name in _names(kpi)}
    word = _plain(wanted)
    if word in names:
        return names[word]
    holding = {kpi.code: kpi for name, kpi in names.items() if word and word in name}
    if len(holding) == 1:
        return next(iter(holding.values()))
    near = [*holding, *(names[name].code for name in get_close_matches(word, names, n=3))]
    meant = ", ".join(dict.fromkeys(near[:5]))
    said = f"did you mean {meant}? " if meant else ""
    all_of_them = ", ".join(kpi.code.removeprefix("kpi_") for kpi in kpis)
    raise ExplainError(f"{wanted}: no such KPI; {said}There are: {all_of_them}")


def _names(kpi: Kpi) -> list[str]:
    code = kpi.code.removeprefix("kpi_")
    return [_plain(name) for name in (kpi.code, code, kpi.label_zh, kpi.label_en)]


def _plain(name: str) -> str:
    return " ".join(name.strip().lower().replace("-", "_").split())
