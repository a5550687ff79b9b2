"""How the brand stands, as planted: trust by age, market share, proofs of standing, the press, our own staff."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration

KINDS = ("trust", "identity")


# ---------------------------------------------------------------- trust and identity


def answers(groups: dict[str, Any]) -> tuple[int, float]:
    """How many answered, whatever their age, and their index."""
    answered = sum(group["answered"] for group in groups.values())
    return answered, sum(group["score_sum"] for group in groups.values()) / answered / 5 * 100


@pytest.mark.parametrize("kind", KINDS)
def test_each_wave_s_answers_are_those_given(kind: str, demo_home: Home) -> None:
    rows = demo_home.query(
        "select * from segments.mart_brand_trust "
        f"where survey_kind = '{kind}' and age_band_code = 'all'"
    )
    found = {row["wave_code"]: row for row in rows}
    people = demo_home.query(
        "select wave_code, count(distinct coalesce(customer_key, survey_key)) as n "
        f"from segments.fct_surveys where survey_kind = '{kind}' and score is not null group by all"
    )
    people_of = {row["wave_code"]: row["n"] for row in people}
    planted = demo_home.truth["brand_trust"][kind]
    for wave, groups in planted["waves"].items():
        answered, index = answers(groups)
        # two memberships may prove to be one person, who then counts once
        assert found[wave]["answer_count"] == people_of[wave]
        assert answered - 2 <= people_of[wave] <= answered
        if people_of[wave] >= 30:
            assert found[wave]["index_value"] == pytest.approx(index, abs=1)
        else:
            assert found[wave]["index_value"] is found[wave]["index_change"] is None
    _, index = answers(planted["groups"])
    assert found["all"]["index_value"] == pytest.approx(index, abs=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_older_trust_more_wherever_enough_of_both_were_asked(
    kind: str, demo_home: Home
) -> None:
    truth = demo_home.truth["brand_trust"]
    # the band of who was born in the year from which on people are called young, and of who was not
    bands = {
        "under_18": 1,
        "18_24": 1,
        "25_34": 1,
        "35_44": 0,
        "45_54": 0,
        "55_64": 0,
        "65_plus": 0,
    }
    assert int(demo_home.truth["world"]["last_day"][:4]) - truth["young_born_from"] == 34
    rows = demo_home.query(
        "select * from segments.mart_brand_trust "
        f"where survey_kind = '{kind}' and wave_code = 'all' and age_band_code <> 'all'"
    )
    for row in rows:
        assert (row["index_value"] is None) == (row["answer_count"] < 30)
    means: dict[int, float] = {}
    errors: dict[int, float] = {}
    for is_young in (0, 1):
        shown = [
            row
            for row in rows
            if row["index_value"] is not None and bands.get(row["age_band_code"]) == is_young
        ]
        n = sum(row["answer_count"] for row in shown)
        if n:
            means[is_young] = sum(row["index_value"] * row["answer_count"] for row in shown) / n
            errors[is_young] = sum(
                ((row["index_high"] - row["index_low"]) / 2 * row["answer_count"] / n) ** 2
                for row in shown
            )
    # a world of few members shows no band of one side or the other
    assert len(means) == 2 or demo_home.truth["world"]["customers"] < 2_000
    if len(means) == 2:
        planted = truth[kind]["planted_difference"] / 5 * 100
        assert means[0] - means[1] == pytest.approx(planted, abs=sum(errors.values()) ** 0.5)


def test_no_cell_of_few_people_says_anything(demo_home: Home) -> None:
    rows = demo_home.query("select * from segments.mart_brand_trust")
    kept = {"survey_kind", "wave_code", "age_band_code", "wave_started_on", "previous_wave_code"}
    kept |= {"is_suppressed", "is_below_minimum"}
    hidden = [row for row in rows if row["is_suppressed"]]
    assert hidden
    for row in hidden:
        assert {key for key, value in row.items() if value is not None} <= kept
    assert all(row["answer_count"] not in range(1, 5) for row in rows)
    # where a band is hidden, so is another: one alone is the whole less the rest
    waves = [(row["survey_kind"], row["wave_code"]) for row in hidden]
    assert all(waves.count(wave) > 1 for wave in waves)


# ---------------------------------------------------------------- market share


def test_market_shares_are_those_of_the_panel(demo_home: Home) -> None:
    rows = demo_home.query("select * from segments.mart_market_share where is_own_brand")
    found = {(row["month_start"][:10], row["category_code"]): row for row in rows}
    for month in demo_home.truth["market_share"]:
        every = found[month["month_start"], "all"]
        assert Decimal(str(every["sales_cny"])) == Decimal(month["own_sales_cny"])
        assert Decimal(str(every["market_cny"])) == Decimal(month["sales_cny"])
        assert every["som"] == pytest.approx(month["own_share"], abs=1e-6)
        for category, share in month["own_share_by_category"].items():
            assert found[month["month_start"], category]["som"] == pytest.approx(share, abs=1e-6)


def test_the_gap_of_voice_and_market_is_nobody_s_in_sum(demo_home: Home) -> None:
    rows = demo_home.query(
        "select source_name, category_code, month_start, sum(som) as som, "
        "sum(sov_mentions) as sov, sum(esov_mentions) as esov, sum(esov_impressions) as reach "
        "from segments.mart_market_share group by all"
    )
    heard = [row for row in rows if row["sov"] is not None]
    assert heard
    assert all(row["som"] == pytest.approx(1, abs=1e-6) for row in rows)
    assert all(row["sov"] == pytest.approx(1, abs=1e-6) for row in heard)
    assert all(row["esov"] == pytest.approx(0, abs=1e-6) for row in heard)


def test_share_of_voice_is_that_of_the_kpi(demo_home: Home) -> None:
    # every watched brand is on the panel, so both look at the same mentions
    (row,) = demo_home.query(
        "select market.sov_mentions, market.mention_count, history.value, history.numerator "
        "from segments.mart_market_share as market join kpis.kpi_history as history "
        "on history.kpi_code = 'kpi_share_of_voice_mentions' and history.period_kind = 'month' "
        "and history.period_start = market.month_start and history.channel_code = 'all' "
        "and history.brand_code = 'own' "
        "where market.is_own_brand and market.category_code = 'all' "
        "and market.month_start = (select max(month_start) from segments.mart_market_share)"
    )
    assert row["mention_count"] == row["numerator"]
    assert row["sov_mentions"] == pytest.approx(row["value"], abs=1e-6)


# ---------------------------------------------------------------- proofs and the press


def test_the_report_that_was_never_written_is_the_longest_silence(demo_home: Home) -> None:
    truth = demo_home.truth["brand_programmes"]
    (row,) = demo_home.query(
        "select * from segments.mart_brand_programmes where kind_code = 'esg' "
        "order by month_start desc limit 1"
    )
    assert row["longest_gap_days"] == max(truth["esg_days_between"])
    assert row["last_published_on"][:10] == truth["esg_published_on"][-1]
    months = {day[:7] for day in truth["esg_published_on"]}
    first, last = (dt.date.fromisoformat(truth["esg_published_on"][0]), row["judged_on"][:7])
    spanned = (int(last[:4]) - first.year) * 12 + int(last[5:]) - first.month + 1
    assert row["months_without_piece_count"] == spanned - len(months)


def test_certificates_stand_as_planted(demo_home: Home) -> None:
    truth = demo_home.truth["brand_programmes"]["certificates"]
    rows = demo_home.query("select * from segments.mart_certifications order by published_on")
    for outlet, planted in truth.items():
        papers = [row for row in rows if row["outlet_name"] == outlet]
        newest = papers[-1]
        assert len(papers) == planted["pieces"]
        assert newest["valid_to"][:10] == planted["valid_to"]
        assert (newest["status_code"] != "lapsed") == planted["is_valid"]
        assert max(-newest["days_left"], 0) == planted["days_lapsed"]
        assert (
            sum(row["uncovered_days"] or 0 for row in papers) == planted["days_uncovered_between"]
        )
        assert all(row["status_code"] != "lapsed" for row in papers[:-1])
    (month,) = demo_home.query(
        "select * from segments.mart_brand_programmes where kind_code = 'certification' "
        "order by month_start desc limit 1"
    )
    assert month["lapsed_count"] == sum(not planted["is_valid"] for planted in truth.values())
    assert month["valid_count"] == sum(planted["is_valid"] for planted in truth.values())


def test_the_press_was_earned_for_the_most_part(demo_home: Home) -> None:
    truth = demo_home.truth["brand_programmes"]
    (found,) = demo_home.query(
        "select sum(earned_count)::bigint as earned, sum(paid_count)::bigint as paid, "
        "sum(earned_reach_count)::bigint as earned_reach, "
        "sum(paid_reach_count)::bigint as paid_reach, sum(spend_cny) as spend, "
        "sum(emv_estimate_cny) as worth from segments.mart_earned_media "
        "where source_code = 'piece' and outlet_code = 'all'"
    )
    earned, paid = truth["earned_media"], truth["paid_media"]
    assert (found["earned"], found["earned_reach"]) == (earned["pieces"], earned["reach"])
    assert (found["paid"], found["paid_reach"]) == (paid["pieces"], paid["reach"])
    assert Decimal(str(found["spend"])) == Decimal(paid["spend_cny"])
    # people reached have no price in the seed of rates
    assert found["worth"] is None
    rows = demo_home.query(
        "select month_start, earned_reach_count from segments.mart_earned_media "
        "where source_code = 'piece' and outlet_code = 'all' and earned_reach_count > 0"
    )
    assert {row["month_start"][:10]: row["earned_reach_count"] for row in rows} == {
        month["month_start"]: month["earned_reach"] for month in truth["media_by_month"]
    }


# ---------------------------------------------------------------- staff


def company_months(home: Home) -> list[dict[str, Any]]:
    return home.query(
        "select * from segments.mart_staff_advocacy "
        "where department_code = 'all' and course_code = 'all' order by month_start"
    )


def test_staff_speak_apart_and_in_no_earned_figure(demo_home: Home) -> None:
    rows = company_months(demo_home)
    truth = demo_home.truth["staff_advocacy"]
    assert sum(row["staff_voice_count"] for row in rows) == truth["employee"]["originals"]
    spoken = [row for row in rows if row["voice_count"]]
    (apart,) = demo_home.query(
        "select count(*) filter (where author_kind = 'employee') as staff, "
        "count(*) filter (where author_kind = 'employee' and is_earned) as staff_in_earned, "
        "count(*) filter (where is_earned) as earned, "
        "count(*) filter (where not is_earned and author_kind is distinct from 'employee') as bought, "
        "count(*) as everybody from reviews.fct_voices where voice_kind in ('mention', 'review') "
        "and is_own_brand and is_public and is_original"
    )
    assert apart["staff_in_earned"] == 0
    # an account that was staff once and did not say so another time is reported
    unmarked = demo_home.one(
        "select count(*) from reviews.fct_voices where voice_kind in ('mention', 'review') "
        "and is_own_brand and is_public and is_original and is_earned and author_key in "
        "(select author_key from reviews.fct_voices where author_kind = 'employee')"
    )
    assert sum(row["staff_in_earned_count"] for row in spoken) == unmarked
    assert unmarked <= 0.2 * apart["staff"]
    # staff, earned and bought are all there is, and none is in two
    assert apart["staff"] + apart["earned"] + apart["bought"] == apart["everybody"]
    assert sum(row["earned_voice_count"] for row in spoken) == apart["earned"]
    assert sum(row["staff_voice_count"] for row in spoken) == apart["staff"]


def test_courses_are_passed_as_planted(demo_home: Home) -> None:
    truth = demo_home.truth["staff_advocacy"]
    rows = demo_home.query(
        "select * from segments.mart_staff_advocacy where month_start = "
        "(select max(month_start) from segments.mart_staff_advocacy)"
    )
    found = {(row["department_code"], row["course_code"]): row for row in rows}
    assert found["all", "all"]["passed_staff_count"] == truth["staff_trained"]
    for course, passed in truth["passes"].items():
        assert found["all", course]["passed_staff_count"] == passed
    # nobody has said how many work here
    assert found["all", "all"]["passed_share_of_headcount"] is None
    assert all(row["listed_staff_count"] not in range(1, 5) for row in rows)
