"""The commands that read, undo and keep, as a person calls them."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from orchestration.cli import build_app
from orchestration.home.errors import KoubeiError
from orchestration.pipeline import publish
from orchestration.publication import ledger
from tests.unit.publication.house import DAY, House

# whole files, homes or commands: real parts, but no fraction of a second
pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` and no setting of the person who runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("KOUBEI_")]:
        monkeypatch.delenv(name)


def koubei(house: House, command: str, *arguments: str) -> Result:
    result = CliRunner().invoke(
        build_app(command), [command, *arguments], env={"KOUBEI_HOME": str(house.home)}
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def said(house: House, command: str, *arguments: str) -> str:
    result = koubei(house, command, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


# ---------------------------------------------------------------- status


def test_status_of_an_empty_home_says_what_to_do(tmp_path: Path) -> None:
    empty = House(tmp_path / "home")
    assert "koubei refresh" in said(empty, "status")
    state = json.loads(said(empty, "status", "--json"))
    assert state["current"] is None
    assert state["health"]["feeds"] == []
    assert not empty.home.exists(), "looking makes nothing"


def test_status_says_what_is_published_and_how_the_data_are(house: House) -> None:
    house.land("jd_reviews_2026-11-01.csv", date(2026, 11, 1), rejected=2,
               row_days=("2026-11-01 08:00",))  # fmt: skip
    house.land("jd_reviews_2026-11-02.csv", date(2026, 11, 2), outcome="refused",
               reason="the archive is cut short")  # fmt: skip
    house.publish()
    output = said(house, "status")
    for expected in (
        "2026-11-01-001", "as of 2026-11-01", "评价 reviews", "京东 jd", "2026-10-31",
        "the archive is cut short", "not a time", "Rejected rows: 2", "published",
    ):  # fmt: skip
        assert expected in output
    state = json.loads(said(house, "status", "--json"))
    assert state["current"]["publication_id"] == "2026-11-01-001"
    assert state["health"]["missing"][0]["missing_days"] == ["2026-10-31"]
    assert state["last_verdict"]["verdict"] == "published"


def test_status_shows_the_check_that_refused_and_its_rows(house: House) -> None:
    house.publish(run_id="first")
    with house.connect() as connection:
        check = ledger.CheckResult(
            "unique_voice_key", "dbt", "reviews.fct_voices", "error", False, 1, "Got 1 result",
            [{"voice_key": "review:jd:R1", "n": 2}],
        )  # fmt: skip
        ledger.record_checks(connection, "second", 9, [check])
        ledger.record_verdict(
            connection,
            ledger.LedgerEntry(None, DAY, 9, "second", "refused", "unique_voice_key failed"),
        )
    output = said(house, "status")
    for expected in ("refused", "unique_voice_key", "review:jd:R1", "2026-10-30-001"):
        assert expected in output


def test_status_after_a_rollback_says_so(house: House) -> None:
    house.publish()
    house.run("update reviews.fct_voices set reply_count = 9")
    house.publish()
    said(house, "rollback")
    assert "rolled back" in said(house, "status")


def test_while_a_refresh_holds_the_build_the_published_state_is_shown(house: House) -> None:
    house.publish()
    holding = (
        "import sys, duckdb; connection = duckdb.connect(sys.argv[1]); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(house.settings.warehouse_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as refresh:  # fmt: skip
        assert refresh.stdout is not None
        assert refresh.stdout.readline() == "held\n"
        output = said(house, "status")
        state = json.loads(said(house, "status", "--json"))
        with pytest.raises(KoubeiError, match="in use by another process"):
            koubei(house, "diff", "fct_voices")
        assert json.loads(said(house, "query", "select 1 as one", "--json")) == [{"one": 1}]
        assert refresh.stdin is not None
        refresh.stdin.close()
    assert "a refresh is running" in output
    assert "评价 reviews" in output
    assert state["is_refreshing"]
    assert [feed["feed"] for feed in state["health"]["feeds"]] == ["reviews", "mentions"]


# ---------------------------------------------------------------- query


def test_query_reads_what_is_published_not_what_is_built(house: House) -> None:
    house.publish()
    house.run("delete from reviews.fct_voices")
    assert json.loads(said(house, "query", "select count(*) n from reviews.fct_voices",
                           "--json")) == [{"n": 3}]  # fmt: skip


def test_query_prints_a_table_csv_and_json(house: House) -> None:
    house.publish()
    sql = "select voice_key, posted_at, value_cny from reviews.fct_voices order by voice_key"
    assert "review:jd:R1" in said(house, "query", sql)
    rows = list(csv.reader(io.StringIO(said(house, "query", sql, "--csv"))))
    assert rows == [
        ["voice_key", "posted_at", "value_cny"],
        ["mention:weibo:M1", "2026-10-30 11:00:00", ""],
        ["review:jd:R1", "2026-10-28 09:00:00", "12.30"],
        ["review:jd:R2", "2026-10-29 10:00:00", "5.00"],
    ]
    assert json.loads(said(house, "query", sql, "--json"))[1] == {
        "voice_key": "review:jd:R1", "posted_at": "2026-10-28T09:00:00", "value_cny": 12.3,
    }  # fmt: skip
    assert json.loads(said(house, "query", f"{sql} limit 0", "--json")) == []


def test_a_long_answer_says_that_it_was_cut(house: House) -> None:
    house.publish()
    assert "the first 2 rows" in said(house, "query", "from reviews.fct_voices", "--limit", "2")
    assert "the first" not in said(house, "query", "from reviews.fct_voices", "--limit", "3")


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("selec 1", "syntax error"),
        ("select * from reviews.fct_voice", 'Did you mean "fct_voices"'),
        ("select * from raw.reviews", "published tables alone can be queried"),
        ("delete from reviews.fct_voices", "read-only"),
        ("create table reviews.mine as select 1", "read-only"),
        ("select * from read_csv('/etc/passwd')", "disabled"),
        ("select content from read_text('/etc/passwd')", "disabled"),
        ("copy (select 1) to 'out.csv'", "disabled"),
        ("attach 'other.duckdb' as other", "disabled"),
        ("set enable_external_access = true", "Cannot"),
        ("install httpfs", "disabled"),
        ("", "no statement"),
    ],
)
def test_a_mistaken_or_forbidden_query_is_one_clear_line(
    house: House, sql: str, problem: str
) -> None:
    house.publish()
    with pytest.raises(KoubeiError) as caught:
        koubei(house, "query", sql)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not Path("out.csv").exists()
    assert house.read("select count(*) from reviews.fct_voices") == [(3,)]


def test_query_before_anything_is_published_says_what_to_do(house: House) -> None:
    with pytest.raises(KoubeiError, match="koubei refresh"):
        koubei(house, "query", "select 1")


# ---------------------------------------------------------------- rejects


def test_rejects_names_file_line_column_value_and_reason(house: House) -> None:
    house.land("jd_bad.csv", DAY, rejected=2)
    house.land("weibo_bad.csv", DAY, channel="weibo", feed="mentions", rejected=1)
    output = said(house, "rejects")
    for expected in ("jd_bad.csv", "weibo_bad.csv", "评价时间", "昨天", "not a time", "3"):
        assert expected in output
    rows = json.loads(said(house, "rejects", "--file", "jd_bad", "--json"))
    assert [(row["file_name"], row["line_number"]) for row in rows] == [
        ("jd_bad.csv", 2), ("jd_bad.csv", 3),
    ]  # fmt: skip
    assert "the first 1" in said(house, "rejects", "--limit", "1")
    assert "no rejected rows" in said(house, "rejects", "--file", "nothing")


# ---------------------------------------------------------------- diff


def test_diff_of_what_was_published_is_nothing(house: House) -> None:
    house.publish()
    assert "the same as published" in said(house, "diff", "fct_voices")


def test_diff_shows_rows_added_gone_and_changed_by_key(house: House) -> None:
    house.publish()
    house.run(
        "update reviews.fct_voices set value_cny = 13 where voice_key = 'review:jd:R1'",
        "delete from reviews.fct_voices where voice_key = 'review:jd:R2'",
        "insert into reviews.fct_voices values ('review:jd:R9', null, null, null, null, null)",
    )
    found = json.loads(said(house, "diff", "reviews.fct_voices", "--json"))
    assert (found["added"], found["gone"], found["changed"]) == (1, 1, 1)
    assert found["key"] == ["voice_key"]
    assert found["columns"] == {"value_cny": 1}
    assert found["changed_values"] == [["review:jd:R1", "value_cny", "12.30", "13.00"]]
    assert found["added_rows"] == [["review:jd:R9"]]
    assert found["gone_rows"] == [["review:jd:R2"]]
    output = said(house, "diff", "fct_voices")
    for expected in ("added 1", "gone 1", "changed 1", "12.30", "13.00", "review:jd:R9"):
        assert expected in output


def test_diff_without_a_key_compares_whole_rows(house: House) -> None:
    house.publish()
    house.run("update kpis.kpi_history set value = 0.75 where channel_code = 'weibo'")
    found = json.loads(said(house, "diff", "kpi_history", "--json"))
    assert (found["added"], found["gone"], found["changed"]) == (1, 1, 0)
    assert "names no key" in said(house, "diff", "kpi_history")


def test_diff_names_columns_that_are_new_or_gone(house: House) -> None:
    house.publish()
    house.run(
        "alter table reviews.fct_voices drop column reply_count",
        "alter table reviews.fct_voices add column is_public boolean",
    )
    output = said(house, "diff", "fct_voices")
    assert "column is_public is new" in output
    assert "column reply_count is gone" in output


def test_diff_of_an_unknown_table_names_those_that_there_are(house: House) -> None:
    with pytest.raises(KoubeiError, match="nothing is published"):
        koubei(house, "diff", "fct_voices")
    house.publish()
    with pytest.raises(KoubeiError, match=r"kpis\.kpi_history, reviews\.fct_voices"):
        koubei(house, "diff", "fct_nothing")


# ---------------------------------------------------------------- rollback, prune


def test_rollback_goes_one_back_or_to_the_one_named(house: House) -> None:
    for night in range(3):
        house.run(f"update reviews.fct_voices set reply_count = {night}")
        house.publish(run_id=f"night {night}")
    now = "select max(reply_count) from reviews.fct_voices"
    said(house, "rollback")
    assert house.read(now) == [(1,)]
    said(house, "rollback")
    assert house.read(now) == [(0,)]
    with pytest.raises(KoubeiError, match="oldest"):
        koubei(house, "rollback")
    said(house, "rollback", "2026-10-30-003")
    assert house.read(now) == [(2,)]
    with pytest.raises(KoubeiError, match="already"):
        koubei(house, "rollback", "2026-10-30-003")
    with pytest.raises(KoubeiError, match=r"kept: 2026-10-30-001, 2026-10-30-002"):
        koubei(house, "rollback", "2026-01-01-001")
    assert house.read(now) == [(2,)]


def test_commands_that_change_the_home_wait_for_no_refresh(house: House) -> None:
    house.publish()
    with FileLock(house.settings.lock_path):
        for command in ("rollback", "prune", "backup"):
            with pytest.raises(KoubeiError, match="is running"):
                koubei(house, command)


def test_prune_keeps_the_number_given_and_what_readers_see(house: House) -> None:
    for night in range(4):
        house.run(f"update reviews.fct_voices set reply_count = {night}")
        house.publish(run_id=f"night {night}")
    said(house, "rollback", "2026-10-30-002")
    (house.published / ".draft-2026-10-31-001").mkdir()
    output = said(house, "prune", "--keep", "1")
    assert house.names() == ["2026-10-30-002", "2026-10-30-004", "current"]
    assert "2026-10-30-001, 2026-10-30-003" in output
    assert ".draft-2026-10-31-001" in output


def test_prune_removes_originals_past_their_time(house: House) -> None:
    kept = house.settings.originals_path / "ab"
    kept.mkdir(parents=True)
    (kept / "abcd").write_bytes(b"old")
    (kept / "abce").write_bytes(b"new")
    os.utime(kept / "abcd", (0, 0))
    assert "originals removed: 1" in said(house, "prune", "--days", "30")
    assert [path.name for path in kept.iterdir()] == ["abce"]


# ---------------------------------------------------------------- backup


def test_a_backup_restores_into_an_empty_home(house: House, tmp_path: Path) -> None:
    original = house.settings.originals_path / "ab" / "abcd"
    original.parent.mkdir(parents=True)
    original.write_bytes(b"encrypted")
    (house.home / "hash.key").write_text("a secret that must not leave the home")
    house.run("insert into raw.settings values ('hash_key_fingerprint', 'f1f2f3')")
    house.publish()
    output = said(house, "backup", str(tmp_path / "shelf"))
    (made,) = (tmp_path / "shelf").iterdir()
    assert "f1f2f3" in output
    assert "NOT" in output
    assert "f1f2f3" in (made / "RESTORE.txt").read_text()
    assert not [p for p in made.rglob("*") if p.is_file() and b"must not leave" in p.read_bytes()]
    assert str(house.home) not in (made / "backup.json").read_text()

    restored = House(tmp_path / "restored", manifest=house.manifest, load_id=house.load_id)
    restored.home.mkdir()
    for part in ("build", "published", "originals"):
        os.system(f"cp -a {made / part} {restored.home}/")
    assert restored.read("select count(*) from reviews.fct_voices") == [(3,)]
    assert (restored.settings.originals_path / "ab" / "abcd").read_bytes() == b"encrypted"
    assert publish.recover(restored.settings) == []
    assert not restored.publish(run_id="after").is_new


def test_a_backup_of_a_busy_build_holds_what_was_in_its_log(house: House) -> None:
    # a connection that stays open keeps what it has committed in the log
    with house.connect() as writer:
        writer.execute("insert into reviews.fct_voices values ('late', 'jd', null, null, null, 0)")
        assert house.settings.warehouse_path.with_name("warehouse.duckdb.wal").exists()
        said(house, "backup")
    (made,) = house.settings.backups_path.iterdir()
    copy = House(made, load_id=house.load_id)
    assert copy.ask("select count(*) from reviews.fct_voices") == [(4,)]


def test_a_backup_before_anything_was_built_says_so(tmp_path: Path) -> None:
    with pytest.raises(KoubeiError, match="nothing was built"):
        koubei(House(tmp_path / "home"), "backup")
