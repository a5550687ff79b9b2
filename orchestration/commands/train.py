"""`koubei train`: the sentiment model learns from the brand's own reviews."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.home.settings import load_settings
from orchestration.terminal.tables import console, records

if TYPE_CHECKING:
    from ingestion.scoring.sentiment_model.training import Training

_VERDICTS = {
    "promoted": "挑战者胜出，启用 the challenger is better and active",
    "kept": "挑战者未胜出，沿用 the challenger is not better; the champion stays",
    "unchanged": "数据未变 the champion was trained on these very rows",
    "too_few": "样本不足，未训练 too few labelled texts to train on; the champion stays",
}


def train(
    *,
    labelled: Annotated[
        Path | None, typer.Option(help="CSV file of texts and classes to train on as well.")
    ] = None,
    text: Annotated[str, typer.Option(help="Its column of texts.")] = "review",
    label: Annotated[str, typer.Option(help="Its column of labels.")] = "label",
    use: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Only activate this model, or `packaged`."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Train the sentiment model on the home's starred reviews; calibrate it for each channel.

    The new model is activated only when it beats the active one on texts that neither has seen.
    The next refresh scores and builds anew. Cards of all models are in meta.models.

    Exit code: 0 trained (activated or not), 1 too few labelled texts or a file that cannot be
    used, 2 misuse or a bad environment.
    """
    # numba and scikit-learn are no part of a help text
    from orchestration.maintenance import training  # noqa: PLC0415

    settings = load_settings()
    if use is not None:
        version = training.use(settings, use)
        note = "下次 refresh 生效 the next refresh scores with it"
        typer.echo(
            json.dumps({"champion": version}) if as_json else f"启用 active: {version}; {note}"
        )
        return
    result = training.train(settings, labelled, text, label)
    if as_json:
        typer.echo(json.dumps(asdict(result), ensure_ascii=False, indent=2))
    else:
        _print(result, settings.train_minimum)
    raise typer.Exit(1 if result.verdict == "too_few" else 0)


def _print(result: Training, minimum: int) -> None:
    out = console()
    counts = ", ".join(f"{name} {count:,}" for name, count in result.counts.items())
    out.print(
        f"标注文本 Labelled texts: {counts} (需要 needed: {minimum:,} 正负各 of each polar class)"
    )
    if result.challenger is not None:
        card, against = result.challenger, result.challenger["comparison"]
        out.print(
            f"挑战者 Challenger {card['scorer_version']}: accuracy {card['accuracy']:.3f}, "
            f"macro F1 {card['macro_f1']:.3f}, ECE {card['ece_after']:.3f} on "
            f"{card['held_out_count']:,} held-out texts; leaked {card['leaked_count']}"
        )
        out.print(
            f"对比 Against {against['compared_with']}: macro F1 {against['macro_f1_gain']:+.3f} "
            f"[{against['macro_f1_gain_low']:+.3f}, {against['macro_f1_gain_high']:+.3f}], "
            f"McNemar p {against['mcnemar_p']:.4f}, {against['rows_compared']:,} texts"
        )
    out.print(f"{_VERDICTS[result.verdict]}: {result.champion}")
    out.print(
        records(
            "校准 Calibration (the next refresh applies it)",
            {
                "channel_code": ("渠道", "channel"),
                "row_count": ("样本数", "rows"),
                "slope": ("斜率", "slope"),
                "intercept": ("截距", "intercept"),
                "ece_before": ("校准前误差", "ece_before"),
                "ece_after": ("校准后误差", "ece_after"),
            },
            [
                {
                    name: round(value, 4) if isinstance(value, float) else value
                    for name, value in asdict(line).items()
                }
                for line in result.calibrations
            ],
        )
    )
