"""How well aspects are found and judged: measured on a file of labelled texts.

Measures as in the aspect-sentiment literature: detection over pairs of text and aspect (micro
precision, recall, F1), and polarity on the pairs that were found (macro-F1 over the classes -1, 0
and 1 that are labelled). Only aspects that the file labels are counted; a narrower one counts for
the wider one it is a part of, where the file labels that alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.annotation import AnnotationError
from ingestion.annotation.aspects import Aspects
from ingestion.annotation.matching import normalised
from ingestion.annotation.seed_files import read_seed


@dataclass(frozen=True)
class Measures:
    """Of one aspect, or of all: shares from 0 to 1, null where there is nothing to divide by."""

    labelled: int
    found: int
    precision: float | None
    recall: float | None
    f1: float | None
    polarity_macro_f1: float | None
    polarity_accuracy: float | None


@dataclass(frozen=True)
class AspectEvaluation:
    """How well the annotator does on a labelled file.

    Attributes:
        version: The annotator's.
        texts: Distinct texts.
        pairs: Distinct labelled pairs of text and aspect.
        unmapped: Subjects that no aspect stands for, with their rows; they are left out.
        overall: Over all aspects.
        by_aspect: By aspect code.
    """

    version: str
    texts: int
    pairs: int
    unmapped: dict[str, int]
    overall: Measures
    by_aspect: dict[str, Measures]


def subjects_of(seeds: Path, mapping: Path | None = None) -> dict[str, str]:
    """Names by which a file may call an aspect, and its code.

    Its code, its labels (`质量做工`), the words that name it (`空间`); and the rows of `mapping`, a
    CSV file of `subject,aspect_code`, which come first.

    Raises:
        AnnotationError: A seed or the mapping is wrong.
    """
    names: dict[str, str] = {}
    codes: list[str] = []
    for row in read_seed(seeds, "aspects", ["aspect_code", "label_zh", "label_en"]):
        codes.append(row.filled("aspect_code"))
        for name in row.values():
            names.setdefault(normalised(name), row["aspect_code"])
    for row in read_seed(seeds, "aspect_words", ["word", "aspect_code"]):
        names.setdefault(normalised(row["word"]), row["aspect_code"])
    if mapping is not None:
        for row in read_seed(mapping.parent, mapping.stem, ["subject", "aspect_code"]):
            code = row.listed("aspect_code", codes)
            names[normalised(row.filled("subject"))] = code
    return names


def read_labelled(file: Path, *, text: str, subject: str, label: str) -> pa.Table:
    """A labelled CSV file as columns text, subject, label; rows without one of them are left out.

    Args:
        file: UTF-8, with a header line.
        text: Its column of texts.
        subject: Its column of subjects, one a row.
        label: Its column of labels: -1, 0 or 1.

    Raises:
        AnnotationError: The file or a column is missing, or a label is another value.
    """
    if not file.is_file():
        raise AnnotationError(f"{file}: no such file")
    with duckdb.connect() as connection:
        try:
            rows = connection.read_csv(str(file), header=True, all_varchar=True)
        except duckdb.Error as error:
            fault = str(error).splitlines()[0]
            raise AnnotationError(f"{file}: cannot be read as CSV: {fault}") from error
        for column, option in ((text, "--text"), (subject, "--subject"), (label, "--label")):
            if column not in rows.columns:
                known = ", ".join(rows.columns)
                raise AnnotationError(f"{file}: no column {column} (it has {known}); see {option}")
        rows.create_view("rows")
        chosen = ", ".join(
            f'"{column.replace(chr(34), chr(34) * 2)}" as {name}'
            for column, name in ((text, "text"), (subject, "subject"), (label, "label"))
        )
        strange = connection.execute(
            f"select label from (select {chosen} from rows) "
            "where coalesce(try_cast(label as double) not in (-1, 0, 1), label is not null) limit 1"
        ).fetchall()
        if strange:
            raise AnnotationError(f"{file}: {label} is {strange[0][0]!r}; a label is -1, 0 or 1")
        return connection.sql(
            f"select text, subject, cast(cast(label as double) as integer) as label "
            f"from (select {chosen} from rows) "
            "where text is not null and subject is not null and label is not null"
        ).to_arrow_table()


def evaluate_aspects(
    labelled: pa.Table, annotator: Aspects, subjects: dict[str, str]
) -> AspectEvaluation:
    """Compare what the annotator finds with the labels.

    Args:
        labelled: Columns text, subject, label (-1, 0, 1); one row per text and subject.
        annotator: Configured.
        subjects: Aspect codes by the subjects' names, see `subjects_of`.

    Raises:
        AnnotationError: No subject is known, or a seed is wrong.
    """
    names = pa.table(
        {
            "subject": labelled.column("subject").unique(),
            "aspect_code": [
                subjects.get(normalised(str(each)))
                for each in labelled.column("subject").unique().to_pylist()
            ],
        },
        schema=pa.schema([("subject", pa.string()), ("aspect_code", pa.string())]),
    )
    with duckdb.connect() as connection:
        connection.register("labelled", labelled)
        connection.register("names", names)
        unmapped = connection.execute(
            "select subject, count(*) from labelled join names using (subject) "
            "where aspect_code is null group by all order by all"
        ).fetchall()
        texts = connection.sql(
            "select distinct text from labelled join names using (subject) "
            "where aspect_code is not null order by text"
        ).to_arrow_table()
        if not texts.num_rows:
            raise AnnotationError(
                "no subject of the file is known as an aspect; name them with --map FILE, a CSV "
                f"file with the columns subject,aspect_code (subjects: {_first(names)})"
            )
        connection.register("wider", _wider(annotator))
        found = annotator.annotate(texts.column("text").to_pylist())
        connection.register("found", found)
        connection.register("texts", texts.append_column("n", pa.array(np.arange(texts.num_rows))))
        # a text labelled twice for one aspect counts once, by the sign of its labels' sum
        pairs = connection.execute(
            """
            with labels as (
                select distinct aspect_code from names where aspect_code is not null
            ), aspects as (
                select wider.aspect_code, case
                    when aspect_code in (from labels) then aspect_code
                    when broader_code in (from labels) then broader_code
                end as measured
                from wider
            ), gold as (
                select texts.n, aspect_code, cast(sign(sum(label)) as integer) as label
                from labelled join names using (subject) join texts using (text)
                where aspect_code is not null group by all
            ), predicted as (
                -- an aspect that the file does not label counts for the wider one that it does
                select text_number as n, measured as aspect_code,
                    cast(sign(sum(polarity)) as integer) as polarity
                from found join aspects using (aspect_code) where measured is not null
                group by all
            )
            select aspect_code, label, polarity
            from gold full join predicted using (n, aspect_code) order by aspect_code, n
            """
        ).fetchnumpy()
    label = _filled(pairs["label"])
    polarity = _filled(pairs["polarity"])
    aspect = pairs["aspect_code"]
    return AspectEvaluation(
        version=annotator.version,
        texts=texts.num_rows,
        pairs=int(np.isfinite(label).sum()),
        unmapped=dict(unmapped),
        overall=_measures(label, polarity),
        by_aspect={
            str(code): _measures(label[aspect == code], polarity[aspect == code])
            for code in np.unique(aspect)
        },
    )


def _wider(annotator: Aspects) -> pa.Table:
    """The aspects, each with the wider one that it is a part of."""
    rows = [
        {"aspect_code": row["aspect_code"], "broader_code": row["broader_code"]}
        for row in read_seed(annotator.seeds, "aspects", ["aspect_code", "broader_code"])
    ]
    return pa.Table.from_pylist(rows)


def _first(names: pa.Table) -> str:
    return ", ".join(str(each) for each in names.column("subject").to_pylist()[:5])


def _filled(values: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401 - masked or not
    filled: npt.NDArray[np.float64] = np.ma.filled(np.ma.asarray(values, np.float64), np.nan)
    return filled


def _measures(label: npt.NDArray[np.float64], polarity: npt.NDArray[np.float64]) -> Measures:
    # a second to import, and annotating has no use for it
    from sklearn import metrics  # noqa: PLC0415

    is_labelled, is_found = np.isfinite(label), np.isfinite(polarity)
    both = is_labelled & is_found
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        is_labelled, is_found, average="binary", zero_division=np.nan
    )
    truth, predicted = label[both].astype(int), polarity[both].astype(int)
    macro_f1 = accuracy = None
    if len(truth):
        macro_f1 = float(
            metrics.f1_score(truth, predicted, labels=np.unique(truth), average="macro")
        )
        accuracy = float(metrics.accuracy_score(truth, predicted))
    return Measures(
        labelled=int(is_labelled.sum()),
        found=int(is_found.sum()),
        precision=_known(precision),
        recall=_known(recall),
        f1=_known(f1),
        polarity_macro_f1=macro_f1,
        polarity_accuracy=accuracy,
    )


def _known(share: float) -> float | None:
    return None if np.isnan(share) else float(share)
