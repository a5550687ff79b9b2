"""Keywords of a random world: against an independent calculation, and night after night against a full build."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from tests.unit.dbt.building import Build

KEYWORDS = (
    "int_keyword_documents",
    "int_keyword_voices",
    "int_keyword_weeks",
    "int_term_weeks",
    "mart_keywords",
    "mart_term_changes",
)
COMPARED = ("int_term_weeks", "mart_keywords", "mart_term_changes")
FUNCTION_WORDS = {"的", "了", "不"}
WORDS = [*"甲乙丙丁戊", "usb", "pro", *FUNCTION_WORDS]
FIRST_DAY = datetime(2026, 8, 31)
DAYS, VOICES, TEXTS = 31, 900, 200
SMALL = {
    "keyword_minimum_documents": 4,
    "keyword_prior_weeks": 3,
    "keyword_new_after_weeks": 2,
    "keyword_prior_terms": 40,
}
TABLES = """
create schema raw;
create table raw.builds (load_id bigint);
create table raw.text_terms (
    text_sha256 varchar, terms varchar[], positions integer[], load_id bigint
);
create view stg_text_terms as select text_sha256, terms, positions from raw.text_terms;
create table fct_voices (
    voice_key varchar, posted_at timestamp, brand_code varchar, product_key varchar,
    is_negative boolean, sentiment_code varchar, text_sha256 varchar, is_original boolean
);
create table stop_terms (term varchar, is_phrase_opener boolean);
insert into stop_terms values ('的', false), ('了', false), ('不', true);
create table keyword_words (word varchar, is_name boolean);
create table stg_as_of (as_of date);
"""


Voice = tuple[str, datetime, str, str | None, bool, str, str, bool]


def voice(key: str, posted_at: datetime, rng: np.random.Generator) -> Voice:
    """One voice at that time about something; early texts are said more often than late ones."""
    return (
        key,
        posted_at,
        str(rng.choice(["own", "other"], p=[0.8, 0.2])),
        [None, "p1", "p2"][rng.integers(0, 3)],
        bool(rng.random() < 0.4),
        str(rng.choice(["negative", "neutral", "positive"])),
        f"t{int(TEXTS * rng.random() ** 2)}",
        bool(rng.random() < 0.9),
    )


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, found: Sequence[tuple[object, ...]]
) -> None:
    """All rows at once: one statement a row takes seconds."""
    names = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
    rows = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in found])
    connection.register("rows_to_insert", rows)
    connection.execute(f"insert into {table} by name select * from rows_to_insert")
    connection.unregister("rows_to_insert")


def make_world(connection: duckdb.DuckDBPyConnection) -> None:
    """Five weeks of voices, the last one not over; some texts said often, some voices copies."""
    rng = np.random.default_rng(5)
    connection.execute(TABLES)
    texts = []
    for number in range(TEXTS):
        words = rng.choice(WORDS, size=rng.integers(1, 9)).tolist()
        positions = np.cumsum(rng.choice([1, 2], size=len(words), p=[0.8, 0.2])).tolist()
        texts.append((f"t{number}", words, positions, 1))
    insert(connection, "raw.text_terms", texts)
    hours = rng.integers(0, 24 * DAYS, size=VOICES).tolist()
    voices = [
        voice(f"v{n}", FIRST_DAY + timedelta(hours=hour), rng) for n, hour in enumerate(hours)
    ]
    insert(connection, "fct_voices", voices)
    connection.execute("insert into stg_as_of values (?)", [FIRST_DAY.date() + timedelta(DAYS - 1)])


@pytest.fixture
def build() -> Iterator[Build]:
    with duckdb.connect(config={"threads": 1}) as connection:
        make_world(connection)
        build = Build(connection, **SMALL)
        build.run(*KEYWORDS)
        connection.execute("insert into raw.builds values (1)")
        yield build


def rows(build: Build) -> dict[str, Counter[tuple[object, ...]]]:
    """The rows of the compared tables."""
    return {
        table: Counter(build.connection.execute(f"select * from {table}").fetchall())
        for table in COMPARED
    }


# ---------------------------------------------------------------- against an independent calculation

Terms = dict[str, set[str]]  # of one voice, per kind


def terms_of(words: list[str], positions: list[int]) -> Terms:
    """Words and phrases of a text, said plainly."""
    phrases = set()
    for (word, place), (following, next_place) in zip(
        zip(words, positions, strict=True),
        list(zip(words, positions, strict=True))[1:],
        strict=False,
    ):
        if next_place == place + 1 and following not in FUNCTION_WORDS and word not in {"的", "了"}:
            is_latin = word.isascii() and following.isascii()
            phrases.add(f"{word} {following}" if is_latin else word + following)
    return {"word": set(words) - FUNCTION_WORDS, "phrase": phrases}


def heard(build: Build) -> list[tuple[date, str, str | None, str, Terms]]:
    """Voices whose words count: week, brand, product, side, terms."""
    found = build.connection.execute(
        "select posted_at, brand_code, product_key, is_negative, sentiment_code, terms, positions "
        "from fct_voices join raw.text_terms using (text_sha256) where is_original"
    ).fetchall()
    return [
        (
            (posted_at - timedelta(days=posted_at.weekday())).date(),
            brand,
            product,
            "negative" if is_negative else "positive" if sentiment == "positive" else "other",
            terms_of(words, positions),
        )
        for posted_at, brand, product, is_negative, sentiment, words, positions in found
    ]


def counts(build: Build, kind: str) -> dict[tuple[date, str, str | None, str], Counter[str]]:
    """Voices with a term, per week, brand, product (None: the whole brand) and side."""
    all_of_week: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for week, brand, _, _, terms in heard(build):
        all_of_week[week, brand].update(terms[kind])
    tally: dict[tuple[date, str, str | None, str], Counter[str]] = defaultdict(Counter)
    for week, brand, product, side, terms in heard(build):
        kept = {term for term in terms[kind] if all_of_week[week, brand][term] >= 2}
        for scope in {None, product}:
            tally[week, brand, scope, side].update(kept)
    return tally


@pytest.mark.parametrize("kind", ["word", "phrase"])
def test_log_odds_are_those_of_an_independent_calculation(build: Build, kind: str) -> None:
    tally = counts(build, kind)
    found = build.connection.execute(
        "select week_start, brand_code, product_key, term, negative_document_count, "
        "positive_document_count, log_odds_ratio, z_score from mart_keywords where term_kind = ?",
        [kind],
    ).fetchall()
    wanted = {}
    for week, brand, product in {key[:3] for key in tally}:
        said = {side: tally[week, brand, product, side] for side in ("negative", "positive")}
        usual: Counter[str] = Counter()
        for back in range(SMALL["keyword_prior_weeks"]):
            for side in ("negative", "positive", "other"):
                usual.update(tally.get((week - timedelta(7 * back), brand, None, side), Counter()))
        if not said["negative"] or not said["positive"]:
            continue
        vocabulary = sorted(usual)
        negative, positive, prior = (
            np.array([side[term] for term in vocabulary], float)
            for side in (said["negative"], said["positive"], usual)
        )
        prior *= SMALL["keyword_prior_terms"] / prior.sum()
        odds = [
            np.log((y + prior) / (y.sum() + prior.sum() - y - prior)) for y in (negative, positive)
        ]
        ratio = odds[0] - odds[1]
        z = ratio / np.sqrt(1 / (negative + prior) + 1 / (positive + prior))
        for place in np.flatnonzero(negative + positive >= SMALL["keyword_minimum_documents"]):
            wanted[week, brand, product, vocabulary[place]] = (
                negative[place], positive[place], ratio[place], z[place],
            )  # fmt: skip
    assert len(wanted) > 20
    assert {tuple(row[:4]) for row in found} == set(wanted)
    for row in found:
        assert row[4:] == pytest.approx(wanted[tuple(row[:4])], abs=1e-6), row[:4]


def test_ranks_follow_z_and_evidence_says_the_term_on_the_side_that_says_it_more(
    build: Build,
) -> None:
    wrong = build.connection.execute(
        """
        with evidence as (
            select k.*, v.is_negative, t.terms, v.product_key as said_of, date_trunc('week', v.posted_at) as said_in,
                count(*) filter (where z_score > 0) over scope as leaning
            from mart_keywords as k
            join fct_voices as v on k.evidence_voice_key = v.voice_key
            join raw.text_terms as t using (text_sha256)
            where term_kind = 'word'
            window scope as (partition by week_start, k.brand_code, k.product_key)
        )
        select * from evidence
        where is_negative <> (z_score > 0) or not list_contains(terms, term)
            or said_of is distinct from coalesce(product_key, said_of) or said_in <> week_start
            or (negative_rank is null) = (z_score > 0) or negative_rank > leaning
        """
    ).fetchall()
    assert wrong == []


def test_no_function_word_is_a_term_and_none_closes_a_phrase(build: Build) -> None:
    terms = {
        row[0] for row in build.connection.execute("select term from int_term_weeks").fetchall()
    }
    assert not terms & FUNCTION_WORDS
    assert not [term for term in terms if term[-1] in FUNCTION_WORDS or term[0] in {"的", "了"}]
    assert [term for term in terms if term.startswith("不")]
    assert "usb pro" in terms


def test_changes_are_those_of_an_independent_calculation(build: Build) -> None:
    tally, voices = counts(build, "word"), Counter[tuple[date, str, str | None]]()
    for week, brand, product, _, _ in heard(build):
        voices.update((week, brand, scope) for scope in {None, product})
    found = build.connection.execute(
        "select week_start, brand_code, product_key, term, document_count, voice_count, "
        "previous_document_count, previous_voice_count, z_score, is_complete from mart_term_changes "
        "where term_kind = 'word'"
    ).fetchall()
    assert {row[-1] for row in found} == {True, False}
    for week, brand, product, term, *measured, is_complete in found:

        def said(
            when: date, brand: str = brand, product: str | None = product, term: str = term
        ) -> int:
            sides = ("negative", "positive", "other")
            return sum(tally.get((when, brand, product, s), Counter())[term] for s in sides)

        before = week - timedelta(7)
        now, then = (
            (said(week), voices[week, brand, product]),
            (said(before), voices[before, brand, product]),
        )
        assert max(now[0], then[0]) >= SMALL["keyword_minimum_documents"]
        if not is_complete or not then[1]:
            assert measured == [*now, None, None, None]
            continue
        (d, n), (d0, n0) = np.array(now) + 0.5, np.array(then) + 0.5
        z = np.log(d / n * n0 / d0) / np.sqrt(1 / d - 1 / n + 1 / d0 - 1 / n0)
        assert measured == [*now, *then, pytest.approx(z, abs=1e-6)]


# ---------------------------------------------------------------- night after night

Night = Callable[[duckdb.DuckDBPyConnection], object]


def a_new_day(connection: duckdb.DuckDBPyConnection) -> None:
    rng = np.random.default_rng(6)
    day = FIRST_DAY + timedelta(days=DAYS)
    voices = [voice(f"new{number}", day + timedelta(minutes=number), rng) for number in range(40)]
    insert(connection, "fct_voices", voices)
    connection.execute("update stg_as_of set as_of = as_of + 1")


def the_week_is_over(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("update stg_as_of set as_of = as_of + 7")


def a_late_voice_before_all_others(connection: duckdb.DuckDBPyConnection) -> None:
    rng = np.random.default_rng(7)
    day = FIRST_DAY - timedelta(days=5)
    voices = [voice(f"late{number}", day + timedelta(minutes=number), rng) for number in range(30)]
    insert(connection, "fct_voices", voices)


def a_week_loses_its_voices(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "delete from fct_voices where date_trunc('week', posted_at) = date '2026-09-14'"
    )


def another_verdict(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "update fct_voices set is_negative = not is_negative where voice_key like 'v1%'"
    )


def texts_are_cut_anew(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "update raw.text_terms set load_id = (select max(load_id) + 1 from raw.builds), "
        "terms = list_reverse(terms) where text_sha256 in ('t1', 't2', 't3')"
    )


NIGHTS: list[Night] = [
    a_new_day,
    the_week_is_over,
    a_late_voice_before_all_others,
    a_week_loses_its_voices,
    another_verdict,
    texts_are_cut_anew,
]


@pytest.mark.parametrize("happens", NIGHTS, ids=lambda night: night.__name__)
def test_a_night_gives_the_rows_of_a_full_build(build: Build, happens: Night) -> None:
    before = rows(build)
    happens(build.connection)
    build.run(*KEYWORDS, incremental=True)
    incremental = rows(build)
    build.run(*KEYWORDS)
    assert incremental == rows(build)
    assert incremental != before


def test_a_night_rebuilds_the_weeks_that_changed_and_no_others(build: Build) -> None:
    build.connection.execute("update int_term_weeks set occurrence_count = -1")
    a_new_day(build.connection)
    build.run(*KEYWORDS, incremental=True)
    touched = build.connection.execute(
        "select distinct week_start from int_term_weeks where occurrence_count > 0"
    ).fetchall()
    assert touched == [(date(2026, 9, 28),)]


def test_a_build_that_failed_half_way_is_made_up_for(build: Build) -> None:
    a_new_day(build.connection)
    build.run(*KEYWORDS[:3], incremental=True)  # the fingerprints are noted, and then it is killed
    build.run(*KEYWORDS, incremental=True)
    incremental = rows(build)
    build.run(*KEYWORDS)
    assert incremental == rows(build)
