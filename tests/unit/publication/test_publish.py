from __future__ import annotations

import json
import os
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.home.errors import KoubeiError
from orchestration.pipeline import publish
from orchestration.publication import store
from tests.unit.publication.house import DAY, House

# whole files, homes or commands: real parts, but no fraction of a second
pytestmark = pytest.mark.integration


def test_what_exposures_depend_on_is_published_and_nothing_else(house: House) -> None:
    published = house.publish()

    assert published.publication_id == "2026-10-30-001"
    assert published.is_new
    tables = house.read(
        "select schema_name || '.' || table_name from duckdb_tables() where not internal order by 1"
    )
    assert [name for (name,) in tables] == [
        "kpis.kpi_history",
        "meta.checks",
        "meta.dictionary",
        "meta.files",
        "meta.kpi_queries",
        "meta.models",
        "meta.publications",
        "meta.rejected_rows",
        "meta.restatements",
        "meta.score_calibrations",
        "reviews.fct_voices",
    ]
    assert house.read("select count(*), sum(value_cny) from reviews.fct_voices") == [
        (3, Decimal("17.30"))
    ]


def test_a_publication_carries_its_own_ledger_row(house: House) -> None:
    house.publish(run_id="night")
    assert house.read("select publication_id, verdict, run_id from meta.publications") == [
        ("2026-10-30-001", "published", "night")
    ]
    assert house.ask("select publication_id, verdict from meta.publications") == [
        ("2026-10-30-001", "published")
    ]


def test_comments_and_storage_version_reach_the_published_file(house: House) -> None:
    house.publish()
    assert house.read("select comment from duckdb_tables() where table_name = 'fct_voices'") == [
        ("口碑声音；One row per voice's first delivery.",)
    ]
    assert house.read(
        "select comment from duckdb_columns() "
        "where table_name = 'fct_voices' and column_name = 'voice_key'"
    ) == [("声音键；Stable key.",)]
    (tags,) = house.read(
        "select tags['storage_version'] from duckdb_databases() where database_name = 'koubei'"
    )
    assert tags[0].startswith("v1.4")


def test_parquet_holds_the_same_rows(house: House) -> None:
    published = house.publish()
    file = published.path / "parquet/reviews/fct_voices.parquet"
    with duckdb.connect() as connection:
        rows = connection.execute(f"select * from '{file}' order by voice_key").fetchall()
    assert rows == house.read("select * from reviews.fct_voices order by voice_key")
    assert (published.path / "parquet/meta/files.parquet").exists()


def test_no_log_is_left_beside_a_published_database(house: House) -> None:
    published = house.publish()
    assert not list(published.path.glob("*.wal"))
    assert (published.path / "koubei.duckdb").stat().st_mode & 0o222 == 0


def test_the_manifest_says_what_is_inside(house: House) -> None:
    docs = house.home / "docs"
    docs.mkdir()
    (docs / "index.html").write_text("<h1>checks</h1>")
    published = house.publish(data_docs=docs)
    manifest = json.loads((published.path / "manifest.json").read_text())

    assert manifest["as_of"] == "2026-10-30"
    assert manifest["previous"] is None
    assert manifest["tables"]["reviews.fct_voices"]["rows"] == 3
    assert manifest["tables"]["reviews.fct_voices"]["key"] == ["voice_key"]
    assert manifest["code_version"] == publish.code_version()
    assert {file["file_name"] for file in manifest["source_files"]} >= {
        "weibo_posts_2026-10-30.csv"
    }
    assert (published.path / "quality/index.html").read_text() == "<h1>checks</h1>"
    assert str(house.home) not in (published.path / "manifest.json").read_text()


def test_the_same_content_is_not_published_twice(house: House) -> None:
    first = house.publish(run_id="one")
    # neither the order of rows nor the last bits of a double's sum are content
    house.run(
        "create or replace table reviews.fct_voices as "
        "select * from reviews.fct_voices order by voice_key desc",
        "update kpis.kpi_history set value = value + 1e-13 where period_kind = 'week'",
    )
    second = house.publish(run_id="two")

    assert second.publication_id == first.publication_id
    assert not second.is_new
    assert second.tables == first.tables
    assert house.names() == ["2026-10-30-001", "current"]
    assert house.ask("select run_id, verdict from meta.publications order by run_id") == [
        ("one", "published"),
        ("two", "unchanged"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "update reviews.fct_voices set value_cny = value_cny + 0.01 where voice_key like '%R1'",
        "insert into reviews.fct_voices select * from reviews.fct_voices",
        "delete from reviews.fct_voices where voice_key = 'mention:weibo:M1'",
        "update reviews.fct_voices set rating_share = null where voice_key like '%R1'",
        "alter table reviews.fct_voices rename column reply_count to answer_count",
    ],
)
def test_a_change_is_published(house: House, change: str) -> None:
    first = house.publish()
    house.run(change)
    second = house.publish()
    assert second.is_new
    assert second.publication_id == "2026-10-30-002"
    manifest = json.loads((second.path / "manifest.json").read_text())
    assert manifest["previous"] == first.publication_id
    assert os.readlink(house.published / "current") == "2026-10-30-002"


def test_a_file_that_stood_twice_is_no_news_but_a_refused_one_is(house: House) -> None:
    house.publish()
    house.land("jd_reviews_again.csv", DAY, outcome="duplicate")
    assert not house.publish().is_new
    house.land("jd_reviews_bad.csv", DAY, outcome="refused", reason="truncated")
    assert house.publish().is_new


def test_a_new_day_is_published_even_when_no_row_changed(house: House) -> None:
    house.publish()
    house.land("jd_reviews_2026-10-31.csv", DAY.replace(day=31))
    assert house.publish().publication_id == "2026-10-31-001"


def test_only_the_kept_number_stays_and_ids_are_never_given_twice(house: House) -> None:
    for night in range(10):
        house.run(f"update reviews.fct_voices set reply_count = {night}")
        house.publish(run_id=f"night {night}")
    assert house.names() == [*(f"2026-10-30-{n:03d}" for n in range(4, 11)), "current"]

    shutil.rmtree(house.published / "2026-10-30-010")
    store.point(house.published, "2026-10-30-009")
    assert house.publish().publication_id == "2026-10-30-011"


def test_prune_never_removes_what_readers_see(house: House) -> None:
    for night in range(4):
        house.run(f"update reviews.fct_voices set reply_count = {night}")
        house.publish(run_id=f"night {night}")
    store.point(house.published, "2026-10-30-001")
    assert store.prune(house.published, 2) == ["2026-10-30-002"]
    assert house.names() == ["2026-10-30-001", "2026-10-30-003", "2026-10-30-004", "current"]
    assert house.read("select max(reply_count) from reviews.fct_voices") == [(0,)]


def test_a_model_that_was_not_built_stops_the_publication(house: House) -> None:
    house.run("drop table kpis.kpi_history")
    with pytest.raises(KoubeiError, match=r"not built.*kpis\.kpi_history"):
        house.publish()
    assert not house.published.exists()


def test_no_exposure_is_one_clear_line(house: House) -> None:
    house.manifest["exposures"] = {}
    with pytest.raises(KoubeiError, match=r"exposures\.yml.*depends_on"):
        house.publish()


def test_nothing_landed_is_one_clear_line(house: House) -> None:
    house.run("delete from raw.files")
    with pytest.raises(KoubeiError, match="nothing has landed"):
        house.publish()


def test_too_little_room_is_said_before_anything_is_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(house.home)._replace(free=1024 * 1024)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(KoubeiError, match=r"1 MB free, about 16 MB needed.*koubei prune"):
        house.publish()
    assert house.names() == []


def test_a_difference_on_the_disk_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.publish()
    house.run("update reviews.fct_voices set reply_count = 9")
    comments = "orchestration.publication.draft._replay_comments"

    def rot(connection: duckdb.DuckDBPyConnection, target: str, _: object) -> None:
        if "fct_voices" in target:
            connection.execute(f"update {target} set reply_count = 8")

    monkeypatch.setattr(comments, rot)
    with pytest.raises(KoubeiError, match=r"reviews\.fct_voices: 3 rows were written"):
        house.publish()
    assert house.names() == ["2026-10-30-001", "current"]


def test_the_same_night_after_a_rollback_is_published_again(house: House) -> None:
    house.publish()
    house.run("update reviews.fct_voices set reply_count = 9")
    house.publish()
    store.point(house.published, "2026-10-30-001")
    again = house.publish()
    assert again.is_new
    assert again.publication_id == "2026-10-30-003"


def test_every_file_is_flushed_before_the_pointer_moves(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, replace, unlink = os.fsync, Path.replace, Path.unlink

    def flushed(descriptor: int) -> None:
        order.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        fsync(descriptor)

    def moved(self: Path, target: Path) -> Path:
        order.append("-> pointer moved" if target.name == "current" else f"-> {target.name} moved")
        return replace(self, target)

    def unlinked(self: Path, missing_ok: bool = False) -> None:
        if self.exists():
            order.append(f"-> {self.name} gone")
        unlink(self, missing_ok)

    monkeypatch.setattr("os.fsync", flushed)
    monkeypatch.setattr(Path, "replace", moved)
    monkeypatch.setattr(Path, "unlink", unlinked)
    published = house.publish()
    moment = order.index("-> pointer moved")
    written = {path.name for path in published.path.rglob("*")}
    assert written | {".draft-2026-10-30-001", ".pending"} <= set(order[:moment])
    # a power cut may keep a later change and lose an earlier one: each is flushed before the next
    assert order[moment - 1] == "published"
    # the page that readers keep open leads to the pointer, so it comes last
    assert order[moment + 1 :] == [
        "published",
        "-> .pending gone",
        "published",
        "-> report.html moved",
    ]
