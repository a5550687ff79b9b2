"""Customers' value and cohorts hold what was planted: buyers, those who came back, and their money, each once."""

from __future__ import annotations

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration


def test_buyers_and_those_who_came_back_are_those_that_were_planted(demo_home: Home) -> None:
    rows = demo_home.query(
        "select dimension_value, customer_count, gap_count from segments.mart_purchase_gaps "
        "where dimension_code = 'purchase_number' and dimension_value = '1'"
    )
    truth = demo_home.truth["repurchase"]
    # two orders of one day are one purchase, and a row that came late may be on its way
    assert rows[0]["customer_count"] == pytest.approx(truth["people"], rel=0.01)
    assert rows[0]["gap_count"] == pytest.approx(truth["people_with_two_orders"], rel=0.03, abs=2)


def test_money_of_cohorts_and_customers_is_the_money_of_orders(demo_home: Home) -> None:
    (row,) = demo_home.query(
        """
        select
            (
                select sum(net_cny - refunded_cny) from segments.fct_orders
                where is_valid and customer_key is not null
            ) as of_orders,
            (select sum(historic_net_cny) from segments.customer_value) as of_customers,
            (
                select net_cny from segments.mart_cohorts
                where dimension_code = 'all' and period_number = 0
                order by cohort_month desc limit 1
            ) as of_newest_cohort,
            (
                select sum(net_cny - refunded_cny) from segments.fct_orders where is_valid and customer_key in (
                    select customer_key from segments.dim_customers where first_order_at >= '2026-10-01'
                )
            ) as of_its_orders,
            (select count(*) from segments.customer_value) as valued,
            (select count(*) from segments.dim_customers where order_count > 0) as buyers,
            (
                select count(*) from segments.customer_value
                where (value_status_code = 'ok') <> (value_12m_cny is not null)
                    or (p_alive is null) <> (expected_orders_12m is null)
            ) as unexplained
        """
    )
    assert row["of_orders"] == row["of_customers"]
    # the demo's world ends with October, whose cell is over then
    assert row["of_newest_cohort"] == row["of_its_orders"]
    assert row["valued"] == row["buyers"]
    assert row["unexplained"] == 0


def test_a_fit_that_is_not_trusted_promises_nobody_a_future(demo_home: Home) -> None:
    (row,) = demo_home.query(
        "select status_code, spend_status_code, window_days, repeater_count, "
        "(select count(value_12m_cny) from segments.customer_value) as valued, "
        "(select count(*) from segments.customer_value) as buyers "
        "from segments.mart_clv_fits where fit_code = 'full'"
    )
    is_trusted = row["status_code"] == row["spend_status_code"] == "ok"
    assert row["valued"] == (row["buyers"] if is_trusted else 0)
    if row["window_days"] < 56:
        assert row["status_code"] == "window_too_short"
    assert row["repeater_count"] == pytest.approx(
        demo_home.truth["repurchase"]["people_with_two_orders"], rel=0.03, abs=2
    )


def test_the_bridge_of_buyers_adds_up_and_what_was_spent_is_counted_once(demo_home: Home) -> None:
    (row,) = demo_home.query(
        """
        select
            (
                select count(*) from segments.mart_churn
                where is_complete and not is_suppressed and customer_count + new_customer_count
                    + returned_customer_count - lapsed_customer_count <> end_customer_count
            ) as broken,
            (
                select spend_cny from segments.mart_ltv_cac
                where dimension_code = 'all' and period_kind = 'all'
            ) as spend_cny,
            (
                select sum(spend_cny) from segments.mart_ltv_cac
                where dimension_code = 'group' and period_kind = 'all' and not is_suppressed
            ) as by_group_cny,
            (
                select count(*) from segments.mart_ltv_cac where spend_cny = 0 and cac_cny is not null
            ) as free_but_priced
        """
    )
    assert row["broken"] == 0
    assert row["free_but_priced"] == 0
    assert 0 < float(row["by_group_cny"]) <= float(row["spend_cny"])
