"""`koubei evaluate-aspects`: how well aspects are found and judged, on a labelled file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ingestion.annotation.aspects import ANNOTATOR
from ingestion.annotation.evaluation import (
    AspectEvaluation,
    Measures,
    read_labelled,
    subjects_of,
)
from ingestion.annotation.evaluation import (
    evaluate_aspects as evaluate,
)
from orchestration.home.settings import load_settings
from orchestration.terminal.tables import console, records


def evaluate_aspects(
    file: Annotated[Path, typer.Argument(help="CSV file: one row per text and subject.")],
    *,
    text: Annotated[str, typer.Option(help="Column of the texts.")] = "content",
    subject: Annotated[str, typer.Option(help="Column of the subjects.")] = "subject",
    label: Annotated[str, typer.Option(help="Column of the labels: -1, 0 or 1.")] = (
        "sentiment_value"
    ),
    mapping: Annotated[
        Path | None,
        typer.Option("--map", help="CSV file subject,aspect_code for subjects of other names."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Measure aspects on a labelled file: which are found, and whether they are judged right.

    A subject is an aspect by its code, its label, or a word of it (seeds aspects and aspect_words).
    Precision, recall and F1 count pairs of text and aspect; polarity is measured on pairs found.
    """
    seeds = load_settings().dbt_project_path / "seeds"
    labelled = read_labelled(file, text=text, subject=subject, label=label)
    result = evaluate(labelled, ANNOTATOR.configured(seeds), subjects_of(seeds, mapping))
    if as_json:
        typer.echo(json.dumps(asdict(result), ensure_ascii=False, indent=2))
        return
    _print(result)


def _print(result: AspectEvaluation) -> None:
    rows = {"all": result.overall, **result.by_aspect}
    console().print(
        records(
            f"方面识别 Aspects {result.version}: {result.texts:,} texts, {result.pairs:,} pairs",
            {
                "aspect": ("方面", "aspect"),
                "labelled": ("标注", "labelled"),
                "found": ("识别", "found"),
                "precision": ("精确率", "precision"),
                "recall": ("召回率", "recall"),
                "f1": ("F1", "f1"),
                "polarity_macro_f1": ("极性宏F1", "polarity macro-F1"),
                "polarity_accuracy": ("极性准确率", "polarity accuracy"),
            },
            [{"aspect": name, **_rounded(measures)} for name, measures in rows.items()],
        )
    )
    if result.unmapped:
        named = ", ".join(f"{name} ({count})" for name, count in result.unmapped.items())
        console().print(f"未对应的主题 subjects without an aspect, left out (--map): {named}")


def _rounded(measures: Measures) -> dict[str, float | None]:
    return {
        name: value if value is None or isinstance(value, int) else round(value, 3)
        for name, value in asdict(measures).items()
    }
