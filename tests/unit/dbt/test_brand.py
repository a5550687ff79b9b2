"""How the brand stands: trust by age, market share beside share of voice, proofs, media; small worlds by hand."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from tests.unit.dbt.building import Build

Rows = list[dict[str, Any]]

BANDS = """
    create table age_bands as select * from (values
        ('18_24', 18, 25), ('25_34', 25, 35), ('35_44', 35, 45)
    ) as bands (age_band_code, age_from, age_below)
"""


def built(model: str, setup: list[str], **variables: object) -> Rows:
    """The rows of a model on tables that `setup` makes; the data run through 2026-10-31."""
    with duckdb.connect() as connection:
        connection.execute("create table stg_as_of as select date '2026-10-31' as as_of")
        for statement in setup:
            connection.execute(statement)
        Build(connection, **variables).run(model)
        return connection.sql(f"select * from {model}").to_arrow_table().to_pylist()


# ---------------------------------------------------------------- trust


Answer = tuple[str, int | None, str, float | None]  # person, birth year, wave, score


def trust(answers: list[Answer], fewest: int = 5) -> dict[tuple[str, str], dict[str, Any]]:
    """Rows of mart_brand_trust by wave and band; W1 was sent in September, W2 in October."""
    people = {person: born for person, born, _, _ in answers}
    day = {"W1": "2026-09-01", "W2": "2026-10-01", "W9": "2026-11-01"}
    sheets = ", ".join(
        f"('k{number}', '{person}', 'trust', '{wave}', timestamp '{day[wave]} 10:00:00',"
        f" {'null' if score is None else score}::double)"
        for number, (person, _, wave, score) in enumerate(answers)
    )
    members = ", ".join(
        f"('{person}', {'null' if born is None else born}::bigint)"
        for person, born in people.items()
    )
    rows = built(
        "mart_brand_trust",
        [
            BANDS,
            f"create table dim_customers as select * from (values {members})"
            " as members (customer_key, birth_year)",
            "create table fct_surveys as select survey_key, customer_key, survey_kind, wave_code,"
            " sent_at, case when score is not null then sent_at end as answered_at, score,"
            f" 5.0::double as scale_max from (values {sheets})"
            " as sheets (survey_key, customer_key, survey_kind, wave_code, sent_at, score)",
        ],
        brand_index_minimum_answers=fewest,
    )
    return {(row["wave_code"], row["age_band_code"]): row for row in rows}


def scored(name: str, born: int | None, wave: str, scores: list[int]) -> list[Answer]:
    return [(f"{name}{n}", born, wave, float(score)) for n, score in enumerate(scores)]


def test_an_index_and_its_change_are_as_computed_by_scipy() -> None:
    rng = np.random.default_rng(8)
    first, second = rng.integers(1, 6, 40), rng.integers(2, 6, 60)
    rows = trust(
        [
            *scored("a", 2000, "W1", list(first)),
            *scored("b", 2000, "W2", list(second)),
            *[(f"silent{n}", 2000, "W2", None) for n in range(20)],
        ]
    )
    row = rows["W2", "25_34"]
    every_wave = rows["all", "25_34"]
    both = np.concatenate([first, second]) / 5
    assert every_wave["index_value"] == pytest.approx(both.mean() * 100)
    assert every_wave["index_low"] == pytest.approx(
        stats.t.interval(0.95, 99, both.mean(), stats.sem(both))[0] * 100, abs=1e-3
    )
    assert (every_wave["asked_count"], every_wave["index_change"]) == (120, None)
    # everybody is of that age, so all says the same
    assert rows["W2", "all"] == {**row, "age_band_code": "all"}
    assert (row["asked_count"], row["answer_count"], row["response_rate"]) == (80, 60, 0.75)
    share = second / 5
    assert row["index_value"] == pytest.approx(share.mean() * 100)
    low, high = stats.t.interval(0.95, 59, share.mean(), stats.sem(share))
    assert (row["index_low"], row["index_high"]) == (
        pytest.approx(low * 100, abs=1e-3),
        pytest.approx(high * 100, abs=1e-3),
    )
    welch = stats.ttest_ind(share, first / 5, equal_var=False).confidence_interval(0.95)
    assert row["index_change"] == pytest.approx((share.mean() - (first / 5).mean()) * 100)
    assert row["index_change_low"] == pytest.approx(welch.low * 100, abs=1e-3)
    assert row["index_change_high"] == pytest.approx(welch.high * 100, abs=1e-3)
    liked, liked_before = int((second >= 4).sum()), int((first >= 4).sum())
    assert row["top_two_share"] == liked / 60
    wilson = proportion_confint(liked, 60, method="wilson")
    assert (row["top_two_low"], row["top_two_high"]) == pytest.approx(wilson, abs=1e-6)
    newcombe = confint_proportions_2indep(liked, 60, liked_before, 40, method="newcomb")
    change = (row["top_two_change_low"], row["top_two_change_high"])
    assert change == pytest.approx(newcombe, abs=1e-6)
    assert rows["W1", "all"]["index_change"] is rows["W1", "all"]["previous_wave_code"] is None


def test_an_index_of_few_answers_is_not_shown_but_their_number_is() -> None:
    rows = trust([*scored("a", 2000, "W1", [5] * 29), *scored("b", 2000, "W2", [4] * 30)], 30)
    few, enough = rows["W1", "25_34"], rows["W2", "25_34"]
    assert few["is_below_minimum"]
    assert not few["is_suppressed"]
    assert few["answer_count"] == 29
    assert few["index_value"] is few["index_low"] is few["top_two_share"] is None
    assert enough["index_value"] == 80
    # what is not shown cannot be read off the change either
    assert enough["index_change"] is enough["top_two_change"] is None


def test_a_hidden_band_cannot_be_computed_from_the_others() -> None:
    rows = trust(
        [
            *scored("young", 2004, "W1", [5, 5, 1]),
            *scored("mid", 1995, "W1", [4] * 6),
            *scored("old", 1985, "W1", [3] * 20),
        ]
    )
    hidden = {band for (_, band), row in rows.items() if row["is_suppressed"]}
    assert hidden == {"18_24", "25_34"}
    # all waves together are those that are shown
    assert {band for wave, band in rows if wave == "all"} == {"35_44", "all"}
    always_known = {
        "survey_kind",
        "wave_code",
        "age_band_code",
        "wave_started_on",
        "previous_wave_code",
    }
    for band in hidden:
        row = rows["W1", band]
        assert {key for key, value in row.items() if value is not None} == {
            *(always_known - {"previous_wave_code"}),
            "is_suppressed",
            "is_below_minimum",
        }
    assert rows["W1", "all"]["answer_count"] == 29
    assert rows["W1", "35_44"]["index_value"] == 60


def test_who_has_no_age_is_unknown_and_who_answers_twice_counts_once() -> None:
    rows = trust(
        [
            *scored("none", None, "W1", [3] * 5),
            *scored("newborn", 2026, "W1", [5] * 5),
            # the same five on another membership, and one answer that is off the scale
            *scored("none", None, "W1", [3] * 5),
            ("off", None, "W1", 9.0),
            ("later", None, "W9", 5.0),
        ]
    )
    assert set(rows) == {(wave, age) for wave in ("W1", "all") for age in ("all", "unknown")}
    row = rows["W1", "unknown"]
    assert (row["asked_count"], row["answer_count"], row["index_value"]) == (11, 10, 80)


# ---------------------------------------------------------------- market share and share of voice


def market(sales: str, mentions: str = "('hemu', 'P1', true)") -> dict[tuple[str, ...], Any]:
    """Rows of mart_market_share by source, category, month's number and brand; mentions are of October."""
    rows = built(
        "mart_market_share",
        [
            "create table stg_market_sales as select 'desk' as channel_code, * from (values"
            f" {sales}) as sales (source_name, category_code, month_start, brand_code, sales_cny)",
            "create table int_brands as select 'hemu' as brand_code, true as is_own_brand",
            "create table dim_products as select * from (values ('P1', 'laptop'),"
            " ('P2', 'fryer')) as products (product_key, category_code)",
            "create table fct_voices as select 'mention' as voice_kind, true as is_public,"
            " true as is_original, timestamp '2026-10-05 09:00:00' as posted_at,"
            " 'v' || row_number() over () as voice_key, * from (values"
            f" {mentions}) as mentions (brand_code, product_key, is_earned)",
            "create table fct_engagement as select 'voice' as subject_kind, voice_key as"
            " subject_key, 100::bigint as impression_count from fct_voices",
        ],
    )
    return {
        (row["source_name"], row["category_code"], row["month_start"].month, row["brand_code"]): row
        for row in rows
    }


def test_share_of_voice_is_compared_with_the_market_of_the_same_brands() -> None:
    rows = market(
        "('A', 'laptop', date '2026-10-01', 'hemu', 200::decimal(18, 2)),"
        "('A', 'laptop', date '2026-10-01', 'rival', 600),"
        # nobody searches for the mentions of this one
        "('A', 'laptop', date '2026-10-01', 'others', 200)",
        "('hemu', 'P1', true), ('hemu', 'P1', true), ('hemu', 'P1', false), ('rival', 'P1', true),"
        # another category, none at all, and a brand that the source does not list
        "('hemu', 'P2', true), ('hemu', null, true), ('absent', 'P1', true)",
    )
    row = rows["A", "laptop", 10, "hemu"]
    assert (row["som"], row["sov_mentions"], row["esov_mentions"]) == (0.2, 0.75, 0.5)
    assert row["sov_earned_mentions"] == pytest.approx(2 / 3)
    assert row["esov_earned_mentions"] == pytest.approx(2 / 3 - 0.25)
    assert (row["sov_impressions"], row["impression_count"]) == (0.75, 300)
    assert (row["sov_mentions_low"], row["sov_mentions_high"]) == pytest.approx(
        proportion_confint(3, 4, method="wilson"), abs=1e-6
    )
    others = rows["A", "laptop", 10, "others"]
    assert others["som"] == 0.2
    unknown = [key for key in others if "sov" in key or "mention" in key]
    assert len(unknown) == 11
    assert {others[key] for key in unknown if key != "market_mention_count"} == {None}
    # over all categories every mention of the brand counts
    assert rows["A", "all", 10, "hemu"]["mention_count"] == 5
    assert rows["A", "all", 10, "hemu"]["sov_mentions"] == pytest.approx(5 / 6)
    gaps = [rows["A", "laptop", 10, brand]["esov_mentions"] for brand in ("hemu", "rival")]
    assert sum(gaps) == pytest.approx(0)


def test_sources_that_disagree_stand_beside_each_other() -> None:
    rows = market(
        "('A', 'laptop', date '2026-10-01', 'hemu', 200::decimal(18, 2)),"
        "('A', 'laptop', date '2026-10-01', 'rival', 800),"
        "('B', 'laptop', date '2026-10-01', 'hemu', 300),"
        "('B', 'laptop', date '2026-10-01', 'rival', 700),"
        # our own books alone are no market
        "(null, 'laptop', date '2026-10-01', 'hemu', 900),"
        # months that have not come are no fact
        "('A', 'laptop', date '2026-11-01', 'hemu', 1)",
    )
    assert {key[2] for key in rows} == {10}
    for source, share in (("A", 0.2), ("B", 0.3), ("unnamed", None)):
        row = rows[source, "laptop", 10, "hemu"]
        assert row["som"] == share
        assert (row["source_count"], row["som_lowest"], row["som_highest"]) == (2, 0.2, 0.3)


def test_the_next_month_s_change_stands_beside_the_gap_where_months_are_alike() -> None:
    rows = market(
        "('A', 'laptop', date '2026-08-01', 'hemu', 100::decimal(18, 2)),"
        "('A', 'laptop', date '2026-08-01', 'rival', 300),"
        "('A', 'laptop', date '2026-09-01', 'hemu', 120),"
        "('A', 'laptop', date '2026-09-01', 'rival', 280),"
        # another category joins: all categories of October are not those of September
        "('A', 'laptop', date '2026-10-01', 'hemu', 100),"
        "('A', 'laptop', date '2026-10-01', 'rival', 300),"
        "('A', 'fryer', date '2026-10-01', 'hemu', 100),"
        "('A', 'fryer', date '2026-10-01', 'rival', null)"
    )
    assert rows["A", "laptop", 8, "hemu"]["som_next_change"] == pytest.approx(0.05)
    assert rows["A", "laptop", 9, "hemu"]["som_next_change"] == pytest.approx(-0.05)
    assert rows["A", "laptop", 10, "hemu"]["som_next_change"] is None
    assert rows["A", "all", 8, "hemu"]["som_next_change"] == pytest.approx(0.05)
    assert rows["A", "all", 9, "hemu"]["som_next_change"] is None
    # an amount that is not known is no 0
    assert rows["A", "fryer", 10, "hemu"]["som"] is rows["A", "all", 10, "hemu"]["som"] is None
    # nobody listened in August: that is no silence
    assert rows["A", "laptop", 8, "hemu"]["mention_count"] is None
    assert rows["A", "fryer", 10, "hemu"]["mention_count"] == 0


# ---------------------------------------------------------------- proofs and media


def pieces(*rows: str) -> str:
    return (
        "create table stg_brand_programmes as select 'p' || row_number() over () as record_key,"
        f" 'x' as piece_ref, * from (values {', '.join(rows)}) as pieces (kind_code, published_on,"
        " valid_to, outlet_name, reach_count, spend_cny)"
    )


PROGRAMMES = pieces(
    "('esg', date '2026-06-10', null::date, null, 500::bigint, null::decimal(18, 2))",
    "('esg', date '2026-07-20', null, null, null, null)",
    "('esg', date '2026-07-25', null, null, null, null)",
    "('esg', date '2026-11-02', null, null, null, null)",
    "('certification', date '2025-08-01', date '2026-08-31', 'SGS', null, null)",
    "('certification', date '2026-08-01', date '2026-10-31', 'SGS', null, null)",
    "('certification', date '2026-09-01', date '2027-01-29', 'TÜV', null, null)",
    "('certification', date '2026-09-02', date '2027-01-30', 'CQC', null, null)",
    "('certification', date '2026-09-03', null, 'CCC', null, null)",
    "('certification', date '2025-02-01', date '2026-08-31', 'DIN', null, null)",
)


def test_a_silence_is_counted_in_days_and_months() -> None:
    rows = {
        row["month_start"].month: row
        for row in built("mart_brand_programmes", [PROGRAMMES])
        if row["kind_code"] == "esg"
    }
    assert [rows[month]["piece_count"] for month in (6, 7, 8, 9, 10)] == [1, 2, 0, 0, 0]
    assert [rows[month]["longest_gap_days"] for month in (6, 7, 10)] == [None, 40, 40]
    assert [rows[month]["days_since_last"] for month in (6, 7, 8, 10)] == [20, 6, 37, 98]
    assert [rows[month]["months_without_piece_count"] for month in (7, 8, 10)] == [0, 1, 3]
    assert max(rows) == 10
    assert rows[10]["valid_count"] is None


def test_a_certificate_holds_through_its_last_day() -> None:
    rows = {
        row["month_start"].isoformat(): row
        for row in built("mart_brand_programmes", [PROGRAMMES])
        if row["kind_code"] == "certification"
    }
    counts = ("valid_count", "expiring_count", "ended_count", "lapsed_count")
    assert [rows["2026-08-01"][count] for count in counts] == [3, 3, 0, 0]
    # of six two have ended, one ends today, one within ninety days, one a day later, one never; a body
    # whose paper has ended did not renew it
    assert [rows["2026-10-01"][count] for count in counts] == [4, 2, 2, 1]
    late = pieces(
        "('certification', date '2025-01-01', date '2025-12-31', 'SGS', null, null)",
        "('certification', date '2026-03-02', date '2027-12-31', 'SGS', null, null)",
    )
    gaps = [row["uncovered_days"] for row in built("mart_certifications", [late])]
    assert sorted(gaps, key=str) == [60, None]
    papers = {
        (row["outlet_name"], row["valid_to"].isoformat() if row["valid_to"] else None): (
            row["status_code"],
            row["days_left"],
            row["has_later_of_outlet"],
            row["uncovered_days"],
        )
        for row in built("mart_certifications", [PROGRAMMES])
    }
    assert papers == {
        ("SGS", "2026-08-31"): ("renewed", -61, True, None),
        ("SGS", "2026-10-31"): ("expiring", 0, False, 0),
        ("TÜV", "2027-01-29"): ("expiring", 90, False, None),
        ("CQC", "2027-01-30"): ("valid", 91, False, None),
        ("CCC", None): ("no_end", None, False, None),
        ("DIN", "2026-08-31"): ("lapsed", -61, False, None),
    }


def test_earned_media_costs_nothing_and_its_worth_is_only_what_a_rate_says() -> None:
    rows = built(
        "mart_earned_media",
        [
            pieces(
                "('media', date '2026-10-02', null, '36kr', 1000::bigint, 0::decimal(18, 2))",
                "('media', date '2026-10-03', null, '36kr', 3000, 600)",
                "('media', date '2026-10-04', null, '36kr', null, 500)",
                "('media', date '2026-10-05', null, null, 700, null)",
                "('esg', date '2026-10-05', null, '36kr', 9999, 0)",
            ),
            "create table fct_voices as select 'mention' as voice_kind, true as is_own_brand,"
            " true as is_public, true as is_original, timestamp '2026-10-05 09:00:00' as posted_at,"
            " false as is_negative, * from (values"
            " ('v1', 'media', 'weibo', true), ('v2', 'media', 'weibo', false),"
            " ('v3', 'media', 'forum', true), ('v4', 'employee', 'weibo', false),"
            " ('v5', 'user', 'weibo', true)"
            ") as voices (voice_key, author_kind, channel_code, is_earned)",
            "create table fct_engagement as select 'voice' as subject_kind, voice_key as"
            " subject_key, 50000::bigint as impression_count from fct_voices",
            "create table emv_rates as select 'weibo' as channel_code, 'impression' as"
            " measure_code, cny_per_thousand, valid_from from (values"
            " (20::decimal(18, 4), date '2026-01-01'), (30, date '2026-10-01'),"
            " (90, date '2026-10-06')) as rates (cny_per_thousand, valid_from)",
        ],
    )
    found = {(row["source_code"], row["outlet_code"]): row for row in rows}
    outlet = found["piece", "36kr"]
    assert (outlet["media_count"], outlet["earned_count"], outlet["paid_count"]) == (3, 1, 2)
    assert (outlet["earned_reach_count"], outlet["paid_reach_count"]) == (1000, 3000)
    assert outlet["earned_reach_share"] == 0.25
    # 600 yuan for 3,000 people; the piece that says nothing of its reach has no price
    assert (outlet["spend_cny"], outlet["paid_cny_per_thousand"]) == (1100, 200)
    every = found["piece", "all"]
    assert (every["media_count"], every["reach_count"], every["emv_estimate_cny"]) == (
        4,
        4700,
        None,
    )
    # of one nobody booked a cost, not even 0
    assert [every[f"{kind}_count"] for kind in ("earned", "paid", "spend_blank")] == [2, 2, 1]
    mentions = found["mention", "all"]
    assert (mentions["media_count"], mentions["earned_impression_count"]) == (3, 100_000)
    # the rate in force on the day, of earned impressions alone; the forum has none
    assert mentions["emv_estimate_cny"] == 1500
    assert found["mention", "forum"]["emv_estimate_cny"] is None


# ---------------------------------------------------------------- staff


def advocacy(
    courses: str, voices: str, *headcounts: str
) -> dict[tuple[int, str, str], dict[str, Any]]:
    """Rows of mart_staff_advocacy by the month's number, department and course."""
    rows = built(
        "mart_staff_advocacy",
        [
            f"create table stg_staff_training as select * from (values {courses})"
            " as courses (staff_ref, department_code, passed_at, course_code)",
            "create table staff_headcounts (department_code varchar, headcount bigint)",
            *[f"insert into staff_headcounts values {values}" for values in headcounts],
            "create table fct_voices as select voice_key, voice_kind, author_key, author_kind,"
            " is_earned, posted_at, true as is_own_brand, true as is_public, true as is_original"
            f" from (values {voices}) as voices"
            " (voice_key, voice_kind, author_key, author_kind, is_earned, posted_at)",
            "create table fct_engagement as select 'voice' as subject_kind, voice_key as"
            " subject_key, 10::bigint as impression_count, 1::bigint as like_count,"
            " 1::bigint as comment_count, null::bigint as share_count, null::bigint as save_count"
            " from fct_voices where voice_key <> 'v9'",
        ],
    )
    keys = ("department_code", "course_code")
    return {(row["month_start"].month, *(row[key] for key in keys)): row for row in rows}  # type: ignore[misc]


def course(person: str, department: str | None, passed: str | None, code: str = "speak_up") -> str:
    day = "null::timestamp" if passed is None else f"timestamp '{passed} 09:00:00'"
    return f"('{person}', {'null' if department is None else repr(department)}, {day}, '{code}')"


def test_staff_speak_apart_from_earned_voice() -> None:
    october = "timestamp '2026-10-09 09:00:00'"
    rows = advocacy(
        ", ".join(
            [
                *[course(f"m{n}", "marketing", "2026-08-03") for n in range(6)],
                *[course(f"n{n}", "marketing", None) for n in range(4)],
                # whoever moved is counted where they passed last
                *[course(f"s{n}", "store", "2026-10-05") for n in range(8)],
                course("s0", "marketing", "2026-09-05", "calm"),
                course("s1", "store", "2026-11-05"),
            ]
        ),
        f"('v1', 'mention', 'a', 'employee', false, {october}),"
        f"('v2', 'mention', 'a', 'employee', false, {october}),"
        f"('v9', 'mention', 'b', 'employee', false, {october}),"
        f"('v3', 'mention', 'c', 'user', true, {october}),"
        f"('v4', 'review', 'd', null, true, {october}),"
        # a paid creator is neither
        f"('v5', 'mention', 'e', 'creator', false, {october}),"
        f"('v6', 'mention', 'c', 'user', true, timestamp '2026-09-09 09:00:00')",
    )
    every = rows[10, "all", "all"]
    assert (every["voice_count"], every["staff_voice_count"], every["earned_voice_count"]) == (
        6,
        3,
        2,
    )
    assert every["staff_voice_share"] == 0.5
    assert every["staff_in_earned_count"] == 0
    assert (every["staff_impression_count"], every["staff_engagement_count"]) == (20, 4)
    assert (every["earned_impression_count"], every["staff_impression_share"]) == (20, 0.4)
    # two accounts to fourteen who have passed
    assert (every["staff_author_count"], every["passed_staff_count"]) == (2, 14)
    assert every["authors_per_trained"] == pytest.approx(1 / 7)
    assert (every["listed_staff_count"], every["passed_share_of_listed"]) == (
        18,
        pytest.approx(14 / 18),
    )
    assert rows[8, "marketing", "all"]["passed_share_of_listed"] == 0.6
    assert rows[9, "store", "all"]["passed_staff_count"] == 1
    assert (
        rows[10, "store", "all"]["listed_staff_count"],
        rows[10, "store", "all"]["newly_passed_staff_count"],
    ) == (
        8,
        7,
    )
    assert rows[8, "all", "all"]["staff_voice_count"] == 0
    assert rows[10, "store", "all"]["staff_voice_count"] is None
    assert min(month for month, _, _ in rows) == 8


def test_an_account_known_as_staff_is_listed_where_it_counts_as_earned() -> None:
    october = "timestamp '2026-10-09 09:00:00'"
    rows = advocacy(
        ", ".join(course(f"m{n}", "marketing", "2026-10-03") for n in range(5)),
        f"('v1', 'mention', 'a', 'employee', false, {october}),"
        f"('v2', 'review', 'a', null, true, {october}),"
        f"('v3', 'review', 'b', null, true, {october})",
    )
    assert rows[10, "all", "all"]["staff_in_earned_count"] == 1


def test_a_department_of_few_says_nothing_of_its_people() -> None:
    rows = advocacy(
        ", ".join(
            [
                *[course(f"m{n}", "marketing", "2026-10-03") for n in range(30)],
                *[course(f"s{n}", "store", None) for n in range(9)],
                *[course(f"l{n}", "legal", "2026-10-03") for n in range(2)],
                course("q", None, None),
                course("r", "quality", None),
            ]
        ),
        "('v1', 'mention', 'a', 'employee', false, timestamp '2026-10-09 09:00:00')",
    )
    hidden = {department for (_, department, _), row in rows.items() if row["is_suppressed"]}
    # 2 + 1 + 1 are four: the next must be hidden with them
    assert hidden == {"legal", "unknown", "quality", "store"}
    assert (
        rows[10, "legal", "all"]["passed_share_of_listed"]
        is rows[10, "store", "all"]["listed_staff_count"]
        is None
    )
    assert rows[10, "marketing", "all"]["passed_share_of_listed"] == 1
    assert rows[10, "all", "all"]["listed_staff_count"] == 43


def test_a_share_of_all_staff_needs_to_know_how_many_they_are() -> None:
    courses = ", ".join(
        [
            *[course(f"m{n}", "marketing", "2026-09-03") for n in range(6)],
            *[course(f"m{n}", "marketing", "2026-10-03", "calm") for n in range(3)],
            *[course(f"s{n}", "store", "2026-10-03") for n in range(5)],
        ]
    )
    voices = "('v1', 'mention', 'a', 'employee', false, timestamp '2026-10-09 09:00:00')"
    rows = advocacy(courses, voices, "('marketing', 24)")
    assert rows[10, "marketing", "all"]["passed_share_of_headcount"] == 0.25
    assert rows[10, "marketing", "calm"]["passed_share_of_headcount"] == 0.125
    assert rows[10, "marketing", "calm"]["passed_share_of_listed"] == 0.5
    assert rows[9, "marketing", "calm"]["passed_staff_count"] == 0
    # nobody says how many work in the store, so nobody knows of the company
    assert rows[10, "store", "all"]["passed_share_of_headcount"] is None
    assert rows[10, "all", "all"]["passed_share_of_headcount"] is None
    rows = advocacy(courses, voices, "('marketing', 24)", "('store', 20)", "('legal', 11)")
    assert rows[10, "all", "all"]["passed_share_of_headcount"] == 0.2
    # voices stand in one row a month
    assert sum(row["staff_voice_count"] or 0 for row in rows.values()) == 1


def test_voices_of_staff_are_counted_where_nobody_trains_them() -> None:
    rows = advocacy(
        course("late", "store", "2026-11-20"),
        "('v1', 'mention', 'a', 'employee', false, timestamp '2026-10-09 09:00:00'),"
        "('v2', 'mention', 'b', 'user', true, timestamp '2026-10-09 09:00:00')",
    )
    assert rows[10, "all", "all"]["staff_voice_share"] == 0.5
    assert rows[10, "all", "all"]["authors_per_trained"] is None
