"""Seeds that annotators read: rows of a CSV file, checked; a mistake is reported with its line."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingestion.annotation import AnnotationError


class SeedRow(dict[str, str]):
    """One row of a seed by column; it knows where it stands, for a message about it."""

    def __init__(self, values: dict[str, str], place: str) -> None:
        super().__init__(values)
        self.place = place

    def filled(self, column: str) -> str:
        """The value of a column that must not be empty.

        Raises:
            AnnotationError: It is empty.
        """
        if not self[column]:
            raise AnnotationError(f"{self.place}: {column} is empty; fill it or remove the row")
        return self[column]

    def listed(self, column: str, allowed: Sequence[str]) -> str:
        """The value of a column that takes few values.

        Raises:
            AnnotationError: It has another.
        """
        if self[column] not in allowed:
            known = ", ".join(each or "(empty)" for each in allowed)
            raise AnnotationError(f"{self.place}: {column} is {self[column]!r}; use one of {known}")
        return self[column]


def read_seed(folder: Path, name: str, columns: Sequence[str]) -> Iterator[SeedRow]:
    """The rows of `<folder>/<name>.csv`, without white space around values.

    Raises:
        AnnotationError: The file is missing, or it lacks one of `columns`.
    """
    path = folder / f"{name}.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [each for each in columns if each not in (reader.fieldnames or [])]
            if missing:
                raise AnnotationError(f"{path.name}: no column {', '.join(missing)} in its header")
            for row in reader:
                values = {each: (row[each] or "").strip() for each in columns}
                yield SeedRow(values, f"{path.name}:{reader.line_num}")
    except OSError as error:
        raise AnnotationError(f"{path.name}: cannot be read ({error.strerror})") from error


def fingerprint(folder: Path, names: Sequence[str], *parts: str) -> str:
    """A short hash of these seeds' bytes and of `parts`: what a version follows from.

    Raises:
        AnnotationError: A seed cannot be read.
    """
    digest = hashlib.sha256("\n".join(parts).encode())
    for name in names:
        try:
            digest.update(b"\0" + (folder / f"{name}.csv").read_bytes())
        except OSError as error:
            raise AnnotationError(f"{name}.csv: cannot be read ({error.strerror})") from error
    return digest.hexdigest()[:12]
