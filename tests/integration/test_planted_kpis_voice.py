"""The KPIs of voice, ratings, response and sources say what was planted, or what their marts say."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from statistics import median
from typing import Any

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration

# a KPI whose ground is violated shows no value: what it would have been is in its two sums
HISTORY = """
    select kpi_code, period_kind, period_start, channel_code, brand_code, product_key, segment_code,
        numerator, denominator, value, value_low, value_high, sample_count, status_code
    from kpis.kpi_history
    where brand_code in ('own', 'hemu') and product_key = 'all'
"""


@pytest.fixture(scope="module")
def rows(demo_home: Home) -> dict[str, list[dict[str, Any]]]:
    """The history of our own brand, by KPI."""
    found = defaultdict(list)
    for row in demo_home.query(HISTORY):
        found[row["kpi_code"]].append(row)
    return found


def of(rows: list[dict[str, Any]], **wanted: str) -> list[dict[str, Any]]:
    """The rows of one scope: our brands together, in all channels, unless it says otherwise."""
    scope = {"brand_code": "own", "channel_code": "all", "segment_code": "all", **wanted}
    return [row for row in rows if all(row[name] == value for name, value in scope.items())]


def months(rows: list[dict[str, Any]], **wanted: str) -> list[dict[str, Any]]:
    return of(rows, period_kind="month", **wanted)


def summed(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Numerator and denominator over all time, of a KPI that may be summed."""
    return sum(row["numerator"] for row in rows), sum(row["denominator"] for row in rows)


def month_of(text: str) -> str:
    return f"{text[:7]}-01"


def test_a_crisis_is_answered_after_the_planted_minutes(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    minutes = defaultdict(list)
    for crisis in demo_home.truth["crises"]:
        waited = datetime.fromisoformat(crisis["statement_at"]) - datetime.fromisoformat(
            crisis["detected_at"]
        )
        minutes[month_of(crisis["detected_at"])].append(waited.total_seconds() / 60)
    found = months(rows["kpi_crisis_first_statement_minutes"])
    assert {row["period_start"]: row["value"] for row in found} == {
        month: pytest.approx(median(waits)) for month, waits in minutes.items()
    }


def test_the_satisfaction_of_a_crisis_is_that_of_its_own_cases(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    for crisis in demo_home.query("select * from reviews.fct_crises where csat_count > 0"):
        (row,) = of(
            [
                row
                for row in rows["kpi_crisis_satisfaction"]
                if row["period_start"] == crisis["detected_at"][:10]
            ],
            period_kind="day",
        )
        assert row["denominator"] == crisis["csat_count"] <= crisis["case_count"]
        assert row["numerator"] / row["denominator"] == pytest.approx(crisis["csat_mean"])


def test_the_ratio_is_what_the_net_sentiment_rate_says_in_other_words(
    rows: dict[str, list[dict[str, Any]]],
) -> None:
    nsr = {row["period_start"]: row for row in months(rows["kpi_nsr"])}
    ratios = months(rows["kpi_positive_negative_ratio"])
    assert ratios
    for row in ratios:
        assert row["sample_count"] == nsr[row["period_start"]]["denominator"]
        ratio = row["numerator"] / row["denominator"]
        of_nsr = nsr[row["period_start"]]
        assert (ratio - 1) / (ratio + 1) == pytest.approx(
            of_nsr["numerator"] / of_nsr["denominator"]
        )


def test_ratings_rewards_and_suppression_are_the_planted_ones_and_those_of_their_mart(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    truth = demo_home.truth
    stars, reviews = summed(months(rows["kpi_rating_organic"], channel_code="jd"))
    assert reviews == truth["incentives"]["reviews_without"]
    assert stars / reviews == pytest.approx(truth["incentives"]["mean_stars_without"], abs=1e-6)
    rewarded, reviews = summed(months(rows["kpi_incentivised_share"], channel_code="jd"))
    assert rewarded == truth["incentives"]["reviews_with"]
    assert reviews == rewarded + truth["incentives"]["reviews_without"]

    integrity = {
        row["period_start"]: row
        for row in demo_home.query(
            "select * from reviews.mart_rating_integrity where period_kind = 'month' "
            "and brand_code = 'hemu' and channel_code = 'all' and product_key = 'all'"
        )
    }
    for kpi, column in {
        "kpi_rating_standing": "standing_rating",
        "kpi_rating_verified": "verified_rating",
        "kpi_rating_organic": "organic_rating",
        "kpi_rating_bayesian": "bayesian_rating",
        "kpi_incentivised_share": "incentivised_share",
        "kpi_review_suppression": "suppression",
    }.items():
        found = {row["period_start"]: row for row in months(rows[kpi], brand_code="hemu")}
        assert found.keys() == integrity.keys(), kpi
        for month, row in found.items():
            assert row["numerator"] / row["denominator"] == pytest.approx(
                integrity[month][column], abs=1e-6
            ), kpi

    (counts,) = demo_home.query(
        "select sum(low_count) as low, sum(low_deleted_count) as low_deleted, "
        "sum(high_count) as high, sum(high_deleted_count) as high_deleted "
        "from kpis.kpi_review_suppression where period_kind = 'month' and not is_cut "
        "and brand_code = 'own' and channel_code = 'all' and product_key = 'all'"
    )
    planted = truth["suppression"]
    assert counts == {
        "low": planted["two_or_less"]["reviews"],
        "low_deleted": planted["two_or_less"]["deleted"],
        "high": planted["four_or_more"]["reviews"],
        "high_deleted": planted["four_or_more"]["deleted"],
    }


def test_the_backlog_of_the_last_day_is_what_was_planted_as_unsolved(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    truth = demo_home.truth
    backlog = {
        row["period_start"]: row["value"] for row in of(rows["kpi_backlog"], period_kind="day")
    }
    last_day = truth["world"]["last_day"]
    assert backlog[last_day] == truth["cases"]["cases"] - truth["cases"]["solved_at_end"]
    by_department = demo_home.query(
        "select cast(backlog_date as varchar) as day, sum(open_count) as open_count "
        "from reviews.mart_backlog group by all"
    )
    assert backlog == {row["day"]: row["open_count"] for row in by_department}


def test_a_day_counts_from_the_opening_of_a_case_to_its_last_solution(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    solved, cases = summed(months(rows["kpi_resolution_24h"]))
    # of the last day's cases the history waits to hear
    (counted,) = demo_home.query(
        "select count(*) filter (where resolved_at <= opened_at + interval 1 day) as solved, "
        "count(*) as cases from reviews.fct_cases "
        f"where opened_at < timestamp '{demo_home.truth['world']['last_day']}'"
    )
    assert (solved, cases) == (counted["solved"], counted["cases"])
    assert 0 < solved < demo_home.truth["cases"]["solved_at_end"]


def test_reviews_that_were_bettered_after_a_reply_are_recovered(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    planted = [
        f"review:{review['channel']}:{review['id']}"
        for review in demo_home.truth["recovery"]["bettered_after_reply"]
    ]
    names = ", ".join(f"'{name}'" for name in planted) or "''"
    old_enough = demo_home.one(
        f"select count(*) from reviews.fct_voices where voice_key in ({names}) "
        f"and posted_at < date '{demo_home.truth['world']['last_day']}' - 6"
    )
    recovered, answered = summed(months(rows["kpi_recovery_rate"]))
    assert recovered == old_enough
    assert recovered < answered


def test_actions_that_fell_due_are_closed_as_planted(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    last_day = demo_home.truth["world"]["last_day"]
    # an action that is open in the ledger falls due after the last day
    due = [
        action
        for action in demo_home.truth["actions"]
        if action["due_at"] and action["due_at"][:10] <= last_day
    ]
    closed, all_due = summed(months(rows["kpi_action_closure"]))
    assert all_due == len(due)
    assert closed == sum(
        bool(action["done_at"]) and action["done_at"] <= action["due_at"] for action in due
    )


def test_an_effect_is_measured_once_its_windows_are_over(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    done = [
        effect
        for effect in demo_home.query("select * from reviews.mart_action_effects")
        if effect["is_complete"] and effect["difference_in_differences"] is not None
    ]
    found = months(rows["kpi_action_effect"])
    assert sum(row["sample_count"] for row in found) == len(done)
    for row in found:
        differences = [
            effect["difference_in_differences"]
            for effect in done
            if month_of(effect["done_on"]) == row["period_start"]
        ]
        assert row["value"] == pytest.approx(sum(differences) / len(differences))


def test_posts_of_ordinary_people_are_the_planted_ones(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    planted = demo_home.truth["share_of_voice"]["hemu"]
    users, posts = summed(months(rows["kpi_ugc_rate"]))
    assert posts == planted["originals"]
    # who comments and who reshares is an ordinary person
    assert users == planted["by_author_kind"]["user"] - planted["comments"] - planted["reshares"]


def test_shares_of_voice_add_up_over_the_brands(demo_home: Home) -> None:
    for basis in ("reach", "engagement"):
        (row,) = demo_home.query(
            "select min(total) as low, max(total) as high, count(*) as periods from ("
            "select sum(numerator / denominator) as total "
            f"from kpis.kpi_share_of_voice_{basis} where brand_code <> 'own' and denominator > 0 "
            "group by period_kind, period_date, is_cut, channel_code)"
        )
        assert row["periods"] > 0
        assert (row["low"], row["high"]) == (pytest.approx(1), pytest.approx(1))


def test_a_chain_is_amplified_by_the_planted_reach_of_its_generations(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    reach = demo_home.truth["content"]["reach"]
    all_of_it, first = summed(months(rows["kpi_amplification_multiple"]))
    # counters of young pieces have a few impressions still to come
    assert first == pytest.approx(reach["1"], rel=1e-3)
    assert all_of_it == pytest.approx(sum(reach.values()), rel=1e-3)


def test_watched_themes_and_topics_are_those_of_their_marts(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    spoken = {
        (row["month"], row["theme_code"]): row["voices"]
        for row in demo_home.query(
            "select cast(date_trunc('month', spoken_on) as varchar)[:10] as month, theme_code, "
            "sum(own_voice_count) as voices from reviews.mart_topic_days group by all"
        )
    }
    found = demo_home.query(
        "select cast(period_date as varchar) as month, segment_code, document_count "
        "from kpis.kpi_watched_keyword_change where period_kind = 'month' and not is_cut "
        "and brand_code = 'own' and channel_code = 'all' and segment_kind = 'theme'"
    )
    # the first month has nothing before it
    for row in found:
        assert row["document_count"] == spoken.get((row["month"], row["segment_code"]), 0)
    exposure = {row["period_start"]: row["value"] for row in months(rows["kpi_topic_exposure"])}
    by_month = demo_home.query(
        "select cast(month_start as varchar) as month, sum(impression_count) as shown "
        "from reviews.mart_topic_exposure group by all"
    )
    assert exposure == {row["month"]: row["shown"] for row in by_month}


def test_voices_come_fastest_when_a_crisis_breaks_out(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    crises = {crisis["day"] for crisis in demo_home.truth["crises"]}
    velocity = {
        row["period_start"]: row["numerator"] / row["denominator"]
        for row in of(rows["kpi_voice_velocity"], period_kind="day")
        if row["denominator"]
    }
    known = crises & velocity.keys()
    usual = median(velocity.values())
    assert all(velocity[day] > 1.5 * usual for day in known)
    assert not known or max(velocity, key=lambda day: velocity[day]) in crises


def test_every_channel_delivered_what_was_due_and_is_as_fresh_as_its_last_file(
    rows: dict[str, list[dict[str, Any]]], demo_home: Home
) -> None:
    # files that came late count for the day that they are for
    covered, due = summed(months(rows["kpi_source_coverage"]))
    assert covered == due > 0
    as_of = date.fromisoformat(demo_home.truth["world"]["last_day"])
    newest = demo_home.query(
        "select channel_code, max(export_date) as newest from meta.files "
        "where outcome = 'landed' group by all"
    )
    behind = {
        row["channel_code"]: (as_of - date.fromisoformat(row["newest"])).days for row in newest
    }
    today = [
        row
        for row in rows["kpi_source_freshness"]
        if row["period_kind"] == "day" and row["period_start"] == as_of.isoformat()
    ]
    by_channel = {row["channel_code"]: row["value"] for row in today if row["brand_code"] == "own"}
    total = by_channel.pop("all")
    assert by_channel == {channel: behind[channel] for channel in by_channel}
    assert total == pytest.approx(sum(by_channel.values()) / len(by_channel))
