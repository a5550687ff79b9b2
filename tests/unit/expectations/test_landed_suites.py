"""Every suite of the landed stage against a small good batch, and against one planted fault."""

import subprocess
import sys
from dataclasses import dataclass

import duckdb
import pytest

from expectations.suite import Suite, discover
from expectations.validation import validate
from expectations.verdicts import Verdict

SUITES = {suite.name: suite for suite in discover()}
LANDED = [suite for suite in SUITES.values() if suite.stage == "landed"]

# thirty ordinary rows of each feed, on the last day of October
REVIEWS = """
    insert into raw.reviews by name
    select 'jd' as channel_code, 'reviews' as export_name, 'jd:R' || n as record_key,
        date '2026-10-31' as export_date, 1 as load_id, 'f1' as file_id, n as row_number,
        'jd:R' || n as review_ref, 'crm:A100' as product_ref, 'jd_author:aa' as author_ref,
        1 + n % 5 as rating_raw, 5 as rating_max, 'hash' || n as text_sha256,
        timestamp '2026-10-31 23:59:59' as posted_at
    from range(30) as numbers (n)
"""
MENTIONS = """
    insert into raw.mentions by name
    select 'weibo' as channel_code, 'posts' as export_name, 'weibo:' || n as record_key,
        date '2026-10-31' as export_date, 1 as load_id, 'f2' as file_id, n as row_number,
        'own' as brand_code, 'weibo_author:bb' as author_ref, 'post' as mention_kind,
        'hash' || n as text_sha256, timestamp '2026-10-31 08:00:00' as posted_at
    from range(30) as numbers (n)
"""
ORDERS = """
    insert into raw.orders by name
    select 'jd' as channel_code, 'orders' as export_name, 'jd:O' || n as record_key,
        date '2026-10-31' as export_date, 1 as load_id, 'f3' as file_id, n as row_number,
        'jd_customer:cc' as customer_ref, 'paid' as status_code, 99.9 as gross_cny,
        0 as discount_cny, timestamp '2026-10-31 08:00:00' as ordered_at
    from range(30) as numbers (n)
"""
ORDER_ITEMS = """
    insert into raw.order_items by name
    select 'jd:O1|1' as record_key, 1 as load_id, 'f4' as file_id, 1 as row_number,
        99.9 as net_cny, null as freight_cny, 1 as quantity
"""
REFUNDS = """
    insert into raw.refunds by name
    select 'jd:T1' as record_key, 1 as load_id, 'f5' as file_id, 1 as row_number, 9.9 as amount_cny
"""
RESPONSES = """
    insert into raw.responses by name
    select 'jd:R' || n as record_key, date '2026-10-31' as export_date, 1 as load_id,
        'f1' as file_id, timestamp '2026-10-31 09:00:00' as responded_at
    from range(30) as numbers (n)
"""
# a file of a hundred rows on each of thirty days
FILES = """
    insert into raw.files by name
    select 'f' || n as file_id, 1 as load_id, 'jd_reviews_' || n as file_name,
        'jd' as channel_code, 'reviews' as export_name, date '2026-10-02' + cast(n as integer)
        as export_date, 1 as delivery_seq, 'landed' as outcome
    from range(30) as numbers (n)
"""
FILE_FEEDS = """
    insert into raw.file_feeds by name
    select 'f' || n as file_id, 1 as load_id, 'jd' as channel_code, 'reviews' as export_name,
        'reviews' as feed, 100 as delivered_count, 99 as landed_count, 1 as rejected_count
    from range(30) as numbers (n)
"""


AS_OF = """
    insert into raw.files by name
    select date '2026-10-31' as export_date, 'landed' as outcome, 'f1' as file_id
"""
BUILT = "insert into raw.builds by name select 1 as build_id, 1 as load_id"


def next_load(rows: str) -> str:
    """The same rows under other keys, landed after the build of load 1."""
    return rows.replace("1 as load_id", "2 as load_id").replace("|| n as record", "|| -n as record")


@dataclass(frozen=True)
class Case:
    good: tuple[str, ...]
    fault: str
    column: str
    severity: str
    failing_count: int


CASES = {
    "raw_reviews_stars": Case(
        (REVIEWS,),
        "update raw.reviews set rating_raw = 6 where record_key = 'jd:R7'",
        "rating_max, rating_raw",
        "critical",
        1,
    ),
    "raw_reviews_filled": Case(
        (AS_OF, REVIEWS, BUILT, next_load(REVIEWS)),
        "update raw.reviews set rating_raw = null where load_id = 2",
        "rating_raw_of_usual",
        "critical",
        1,
    ),
    "raw_reviews_times": Case(
        (REVIEWS,),
        "update raw.reviews set posted_at = posted_at + interval 8 hour",
        "days_before_export_end",
        "critical",
        30,
    ),
    "raw_mentions_filled": Case(
        (AS_OF, MENTIONS, BUILT, next_load(MENTIONS)),
        "update raw.mentions set brand_code = null "
        "where load_id = 2 and record_key not like 'weibo:-2%'",
        "brand_code_of_usual",
        "warning",
        1,
    ),
    "raw_mentions_times": Case(
        (MENTIONS,),
        "update raw.mentions set posted_at = timestamp '1970-01-21 10:00:00'",
        "days_since_2003",
        "critical",
        30,
    ),
    "raw_orders_filled": Case(
        (AS_OF, ORDERS, BUILT, next_load(ORDERS)),
        "update raw.orders set customer_ref = null where load_id = 2",
        "customer_ref_of_usual",
        "critical",
        1,
    ),
    "raw_orders_money": Case(
        (ORDERS,),
        "update raw.orders set gross_cny = -99.9 where record_key = 'jd:O3'",
        "gross_cny",
        "critical",
        1,
    ),
    "raw_orders_times": Case(
        (ORDERS,),
        "update raw.orders set ordered_at = timestamp '2027-01-01' where record_key = 'jd:O3'",
        "days_before_export_end",
        "warning",
        1,
    ),
    "raw_order_items_money": Case(
        (ORDER_ITEMS,), "update raw.order_items set net_cny = -1", "net_cny", "critical", 1
    ),
    "raw_refunds_money": Case(
        (REFUNDS,), "update raw.refunds set amount_cny = -9.9", "amount_cny", "critical", 1
    ),
    "raw_responses_times": Case(
        (RESPONSES,),
        "update raw.responses set responded_at = timestamp '2026-12-01'",
        "days_before_export_end",
        "critical",
        30,
    ),
    "raw_file_feeds_volume": Case(
        (FILES, FILE_FEEDS),
        "update raw.file_feeds set landed_count = 20 where file_id = 'f29'",
        "share_of_usual",
        "warning",
        1,
    ),
    "raw_files_freshness": Case(
        (FILES, FILES.replace("'jd'", "'tmall'")),
        "delete from raw.files where channel_code = 'tmall' and export_date > date '2026-10-28'",
        "missed_deliveries",
        "warning",
        1,
    ),
}


def verdict_of(name: str, connection: duckdb.DuckDBPyConnection) -> Verdict:
    return validate(SUITES[name], connection)


def test_every_suite_of_the_door_is_tried_here() -> None:
    assert sorted(CASES) == sorted(suite.name for suite in LANDED)


@pytest.mark.parametrize("suite", LANDED, ids=lambda suite: suite.name)
def test_a_feed_that_delivered_nothing_passes(suite: Suite, raw: duckdb.DuckDBPyConnection) -> None:
    verdict = validate(suite, raw)
    assert (verdict.is_passed, verdict.row_count, verdict.results) == (True, 0, [])


@pytest.mark.parametrize("name", CASES)
def test_an_ordinary_batch_passes_without_a_word(name: str, raw: duckdb.DuckDBPyConnection) -> None:
    for statement in CASES[name].good:
        raw.execute(statement)
    verdict = verdict_of(name, raw)
    assert verdict.row_count > 0
    assert [outcome.message for outcome in verdict.failures] == []


@pytest.mark.parametrize("name", CASES)
def test_a_planted_fault_is_found_with_its_rows(name: str, raw: duckdb.DuckDBPyConnection) -> None:
    case = CASES[name]
    for statement in (*case.good, case.fault):
        raw.execute(statement)
    verdict = verdict_of(name, raw)
    found = {(o.column, o.severity): o for o in verdict.failures}
    broken = found[(case.column, case.severity)]
    assert verdict.is_passed is (case.severity == "warning")
    assert broken.failing_count == case.failing_count
    assert broken.sample_rows
    assert all(set(SUITES[name].key) <= set(row) for row in broken.sample_rows)


def test_one_row_from_the_future_is_reported_and_does_not_block(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    raw.execute(REVIEWS)
    raw.execute(
        "update raw.reviews set posted_at = timestamp '2026-11-01 00:00:01' "
        "where record_key = 'jd:R3'"
    )
    verdict = verdict_of("raw_reviews_times", raw)
    assert verdict.is_passed
    (report,) = verdict.failures
    assert [row["record_key"] for row in report.sample_rows] == ["jd:R3"]


def test_a_column_that_an_export_never_had_is_no_fault(raw: duckdb.DuckDBPyConnection) -> None:
    for statement in (AS_OF, REVIEWS, BUILT, next_load(REVIEWS)):
        raw.execute(statement)
    raw.execute("update raw.reviews set product_ref = null")
    verdict = verdict_of("raw_reviews_filled", raw)
    assert (verdict.row_count, verdict.failures) == (1, [])


def test_rows_that_a_successful_build_has_taken_in_are_not_looked_at_again(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    raw.execute(REVIEWS)
    raw.execute("update raw.reviews set rating_raw = 6")
    raw.execute("insert into raw.builds by name select 1 as build_id, 1 as load_id")
    assert verdict_of("raw_reviews_stars", raw).row_count == 0


def test_a_load_that_was_refused_is_looked_at_again_with_the_next(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    raw.execute(REVIEWS)
    raw.execute("update raw.reviews set rating_raw = 6 where record_key = 'jd:R7'")
    raw.execute(REVIEWS.replace("1 as load_id", "2 as load_id").replace("'jd:R'", "'jd:S'"))
    assert not verdict_of("raw_reviews_stars", raw).is_passed


def test_a_correction_opens_the_door(raw: duckdb.DuckDBPyConnection) -> None:
    raw.execute(REVIEWS)
    raw.execute("update raw.reviews set rating_raw = 6, superseded_load_id = 2")
    raw.execute(REVIEWS.replace("1 as load_id", "2 as load_id"))
    assert verdict_of("raw_reviews_stars", raw).is_passed


def test_naming_the_suites_does_not_load_great_expectations() -> None:
    code = (
        "import sys; from expectations.suite import discover; discover(); "
        "sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
