"""Service and quality as planted: contacts, nights, warranty, repurchase, failures, generations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration


def totals(home: Home) -> dict[str, dict[str, Any]]:
    """Contacts of all months and channels, by stage."""
    rows = home.query(
        "select stage_code, sum(contact_count) as contacts, sum(answered_count) as answered, "
        "sum(unanswered_count) as unanswered, sum(advice_count) as advice, "
        "sum(reported_conversion_count) as reported, sum(verified_conversion_count) as verified, "
        "sum(advice_window_count) as windows, sum(ordered_after_count) as ordered_after "
        "from segments.mart_service_contacts where channel_code = 'all' group by all"
    )
    return {row["stage_code"]: row for row in rows}


def test_contacts_answers_and_conversions_are_those_that_were_planted(demo_home: Home) -> None:
    truth, found = demo_home.truth["service_contacts"], totals(demo_home)
    assert found["all"]["contacts"] == pytest.approx(truth["contacts"], rel=0.02)
    assert found["all"]["unanswered"] == pytest.approx(truth["unanswered"], rel=0.05, abs=1)
    for stage, planted in truth["stages"].items():
        assert found[stage]["contacts"] == pytest.approx(planted["contacts"], rel=0.03, abs=1)
        assert found[stage]["answered"] == pytest.approx(planted["answered"], rel=0.03, abs=1)
    advice = truth["stages"]["pre_sale"]
    row = found["pre_sale"]
    assert row["reported"] == pytest.approx(advice["converted"], rel=0.05, abs=1)
    assert row["reported"] / row["advice"] == pytest.approx(advice["conversion_rate"], abs=0.02)
    # each of the orders named exists, and was placed after the advice: our own calculation finds it, too
    assert 0 < row["verified"] <= row["reported"]
    assert row["ordered_after"] >= 0.9 * row["verified"] > 0
    assert found["in_sale"]["advice"] == found["after_sale"]["advice"] == 0


def test_first_responses_are_as_long_as_planted(demo_home: Home) -> None:
    (row,) = demo_home.build(
        "select percentile_cont(0.5) within group (order by response_minutes) "
        "from intermediate.int_service_contacts where stage_code = 'pre_sale'"
    )
    planted = demo_home.truth["service_contacts"]["stages"]["pre_sale"]
    # the export writes whole seconds
    assert row[0] == pytest.approx(planted["median_first_response_minutes"], abs=0.05)


def test_the_desk_is_seen_to_sleep_at_night(demo_home: Home) -> None:
    truth = demo_home.truth["service_contacts"]
    rows = demo_home.query(
        "select * from segments.mart_service_coverage where channel_code = 'all' order by hour_of_week"
    )
    assert [row["hour_of_week"] for row in rows] == list(range(168))
    silent = [row for row in rows if row["is_unstaffed_hour"]]
    asked = [row for row in rows if row["contact_count"]]
    if demo_home.truth["world"]["days"] <= 56:
        assert len(asked) == pytest.approx(truth["hours_of_week_with_contacts"], abs=2)
        assert len(silent) == pytest.approx(truth["hours_of_week_without_an_answer"], abs=2)
    assert all(row["is_unanswered_hour"] for row in silent)
    hours = range(truth["empty_from_hour"], truth["empty_to_hour"])
    night = [row for row in asked if row["hour_of_day"] in hours]
    day = [row for row in asked if row["hour_of_day"] not in hours]
    assert sum(bool(row["answered_count"]) for row in night) < 0.3 * len(night)
    assert sum(bool(row["answered_count"]) for row in day) > 0.8 * len(day)
    assert sum(row["is_covered"] for row in night) < 0.3 * len(night)
    for row in rows:
        assert row["channel_covered_hours"] == sum(bool(r["is_covered"]) for r in rows)
        assert row["channel_unstaffed_hours"] == len(silent)
        assert row["channel_unanswered_hours"] == sum(r["is_unanswered_hour"] for r in rows)


def test_repairs_cost_and_take_what_was_planted(demo_home: Home) -> None:
    rows = demo_home.query(
        "select claim_kind, sum(claim_count) as claims, sum(closed_count) as closed, "
        "sum(cost_cny) as cost_cny, sum(price_charged_cny) as charged_cny, "
        "sum(in_warranty_count) as in_warranty from segments.mart_warranty "
        "where product_key = 'all' and claim_kind <> 'all' group by all"
    )
    found = {row["claim_kind"]: row for row in rows}
    medians = dict(
        demo_home.build(
            "select claim_kind, median(turnaround_days) from segments.fct_warranty_claims group by all"
        )
    )
    truth = demo_home.truth["warranty"]
    for kind in ("free_repair", "lifetime", "trade_in"):
        planted, row = truth[kind], found[kind]
        assert row["claims"] == pytest.approx(planted["claims"], rel=0.05, abs=1)
        assert row["closed"] == pytest.approx(planted["closed"], rel=0.05, abs=1)
        assert float(row["cost_cny"]) == pytest.approx(
            float(planted["cost_cny_of_closed"]), rel=0.08
        )
        assert float(row["charged_cny"]) == pytest.approx(
            float(planted["charged_cny_of_closed"]), rel=0.08
        )
        # the export writes whole minutes
        assert medians[kind] * 24 == pytest.approx(planted["median_turnaround_hours"], rel=0.1)


def test_the_planted_uplift_of_lifetime_repairs_lies_inside_its_interval(demo_home: Home) -> None:
    """Planted to show within a season, so that the longest window that is over tells it."""
    rows = demo_home.query(
        "select * from segments.mart_repair_repurchase order by claim_kind, window_days"
    )
    compared = [
        row for row in rows if row["claim_kind"] == "lifetime" and row["difference"] is not None
    ]
    few = [row for row in rows if row["claim_kind"] == "lifetime" and row["difference"] is None]
    # where too few have been served, nothing is said
    assert all((row["matched_served_count"] or 0) < 10 for row in few)
    planted = demo_home.truth["warranty"]["lifetime"]["planted_uplift"]
    if compared:
        last = compared[-1]
        assert last["difference_low"] < planted < last["difference_high"]
        assert last["difference"] > 0
        assert last["relative_difference"] == pytest.approx(
            last["served_repurchase_rate"] / last["matched_unserved_repurchase_rate"] - 1, abs=1e-5
        )
    # nothing was planted for the others
    for kind in ("free_repair", "trade_in"):
        compared = [
            row for row in rows if row["claim_kind"] == kind and row["difference"] is not None
        ]
        if compared:
            assert compared[-1]["difference_low"] < 0 < compared[-1]["difference_high"]
    for row in rows:
        assert row["is_suppressed"] == (row["served_count"] is None)
        assert row["served_count"] is None or row["served_count"] not in range(1, 5)


def test_failures_are_the_planted_ones_beside_the_industry_s(demo_home: Home) -> None:
    truth = demo_home.truth["quality"]
    rows = demo_home.query(
        f"select * from segments.mart_quality where month_start = '{truth['month_start']}'"
    )
    found = {row["product_key"].rpartition(":")[2]: row for row in rows}
    for code, planted in truth["products"].items():
        row = found[code]
        assert row["units_in_use"] == planted["units_in_use"]
        assert row["failure_count"] == planted["failures"]
        assert row["failure_share"] == pytest.approx(planted["failure_share"], abs=1e-6)
        assert row["failure_share_low"] < row["failure_share"] < row["failure_share_high"]
        assert row["return_count"] == planted["returns"]
        if planted["is_worse"] is None:
            assert (row["verdict_code"], row["benchmark_source"]) == (None, None)
        else:
            assert row["industry_failure_share"] == pytest.approx(planted["industry_failure_share"])
            assert row["verdict_code"] in (
                "worse" if planted["is_worse"] else "better",
                "no_evidence",
            )
            assert row["benchmark_source"]
            assert row["benchmark_date"]
    (everything,) = [row for row in rows if row["product_key"] == "all"]
    assert everything["failure_count"] == sum(p["failures"] for p in truth["products"].values())


def test_two_generations_are_one_line_and_rated_apart(demo_home: Home) -> None:
    first, second = demo_home.truth["releases"]
    rows = demo_home.query("select * from segments.mart_release_ratings where basis_code = 'all'")
    found = {row["product_key"].rpartition(":")[2]: row for row in rows}
    old, new = found[first["product_ref"]], found[second["product_ref"]]
    assert old["line_code"] == new["line_code"]
    assert (old["release_number"], new["release_number"]) == (1, 2)
    assert new["previous_product_key"] == old["product_key"]
    assert new["released_on"] == second["launched_on"]
    for row, planted in ((old, first), (new, second)):
        # reviews on one site name no product
        assert 0.75 * planted["reviews"] <= row["review_count"] <= planted["reviews"]
        assert row["mean_stars"] == pytest.approx(planted["mean_stars"], abs=0.3)
    difference = second["mean_stars"] - first["mean_stars"]
    if new["stars_difference_low"] is not None:
        assert new["stars_difference_low"] < difference < new["stars_difference_high"]
    # every other product is a line of its own
    lines = [row["line_code"] for row in rows]
    assert len(lines) - len(set(lines)) == 1
