"""Which texts a scorer sees, and where its answers are kept: `raw.text_scores`.

A text is scored once for each scorer version. Every chunk is committed by itself, so that a kill
costs at most the chunks that were being scored, and the next run goes on from there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import duckdb
import pyarrow as pa

from ingestion.scoring import SCORE_SCHEMA, FastScorer, Scorer, ScoringError
from ingestion.scoring.processes import spawned_pool

Progress = Callable[[int, int], None]
"""Called with texts done and texts to do, once before the first chunk and after every one."""

_FEWEST_FOR_POOL = 200
"""Below this, starting processes (each loads the scorer's model) costs more than it saves."""

_UNSEEN = """
from raw.texts
where text_sha256 not in (
    select text_sha256 from raw.text_scores where scorer = $scorer and scorer_version = $version
)
"""

_RETURNING = """
update raw.text_scores as kept set load_id = $load_id
where scorer = $scorer and scorer_version = $version and text_sha256 in (
    select text_sha256 from raw.text_scores where scorer = $scorer
    group by text_sha256
    having max(load_id) filter (where scorer_version <> $version)
        >= max(load_id) filter (where scorer_version = $version)
)
"""


def score_pending(
    connection: duckdb.DuckDBPyConnection,
    scorer: Scorer,
    *,
    load_id: int,
    chunk_size: int = 400,
    processes: int | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Score every landed text that this version of the scorer has not seen.

    The version that scored a text last is the one in use; so where a version returns after
    another, its scores are taken up again as this refresh's.

    Args:
        connection: To the warehouse, with the raw schema in place.
        scorer: Anything that keeps the `Scorer` protocol.
        load_id: The refresh that these scores belong to.
        chunk_size: Texts between two commits; a fast scorer has its own.
        processes: Processes to score in; one, few texts and a fast scorer stay in this process.
        on_progress: Called with texts done and texts to do.

    Returns:
        How many texts were scored.

    Raises:
        ScoringError: The scorer failed; the chunks before it are kept.
    """
    _take_up_again(connection, scorer, load_id)
    total = _count_unseen(connection, scorer)
    report = on_progress or (lambda done, total: None)
    report(0, total)
    if not total:
        return 0
    done = 0
    workers = min(processes or os.cpu_count() or 1, -(-total // chunk_size))
    if total < _FEWEST_FOR_POOL:
        workers = 1
    if isinstance(scorer, FastScorer):
        chunk_size, workers = scorer.chunk_size, 1
    for scored in _scored(scorer, _unseen_chunks(connection, scorer, chunk_size), workers):
        _keep(connection, scorer, scored, load_id)
        done += scored.num_rows
        report(done, total)
    return done


def _take_up_again(connection: duckdb.DuckDBPyConnection, scorer: Scorer, load_id: int) -> None:
    ((is_overtaken,),) = connection.execute(
        "select coalesce(max(load_id) filter (where scorer_version <> $version) "
        ">= min(load_id) filter (where scorer_version = $version), false) "
        "from raw.text_scores where scorer = $scorer",
        _named(scorer),
    ).fetchall()
    if is_overtaken:
        connection.execute(_RETURNING, {**_named(scorer), "load_id": load_id})


def _count_unseen(connection: duckdb.DuckDBPyConnection, scorer: Scorer) -> int:
    # all rows are fetched: DuckDB keeps the connection busy until the result has ended
    ((count,),) = connection.execute(f"select count(*) {_UNSEEN}", _named(scorer)).fetchall()
    return int(count)


def _unseen_chunks(
    connection: duckdb.DuckDBPyConnection, scorer: Scorer, chunk_size: int
) -> Iterator[pa.Table]:
    """The unseen texts in chunks, in the order of their hash.

    A cursor of its own: it reads the state at its start while the other one commits chunks.
    """
    with connection.cursor() as reader:
        unseen = reader.sql(
            f"select text_sha256, text_content {_UNSEEN} order by text_sha256",
            params=_named(scorer),
        )
        for batch in unseen.to_arrow_reader(chunk_size):
            # a batch may be larger than asked for
            for start in range(0, batch.num_rows, chunk_size):
                yield pa.Table.from_batches([batch.slice(start, chunk_size)])


def _scored(scorer: Scorer, chunks: Iterable[pa.Table], workers: int) -> Iterator[pa.Table]:
    """Chunks with their scores, in the order in which they are done."""
    if workers == 1:
        for chunk in chunks:
            yield _joined(scorer, chunk, _score(scorer, chunk.column("text_content").to_pylist()))
        return
    with spawned_pool(workers) as pool:
        running: dict[Future[pa.Table], pa.Table] = {}
        waiting = iter(chunks)
        try:
            # two a worker keep all busy without holding every text in memory
            for chunk in _first(waiting, 2 * workers):
                running[_submit(pool, scorer, chunk)] = chunk
            while running:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    chunk = running.pop(future)
                    yield _joined(scorer, chunk, future.result())
                    for following in _first(waiting, 1):
                        running[_submit(pool, scorer, following)] = following
        except BrokenProcessPool as error:
            raise ScoringError(
                f"{scorer.name}: a scoring process died (out of memory?); what is scored is kept, "
                "run again, with fewer processes (KOUBEI_PROCESSES=1) if it happens again"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, scorer: Scorer, chunk: pa.Table) -> Future[pa.Table]:
    return pool.submit(_score, scorer, chunk.column("text_content").to_pylist())


def _score(scorer: Scorer, texts: list[str]) -> pa.Table:
    """Score the texts; runs in the scoring process."""
    try:
        return scorer.score(texts)
    except ScoringError:
        raise
    except Exception as error:  # whatever a scorer raises is the scorer's failure
        raise ScoringError(
            f"{scorer.name} {scorer.version} failed on a chunk of {len(texts)} texts: {error!r}"
        ) from error


def _first(chunks: Iterator[pa.Table], count: int) -> Iterator[pa.Table]:
    for _ in range(count):
        chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def _joined(scorer: Scorer, chunk: pa.Table, scores: pa.Table) -> pa.Table:
    """The chunk's hashes beside their scores; a scorer that loses a text is an error."""
    if scores.num_rows != chunk.num_rows or not scores.schema.equals(SCORE_SCHEMA):
        raise ScoringError(
            f"{scorer.name} {scorer.version}: {chunk.num_rows} texts gave {scores.num_rows} rows "
            f"of {scores.schema.names}; score() must give one row a text in SCORE_SCHEMA"
        )
    return pa.table(
        [chunk.column("text_sha256"), *scores.columns], ["text_sha256", *scores.schema.names]
    )


def _keep(
    connection: duckdb.DuckDBPyConnection, scorer: Scorer, scored: pa.Table, load_id: int
) -> None:
    """Append one chunk; a single statement is its own transaction."""
    connection.register("scored_chunk", scored)
    try:
        connection.execute(
            "insert into raw.text_scores (text_sha256, scorer, scorer_version, p_negative, "
            "p_neutral, p_positive, load_id) "
            "select text_sha256, $scorer, $version, p_negative, p_neutral, p_positive, $load_id "
            "from scored_chunk",
            {**_named(scorer), "load_id": load_id},
        )
    finally:
        connection.unregister("scored_chunk")


def _named(scorer: Scorer) -> dict[str, str]:
    return {"scorer": scorer.name, "version": scorer.version}
