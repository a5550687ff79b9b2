"""Which texts an annotator sees, and where its rows are kept: `raw.text_<name>`.

`raw.annotated_texts` holds which version has seen which text, since a text in which nothing was
found has no row. A chunk is replaced and entered in one transaction: a kill costs at most the chunk
that was being read, and the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa

from ingestion.annotation import TEXT_NUMBER, AnnotationError, Annotator

Progress = Callable[[int, int], None]
"""Called with texts done and texts to do, once before the first chunk and after every one."""

CHUNK_TEXTS = 20_000
"""Texts between two commits: some 10 MB of text and rows at a time."""

_UNSEEN = """
from raw.texts
where text_sha256 not in (
    select text_sha256 from raw.annotated_texts
    where annotator = $annotator and annotator_version = $version
)
"""


def annotate_pending(
    connection: duckdb.DuckDBPyConnection,
    annotator: Annotator,
    *,
    load_id: int,
    chunk_size: int = CHUNK_TEXTS,
    on_progress: Progress | None = None,
) -> int:
    """Annotate every landed text that this version of the annotator has not seen.

    Args:
        connection: To the warehouse, with the raw schema in place.
        annotator: Anything that keeps the `Annotator` protocol.
        load_id: The refresh that these rows belong to.
        chunk_size: Texts between two commits.
        on_progress: Called with texts done and texts to do.

    Returns:
        How many texts were annotated.

    Raises:
        AnnotationError: The annotator failed; the chunks before it are kept.
    """
    named = {"annotator": annotator.name, "version": annotator.version}
    # all rows are fetched: DuckDB keeps the connection busy until the result has ended
    ((total,),) = connection.execute(f"select count(*) {_UNSEEN}", named).fetchall()
    report = on_progress or (lambda done, total: None)
    report(0, total)
    done = 0
    for chunk in _unseen_chunks(connection, named, chunk_size) if total else ():
        _keep(connection, annotator, chunk, _annotated(annotator, chunk), load_id)
        done += chunk.num_rows
        report(done, total)
    return done


def _unseen_chunks(
    connection: duckdb.DuckDBPyConnection, named: dict[str, str], chunk_size: int
) -> Iterator[pa.Table]:
    """The unseen texts in chunks.

    A cursor of its own: it reads the state at its start while the other one commits chunks.
    """
    with connection.cursor() as reader:
        unseen = reader.sql(f"select text_sha256, text_content {_UNSEEN}", params=named)
        for batch in unseen.to_arrow_reader(chunk_size):
            # a batch may be larger than asked for
            for start in range(0, batch.num_rows, chunk_size):
                yield pa.Table.from_batches([batch.slice(start, chunk_size)])


def _annotated(annotator: Annotator, chunk: pa.Table) -> pa.Table:
    """What the annotator finds, with the hash of the text; checks the annotator's protocol."""
    texts = chunk.column("text_content").to_pylist()
    named = f"{annotator.name} {annotator.version}"
    try:
        found = annotator.annotate(texts)
    except AnnotationError:
        raise
    except Exception as error:  # whatever an annotator raises is the annotator's failure
        raise AnnotationError(
            f"{named} failed on a chunk of {len(texts)} texts: {error!r}"
        ) from error
    wanted = pa.schema([TEXT_NUMBER, *annotator.schema])
    if not found.schema.equals(wanted):
        raise AnnotationError(
            f"{named}: annotate() gave the columns {found.schema.names}, not {wanted.names}"
        )
    numbers = found.column("text_number")
    return found.set_column(0, "text_sha256", chunk.column("text_sha256").take(numbers))


def _keep(
    connection: duckdb.DuckDBPyConnection,
    annotator: Annotator,
    chunk: pa.Table,
    found: pa.Table,
    load_id: int,
) -> None:
    """Put a chunk's rows in the place of what an older version found in the same texts."""
    table = f'raw."text_{annotator.name}"'
    columns = ", ".join(f'"{name}"' for name in found.schema.names)
    connection.register("annotated_chunk", found)
    connection.register("seen_chunk", chunk.select(["text_sha256"]))
    connection.begin()
    try:
        is_replacing = connection.execute(
            "select count(*) from raw.annotated_texts where annotator = ?", [annotator.name]
        ).fetchall() != [(0,)]
        if is_replacing:
            seen = "text_sha256 in (select text_sha256 from seen_chunk)"
            connection.execute(f"delete from {table} where {seen}")
            connection.execute(
                f"delete from raw.annotated_texts where annotator = ? and {seen}", [annotator.name]
            )
        connection.execute(
            f"insert into {table} ({columns}, load_id) select {columns}, ? from annotated_chunk",
            [load_id],
        )
        connection.execute(
            "insert into raw.annotated_texts (text_sha256, annotator, annotator_version, load_id) "
            "select text_sha256, ?, ?, ? from seen_chunk",
            [annotator.name, annotator.version, load_id],
        )
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.unregister("annotated_chunk")
        connection.unregister("seen_chunk")
