"""Near-duplicate pairs: against comparing every two texts, and night after night against a full build."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import combinations

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from ingestion.annotation.minhash import ANNOTATOR
from tests.unit.dbt.building import Build

PAIRS = "int_near_duplicate_pairs"
TABLES = """
create schema raw;
create table raw.builds (load_id bigint);
create table raw.annotated_texts (text_sha256 varchar, annotator varchar, load_id bigint);
create table stg_text_minhash (
    text_sha256 varchar, letter_count integer, shingles bigint[], bands bigint[]
);
create table fct_voices (text_sha256 varchar, is_public boolean, is_original boolean);
"""
LETTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 400)]


@pytest.fixture
def build() -> Iterator[Build]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield Build(connection, near_duplicate_bucket_reach=3)


def land(build: Build, texts: list[str], load_id: int) -> None:
    """Texts as the store would leave them, after what was there has been built."""
    found = ANNOTATOR.annotate(texts)
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    keys = pa.array(hashes).take(found.column("text_number"))
    rows = found.set_column(0, "text_sha256", keys)
    connection = build.connection
    connection.execute("insert into raw.builds values (?)", [load_id - 1])
    connection.register("landed", pa.table({"text_sha256": hashes}))
    connection.execute(
        "insert into raw.annotated_texts select text_sha256, 'minhash', ? from landed", [load_id]
    )
    connection.register("found", rows)
    connection.execute("insert into stg_text_minhash select * from found")
    connection.execute("insert into fct_voices select text_sha256, true, true from landed")


def variants(rng: np.random.Generator, templates: int, copies: int) -> list[str]:
    """Texts of 30 letters, in groups that differ in up to six letters."""
    texts = []
    for _ in range(templates):
        template = rng.choice(LETTERS, 30)
        for _ in range(copies):
            text = template.copy()
            places = rng.integers(0, 30, rng.integers(0, 7))
            text[places] = rng.choice(LETTERS, len(places))
            texts.append("".join(text))
    return sorted(set(texts))


def jaccard(one: str, other: str) -> float:
    """Over the runs of three letters themselves, not their hashes."""
    runs = [{text[i : i + 3] for i in range(len(text) - 2)} for text in (one, other)]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


def pairs(build: Build) -> list[tuple[object, ...]]:
    return build.connection.execute(f"select * from {PAIRS} order by all").fetchall()


def test_the_pairs_are_those_that_comparing_every_two_texts_finds() -> None:
    texts = variants(np.random.default_rng(1), 12, 16)
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        build = Build(connection)
        land(build, texts, 1)
        build.run(PAIRS)
        found = {
            frozenset(pair[:2]): pair[2]
            for pair in connection.execute(
                f"select text_sha256, other_text_sha256, similarity from {PAIRS}"
            ).fetchall()
        }
    wanted = {
        frozenset(hashlib.sha256(text.encode()).hexdigest() for text in pair): jaccard(*pair)
        for pair in combinations(texts, 2)
        if jaccard(*pair) >= 0.6
    }
    assert found.keys() <= wanted.keys()
    assert all(found[pair] == pytest.approx(wanted[pair], abs=1e-12) for pair in found)
    # the bands find 96 of 100 at a similarity of .6, and nearly all above .7
    assert len(found) >= 0.97 * len(wanted) > 50


@pytest.mark.parametrize("seed", range(4))
def test_texts_that_land_night_by_night_give_the_pairs_of_a_full_build(
    build: Build, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    texts = rng.permutation(variants(rng, 4, 25)).tolist()
    nights = np.array_split(np.array(texts, dtype=object), 4)
    land(build, list(nights[0]), 1)
    build.run(PAIRS)
    for number, night in enumerate(nights[1:], start=2):
        land(build, list(night), number)
        build.run(PAIRS, incremental=True)
    incremental = pairs(build)
    build.run(PAIRS)
    assert incremental == pairs(build)
    assert len(incremental) > 60


def test_a_template_costs_as_many_pairs_as_it_has_copies_and_is_one_cluster(build: Build) -> None:
    template = "朋友推荐买的热水器安装师傅很专业用了一周全家都满意强烈推荐给大家"
    copies = [f"{template}{number:04d}号" for number in range(600)]
    land(build, copies, 1)
    build.run(PAIRS, "int_text_clusters")
    # each is compared with the first three of every bucket, however large
    assert 599 <= len(pairs(build)) < 600 * 3 * 6
    sizes = build.connection.execute(
        "select count(*) from int_text_clusters group by cluster_key"
    ).fetchall()
    assert sizes == [(600,)]
