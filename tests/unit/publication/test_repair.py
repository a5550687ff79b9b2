"""What a kill between two steps leaves behind, and what the next run makes of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.pipeline import publish
from orchestration.publication import ledger, store
from tests.unit.publication.house import House

# whole files, homes or commands: real parts, but no fraction of a second
pytestmark = pytest.mark.integration


class Killed(BaseException):
    """Stands for a kill: nothing after it runs, not even a clean-up."""


def killed(*_: object, **__: object) -> None:
    raise Killed


@pytest.fixture
def second_night(house: House) -> House:
    house.publish(run_id="first")
    house.run(
        "update reviews.fct_voices set value_cny = 99 where voice_key = 'review:jd:R1'",
    )
    return house


def until_killed(house: House, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(at, killed)
        # a real kill would not run the clean-up either
        patched.setattr("orchestration.publication.store.recover_publications", lambda _: [])
        with pytest.raises(Killed):
            house.publish(run_id="second")


@pytest.mark.parametrize(
    "at",
    [
        "orchestration.pipeline.publish.write_report",
        "orchestration.publication.store.sync_tree",
        "orchestration.publication.store.point",
    ],
)
def test_a_publication_that_nobody_saw_goes_and_is_made_again(
    second_night: House, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    until_killed(second_night, monkeypatch, at)
    assert store.current(second_night.published).publication_id == "2026-10-30-001"
    assert second_night.read("select max(value_cny) from reviews.fct_voices") == [
        (Decimal("12.30"),)
    ]

    publish.recover(second_night.settings)
    assert second_night.names() == ["2026-10-30-001", "current"]
    again = second_night.publish(run_id="third")
    assert again.publication_id == "2026-10-30-002"
    assert again.is_new


@pytest.mark.parametrize(
    "at",
    ["orchestration.publication.store._forget_pending", "orchestration.pipeline.publish._finish"],
)
def test_a_publication_that_readers_see_is_entered_in_the_ledger(
    second_night: House, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    until_killed(second_night, monkeypatch, at)
    assert store.current(second_night.published).publication_id == "2026-10-30-002"
    assert second_night.ask("select count(*) from meta.publications") == [(1,)]

    assert "2026-10-30-002" in publish.recover(second_night.settings)
    assert second_night.names() == ["2026-10-30-001", "2026-10-30-002", "current"]
    assert second_night.ask(
        "select publication_id, run_id, verdict, row_count from meta.publications order by 1"
    ) == [("2026-10-30-001", "first", "published", 7), ("2026-10-30-002", "second", "published", 7)]
    assert second_night.ask("select column_name, new_value from meta.restatements") == [
        ("value_cny", "99.00")
    ]
    assert publish.recover(second_night.settings) == [], "healing twice changes nothing"
    assert not second_night.publish(run_id="third").is_new


def test_drafts_and_half_removed_publications_go(house: House) -> None:
    house.publish()
    for name in (".draft-2026-10-31-001", ".gone-2026-10-29-001"):
        (house.published / name).mkdir()
        (house.published / name / "koubei.duckdb").write_bytes(b"half")
    (house.published / ".current-2026-10-31-001").symlink_to("2026-10-31-001")
    (house.published / ".pending").write_text("")

    publish.recover(house.settings)
    assert house.names() == ["2026-10-30-001", "current"]


def test_a_rolled_back_publication_is_not_taken_for_one_that_nobody_saw(house: House) -> None:
    house.publish()
    house.run("update reviews.fct_voices set reply_count = 9")
    house.publish()
    store.point(house.published, "2026-10-30-001")
    house.settings.warehouse_path.unlink()

    publish.recover(house.settings)
    assert house.names() == ["2026-10-30-001", "2026-10-30-002", "current"]


def test_a_new_build_file_learns_of_what_was_published(house: House) -> None:
    house.publish(run_id="first")
    house.run("update reviews.fct_voices set value_cny = 99 where voice_key = 'review:jd:R1'")
    house.publish(run_id="second")
    before = house.ask("select * from meta.publications order by run_id")
    restated = house.ask("select * from meta.restatements order by all")
    house.settings.warehouse_path.unlink()

    publish.recover(house.settings)
    assert house.ask("select * from meta.publications order by run_id") == before
    assert house.ask("select * from meta.restatements order by all") == restated


def test_repair_of_an_empty_home_makes_nothing(tmp_path: Path) -> None:
    house = House(tmp_path / "home")
    assert publish.recover(house.settings) == []
    assert not house.settings.warehouse_path.exists()


def test_a_folder_without_a_readable_manifest_is_no_publication(house: House) -> None:
    house.publish()
    (house.published / "2026-10-31-001").mkdir()
    (house.published / "2026-10-31-001" / "manifest.json").write_text('{"publication_id": "20')
    assert [each.publication_id for each in store.kept(house.published)] == ["2026-10-30-001"]


def test_the_ledger_knows_the_last_verdict(house: House) -> None:
    house.publish(run_id="first")
    with house.connect() as connection:
        ledger.record_checks(
            connection,
            "second",
            9,
            [
                ledger.CheckResult(
                    "unique_voice_key", "dbt", "reviews.fct_voices", "error", False, 2, "2 rows",
                    [{"voice_key": "review:jd:R1", "n": 2}],
                ),
                ledger.CheckResult("volume", "gx", "raw.reviews", "warning", False, 1),
                ledger.CheckResult("not_null", "dbt", "reviews.fct_voices", "error", True, 0),
            ],
        )  # fmt: skip
        # said again, as a retried step would: once is enough
        ledger.record_checks(
            connection, "second", 9, [ledger.CheckResult("volume", "gx", "raw.reviews", "warning",
                                                         False, 7)]
        )  # fmt: skip
        entry = ledger.LedgerEntry(None, None, 9, "second", "refused", "unique_voice_key")
        ledger.record_verdict(connection, entry)
        ledger.record_verdict(connection, entry)

        assert ledger.last_verdict(connection) == entry
        assert ledger.last_published(connection).run_id == "first"
        failed = ledger.failed_checks(connection)
        assert [(each["check_name"], each["failing_count"]) for each in failed] == [
            ("unique_voice_key", 2),
            ("volume", 7),
        ]
        assert failed[0]["sample_rows"] == [{"voice_key": "review:jd:R1", "n": 2}]
        count = connection.execute("select count(*) from meta.publications").fetchone()
        assert count == (2,)
