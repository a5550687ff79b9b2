"""Planted bias, suppression, near-copies, chains of content and actions come back out of the marts."""

from __future__ import annotations

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration


def in_all_time(home: Home, channel: str) -> dict[str, object]:
    (row,) = home.query(
        "select * from reviews.mart_rating_integrity where period_kind = 'all' "
        f"and channel_code = '{channel}' and product_key = 'all' and brand_code = 'hemu'"
    )
    return row


def test_the_bias_of_rewards_lies_inside_its_interval(demo_home: Home) -> None:
    truth = demo_home.truth["incentives"]
    row = in_all_time(demo_home, "jd")
    assert row["incentivised_count"] == truth["reviews_with"]
    assert row["organic_count"] == truth["reviews_without"]
    gap = truth["mean_stars_with"] - truth["mean_stars_without"]
    assert row["rating_gap"] == pytest.approx(gap, abs=1e-5)
    assert row["rating_gap_low"] < gap < row["rating_gap_high"]


def test_suppression_is_the_planted_one_exactly(demo_home: Home) -> None:
    truth = demo_home.truth["suppression"]
    row = in_all_time(demo_home, "all")
    for stars, name in (("low", "two_or_less"), ("high", "four_or_more")):
        assert row[f"{stars}_count"] == truth[name]["reviews"]
        assert row[f"{stars}_deleted_count"] == truth[name]["deleted"]
    assert row["suppression"] == pytest.approx(truth["gap"], abs=2e-6)


def test_every_near_copy_of_the_wave_is_flagged_with_its_cluster_and_its_burst(
    demo_home: Home,
) -> None:
    planted = {f"review:jd:{ref}" for ref in demo_home.truth["review_wave"]["reviews"]}
    flags = demo_home.query(
        "select voice_key, flag_code, cluster_key, cluster_voice_count, other_voice_key, window_count "
        "from reviews.fct_review_flags"
    )
    near = [
        row for row in flags if row["flag_code"] == "near_duplicate" and row["voice_key"] in planted
    ]
    assert {row["voice_key"] for row in near} == planted
    assert {row["cluster_voice_count"] for row in near} == {len(planted)}
    assert len({row["cluster_key"] for row in near}) == 1
    assert {row["other_voice_key"] for row in near} <= planted
    unverified = {row["voice_key"] for row in flags if row["flag_code"] == "unverified"}
    assert planted <= unverified
    bursts = {row["voice_key"]: row["window_count"] for row in flags if row["flag_code"] == "burst"}
    assert planted <= bursts.keys()
    assert demo_home.one("select count(*) from reviews.fct_voices") > len(flags) / 8  # none is gone


def test_a_kpi_that_rests_on_rewards_for_praise_is_withheld_and_says_why(demo_home: Home) -> None:
    (row,) = demo_home.query(
        """
        select count(*) filter (where status_code = 'withheld') as withheld,
            count(*) filter (where status_code = 'withheld' and value is null
                and status_reason like '以好评为条件的激励%') as explained,
            count(*) filter (where status_code = 'withheld' and channel_code = 'tmall') as elsewhere
        from kpis.kpi_history where kpi_code = 'kpi_positive_review_share'
        """
    )
    assert row["withheld"] == row["explained"] > 0
    # nobody paid for praise there
    assert row["elsewhere"] == 0
    violations = demo_home.one(
        "select count(distinct grant_key) from reviews.fct_incentive_violations"
    )
    assert violations == demo_home.truth["incentives"]["grants_requiring_praise"]


def test_content_is_followed_from_its_reviews_and_its_loop_is_marked(demo_home: Home) -> None:
    truth = demo_home.truth["content"]
    found = demo_home.query(
        "select generation, is_in_loop, count(*) as pieces, sum(impression_count) as reach, "
        "count(distinct root_voice_key) as roots, count(root_voice_key) as rooted "
        # a piece made from nothing but an idea is followed from nowhere
        "from reviews.fct_content_lineage where generation > 0 or is_in_loop group by all"
    )
    chains = {str(row["generation"]): row for row in found if not row["is_in_loop"]}
    assert {generation: row["pieces"] for generation, row in chains.items()} == truth["generations"]
    assert chains["1"]["roots"] == truth["roots"]
    assert all(row["rooted"] == row["pieces"] for row in chains.values())
    (loop,) = (row for row in found if row["is_in_loop"])
    assert loop["pieces"] == len(truth["loop"])


def test_the_ledger_shows_in_the_queue_and_an_effect_waits_for_its_window(demo_home: Home) -> None:
    queue = {
        (row["insight_kind"], row["insight_ref"]): row["status_code"]
        for row in demo_home.query(
            "select insight_kind, insight_ref, status_code from reviews.mart_action_queue "
            "where action_ref is not null"
        )
    }
    effects = demo_home.query("select * from reviews.mart_action_effects")
    for planted in demo_home.truth["actions"]:
        insight = (planted["insight_kind"], planted["insight_ref"])
        if planted["status"] == "done":
            (effect,) = effects
            assert effect["action_ref"] == f"studio:{planted['action_ref']}"
            assert not effect["is_complete"]
            assert effect["verdict_code"] == "waiting"
            assert effect["difference_in_differences"] is None
        else:
            assert queue[insight] == planted["status"]
