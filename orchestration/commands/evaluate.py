"""`koubei evaluate`: how good and how fast the scorers are on a labelled file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ingestion.scoring.evaluation import Evaluation
from ingestion.scoring.evaluation import evaluate as measured
from ingestion.scoring.labelled_file import read_labelled_file
from orchestration.dbt.project import neutral_band
from orchestration.home.settings import load_settings
from orchestration.pipeline.scorers import scorers_of
from orchestration.terminal.tables import console, records

_DIGITS = 4


def evaluate(
    file: Annotated[Path, typer.Argument(help="CSV file of texts and their classes.")],
    *,
    text: Annotated[str, typer.Option(help="Column of the texts.")] = "review",
    label: Annotated[str, typer.Option(help="Column of the labels.")] = "label",
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Measure every scorer on a labelled file, leaving out rows that one was trained on.

    Labels: 0/1, -1/0/1, or negative/neutral/positive. UTF-8 or GB18030. Needs no key and no data.

    Exit code: 0 measured, 1 the file cannot be used.
    """
    settings = load_settings()
    labelled = read_labelled_file(file, text=text, label=label)
    result = measured(labelled, scorers_of(settings), band=neutral_band(settings.dbt_project_path))
    if as_json:
        typer.echo(json.dumps(_plain(result), ensure_ascii=False, indent=2))
        return
    _print(result)


def _plain(result: Evaluation) -> dict[str, object]:
    plain = asdict(result)
    for scorer in plain["scorers"]:
        for name, value in scorer.items():
            if isinstance(value, float):
                scorer[name] = round(value, 1 if name == "texts_per_second" else _DIGITS)
    return plain


def _print(result: Evaluation) -> None:
    out = console()
    classes = ", ".join(f"{name} {count:,}" for name, count in result.classes.items() if count)
    out.print(
        f"行 Rows {result.rows:,}; 剔除训练语料中的 excluded as trained on {result.excluded:,}; "
        f"评测 measured {result.rows - result.excluded:,} ({classes})"
    )
    out.print(
        records(
            None,
            {
                "scorer": ("评分器", "scorer"),
                "version": ("版本", "version"),
                "accuracy": ("准确率", "accuracy"),
                "macro_f1": ("宏平均 F1", "macro_f1"),
                "auc": ("AUC", "auc"),
                "ece": ("校准误差", "ece"),
                "unjudged": ("无法判断", "unjudged"),
                "texts_per_second": ("条每秒", "texts_per_second"),
            },
            [
                {**each, "texts_per_second": round(each["texts_per_second"])}
                for each in _plain(result)["scorers"]  # type: ignore[attr-defined]
            ],
        )
    )
