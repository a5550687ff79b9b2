"""Members and partners as planted: the points ledger, ideas, trials, the private domain."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration


def row_of(home: Home, table: str, where: str) -> dict[str, Any]:
    """The only such row of a published table."""
    (row,) = home.query(f"select * from segments.{table} where {where}")
    return row


# ---------------------------------------------------------------- points


def test_the_ledger_is_the_planted_one_and_reconciles_to_zero(demo_home: Home) -> None:
    truth = demo_home.truth["points_ledger"]
    ledger = demo_home.query("select * from segments.mart_points_ledger order by month_start")
    assert all(row["difference_points"] == 0 for row in ledger)
    assert all(row["account_difference_points"] == 0 for row in ledger)
    (total,) = [row for row in ledger if row["period_kind"] == "all"]
    months = [row for row in ledger if row["period_kind"] == "month"]
    by_hand = truth["by_reason"].get("adjustment", {"points": 0})["points"]
    assert total["entry_count"] == truth["entries"]
    assert total["issued_points"] == truth["issued"] - truth["taken_back_by_hand"] - by_hand
    assert total["redeemed_points"] == truth["redeemed"]
    assert total["expired_points"] == truth["expired"] > 0
    assert total["adjusted_points"] == by_hand
    assert total["closing_points"] == truth["balance"] == months[-1]["closing_points"]
    for before, month in pairwise(months):
        assert month["opening_points"] == before["closing_points"]
    # signing in is all that has matured, and whoever had points of it redeemed nothing; a correction
    # by hand may have taken some
    assert 0.95 <= total["breakage_rate"] <= 1
    assert total["matured_expired_points"] == pytest.approx(truth["expired"], rel=0.05)


def test_what_is_wrong_in_the_ledger_is_named(demo_home: Home) -> None:
    truth = demo_home.truth["points_ledger"]
    rows = demo_home.query("select * from segments.mart_points_exceptions")
    negative = [row for row in rows if row["exception_code"] == "negative_balance"]
    assert {row["entry_key"].rpartition(":")[2] for row in negative} == {
        row["entry_ref"] for row in truth["overdrawn"]
    }
    assert sorted(row["balance_points"] for row in negative) == sorted(
        row["balance"] for row in truth["overdrawn"]
    )
    uncovered = -sum(row["balance"] for row in truth["overdrawn"])
    total = row_of(demo_home, "mart_points_ledger", "period_kind = 'all'")
    assert total["uncovered_points"] == uncovered > 0
    twice = {
        row["entry_key"].rpartition(":")[2]
        for row in rows
        if row["exception_code"] == "booked_twice"
    }
    assert len(truth["booked_twice"]) > 0
    assert all(twice & set(planted["entry_refs"]) for planted in truth["booked_twice"])
    assert not [row for row in rows if row["exception_code"] == "unknown_reason"]


def test_points_for_reviews_bought_the_planted_orders(demo_home: Home) -> None:
    truth = demo_home.truth["points_ledger"]["review_points"]
    row = row_of(demo_home, "mart_review_rewards", "period_kind = 'all'")
    assert row["issued_points"] == truth["issued"]
    # first expiring first out takes them first; others were redeemed for no order in time
    assert row["ordered_points"] >= truth["spent_on_orders"] > 0
    assert row["order_count"] >= len(truth["orders"])
    assert row["order_net_cny"] > 0
    assert 0 < row["redeemed_share"] < 1
    found = demo_home.query(
        "select strftime(occurred_at, '%Y-%m-%d %H:%M:%S') as spent_at, point_delta"
        " from segments.fct_points where review_points > 0 and order_key is not null"
        # who asked to be forgotten is nobody, and what they did stays
        " or customer_key is null"
    )
    spent = {(row["spent_at"], -row["point_delta"]) for row in found}
    assert {(order["ordered_at"], order["points"]) for order in truth["orders"]} <= spent


# ---------------------------------------------------------------- ideas and trials


def test_ideas_are_adopted_and_released_as_planted(demo_home: Home) -> None:
    truth = demo_home.truth["ideas"]
    row = row_of(demo_home, "mart_cocreation", "period_kind = 'all'")
    assert row["idea_count"] == truth["submitted"]
    assert (row["decided_count"], row["adopted_count"]) == (truth["decided"], truth["adopted"])
    assert row["released_count"] == truth["released"]
    assert row["adoption_rate_of_decided"] == pytest.approx(
        truth["adoption_rate_of_decided"], abs=1e-5
    )
    assert row["median_days_to_adoption"] == pytest.approx(
        truth["median_days_to_adoption"], abs=1e-3
    )
    if truth["median_days_from_adoption_to_release"] is not None:
        assert row["median_days_from_adoption_to_release"] == pytest.approx(
            truth["median_days_from_adoption_to_release"], abs=1e-3
        )
    # pairs of memberships are one person
    assert 0.9 * truth["contributors"] <= row["contributor_count"] <= truth["contributors"]


def test_the_planted_uplift_of_trials_lies_inside_its_interval(demo_home: Home) -> None:
    truth = demo_home.truth["trials"]
    row = row_of(demo_home, "mart_trials", "programme_ref = 'all'")
    assert row["enrolled_count"] == truth["enrolled"]
    assert row["dropped_count"] == truth["dropped"]
    assert row["matured_count"] == truth["enrolled_thirty_days_ago"]
    assert row["completed_count"] == truth["finished"]
    assert row["completion_rate"] == pytest.approx(truth["completion_rate_of_these"], abs=1e-5)
    assert row["livestream_count"] == truth["livestreams"]
    assert row["without_post_count"] == truth["finished_without_post_score"]
    assert row["pair_count"] == truth["pairs"]
    assert row["uplift_points"] == pytest.approx(truth["mean_uplift"], abs=1e-5)
    assert row["relative_uplift"] == pytest.approx(truth["relative_uplift"], abs=1e-5)
    assert row["uplift_points_low"] < truth["planted_uplift"] < row["uplift_points_high"]
    assert row["uplift_points_low"] > 0
    for name, planted in truth["programmes"].items():
        found = row_of(demo_home, "mart_trials", f"programme_ref like '%{name}'")
        assert found["enrolled_count"] == planted["enrolled"]
        assert found["pair_count"] == planted["pairs"]


# ---------------------------------------------------------------- private domain


def test_joiners_of_the_private_domain_are_the_planted_ones(demo_home: Home) -> None:
    truth = demo_home.truth["private_domain"]
    rows = demo_home.query(
        "select * from segments.mart_private_domain where source_code = 'all' order by month_start"
    )
    (total,) = [row for row in rows if row["period_kind"] == "all"]
    # pairs of memberships are one person, who joined once
    assert 0.97 * truth["joined"] <= total["joined_count"] <= truth["joined"]
    followed = truth["followed_thirty_days"]
    # whoever joined on the day before the groups' data begin has all of the thirty days in them
    assert 0.97 * followed <= total["day_30_count"] <= followed + 3
    active = truth["of_these_active_on_days_1_to_30"]
    assert total["active_1_30_count"] == pytest.approx(active, abs=max(1, 0.05 * active))
    later = truth["of_these_active_from_day_30_on"]
    assert total["active_from_30_count"] == pytest.approx(later, abs=max(1, 0.05 * later))


def test_the_groups_are_as_active_as_planted(demo_home: Home) -> None:
    truth = demo_home.truth["private_domain"]
    weeks = demo_home.query("select * from segments.mart_community where period_kind = 'week'")
    # what the erased wrote is counted, and they are not
    assert truth["posts"] <= sum(row["post_count"] for row in weeks) <= 1.05 * truth["posts"]
    events = demo_home.query(
        "select sum(event_count) as n from segments.mart_community where period_kind = 'week'"
    )
    assert events[0]["n"] == len(truth["events"])
    last = max(weeks, key=lambda row: row["period_start"])
    assert 0.97 * truth["joined"] <= last["member_count"] <= truth["joined"]
    assert all(0 < row["active_rate"] < 1 for row in weeks)


# ---------------------------------------------------------------- partners


def test_everybody_stands_on_one_rung_of_the_ladder(demo_home: Home) -> None:
    (row,) = demo_home.query(
        "select count(*) as standing, count(distinct customer_key) as people,"
        " (select count(*) from segments.dim_customers) as customers,"
        " count(*) filter (where partner_code in ('co_creator', 'partner', 'testifier')) as top"
        " from segments.customer_partner_rungs where valid_to is null"
    )
    assert row["standing"] == row["people"] == row["customers"]
    assert row["top"] > 0
    (counted,) = demo_home.query(
        "select sum(customer_count) as people from segments.mart_partner_ladder "
        "where from_partner_code = 'all' "
        "and month_start = (select max(month_start) from segments.mart_partner_ladder)"
    )
    # rungs with a few people only are hidden
    assert row["customers"] - 4 * 8 <= counted["people"] <= row["customers"]
