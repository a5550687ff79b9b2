"""SQL built step by step: each step has a name, so that later steps can use it many times.

DuckDB plans a nest of small projections in a millisecond, and one expression that repeats its
parts in thirty; a refresh that lands thousands of small files feels the difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """A named column of a nest of projections; as text it is its name."""

    name: str
    level: int

    def __str__(self) -> str:
        """Return the name, to stand in SQL."""
        return self.name


@dataclass
class SqlSteps:
    """Steps, ordered by what they need."""

    _levels: list[list[str]] = field(default_factory=list)
    _known: dict[str, Cell] = field(default_factory=dict)

    def add(self, sql: str, *needs: Cell) -> Cell:
        """Name a step; `needs` are the cells that its SQL speaks of. The same SQL is one step."""
        known = self._known.get(sql)
        if known is not None:
            return known
        level = max((cell.level for cell in needs), default=0) + 1
        cell = Cell(f"s{len(self._known)}", level)
        while len(self._levels) < level:
            self._levels.append([])
        self._levels[level - 1].append(f"{sql} as {cell.name}")
        self._known[sql] = cell
        return cell

    def render(self, base: str) -> str:
        """Return SQL of the base query with a column for every step."""
        for level in self._levels:
            base = f"select *, {', '.join(level)} from ({base})"
        return base


def column(name: str) -> Cell:
    """Return a column of the base query as a cell."""
    return Cell(name, 0)
