# ruff: noqa: F811 - the fixtures come from a module of their own
"""PostgreSQL holds what readers of the home see: whole, typed, granted, under load and after kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import psycopg
import pytest

from orchestration.graph.refresh import Outcome
from orchestration.home.errors import KoubeiError
from orchestration.home.settings import load_settings
from orchestration.pipeline.start import open_run
from orchestration.postgres.connection import PostgresError
from orchestration.postgres.personal_data import traces_left
from orchestration.postgres.sync import describe_state, sync
from orchestration.publication import store
from orchestration.publication.number_formats import sql_text
from orchestration.publication.rewriting import rewrite
from orchestration.publication.traces import Traces
from tests.integration.home import Home
from tests.integration.postgres_server import PASSWORD, World, publication_tables, server, world  # noqa: F401

pytestmark = pytest.mark.integration

SCHEMAS = ["kpis", "meta", "reviews"]
READERS, SWAPS = 50, 20
AGREE = """
select p.publication_id, v.first, v.last, v.n, k.first, k.last, k.n
from {meta}publications p,
    (select min(publication_id) as first, max(publication_id) as last, count(*) as n
     from {reviews}fct_voices) v,
    (select min(publication_id) as first, max(publication_id) as last, count(*) as n
     from {kpis}kpi_history) k
where p.is_current
"""
QUALIFIED = AGREE.format(meta="meta.", reviews="reviews.", kpis="kpis.")
SHORT = AGREE.format(meta="", reviews="", kpis="")


def schemas_of(world: World) -> set[str]:
    """Every schema that Koubei has made."""
    rows = world.asked("select nspname from pg_namespace where nspname !~ '^(pg_|information_)'")
    return {name for (name,) in rows} - {"public", "bi"}


def live(world: World) -> str:
    """The publication that readers of PostgreSQL see, agreed upon by every table."""
    ((name, *_),) = rows = world.asked(QUALIFIED)
    require_whole(rows)
    return str(name)


def require_whole(rows: list[tuple[Any, ...]]) -> None:
    """One publication in all three schemas, with the counts that follow from its number."""
    ((name, first_v, last_v, voices, first_k, last_k, kpis),) = rows
    number = int(name[1:])
    assert {first_v, last_v, first_k, last_k} == {name}, rows
    assert (voices, kpis) == (100 + number, 10 + number), rows


# ------------------------------------------------------------------ what arrives


def test_types_values_keys_indexes_and_comments_arrive(world: World) -> None:
    odd = """
        select * from (values
            (1::bigint, 'a', '', 12.30::decimal(18,2), 0.1::double, true, date '2026-10-31',
             timestamp '2026-10-31 23:59:59.000001', timestamptz '2026-10-31 23:59:59+08',
             ['x', 'q"\\,{}', null, ''], [1, null]::bigint[], '{"b": 1, "a": [2]}'::json,
             {'k': '口碑'}, 1::smallint, 7::integer, 170141183460469231731687303715884105727),
            (2, null, 'NULL', -0.01, 1e30, false, null, null, null, [], null, null, null, null,
             null, null),
            (3, '\\N', '\\.', null, 'nan', null, date '0044-03-15', null, null, null, [], '[]',
             null, -1, -7, -1),
            (4, 'line one' || chr(10) || '\\.' || chr(10) || 'said "so", $$ and ''so''',
             chr(13) || chr(10) || ' ', 9999999999999999.99, '-infinity', null, null, null, null,
             null, null, null, null, null, null, null)
        ) t(id, text_a, text_b, paid_cny, share, is_so, seen_on, seen_at, seen_at_tz, words,
            numbers, extra, nested, small, whole, huge)"""
    many = "select i as id, 'k' || i as voice_key, date '2026-01-01' + cast(i % 99 as integer) as posted_date, i as plain from range(6000) t(i)"
    said = "评价 $$ 引号 ' \" \\ ；A comment, $$ '"
    world.publish(
        1,
        {"reviews.odd": odd, "reviews.many": many},
        keys={"reviews.odd": ("id",), "reviews.many": ("id", "voice_key")},
        comments=[
            "comment on table made.reviews.odd is '{}'".format(said.replace("'", "''")),
            "comment on column made.reviews.odd.share is '{}'".format(said.replace("'", "''")),
        ],
    )
    done = sync(world.settings)
    assert done is not None
    assert (done.tables, done.rows) == (3, 4 + 6000 + 3)
    assert not list(world.settings.work_path.iterdir())

    types = dict(
        world.asked(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = 'reviews.odd'::regclass and attnum > 0"
        )
    )
    assert types == {
        "id": "bigint", "text_a": "text", "text_b": "text", "paid_cny": "numeric(18,2)",
        "share": "double precision", "is_so": "boolean", "seen_on": "date",
        "seen_at": "timestamp without time zone", "seen_at_tz": "timestamp with time zone",
        "words": "text[]", "numbers": "bigint[]", "extra": "json", "nested": "json",
        "small": "smallint", "whole": "integer", "huge": "numeric(39,0)",
    }  # fmt: skip
    # what a reader of either store gets, through drivers that know nothing of each other
    columns = "id, text_a, text_b, paid_cny, cast(share as varchar), is_so, seen_on, seen_at, words, numbers, small, whole"
    name = world.made[-1]
    ours = world.asked(
        f"select {columns.replace('cast(share as varchar)', 'share')} from reviews.odd order by id"
    )
    theirs = world.duckdb(
        name,
        f"select {columns.replace('cast(share as varchar)', 'share')} from reviews.odd order by id",
    )
    assert repr(ours) == repr(theirs)
    assert world.asked(
        "select extra->>'b', nested->>'k', huge::text from reviews.odd where id = 1"
    ) == [("1", "口碑", "170141183460469231731687303715884105727")]
    assert world.asked(
        "select seen_at_tz = '2026-10-31 15:59:59Z' from reviews.odd where id = 1"
    ) == [(True,)]

    assert world.asked("select obj_description('reviews.odd'::regclass)") == [(said,)]
    assert world.asked("select col_description('reviews.odd'::regclass, 5)") == [(said,)]
    indexes = {
        definition.split(" USING btree ")[1]
        for (definition,) in world.asked(
            "select indexdef from pg_indexes where schemaname = 'reviews'"
        )
    }
    assert indexes == {"(id)", "(id, voice_key)", "(voice_key)", "(posted_date)"}
    assert world.asked(
        "select indrelid::regclass::text from pg_index where indisprimary and indrelid::regclass::text ~ '^reviews' order by 1"
    ) == [("reviews.many",), ("reviews.odd",)]
    assert (
        world.asked(
            "select count(*) from pg_stats where schemaname = 'reviews' and tablename = 'many'"
        )[0][0]
        == 4
    )
    # a column that may be null cannot be a key
    assert world.asked(
        "select count(*) from pg_index where indisprimary and indrelid = 'meta.publications'::regclass"
    ) == [(0,)]


def test_following_twice_does_nothing_and_one_set_before_is_kept(world: World) -> None:
    for number in (1, 2, 3):
        world.publish(number)
        done = sync(world.settings)
        assert done is not None
        assert done.way == "loaded"
    again = sync(world.settings)
    assert again is not None
    assert not again.is_new
    assert live(world) == "p003"
    assert world.asked("select distinct publication_id from reviews__previous.fct_voices") == [
        ("p002",)
    ]
    assert schemas_of(world) == {"koubei", *SCHEMAS, *(f"{name}__previous" for name in SCHEMAS)}
    assert world.asked("select publication_id, previous_publication_id from koubei.swaps order by swap_number") == [
        ("p001", None), ("p002", "p001"), ("p003", "p002"),
    ]  # fmt: skip


def test_rolling_back_swaps_what_is_kept_and_loads_what_is_not(world: World) -> None:
    for number in (1, 2, 3):
        world.publish(number)
        sync(world.settings)
    for name, way in (("p002", "swapped back"), ("p003", "swapped back"), ("p001", "loaded")):
        store.point(world.settings.published_path, name)
        done = sync(world.settings)
        assert done is not None
        assert done.way == way
        assert live(world) == name
    assert world.asked("select distinct publication_id from reviews__previous.fct_voices") == [
        ("p003",)
    ]


# ------------------------------------------------------------------ who may read


def may(world: World, user: str, what: str) -> bool:
    try:
        world.asked(f"select {what}", user=user)
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def test_rights_and_owners_stay_and_a_new_table_gets_the_schemas_readers(world: World) -> None:
    world.publish(1)
    sync(world.settings)
    world.asked("grant usage on schema reviews, kpis, meta to reader, half_reader")
    world.asked("grant usage on schema reviews to analyst")
    world.asked("grant select on all tables in schema reviews, kpis, meta to reader")
    world.asked("grant select (voice_key) on reviews.fct_voices to half_reader")
    world.asked("grant select on meta.publications to half_reader")
    world.asked(
        "grant owner to publisher; grant create on schema kpis to owner; alter table kpis.kpi_history owner to owner"
    )
    world.asked(
        "alter default privileges for role publisher in schema reviews grant select on tables to analyst"
    )
    tables = {"reviews.dim_new": "select 1 as id", "kpis.kpi_new": "select 1 as id"}
    # other columns, so that the table has to be made anew
    history = (
        "select * replace (cast(value as varchar) as value) from ("
        + publication_tables(2)["kpis.kpi_history"]
        + ")"
    )
    world.publish(2, {**publication_tables(2), **tables, "kpis.kpi_history": history})
    sync(world.settings)
    assert may(world, "reader", "* from reviews.fct_voices, kpis.kpi_history, meta.publications")
    assert may(world, "reader", "* from reviews.dim_new, kpis.kpi_new")
    assert may(world, "half_reader", "voice_key from reviews.fct_voices")
    assert not may(world, "half_reader", "customer_key from reviews.fct_voices")
    assert not may(world, "half_reader", "* from reviews.dim_new")
    assert not may(world, "outsider", "* from kpis.kpi_history")
    assert may(world, "analyst", "* from reviews.dim_new")
    assert not may(world, "analyst", "* from reviews.fct_voices")
    assert world.asked(
        "select tableowner from pg_tables where tablename = 'kpi_history' and schemaname = 'kpis'"
    ) == [("owner",)]
    # what was taken away stays away, also where an older set comes back
    world.asked("revoke select on all tables in schema reviews from reader")
    store.point(world.settings.published_path, "p001")
    sync(world.settings)
    assert not may(world, "reader", "* from reviews.fct_voices")
    assert may(world, "reader", "* from kpis.kpi_history")
    assert live(world) == "p001"


def test_what_koubei_did_not_make_is_never_written_to(world: World) -> None:
    world.asked(
        "create schema reviews authorization publisher; create table reviews.fct_voices as select 7 as id; create table reviews.mine as select 8 as id"
    )
    world.publish(1)
    with pytest.raises(PostgresError, match=r"reviews\.fct_voices is there already"):
        sync(world.settings)
    assert world.asked("select * from reviews.fct_voices") == [(7,)]
    world.asked("drop table reviews.fct_voices")
    sync(world.settings)
    world.publish(2)
    sync(world.settings)
    assert live(world) == "p002"
    assert world.asked("select * from reviews.mine") == [(8,)]


def test_views_of_others_read_the_new_rows_and_tables_may_gain_columns(world: World) -> None:
    world.publish(1)
    sync(world.settings)
    world.asked(
        "create schema bi; create view bi.newest as select max(publication_id) as id from reviews.fct_voices"
    )
    world.asked(
        "create materialized view bi.stored as select max(publication_id) as id from kpis.kpi_history"
    )
    world.publish(2)
    sync(world.settings)
    world.asked("refresh materialized view bi.stored")
    assert world.asked("select newest.id, stored.id from bi.newest, bi.stored") == [
        ("p002", "p002")
    ]
    wider = "select 0.5 as added, * from (" + publication_tables(3)["reviews.fct_voices"] + ")"
    world.publish(3, {**publication_tables(3), "reviews.fct_voices": wider})
    done = sync(world.settings)
    assert done is not None
    assert live(world) == "p003"
    assert world.asked("select id from bi.newest") == [("p003",)]
    assert world.asked("select distinct added from reviews.fct_voices") == world.duckdb(
        "p003", "select distinct added from reviews.fct_voices"
    )
    # a column that a view needs changes its type: nothing is broken behind anybody's back
    other = (
        "select * replace (7 as publication_id) from ("
        + publication_tables(4)["reviews.fct_voices"]
        + ")"
    )
    world.publish(4, {**publication_tables(4), "reviews.fct_voices": other})
    with pytest.raises(PostgresError, match=r"view bi\.newest depends on"):
        sync(world.settings)
    assert live(world) == "p003"


def test_a_table_that_is_published_no_more_goes(world: World) -> None:
    world.publish(1, {**publication_tables(1), "kpis.old": "select 1 as id"})
    sync(world.settings)
    world.publish(2)
    done = sync(world.settings)
    assert done is not None
    assert done.left == []
    assert world.asked(
        "select to_regclass('kpis.old'), to_regclass('kpis__previous.old') is not null"
    ) == [(None, True)]


def test_only_what_differs_is_written(world: World) -> None:
    same = {"segments.same": "select i as id from range(1000) t(i)"}
    world.publish(1, {**publication_tables(1), **same})
    sync(world.settings)
    before = world.asked("select min(xmin::text), max(xmin::text) from segments.same")
    grown = "select 'v' || i as voice_key, 'p001' as publication_id, date '2026-10-01' + cast(i % 30 as integer) as posted_date, 'c' || i as customer_key from range(102) t(i)"
    world.publish(2, {**publication_tables(2), **same, "reviews.fct_voices": grown})
    done = sync(world.settings)
    assert done is not None
    assert done.changed == [
        "kpis.kpi_history",
        "meta.publications",
        "reviews.fct_voices",
    ]
    assert world.asked("select min(xmin::text), max(xmin::text) from segments.same") == before
    assert world.asked("select count(distinct xmin::text) from reviews.fct_voices") == [(2,)]
    assert world.asked("select count(*) from segments__previous.same") == [(1000,)]


# ------------------------------------------------------------------ under load


class Reader(threading.Thread):
    """One session that asks again and again, in one of six ways, and keeps what went wrong."""

    def __init__(self, world: World, number: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.world, self.number, self.stop_asked = world, number, stop
        self.asked, self.seen, self.fault = 0, set[str](), None
        self.longest = 0.0

    def run(self) -> None:
        try:
            with psycopg.connect(self.world.dsn("reader"), autocommit=True) as db:
                db.execute("set search_path = reviews, kpis, meta")
                way = [
                    self.plain,
                    self.prepared,
                    self.unqualified,
                    self.view,
                    self.twice,
                    self.old_snapshot,
                ]
                while not self.stop_asked.is_set():
                    started = time.monotonic()
                    rows = way[self.number % len(way)](db)
                    self.longest = max(self.longest, time.monotonic() - started)
                    require_whole(rows)
                    self.seen.add(rows[0][0])
                    self.asked += 1
                    time.sleep(0.01)
        except BaseException as error:
            self.fault = f"{type(error).__name__}: {error}"

    def plain(self, db: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
        return db.execute(QUALIFIED, prepare=False).fetchall()

    def prepared(self, db: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
        return db.execute(QUALIFIED, prepare=True).fetchall()

    def unqualified(self, db: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
        return db.execute(SHORT, prepare=self.asked % 2 == 0).fetchall()

    def view(self, db: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
        return db.execute(
            "select p.publication_id, v.first, v.last, v.n, k.first, k.last, k.n "
            "from meta.publications p, bi.voices v, bi.kpis k where p.is_current"
        ).fetchall()

    def twice(self, db: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
        """Three statements of one transaction, each of another schema, under one snapshot."""
        asked = "select min(publication_id), max(publication_id), count(*) from "
        with db.transaction():
            db.execute("set transaction isolation level repeatable read")
            kpis = db.execute(asked + "kpis.kpi_history").fetchall()[0]
            voices = db.execute(asked + "reviews.fct_voices").fetchall()[0]
            name = db.execute(
                "select publication_id from meta.publications where is_current"
            ).fetchall()[0]
        return [(*name, *voices, *kpis)]

    def old_snapshot(self, db: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
        """A snapshot that is older than what is read: the load and the swap may lie between."""
        with db.transaction():
            db.execute("set transaction isolation level repeatable read")
            db.execute("select count(*) from pg_class")
            time.sleep(0.3)
            return db.execute(QUALIFIED).fetchall()


def test_fifty_readers_through_twenty_swaps_see_whole_publications_and_no_error(
    world: World,
) -> None:
    for number in (1, 2, 3, 4):
        world.publish(number)
    store.point(world.settings.published_path, "p001")
    sync(world.settings)
    world.asked("grant usage on schema reviews, kpis, meta to reader")
    world.asked("grant select on all tables in schema reviews, kpis, meta to reader")
    world.asked("create schema bi authorization publisher; grant usage on schema bi to reader")
    for view, table in (("voices", "reviews.fct_voices"), ("kpis", "kpis.kpi_history")):
        world.asked(
            f"create view bi.{view} as select min(publication_id) as first, max(publication_id) as last, count(*) as n from {table}",
            user="publisher",
        )
        world.asked(f"grant select on bi.{view} to reader", user="publisher")
    stop = threading.Event()
    readers = [Reader(world, number, stop) for number in range(READERS)]
    for reader in readers:
        reader.start()
    ways = []
    try:
        for turn in range(SWAPS):
            # every third goes back to the one before, which swaps without loading
            name = ("p002", "p003", "p002", "p004", "p001")[turn % 5]
            store.point(world.settings.published_path, name)
            done = sync(world.settings)
            assert done is not None
            ways.append(done.way)
    finally:
        stop.set()
        for reader in readers:
            reader.join(timeout=20)
    assert [reader.fault for reader in readers if reader.fault] == []
    assert set(ways) == {"loaded", "swapped back"}
    assert len(ways) == SWAPS
    assert min(reader.asked for reader in readers) > 0
    assert set.union(*(reader.seen for reader in readers)) >= {"p001", "p002", "p003", "p004"}
    assert world.asked("select count(*) from koubei.swaps") == [(SWAPS + 1,)]


def test_a_transaction_that_reads_delays_nothing_and_keeps_its_publication(world: World) -> None:
    world.publish(1)
    sync(world.settings)
    with psycopg.connect(world.dsn()) as held, psycopg.connect(world.dsn()) as usual:
        held.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        held.execute("select 1 from pg_class")
        assert usual.execute(QUALIFIED).fetchall()[0][0] == "p001"
        for number in (2, 3):
            world.publish(number)
            done = sync(world.settings)
            assert done is not None
            assert done.seconds < 20
        rows = held.execute(QUALIFIED).fetchall()
        require_whole(rows)
        assert rows[0][0] == "p001"
        assert usual.execute(QUALIFIED).fetchall()[0][0] == "p003"


# ------------------------------------------------------------------ kills and faults

RUN = "from orchestration.postgres.sync import sync; from orchestration.home.settings import load_settings; sync(load_settings())"


@contextmanager
def publisher_of(world: World) -> Iterator[subprocess.Popen[bytes]]:
    """A publisher in a process of its own."""
    assert world.settings.postgres_dsn is not None
    process = subprocess.Popen(
        [sys.executable, "-c", RUN],
        env={
            **os.environ,
            "KOUBEI_HOME": str(world.settings.home),
            "KOUBEI_POSTGRES_DSN": world.settings.postgres_dsn.get_secret_value(),
        },
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(
    happens: Callable[[], object], process: subprocess.Popen[bytes], seconds: float = 30
) -> None:
    until = time.monotonic() + seconds
    while not happens():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until, "it never came so far"
        time.sleep(0.01)


def test_killed_in_the_middle_of_a_copy_readers_see_the_old_set_and_the_next_run_repairs(
    world: World,
) -> None:
    world.publish(1)
    sync(world.settings)
    big = "select i, repeat('口碑', 20) as said from range(300_000) t(i)"
    world.publish(2, {**publication_tables(2), "kpis.big": big})
    with psycopg.connect(world.dsn(), autocommit=True) as db:

        def is_copying() -> bool:
            return bool(
                db.execute(
                    "select 1 from pg_stat_progress_copy where tuples_processed > 1000"
                ).fetchall()
            )

        with publisher_of(world) as process:
            wait_for(is_copying, process)
            process.send_signal(signal.SIGKILL)
    assert live(world) == "p001"
    done = sync(world.settings)
    assert done is not None
    assert done.way == "loaded"
    assert live(world) == "p002"
    assert not [name for name in schemas_of(world) if name.endswith(("__next", "__gone"))]


def test_killed_between_the_pointer_and_the_swap_the_next_run_repairs(world: World) -> None:
    world.publish(1)
    sync(world.settings)
    world.publish(2)  # the pointer of the home has moved
    with psycopg.connect(world.dsn()) as other, psycopg.connect(world.dsn(), autocommit=True) as db:
        # the swap has to wait for somebody who locks tables, so that this is the moment
        other.execute("lock table reviews.fct_voices in share mode")

        def is_waiting() -> bool:
            return bool(
                db.execute(
                    "select 1 from pg_locks where mode = 'RowExclusiveLock' and not granted"
                ).fetchall()
            )

        with publisher_of(world) as process:
            wait_for(is_waiting, process)
            process.send_signal(signal.SIGKILL)
    assert live(world) == "p001"
    assert [name for name in schemas_of(world) if name.endswith("__next")]
    sync(world.settings)
    assert live(world) == "p002"
    assert not [name for name in schemas_of(world) if name.endswith(("__next", "__gone"))]


def test_two_publishers_do_not_meet(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish(1)
    monkeypatch.setattr("orchestration.postgres.connection.WAIT_FOR_ANOTHER_SECONDS", 0.3)
    with psycopg.connect(world.dsn()) as other:
        other.execute("select pg_advisory_lock(x'6B6F75626569'::bigint)")
        with pytest.raises(PostgresError, match="another koubei publishes"):
            sync(world.settings)
    assert sync(world.settings) is not None


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        (f"postgresql://locked:{PASSWORD}@/x", "cannot be read|does not exist|failed"),
        ("postgresql://u:" + "topsecret" + "@127.0.0.1:1/x", "refused"),
        ("host=/nowhere password=topsecret dbname=x", "/nowhere"),
        ("postgresql://u:topsecret@127.0.0.1:notaport/x?nonsense=1", "cannot be read"),
    ],
)
def test_a_server_that_cannot_be_reached_is_one_line_without_the_secret(
    world: World, dsn: str, said: str
) -> None:
    world.publish(1)
    settings = load_settings(home=world.settings.home, postgres_dsn=dsn)
    with pytest.raises(PostgresError, match=said) as fault:
        sync(settings)
    line = str(fault.value)
    assert "topsecret" not in line
    assert PASSWORD not in line
    assert "\n" not in line
    assert "topsecret" not in repr(settings)
    assert PASSWORD not in repr(settings)
    state = describe_state(settings)
    assert state is not None
    assert state["problem"]
    assert "topsecret" not in str(state)


def test_a_wrong_password_and_a_missing_right_are_reported_without_the_secret(world: World) -> None:
    world.publish(1)
    for password, user, said in (
        ("wr0ng-secret", "locked", "password authentication failed"),
        (PASSWORD, "locked", "needs CREATE on the database"),
    ):
        settings = load_settings(
            home=world.settings.home, postgres_dsn=world.dsn(user, password=password)
        )
        with pytest.raises(KoubeiError, match=said) as fault:
            sync(settings)
        assert password not in str(fault.value)
        assert password not in "".join(
            map(str, (fault.value.__cause__, fault.value.__context__ or ""))
        )


# ------------------------------------------------------------------ commands


def test_the_commands_bring_it_along_and_say_when_it_is_behind(world: World) -> None:
    assert world.settings.postgres_dsn is not None
    home = Home(
        world.settings.home,
        {"KOUBEI_POSTGRES_DSN": world.settings.postgres_dsn.get_secret_value()},
    )
    world.publish(1)
    assert "PostgreSQL: p001, 3 tables" in home.run("postgres").stdout
    world.publish(2)
    assert "PostgreSQL 落后 behind: p001" in home.run("status").stdout
    home.run("postgres")
    assert "PostgreSQL: p002" in home.run("status").stdout
    assert "swapped back" in home.run("rollback").stdout
    assert live(world) == "p001"
    away = Home(
        home.path, {"KOUBEI_POSTGRES_DSN": "postgresql://koubei:topsecret@127.0.0.1:1/marts"}
    )
    for command, code in (("rollback p002", 3), ("postgres", 3), ("status", 0)):
        done = away.run(*command.split(), expect=code)
        assert "refused" in done.stdout + done.stderr
        assert "topsecret" not in done.stdout + done.stderr
    # the pointer of the home has moved all the same, and PostgreSQL follows when it is back
    home.run("postgres")
    assert live(world) == "p002"


def test_a_refresh_begins_by_bringing_it_along_and_ends_with_code_3_where_it_cannot(
    world: World, own_home: Home
) -> None:
    settings = load_settings(home=own_home.path, postgres_dsn=world.dsn("publisher"))
    with open_run(settings, run_id="nothing-to-land") as state:
        assert state.synced is not None
        assert state.postgres_error is None
    manifest = own_home.manifest
    assert world.asked("select publication_id from meta.publications where is_current") == [
        (manifest["publication_id"],)
    ]
    tables = {name: table["rows"] for name, table in manifest["tables"].items()}
    counted = " union all ".join(
        f"select '{name}', count(*) from {name} where true" for name in tables
    )
    assert dict(world.asked(counted)) == tables
    # every table and column that is described in DuckDB is described here
    (described,) = own_home.query(
        "select count(*) as n from (select comment from duckdb_columns() union all "
        "select comment from duckdb_tables()) where comment is not null"
    )
    assert world.asked(
        "select count(*) - 1 from pg_description d join pg_class c on c.oid = d.objoid "
        "join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname <> 'koubei' and n.nspname !~ '^(pg_|information)|__'"
    ) == [(described["n"],)]
    away = load_settings(home=own_home.path, postgres_dsn="postgresql://u:topsecret@127.0.0.1:1/x")
    with open_run(away, run_id="away") as state:
        assert state.postgres_error is not None
        assert "topsecret" not in state.postgres_error
        outcome = Outcome(state, "unchanged")
        assert outcome.exit_code == 3
        assert Outcome(state, "refused").exit_code == 1


# ------------------------------------------------------------------ erasure


def test_an_erased_person_leaves_every_schema(world: World) -> None:
    for number in (1, 2):
        world.publish(number)
        sync(world.settings)
    traces = Traces(("c99",))
    before = traces_left(world.settings, traces)
    assert {line.split()[1] for line in before} == {
        "reviews.fct_voices",
        "reviews__previous.fct_voices",
    }
    for published in store.kept(world.settings.published_path):
        assert rewrite(published, traces)
    done = sync(world.settings)
    assert done is not None
    assert done.way == "loaded"
    assert traces_left(world.settings, traces) == []
    assert not [name for name in schemas_of(world) if name.endswith("__previous")]
    assert live(world) == "p002"


def test_postgres_writes_numbers_for_dashboards_as_duckdb_does(world: World) -> None:
    values = "('count', -1234567.0), ('share', 0.03125), ('cny', -1500.4), ('minutes', 4320)"
    asked = (
        f"select {sql_text('n', 'u')}, {sql_text('n', 'u', is_change=True)} "
        f"from (values {values}) as numbers (u, n)"
    )
    assert world.asked(asked) == duckdb.execute(asked).fetchall()
