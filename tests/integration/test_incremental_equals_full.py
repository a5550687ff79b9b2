"""Whatever lands, and whenever, an incremental build gives the rows of a full one.

The first day is the world of tests/golden/attribution, whose credits are worked out by hand there. Then
come the nights that tempt an incremental model to keep what it should let go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.hand_made import Database, HandMadeWarehouse, rows_of

pytestmark = pytest.mark.integration

GOLDEN = Path(__file__).parents[1] / "golden" / "attribution"
FAMILIES = ("segments.", "attribution.", "reviews.")
SCHEMAS = ("segments", "attribution", "reviews", "intermediate", "staging")
WANTED = ("+path:models/marts/segments", "+path:models/marts/attribution", "+identity_cuts")
# what remembers former nights, and what it reads; a table or view is made from these anew each time.
# The last two are looked at below
REMEMBERS = "+config.materialized:incremental"
CHANGED = (*(f"{REMEMBERS},{wanted}" for wanted in WANTED), "+identity_cuts", "+fct_journeys")
BUILD = ("build", "--exclude-resource-type", "unit_test")
NIGHT = (*BUILD, "test", "--select", *CHANGED)
# everything, and the tests of the data as far as all that they look at is built
ALL_AND_TESTS = (*BUILD, "--select", *WANTED, "--indirect-selection", "cautious")


def first_day(warehouse: HandMadeWarehouse) -> None:
    """The golden world, and the register of its customers."""
    feeds = ["campaigns", "identities", "orders", "refunds", "touchpoints"]
    rows = {feed: rows_of(GOLDEN / f"{feed}.csv") for feed in feeds}
    customers = [
        {
            "record_key": f"crm:{name}",
            "customer_ref": f"crm_customer:{name}",
            "phone": f"phone:{name}",
        }
        for name in ("anna", "chen", "dong")
    ]
    products = [
        {
            "record_key": "crm:P1",
            "product_ref": "crm:P1",
            "product_name": "电热水器",
            "brand_code": "own",
        }
    ]
    warehouse.land(
        date(2026, 10, 31), 1, {**rows, "customers": customers, "products": products}, "crm"
    )


def late_and_new(warehouse: HandMadeWarehouse) -> None:
    """A new day, with rows that belong to earlier ones."""
    warehouse.land(
        date(2026, 11, 1),
        2,
        {
            "touchpoints": [
                # before Bo's order of 7 October, which had no touch
                {"record_key": "ads:u1", "touch_ref": "ads:u1", "identity_kind": "jd_customer",
                 "identity_value": "jd_customer:bo", "touched_at": "2026-10-06 10:00:00",
                 "marketing_channel_code": "douyin", "campaign_ref": "ads:unheard_of"},
                {"record_key": "ads:u2", "touch_ref": "ads:u2", "identity_kind": "jd_customer",
                 "identity_value": "jd_customer:eve", "touched_at": "2026-10-31 10:00:00",
                 "marketing_channel_code": "zhihu"},
                # Fay never does anything else: 30 days later nothing can come of it any more
                {"record_key": "ads:u3", "touch_ref": "ads:u3", "identity_kind": "cookie",
                 "identity_value": "cookie:fay", "touched_at": "2026-10-03 12:00:00",
                 "marketing_channel_code": "douyin"},
                # Dong comes by a tablet that nobody else uses yet
                {"record_key": "ads:u4", "touch_ref": "ads:u4", "identity_kind": "device_id",
                 "identity_value": "device_id:tablet", "touched_at": "2026-10-31 09:00:00",
                 "marketing_channel_code": "weibo"},
            ],
            "identities": [
                {"record_key": "crm:device_id|tablet|dong", "identity_kind": "device_id",
                 "identity_value": "device_id:tablet", "customer_ref": "crm_customer:dong",
                 "linked_at": "2026-10-31 09:05:00"},
            ],
            "orders": [
                {"record_key": "jd:10", "order_ref": "jd:10", "customer_ref": "jd_customer:dong",
                 "ordered_at": "2026-10-31 10:00:00", "status_code": "paid", "gross_cny": 25},
                {"record_key": "jd:8", "order_ref": "jd:8", "customer_ref": "jd_customer:bo",
                 "ordered_at": "2026-11-01 12:00:00", "status_code": "paid", "gross_cny": 70},
                # Eve never says a word: only her identity can tell that she has become somebody else
                {"record_key": "jd:9", "order_ref": "jd:9", "customer_ref": "jd_customer:eve",
                 "ordered_at": "2026-11-01 13:00:00", "status_code": "paid", "gross_cny": 40},
                # exported again, and cancelled meanwhile
                {"record_key": "jd:4", "order_ref": "jd:4", "customer_ref": "jd_customer:chen",
                 "ordered_at": "2026-10-10 12:00:00", "status_code": "cancelled", "gross_cny": 30},
            ],
            "order_items": [
                {"record_key": "jd:2|1", "order_ref": "jd:2", "line_number": 1, "product_ref": "crm:P1",
                 "quantity": 1, "net_cny": 45, "freight_cny": 5},
                {"record_key": "jd:99|1", "order_ref": "jd:99", "line_number": 1, "product_ref": "jd:X",
                 "quantity": 1, "net_cny": 1, "freight_cny": 0},
            ],
            "reviews": [
                {"record_key": "jd:R1", "review_ref": "jd:R1", "product_ref": "crm:P1", "order_ref": "jd:3",
                 "author_ref": "jd_author:bo", "rating_raw": 5, "rating_max": 5,
                 "posted_at": "2026-11-01 20:00:00"},
            ],
        },
    )  # fmt: skip


def merged_and_corrected(warehouse: HandMadeWarehouse) -> None:
    """Bo turns out to be Anna, Eve to share Chen's telephone, and a file is delivered again, corrected."""
    warehouse.land(
        date(2026, 11, 2),
        3,
        {
            "identities": [
                {"record_key": "crm:jd_customer|bo", "identity_kind": "jd_customer",
                 "identity_value": "jd_customer:bo", "customer_ref": "crm_customer:anna",
                 "linked_at": "2026-11-02 09:00:00"},
                {"record_key": "crm:jd_customer|eve", "identity_kind": "jd_customer",
                 "identity_value": "jd_customer:eve", "customer_ref": "crm_customer:eve",
                 "linked_at": "2026-11-02 09:00:00"},
                # the tablet is the shop's: who used it can no longer be distinguished
                {"record_key": "crm:device_id|tablet|chen", "identity_kind": "device_id",
                 "identity_value": "device_id:tablet", "customer_ref": "crm_customer:chen",
                 "linked_at": "2026-11-02 09:00:00"},
            ],
            # a chain: Eve's shop account, her membership, the telephone, Chen's membership
            "customers": [
                {"record_key": "crm:eve", "customer_ref": "crm_customer:eve", "phone": "phone:chen",
                 "registered_at": "2026-11-02 09:00:00"},
            ],
        },
        "crm",
    )  # fmt: skip
    warehouse.supersede("touchpoints", "ads:t1", 3)
    warehouse.supersede("touchpoints", "ads:t7", 3)
    warehouse.land(
        date(2026, 10, 31),
        3,
        {
            "touchpoints": [
                {"record_key": "ads:t1", "delivery_seq": 2, "touch_ref": "ads:t1", "identity_kind": "cookie",
                 "identity_value": "cookie:c", "touched_at": "2026-10-02 10:00:00",
                 "marketing_channel_code": "weibo", "campaign_ref": "crm:C1"},
            ],
        },
        "ads",
    )  # fmt: skip


def split_and_moved(warehouse: HandMadeWarehouse) -> None:
    """The links were wrong, a campaign changes its strategy, and rows move from one parent to another."""
    warehouse.supersede("identities", "crm:jd_customer|bo", 4)
    warehouse.supersede("identities", "crm:device_id|tablet|chen", 4)
    warehouse.supersede("orders", "jd:6", 4)
    warehouse.land(
        date(2026, 11, 3),
        4,
        {
            "campaigns": [
                {"record_key": "crm:C2", "campaign_ref": "crm:C2", "campaign_name": "品牌词",
                 "strategy_code": "paid_social"},
            ],
            # the same cookie, now known to be Chen's
            "identities": [
                {"record_key": "crm:cookie|d", "identity_kind": "cookie", "identity_value": "cookie:d",
                 "customer_ref": "crm_customer:chen", "linked_at": "2026-11-03 09:00:00"},
            ],
            "customers": [
                {"record_key": "crm:eve", "customer_ref": "crm_customer:eve", "phone": "phone:eve",
                 "registered_at": "2026-11-02 09:00:00"},
            ],
            "refunds": [
                {"record_key": "jd:r1", "refund_ref": "jd:r1", "order_ref": "jd:2",
                 "refunded_at": "2026-10-08 10:00:00", "amount_cny": 10.01},
            ],
        },
        "crm",
    )  # fmt: skip


NIGHTS: list[Callable[[HandMadeWarehouse], None]] = [
    late_and_new,
    merged_and_corrected,
    split_and_moved,
]


@dataclass(frozen=True)
class Night:
    """The warehouse after a night, built on the one before, and all at once."""

    incremental: Database
    full: Database
    compared: frozenset[str]
    """What was built all at once and must be equal."""


def compared(built: Mapping[str, str]) -> frozenset[str]:
    """Every table of the families, and whatever else remembers former nights."""
    return frozenset(
        name
        for name, materialized in built.items()
        if name.startswith(FAMILIES) or materialized == "incremental"
    )


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[Night]:
    """The first day, each of NIGHTS, and one night without deliveries."""
    warehouse = HandMadeWarehouse(tmp_path_factory.mktemp("nights") / "warehouse.duckdb").create()
    first_day(warehouse)
    all_of_it = compared(warehouse.dbt(*ALL_AND_TESTS))
    warehouse.built(1)
    built = warehouse.saved("night0")
    nights = [Night(built, built, all_of_it)]
    for number, happens in enumerate(NIGHTS, start=1):
        happens(warehouse)
        before = warehouse.saved("before")
        at_once = compared(warehouse.dbt(*NIGHT, "--full-refresh"))
        full = warehouse.saved(f"night{number}_full")
        warehouse.restore(before)
        warehouse.dbt(*(ALL_AND_TESTS if happens is NIGHTS[-1] else NIGHT))
        warehouse.built(number + 1)
        nights.append(Night(warehouse.saved(f"night{number}"), full, at_once))
    warehouse.dbt(*NIGHT)
    last = nights[-1]
    nights.append(Night(warehouse.saved("quiet_night"), last.incremental, last.compared))
    return nights


def conversions(warehouse: Database) -> set[str]:
    """The keys of all conversions."""
    return {
        str(key)
        for (key,) in warehouse.query("select conversion_key from attribution.fct_conversions")
    }


def customer_of(warehouse: Database, order_key: str) -> str:
    """The customer of an order."""
    [(customer_key,)] = warehouse.query(
        f"select customer_key from segments.fct_orders where order_key = '{order_key}'"
    )
    return str(customer_key)


def test_credits_are_those_worked_out_by_hand(
    nights: list[Night],
) -> None:
    expected = {
        (
            row["conversion_key"], row["model_code"], row["touch_key"], row["marketing_channel_code"],
            row["strategy_code"], Decimal(str(row["weight"])), Decimal(str(row["credited_cny"])),
        )
        for row in rows_of(GOLDEN / "expected.csv")
    }  # fmt: skip
    got = nights[0].full.query(
        "select conversion_key, model_code, touch_key, marketing_channel_code, strategy_code, "
        "cast(weight as decimal(8, 6)), credited_cny from attribution.fct_attribution where model_code "
        "in (select model_code from seeds.attribution_models where model_kind_code = 'rule')"
    )
    assert len(got) == len(expected)
    assert set(got) == expected


@pytest.mark.parametrize(
    "night",
    range(1, len(NIGHTS) + 2),
    ids=[*(step.__name__ for step in NIGHTS), "nothing_delivered"],
)
def test_a_night_gives_the_rows_of_a_full_build(nights: list[Night], night: int) -> None:
    names = nights[night].compared
    incremental = nights[night].incremental.tables(*SCHEMAS)
    full = nights[night].full.tables(*SCHEMAS)
    assert len(names) > 30
    assert names <= incremental.keys() & full.keys()
    for table in sorted(names):
        rows = full[table]
        assert incremental[table] - rows == {}, f"{table}: rows that a full build does not have"
        assert rows - incremental[table] == {}, f"{table}: rows that only a full build has"


def test_a_late_touch_is_credited_with_the_earlier_order(
    nights: list[Night],
) -> None:
    after = nights[1].incremental
    touches = after.query(
        "select distinct touch_key from attribution.fct_attribution where conversion_key = 'sale:jd:3'"
    )
    assert touches == [("ads:u1",)]


def test_a_journey_is_given_up_when_its_lookback_is_over_though_nothing_of_it_lands(
    nights: list[Night],
) -> None:
    of_fay = (
        "select is_censored from attribution.fct_journeys where path_key like 'open:sale:%ads:u3'"
    )
    assert nights[1].incremental.query(of_fay) == [(True,)]
    assert nights[2].incremental.query(of_fay) == [(False,)]


def test_a_cancelled_order_is_no_conversion_any_more(
    nights: list[Night],
) -> None:
    before, after = nights[0].incremental, nights[1].incremental
    assert "sale:jd:4" in conversions(before)
    assert not {"sale:jd:4", "acquisition:jd:4"} & conversions(after)


def test_a_link_that_lands_later_makes_one_customer_of_two_and_undoing_it_two_of_one(
    nights: list[Night],
) -> None:
    apart, joined, apart_again = (nights[night].incremental for night in (1, 2, 3))
    assert customer_of(apart, "jd:1") != customer_of(apart, "jd:3")
    assert "acquisition:jd:3" in conversions(apart)
    # Anna had bought two days before, so Bo's first order was her third purchase
    assert customer_of(joined, "jd:1") == customer_of(joined, "jd:3")
    assert "acquisition:jd:3" not in conversions(joined)
    assert "retention:jd:3" in conversions(joined)
    assert customer_of(joined, "jd:9") == customer_of(joined, "jd:4")
    assert customer_of(apart_again, "jd:3") == customer_of(apart, "jd:3")
    assert customer_of(apart_again, "jd:9") != customer_of(apart_again, "jd:4")
    assert "acquisition:jd:3" in conversions(apart_again)


def test_an_identifier_that_too_many_share_gives_back_what_it_was_credited_with_until_it_is_freed(
    nights: list[Night],
) -> None:
    def is_credited(warehouse: Database) -> bool:
        touches = warehouse.query(
            "select touch_key from attribution.fct_attribution "
            "where conversion_key = 'sale:jd:10' and model_code = 'linear'"
        )
        return ("ads:u4",) in touches

    alone, shared, freed = (nights[night].incremental for night in (1, 2, 3))
    assert is_credited(alone)
    assert not is_credited(shared)
    assert is_credited(freed)
    query = "select identity_kind, cut_code, link_count, maximum_count from segments.identity_cuts"
    assert shared.query(query) == [("device_id", "shared_identifier", 2, 1)]
    assert alone.query(query) == freed.query(query) == []
