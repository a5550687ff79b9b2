"""Who the customers are, as planted: stages on the last day, and what each stage was offered."""

from __future__ import annotations

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration

RIGHT_STAGES = {
    "WELCOME_PACK": ("welcome_pack", {"new"}),
    "UPGRADE_GIFT": ("upgrade_gift", {"active"}),
    "WINBACK_COUPON": ("winback_coupon", {"dormant", "lost"}),
}


@pytest.mark.parametrize("programme", sorted(RIGHT_STAGES))
def test_offers_are_counted_where_they_were_due_and_claims_as_planted(
    demo_home: Home, programme: str
) -> None:
    truth = demo_home.truth["stage_offers"][programme]
    offer, stages = RIGHT_STAGES[programme]
    rows = demo_home.query(
        "select * from segments.mart_stage_offers "
        f"where offer_code = '{offer}' and period_kind = 'all'"
    )
    right = [row for row in rows if row["is_right_stage"]]
    assert {row["lifecycle_code"] for row in right} <= stages
    given = sum(row["given_count"] or 0 for row in right)
    hidden = 4 * sum(row["given_count"] is None or row["is_suppressed"] for row in rows)
    # who had moved on meanwhile, by an order of theirs or of another account, was in another stage
    assert 0.75 * truth["to_the_right_stage"] - hidden <= given <= truth["to_the_right_stage"]
    # nobody claims what was meant for another stage, but a mover's claim stands under theirs
    claimed = sum(row["claimed_count"] or 0 for row in rows)
    assert truth["claimed"] - hidden <= claimed <= truth["claimed"]
    elsewhere = sum(row["wrong_stage_count"] or 0 for row in rows)
    everything = given + elsewhere + sum(row["repeated_count"] or 0 for row in right)
    assert truth["offered"] - hidden <= everything <= truth["offered"]


def test_every_offer_given_is_due_to_nobody_twice_on_the_list(demo_home: Home) -> None:
    due = demo_home.query(
        "select due_offer_code, lifecycle_code, count(*) as customers, "
        "bool_and(due_offer_until > (select max(as_of) from meta.publications)) as is_in_time "
        "from segments.dim_customers where due_offer_code is not null group by all"
    )
    allowed = {(offer, stage) for offer, stages in RIGHT_STAGES.values() for stage in stages}
    assert due
    assert {(row["due_offer_code"], row["lifecycle_code"]) for row in due} <= allowed
    assert all(row["is_in_time"] for row in due)
    pending = demo_home.query(
        "select sum(pending_count) as pending from segments.mart_stage_offers where period_kind = 'all'"
    )
    # one offer is due to each stage, so both count the same people
    assert sum(row["customers"] for row in due) == pending[0]["pending"]


def test_who_stopped_buying_before_the_window_is_lost_or_came_back(demo_home: Home) -> None:
    truth = demo_home.truth["stage_offers"]["silent_members"]
    found = {
        row["lifecycle_rule_code"]: row["customers"]
        for row in demo_home.query(
            "select lifecycle_rule_code, count(*) as customers from segments.dim_customers group by all"
        )
    }
    came_back = truth["came_back_with_coupon"] + truth["came_back_without"]
    lost = sum(count for code, count in found.items() if code.endswith("_lost"))
    assert lost == truth["lost_on_the_last_day"]
    # whose last purchase follows a gap of months is decided by a rule of its own
    returned = sum(count for code, count in found.items() if code.startswith("return_"))
    assert returned == pytest.approx(came_back, rel=0.1, abs=2)


def test_every_customer_is_placed_by_a_rule_that_says_why(demo_home: Home) -> None:
    rows = demo_home.query(
        "select lifecycle_code, lifecycle_reason, advocacy_reason, rfm_code, rfm_reason, lifecycle_since, "
        "last_order_at from segments.dim_customers"
    )
    assert rows
    for row in rows:
        for reason in (row["lifecycle_reason"], row["advocacy_reason"]):
            assert reason
            assert "；" in reason
            assert "{" not in reason
        assert (row["rfm_code"] is None) == (row["rfm_reason"] is None)
        assert (row["lifecycle_code"] == "prospect") == (row["last_order_at"] is None)


def test_the_matrix_follows_from_the_history(demo_home: Home) -> None:
    cells = demo_home.query(
        "select ladder_code, month_start, from_code, to_code, customer_count, is_suppressed "
        "from segments.mart_stage_transitions where ladder_code = 'lifecycle' "
        "and month_start = (select max(month_start) from segments.mart_stage_transitions)"
    )
    first = cells[0]["month_start"]
    expected = {
        (row["from_code"], row["to_code"]): row["customers"]
        for row in demo_home.query(
            "with at_start as (select * from segments.customer_segments "
            f"where valid_from < '{first}' and (valid_to >= '{first}' or valid_to is null)), "
            "at_end as (select * from segments.customer_segments where valid_to is null) "
            "select coalesce(s.lifecycle_code, 'newly_known') as from_code, e.lifecycle_code as to_code, "
            "count(*) as customers from at_end as e left join at_start as s using (customer_key) group by all"
        )
    }
    assert {(row["from_code"], row["to_code"]) for row in cells} == set(expected)
    for row in cells:
        if not row["is_suppressed"]:
            assert row["customer_count"] == expected[row["from_code"], row["to_code"]]
        else:
            assert row["customer_count"] is None
