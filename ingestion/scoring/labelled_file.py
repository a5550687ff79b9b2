"""Reading a CSV file of texts and the classes that people gave them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingestion.scoring import ScoringError
from ingestion.scoring.sentiment_model.corpus import Labelled

ENCODINGS = ("utf-8-sig", "gb18030")
_WORDS = {
    "negative": -1, "neg": -1, "负面": -1, "消极": -1,
    "neutral": 0, "neu": 0, "中性": 0,
    "positive": 1, "pos": 1, "正面": 1, "积极": 1,
}  # fmt: skip
_LONGEST_FIELD = 10_000_000


class LabelledFileError(ScoringError):
    """A labelled file cannot be used; the message names file, line and column."""

    exit_code = 1


def read_labelled_file(file: Path, *, text: str, label: str) -> Labelled:
    """The texts of a CSV file and their classes, in its order.

    Labels are 0 and 1, or -1, 0 and 1, or negative, neutral and positive (负面, 中性, 正面); 0 is
    neutral only where -1 occurs as well.

    Args:
        file: UTF-8 or GB18030, with a header.
        text: Its column of texts.
        label: Its column of labels.

    Raises:
        LabelledFileError: File, encoding, columns or a label are wrong.
    """
    content = _decoded(file)
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        header = next(reader, [])
        records = [record for record in reader if record]
    except csv.Error as error:
        raise LabelledFileError(
            f"{file}:{reader.line_num}: cannot be read as CSV: {error}"
        ) from None
    for column, option in ((text, "--text"), (label, "--label")):
        if column not in header:
            known = ", ".join(header) or "nothing"
            raise LabelledFileError(
                f"{file}:1: no column {column}; the header has {known}: name it with {option}"
            )
    if not records:
        raise LabelledFileError(f"{file}:2: no rows under the header")
    widths = np.array([len(record) for record in records])
    if (widths != len(header)).any():
        row = int(np.argmax(widths != len(header)))
        raise LabelledFileError(
            f"{file}:{_line(content, row)}: {widths[row]} columns, the header has {len(header)}"
        )
    columns = np.array(records, dtype=object)
    texts = columns[:, header.index(text)]
    labels = columns[:, header.index(label)].astype(str)
    return Labelled(tuple(texts.tolist()), _classes(file, content, label, labels))


def _decoded(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise LabelledFileError(f"{file}: {error.strerror or error}") from None
    line = 1
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
    raise LabelledFileError(f"{file}:{line}: neither UTF-8 nor GB18030")


def _classes(
    file: Path, content: str, column: str, labels: npt.NDArray[np.str_]
) -> npt.NDArray[np.int8]:
    values, where = np.unique(labels, return_inverse=True)
    known = [_class_of(value.strip().lower()) for value in values]
    if None in known:
        row = int(np.argmax(np.isin(where, [n for n, each in enumerate(known) if each is None])))
        raise LabelledFileError(
            f"{file}:{_line(content, row)}: {column} is {str(labels[row])!r}; a label is 0 or 1, "
            "-1, 0 or 1, or negative, neutral or positive"
        )
    classes = np.array(known, dtype=np.int8)[where]
    is_number = np.array([value.strip().lower() not in _WORDS for value in values])
    if is_number.any() and not (classes == -1).any():
        # 0 and 1 alone: 0 is what is not positive
        classes = np.where((classes == 0) & is_number[where], -1, classes).astype(np.int8)
    return classes


def _class_of(value: str) -> int | None:
    if value in _WORDS:
        return _WORDS[value]
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if number in (-1, 0, 1) else None


def _line(content: str, row: int) -> int:
    """The physical line on which a data row starts; asked only where something is wrong."""
    reader = csv.reader(io.StringIO(content, newline=""))
    next(reader)
    seen = -1
    before = reader.line_num
    for record in reader:
        seen += bool(record)
        if seen == row:
            break
        before = reader.line_num
    return before + 1
