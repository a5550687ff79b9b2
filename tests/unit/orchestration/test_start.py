"""Which deliveries a run lands, and what it says when there is nothing that it could build."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.home import lock
from orchestration.home.settings import Settings, load_settings
from orchestration.pipeline.start import AcceptError, Days, RefreshError, open_run

# every case opens a home: real parts, but no fraction of a second
pytestmark = pytest.mark.integration


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(
        home=tmp_path / "home", exports=None, channels=None, hash_key="a key that is long enough"
    )
    settings.exports_path.mkdir(parents=True)
    return settings


def deliver(settings: Settings, *days: str) -> None:
    for day in days:
        path = settings.exports_path / "jd" / f"jd_reviews_{day}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("not read by these tests")


def pending(settings: Settings, days: Days | None = None, **options: Any) -> list[str]:
    with open_run(settings, run_id="run", days=days or Days(), **options) as state:
        return [Path(delivery.file_name).stem[-8:] for delivery in state.pending]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (None, None, ["20261029", "20261030", "20261031"]),
        (date(2026, 10, 30), None, ["20261030", "20261031"]),
        (None, date(2026, 10, 30), ["20261029", "20261030"]),
        (date(2026, 10, 30), date(2026, 10, 30), ["20261030"]),
        (date(2026, 11, 1), None, []),
    ],
)
def test_a_run_lands_the_days_that_it_was_asked_for(
    settings: Settings, first: date | None, last: date | None, found: list[str]
) -> None:
    deliver(settings, "20261029", "20261030", "20261031")
    assert pending(settings, Days(first, last)) == found


def test_a_run_that_lands_nothing_needs_something_that_has_landed(settings: Settings) -> None:
    deliver(settings, "20261031")
    with pytest.raises(RefreshError, match="no exports in"):
        pending(settings, is_landing=False)


@pytest.mark.parametrize("day", [date(1999, 1, 1), date.today() + timedelta(days=500)])
def test_a_day_that_cannot_be_one_of_exports_is_named(day: date) -> None:
    for limits in ((day, None), (None, day)):
        with pytest.raises(RefreshError, match=f"{day}: no exports can be for that day"):
            Days(*limits)


def test_a_file_of_an_impossible_day_waits_and_is_named_where_nothing_else_came(
    settings: Settings,
) -> None:
    deliver(settings, "19990101")
    with pytest.raises(
        RefreshError, match=r"jd_reviews_19990101\.csv: 1999-01-01 cannot be its day"
    ):
        pending(settings)
    deliver(settings, "20261031")
    assert pending(settings) == ["20261031"]


def test_without_exports_it_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(RefreshError, match=r"no exports in .*or try `koubei demo`"):
        pending(settings)
    (settings.exports_path / "holiday.jpg").write_text("a picture")
    with pytest.raises(RefreshError, match=r"no contract claims .*\(holiday.jpg\)"):
        pending(settings)


def test_a_file_that_is_accepted_must_be_there(settings: Settings) -> None:
    deliver(settings, "20261031")
    with pytest.raises(AcceptError, match="no such export file"):
        pending(settings, accept=["jd_reviews_20261030.csv"])
    with open_run(settings, run_id="run", accept=["jd_reviews_20261031.csv"]) as state:
        assert state.accept == {"jd/jd_reviews_20261031.csv"}


def test_space_is_asked_for_the_days_that_land(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(settings, "20261029", "20261030", "20261031")
    asked: list[int] = []
    monkeypatch.setattr(lock, "require_space", lambda _, pending: asked.append(len(pending)))
    pending(settings, Days(last=date(2026, 10, 29)))
    assert asked == [1]
