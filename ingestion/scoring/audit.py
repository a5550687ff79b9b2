"""Compares stored scores with the implementation that their scorer claims to equal.

Two things are asked of every refresh, and both cost little. New scores: a sample of them, over all
lengths of text, and fixed edge cases are put to the other implementation. Old scores: their
fingerprint is that of the last audit that passed; where it is not, the scorer computes all of them
again, and what differs was changed behind its back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingestion.scoring import Referenced, ScoringError
from ingestion.scoring.processes import spawned_pool

TOLERANCE = 1e-9
SAMPLE_TEXTS = 64
"""New texts that are put to the other implementation, at most; as many of each stratum."""

STRATA = 8
"""Groups of equal size, from the shortest texts to the longest."""

MOST_CHARACTERS, LONGEST_TEXT = 10_000, 2_000
"""Bounds of the sample: a slow implementation reads some 5,000 characters a second."""

_CHUNK_TEXTS = 20_000
_KEY = "scorer = $scorer and scorer_version = $version"

_FINGERPRINT = f"""
select
    count(*),
    cast(coalesce(bit_xor(hash(text_sha256, p_negative, p_neutral, p_positive)), 0) as varchar)
from raw.text_scores where {_KEY} and load_id <= $until
"""

_NEW = f"""
with new as (
    select text_sha256, text_content, char_count, p_negative, p_positive
    from raw.text_scores as scores inner join raw.texts using (text_sha256)
    where {_KEY} and scores.load_id > $since and char_count <= $longest
),
strata as (
    select *, ntile($strata) over (order by char_count, text_sha256) as stratum from new
),
picked as (
    select *, row_number() over (partition by stratum order by text_sha256) as place from strata
)
select text_sha256, text_content, p_negative, p_positive from picked where place <= $each
qualify sum(char_count) over (order by place, stratum) <= $most
order by place, stratum
"""

_OLD = f"""
select text_sha256, text_content, p_negative, p_positive
from raw.text_scores as scores inner join raw.texts using (text_sha256)
where {_KEY} and scores.load_id <= $since
"""


@dataclass(frozen=True)
class Difference:
    """A stored score that is not what it should be; None where there is no verdict."""

    text_sha256: str
    stored: float | None
    expected: float | None


@dataclass(frozen=True)
class Audit:
    """What an audit of one scorer found.

    Attributes:
        scorer: Its name.
        version: Its version.
        new_count: Scores that no audit had seen.
        compared_count: Of these and of the edge cases, how many the other implementation judged.
        recomputed_count: Old scores that were computed again, because their fingerprint had moved.
        differences: Scores that are not what they should be.
    """

    scorer: str
    version: str
    new_count: int
    compared_count: int
    recomputed_count: int
    differences: list[Difference] = field(default_factory=list)

    @property
    def checked_count(self) -> int:
        """Scores that were compared, new and old ones together."""
        return self.compared_count + self.recomputed_count

    @property
    def message(self) -> str:
        """The finding in a line, with what to do."""
        if not self.differences:
            return f"{self.checked_count:,} scores are what they should be"
        found = f"{len(self.differences):,} of {self.checked_count:,} scores"
        return (
            f"{found} of {self.scorer} {self.version} are not what they should be. What cannot be "
            "trusted is set aside: koubei refresh scores it anew and asks again; should that be "
            f"refused too, leave {self.scorer} out of KOUBEI_SCORERS"
        )


def audit_scores(
    connection: duckdb.DuckDBPyConnection, scorer: Referenced, *, load_id: int
) -> Audit | None:
    """Audit what is stored of a scorer's version; scores that fail are removed, to be made anew.

    Args:
        connection: To the warehouse.
        scorer: The scorer as the refresh uses it.
        load_id: The refresh that asks.

    Returns:
        What was found, or None where nothing has changed since the last audit that passed.

    Raises:
        ScoringError: The scorer or the other implementation failed.
    """
    named = {"scorer": scorer.name, "version": scorer.version}
    since, count, fingerprint = _last_passed(connection, named)
    old, now = (_fingerprint(connection, named, until) for until in (since, load_id))
    is_moved, new_count = old != (count, fingerprint), now[0] - old[0]
    if not new_count and not is_moved:
        return None
    recomputed, old_wrong = _recompute(connection, scorer, named, since) if is_moved else (0, [])
    compared, new_wrong = _compare(connection, scorer, named, since) if new_count else (0, [])
    if old_wrong or new_wrong:
        _set_aside(connection, named, since, old_wrong, is_new_wrong=bool(new_wrong))
    else:
        connection.execute(
            "insert into raw.score_audits (scorer, scorer_version, load_id, score_count, "
            "fingerprint) values (?, ?, ?, ?, ?)",
            [*named.values(), load_id, *now],
        )
    return Audit(
        scorer=scorer.name,
        version=scorer.version,
        new_count=new_count,
        compared_count=compared,
        recomputed_count=recomputed,
        differences=[*old_wrong, *new_wrong],
    )


def _last_passed(
    connection: duckdb.DuckDBPyConnection, named: dict[str, str]
) -> tuple[int, int, str]:
    """Until which refresh scores are known to be right; how many they were; their fingerprint."""
    rows = connection.execute(
        f"select load_id, score_count, fingerprint from raw.score_audits where {_KEY} "
        "order by load_id desc, rowid desc limit 1",
        named,
    ).fetchall()
    return rows[0] if rows else (-1, 0, "0")


def _fingerprint(
    connection: duckdb.DuckDBPyConnection, named: dict[str, str], until: int
) -> tuple[int, str]:
    ((count, fingerprint),) = connection.execute(_FINGERPRINT, {**named, "until": until}).fetchall()
    return count, fingerprint


def _recompute(
    connection: duckdb.DuckDBPyConnection, scorer: Referenced, named: dict[str, str], since: int
) -> tuple[int, list[Difference]]:
    """Every old score compared with what the scorer returns now."""
    count = 0
    found: list[Difference] = []
    with connection.cursor() as reader:
        rows = reader.sql(_OLD, params={**named, "since": since})
        for batch in rows.to_arrow_reader(_CHUNK_TEXTS):
            chunk = pa.Table.from_batches([batch])
            again = scorer.score(chunk.column("text_content").to_pylist())
            found += _differences(chunk, again.column("p_positive"))
            count += chunk.num_rows
    return count, found


def _compare(
    connection: duckdb.DuckDBPyConnection, scorer: Referenced, named: dict[str, str], since: int
) -> tuple[int, list[Difference]]:
    """A sample of the new scores, and the edge cases, against the other implementation."""
    sample = connection.sql(
        _NEW,
        params={
            **named,
            "since": since,
            "strata": STRATA,
            "each": SAMPLE_TEXTS // STRATA,
            "longest": LONGEST_TEXT,
            "most": MOST_CHARACTERS,
        },
    ).to_arrow_table()
    edge = pa.table(
        {
            "text_sha256": [f"edge case {text[:20]!r}" for text in scorer.edge_cases],
            "text_content": list(scorer.edge_cases),
            **scorer.score(scorer.edge_cases).drop_columns("p_neutral").to_pydict(),
        },
        schema=sample.schema,
    )
    asked = pa.concat_tables([sample, edge])
    expected = _asked_elsewhere(scorer, asked.column("text_content").to_pylist())
    return asked.num_rows, _differences(asked, pa.chunked_array([pa.array(expected, pa.float64())]))


def _asked_elsewhere(scorer: Referenced, texts: list[str]) -> list[float | None]:
    """The other implementation's answers, from a process that takes its memory with it."""
    try:
        with spawned_pool(1) as pool:
            return pool.submit(scorer.reference, texts).result()
    except ScoringError:
        raise
    except Exception as error:  # whatever the other implementation raises
        raise ScoringError(
            f"{scorer.name} {scorer.version}: the scores could not be audited: {error!r}"
        ) from error


def _differences(stored: pa.Table, expected: pa.ChunkedArray) -> list[Difference]:
    """Rows of which either class is off by more than the tolerance, or the verdict flips."""
    judged = _numbers(expected)
    positive, negative = (
        _numbers(stored.column("p_positive")),
        _numbers(stored.column("p_negative")),
    )
    is_wrong = (
        _is_off(positive, judged)
        | _is_off(negative, 1 - judged)
        | ((positive >= 0.5) != (judged >= 0.5))
    )
    places = np.flatnonzero(is_wrong)
    wrong = stored.select(["text_sha256", "p_positive"]).take(places)
    return [
        Difference(*row)
        for row in zip(
            wrong.column("text_sha256").to_pylist(),
            wrong.column("p_positive").to_pylist(),
            expected.take(places).to_pylist(),
            strict=True,
        )
    ]


def _is_off(stored: NDArray[np.float64], judged: NDArray[np.float64]) -> NDArray[np.bool_]:
    is_near = np.abs(stored - judged) <= TOLERANCE
    return np.asarray(~(is_near | (np.isnan(stored) & np.isnan(judged))))


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """A column of numbers, NaN where it is null."""
    return np.asarray(column.to_numpy(), np.float64)


def _set_aside(
    connection: duckdb.DuckDBPyConnection,
    named: dict[str, str],
    since: int,
    old: list[Difference],
    *,
    is_new_wrong: bool,
) -> None:
    """Remove what cannot be trusted: old scores that are wrong, and new ones where one is."""
    connection.execute(
        f"delete from raw.text_scores where {_KEY} and load_id <= $since "
        "and text_sha256 in (select unnest($wrong::varchar[]))",
        {**named, "since": since, "wrong": [each.text_sha256 for each in old]},
    )
    if is_new_wrong:
        connection.execute(
            f"delete from raw.text_scores where {_KEY} and load_id > $since",
            {**named, "since": since},
        )
