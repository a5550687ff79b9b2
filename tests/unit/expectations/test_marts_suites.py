"""Every suite of the marts stage against small good marts, and against one planted fault."""

from dataclasses import dataclass

import duckdb
import pytest

from expectations.suite import Suite, discover
from expectations.validation import validate
from expectations.verdicts import Verdict

MARTS = {suite.name: suite for suite in discover() if suite.stage == "marts"}

AS_OF = """
    insert into raw.files by name
    select date '2026-10-31' as export_date, 'landed' as outcome, 'f1' as file_id
"""
# four reviews a day over forty days, half of them with five stars and half with one
REVIEWS = """
    insert into raw.reviews by name
    select 'jd:R' || n as record_key, 1 as load_id from range(160) as numbers (n)
"""
VOICES = """
    insert into reviews.fct_voices by name
    select
        'review:jd:R' || n as voice_key, 'review' as voice_kind, 'jd' as channel_code,
        timestamp '2026-10-31 12:00:00' - n // 4 * interval 1 day as posted_at,
        'hash' || n as text_sha256,
        case when n % 2 = 0 then 1.0 else 0.2 end as rating_share,
        case when n % 2 = 0 then 0.9 else 0.1 end as sentiment_score,
        case when n % 2 = 0 then 'positive' else 'negative' end as sentiment_code
    from range(160) as numbers (n)
"""
MORE_VOICES = VOICES.replace("n // 4", "n // 16").replace("range(160)", "range(640)")
RESPONSES = """
    insert into raw.responses by name
    select 'jd' as channel_code, 'jd:R' || n as target_ref from range(40) as numbers (n)
"""
CLOCKS = """
    insert into reviews.fct_response_clock by name
    select
        'jd' as channel_code, 'review:jd:R' || n as subject_key,
        timestamp '2026-10-30 12:00:00' as first_reply_at, 30 + n as first_reply_minutes
    from range(40) as numbers (n)
"""
TOUCHES = """
    insert into attribution.fct_touchpoints by name
    select 't' || n as touch_key from range(60) as numbers (n)
"""
CREDITS = """
    insert into attribution.fct_attribution by name
    select
        'c' || n as conversion_key, 'sale' as goal_code, 'linear' as model_code, 1 as weight,
        case n % 3 when 0 then 'unattributed' when 1 then 'koc' else 'paid_search' end
            as marketing_channel_code
    from range(60) as numbers (n)
"""
CUSTOMERS = """
    insert into segments.dim_customers by name
    select
        'k' || n as customer_key, 1 as order_count,
        case when n % 2 = 0 then 'new' else 'active' end as lifecycle_code
    from range(120) as numbers (n)
"""
ORDERS = """
    insert into segments.fct_orders by name
    select 'o' || n as order_key, 'k' || n as customer_key from range(120) as numbers (n)
"""
IDENTITIES = """
    insert into intermediate.int_customer_identities
    select 'phone:' || n, 'k' || n // 2 from range(240) as numbers (n)
"""
CATALOGUE = """
    insert into kpis.kpi_catalogue by name
    select 'kpi_x' as kpi_code, 'share' as unit, 0 as maturity_days
"""
HISTORY = """
    insert into kpis.kpi_history by name
    select
        'kpi_x' as kpi_code, kinds.period_kind, 'all' as channel_code, 'own' as brand_code,
        'all' as product_key, 'all' as segment_kind, 0.5 as value, 0.4 as value_low, 0.6 as value_high, 0.1 as delta,
        200 as sample_count, date '2026-10-31' as as_of,
        date '2026-10-31' - cast(n as integer) as period_start,
        date '2026-10-31' - cast(n as integer) as period_end
    from range(20) as numbers (n), (values ('day'), ('week')) as kinds (period_kind)
"""
# forty buyers of a hundred yuan each
BUYERS = """
    insert into segments.dim_customers by name
    select 'b' || n as customer_key, 2 as order_count, 100 as net_cny from range(40) as buyers (n)
"""
VALUES = """
    insert into segments.customer_value by name
    select
        'b' || n as customer_key, 100 as historic_net_cny, 80 as value_12m_cny, 0.8 as p_alive,
        1.5 as expected_orders_12m
    from range(40) as buyers (n)
"""
MARKET = """
    insert into segments.mart_market_share by name
    select
        'panel' as channel_code, 'panel' as source_name, categories.category_code,
        date '2026-09-01' as month_start, brand_code, som, sov_mentions, sov_mentions - som as esov_mentions
    from (values ('own', 0.6, 0.7), ('rival', 0.4, 0.3)) as brands (brand_code, som, sov_mentions),
        (values ('all'), ('laptop')) as categories (category_code)
"""
STAFF = """
    insert into segments.mart_staff_advocacy by name
    select
        date '2026-10-01' as month_start, 'all' as department_code, 'all' as course_code,
        100 as voice_count, 10 as staff_voice_count, 80 as earned_voice_count,
        0 as staff_in_earned_count
"""
POINTS = """
    insert into segments.fct_points by name
    select 'e' || n as entry_key from range(100) as entries (n)
"""


@dataclass(frozen=True)
class Case:
    good: tuple[str, ...]
    fault: str
    column: str
    severity: str


CASES = {
    "customer_value_bounds: a buyer lost": Case(
        (BUYERS, VALUES),
        "delete from segments.customer_value where customer_key = 'b3'",
        "valued_share",
        "critical",
    ),
    "customer_value_bounds: money multiplied": Case(
        (BUYERS, VALUES),
        "update segments.customer_value set historic_net_cny = 2 * historic_net_cny",
        "money_share",
        "critical",
    ),
    "customer_value_bounds: certain and more": Case(
        (BUYERS, VALUES),
        "update segments.customer_value set p_alive = 1.2 where customer_key = 'b3'",
        "highest_p_alive",
        "critical",
    ),
    "customer_value_bounds: many times a day": Case(
        (BUYERS, VALUES),
        "update segments.customer_value set expected_orders_12m = 900 where customer_key = 'b3'",
        "most_orders",
        "critical",
    ),
    "customer_value_bounds: a reseller": Case(
        (BUYERS, VALUES),
        "update segments.customer_value set value_12m_cny = 3000 where customer_key = 'b3'",
        "largest_value_share",
        "warning",
    ),
    "mart_market_share_sums: a brand lost": Case(
        (AS_OF, MARKET),
        "update segments.mart_market_share set som = 0.5 where brand_code = 'own'",
        "som_gap",
        "critical",
    ),
    "mart_market_share_sums: another market's voice": Case(
        (AS_OF, MARKET),
        "update segments.mart_market_share set esov_mentions = 0.2 where brand_code = 'own'",
        "esov_gap",
        "critical",
    ),
    "mart_market_share_sums: stale": Case(
        (AS_OF, MARKET),
        "update segments.mart_market_share set month_start = date '2026-05-01'",
        "months_behind",
        "warning",
    ),
    "mart_staff_advocacy_apart: in both": Case(
        (STAFF,),
        "update segments.mart_staff_advocacy set earned_voice_count = 95",
        "voice_count, voice_sum",
        "critical",
    ),
    "mart_staff_advocacy_apart: unmarked": Case(
        (STAFF,),
        "update segments.mart_staff_advocacy set staff_in_earned_count = 3",
        "unmarked_share",
        "warning",
    ),
    "fct_points_exceptions: booked twice": Case(
        (POINTS,),
        "insert into segments.mart_points_exceptions by name "
        "select entry_key, 'booked_twice' as exception_code from segments.fct_points limit 9",
        "exception_share",
        "warning",
    ),
    "fct_voices_volume: rows lost": Case(
        (AS_OF, REVIEWS, VOICES),
        "delete from reviews.fct_voices where voice_key like '%1'",
        "kept_share",
        "critical",
    ),
    "fct_voices_volume: rows multiplied": Case(
        (AS_OF, REVIEWS, VOICES),
        "insert into reviews.fct_voices from reviews.fct_voices",
        "kept_share",
        "critical",
    ),
    "fct_voices_volume: a week without voices": Case(
        (AS_OF, REVIEWS.replace("range(160)", "range(640)"), MORE_VOICES),
        "update reviews.fct_voices set posted_at = posted_at - interval 6 day",
        "share_of_usual_week",
        "warning",
    ),
    "fct_voices_sentiment: the scorer stopped": Case(
        (AS_OF, VOICES),
        "update reviews.fct_voices set sentiment_score = null, sentiment_code = null "
        "where posted_at > timestamp '2026-10-10'",
        "scored_share_of_all",
        "critical",
    ),
    "fct_voices_sentiment: upside down": Case(
        (AS_OF, VOICES),
        "update reviews.fct_voices set sentiment_score = 1 - sentiment_score",
        "score_gap",
        "critical",
    ),
    "fct_voices_sentiment: nobody is unhappy": Case(
        (AS_OF, VOICES),
        "update reviews.fct_voices set sentiment_code = 'positive'",
        "negative_share",
        "warning",
    ),
    "fct_voices_freshness: a channel fell silent": Case(
        (AS_OF, VOICES),
        "update reviews.fct_voices set posted_at = posted_at - interval 10 day",
        "days_behind",
        "warning",
    ),
    "fct_response_clock_replies: nothing joined": Case(
        (RESPONSES, CLOCKS),
        "update reviews.fct_response_clock set first_reply_at = null, first_reply_minutes = null",
        "matched_share_of_all",
        "critical",
    ),
    "fct_response_clock_replies: robots as people": Case(
        (RESPONSES, CLOCKS),
        "update reviews.fct_response_clock set first_reply_minutes = 0.05",
        "instant_share",
        "warning",
    ),
    "fct_attribution_channels: nothing joined": Case(
        (TOUCHES, CREDITS),
        "update attribution.fct_attribution set marketing_channel_code = 'unattributed'",
        "unattributed_share_of_all",
        "critical",
    ),
    "fct_attribution_channels: one takes all": Case(
        (TOUCHES, CREDITS),
        "update attribution.fct_attribution set marketing_channel_code = 'koc' "
        "where marketing_channel_code <> 'unattributed'",
        "largest_channel_share",
        "warning",
    ),
    "dim_customers_population: strangers merged": Case(
        (CUSTOMERS, ORDERS, IDENTITIES),
        "update intermediate.int_customer_identities set customer_key = 'k1'",
        "largest_component",
        "critical",
    ),
    "dim_customers_population: orders of nobody": Case(
        (CUSTOMERS, ORDERS, IDENTITIES),
        "update segments.fct_orders set customer_key = null where order_key like '%0' is false",
        "known_order_share",
        "warning",
    ),
    "dim_customers_population: one stage": Case(
        (CUSTOMERS, ORDERS, IDENTITIES),
        "update segments.dim_customers set lifecycle_code = 'new'",
        "largest_stage_share",
        "warning",
    ),
    "kpi_history_values: outside its interval": Case(
        (CATALOGUE, HISTORY),
        "update kpis.kpi_history set value = 0.3 where period_start = date '2026-10-20'",
        "value, value_low",
        "critical",
    ),
    "kpi_history_values: a jump": Case(
        (CATALOGUE, HISTORY),
        "update kpis.kpi_history set delta = -0.5 where period_start = date '2026-10-20'",
        "share_jump",
        "warning",
    ),
    "kpi_history_values: no share": Case(
        (CATALOGUE, HISTORY),
        "update kpis.kpi_history set value = 1.5, value_high = 2 "
        "where period_start = date '2026-10-20'",
        "share",
        "critical",
    ),
    "kpi_history_values: less than nothing": Case(
        (CATALOGUE.replace("'share'", "'minutes'"), HISTORY),
        "update kpis.kpi_history set value = -1, value_low = -2 "
        "where period_start = date '2026-10-20'",
        "amount",
        "critical",
    ),
    "kpi_history_values: stale": Case(
        (CATALOGUE, HISTORY),
        "update kpis.kpi_history set as_of = date '2026-11-12'",
        "days_behind",
        "warning",
    ),
}


def verdict_of(case: str, connection: duckdb.DuckDBPyConnection) -> Verdict:
    return validate(MARTS[case.split(":", maxsplit=1)[0]], connection)


def test_every_suite_of_the_door_is_tried_here() -> None:
    assert {case.split(":", maxsplit=1)[0] for case in CASES} == set(MARTS)


@pytest.mark.parametrize("suite", MARTS.values(), ids=lambda suite: suite.name)
def test_empty_marts_pass(suite: Suite, marts: duckdb.DuckDBPyConnection) -> None:
    verdict = validate(suite, marts)
    assert [outcome.message for outcome in verdict.failures] == []


@pytest.mark.parametrize("case", CASES)
def test_ordinary_marts_pass_without_a_word(case: str, marts: duckdb.DuckDBPyConnection) -> None:
    for statement in CASES[case].good:
        marts.execute(statement)
    verdict = verdict_of(case, marts)
    assert verdict.row_count > 0
    assert [outcome.message for outcome in verdict.failures] == []


@pytest.mark.parametrize("case", CASES)
def test_a_planted_fault_is_found_with_its_rows(
    case: str, marts: duckdb.DuckDBPyConnection
) -> None:
    planted = CASES[case]
    for statement in (*planted.good, planted.fault):
        marts.execute(statement)
    verdict = verdict_of(case, marts)
    found = {(o.column, o.severity): o for o in verdict.failures}
    assert (planted.column, planted.severity) in found
    assert found[(planted.column, planted.severity)].sample_rows
    assert verdict.is_passed is (planted.severity == "warning")
