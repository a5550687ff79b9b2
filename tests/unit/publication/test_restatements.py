from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.unit.publication.house import House

# each writes several whole publications: seconds, not milliseconds
pytestmark = pytest.mark.integration

D = date


def restated(house: House) -> list[tuple[Any, ...]]:
    return house.read(
        "select table_name, column_name, old_value, new_value, period_start, cause_files "
        "from meta.restatements order by all"
    )


def test_a_first_publication_restates_nothing(house: House) -> None:
    house.publish()
    assert restated(house) == []


def test_a_late_file_restates_the_day_that_it_touches(house: House) -> None:
    house.publish()
    house.land("jd_reviews_late.csv", D(2026, 10, 31), row_days=("2026-10-29 08:00",))
    house.land("weibo_late.csv", D(2026, 10, 31), channel="weibo", feed="mentions",
               row_days=("2026-10-29 08:00",))  # fmt: skip
    house.run(
        "update kpis.kpi_history set numerator = 2, value = 0.5 "
        "where period_kind = 'day' and channel_code = 'jd'"
    )
    house.publish()
    assert restated(house) == [
        ("kpis.kpi_history", "numerator", "1.0", "2.0", D(2026, 10, 29), "jd_reviews_late.csv"),
        ("kpis.kpi_history", "value", "0.25", "0.5", D(2026, 10, 29), "jd_reviews_late.csv"),
    ]
    ((key,),) = house.read("select distinct row_key from meta.restatements")
    assert '"kpi_code":"share"' in key
    assert '"period_start":"2026-10-29"' in key


def test_a_period_that_was_not_complete_only_goes_on(house: House) -> None:
    house.publish()  # as of Friday 30 October: neither its week nor its month is over
    house.land("jd_reviews_2026-10-31.csv", D(2026, 10, 31), row_days=("2026-10-31 08:00",))
    house.run(
        "update kpis.kpi_history set numerator = 3 where period_kind in ('week', 'month')",
        "insert into kpis.kpi_history values "
        "('share', 'day', '2026-10-31', 'jd', 'own', null, 1, 1, 1.0, true, '2026-10-31')",
    )
    house.publish()
    assert restated(house) == []


def test_a_complete_month_that_changes_is_restated(house: House) -> None:
    house.land("jd_reviews_2026-10-31.csv", D(2026, 10, 31))
    house.run("update kpis.kpi_history set is_complete = true where period_kind = 'month'")
    house.publish()
    house.land("jd_reviews_2026-11-01.csv", D(2026, 11, 1), row_days=("2026-10-02 08:00",))
    house.run("update kpis.kpi_history set denominator = 10 where period_kind in ('week','month')")
    house.publish()
    assert restated(house) == [
        ("kpis.kpi_history", "denominator", "9.0", "10.0", D(2026, 10, 1),
         "jd_reviews_2026-11-01.csv"),
    ]  # fmt: skip


def test_a_kpi_that_matures_later_is_not_restated_when_it_does(house: House) -> None:
    maturing = "update kpis.kpi_history set is_complete = {} where channel_code = 'jd'"
    house.run(maturing.format("false"))
    house.publish()
    house.run(maturing.format("true"), "update kpis.kpi_history set value = 0.9")
    house.publish()
    assert {row[4] for row in restated(house)} == {D(2026, 10, 30)}, "weibo's day was complete"


def test_a_kpi_row_that_is_new_or_gone_for_a_published_day_is_restated(house: House) -> None:
    house.run(
        "insert into kpis.kpi_history values "
        "('share', 'day', '2026-10-30', 'all', 'own', null, 0, 2, 0.0, true, '2026-10-30')",
    )
    house.publish()
    house.run(
        "delete from kpis.kpi_history where channel_code = 'weibo'",
        "insert into kpis.kpi_history values "
        "('share', 'day', '2026-10-30', 'jd', 'own', null, 1, 2, 0.5, true, '2026-10-30')",
    )
    house.publish()
    assert [row[1:5] for row in restated(house)] == [
        ("denominator", "2.0", None, D(2026, 10, 30)),
        ("denominator", None, "2.0", D(2026, 10, 30)),
        ("numerator", "0.0", None, D(2026, 10, 30)),
        ("numerator", None, "1.0", D(2026, 10, 30)),
        ("value", "0.0", None, D(2026, 10, 30)),
        ("value", None, "0.5", D(2026, 10, 30)),
    ]


def test_a_history_that_tells_more_apart_is_compared_with_its_totals(house: House) -> None:
    house.publish()
    house.manifest["nodes"]["model.koubei.kpi_history"]["config"]["meta"]["key"] = [
        "kpi_code", "period_kind", "period_start", "channel_code", "brand_code", "product_key",
        "segment_kind",
    ]  # fmt: skip
    house.run(
        "alter table kpis.kpi_history add column segment_kind varchar default 'all'",
        "insert into kpis.kpi_history select * replace ('tier' as segment_kind, 7 as value) "
        "from kpis.kpi_history",
        "update kpis.kpi_history set value = 0.5 "
        "where channel_code = 'weibo' and segment_kind = 'all'",
    )
    house.publish()
    assert [row[1:5] for row in restated(house)] == [("value", "0.0", "0.5", D(2026, 10, 30))]


def test_a_total_over_channels_names_files_of_any_channel(house: House) -> None:
    house.run("update kpis.kpi_history set channel_code = 'all' where channel_code = 'weibo'")
    house.publish()
    for channel, feed in (("jd", "reviews"), ("weibo", "mentions")):
        house.land(f"{channel}_late.csv", D(2026, 10, 30), channel=channel, feed=feed,
                   row_days=("2026-10-30 08:00",))  # fmt: skip
    house.run("update kpis.kpi_history set denominator = 3 where channel_code = 'all'")
    house.publish()
    assert restated(house)[0][5] == "jd_late.csv, weibo_late.csv"


def test_amounts_and_the_clock_of_a_fact_are_restated_and_its_counts_are_not(house: House) -> None:
    house.publish()
    house.run(
        "update reviews.fct_voices set value_cny = 13, reply_count = 5 "
        "where voice_key = 'review:jd:R1'",
        "update reviews.fct_voices set posted_at = '2026-10-27 10:00' "
        "where voice_key = 'review:jd:R2'",
        # a number where there was none is news
        "update reviews.fct_voices set value_cny = 1 where voice_key = 'mention:weibo:M1'",
    )
    house.publish()
    assert [row[:5] for row in restated(house)] == [
        ("reviews.fct_voices", "posted_at", "2026-10-29 10:00:00", "2026-10-27 10:00:00",
         D(2026, 10, 29)),
        ("reviews.fct_voices", "value_cny", "12.30", "13.00", D(2026, 10, 28)),
    ]  # fmt: skip


def test_noise_in_the_last_bits_of_a_double_is_no_restatement(house: House) -> None:
    house.publish()
    house.run(
        "update kpis.kpi_history set value = value * (1 + 1e-15)",
        "update reviews.fct_voices set rating_share = rating_share * (1 + 1e-15)",
        "update reviews.fct_voices set reply_count = 7",
    )
    assert house.publish().is_new
    assert restated(house) == []


def test_a_seed_or_setting_that_changed_has_no_file_as_its_cause(house: House) -> None:
    house.publish()
    house.run("update kpis.kpi_history set value = 0.3 where period_kind = 'day'")
    house.publish()
    assert {row[5] for row in restated(house)} == {None}


def test_where_no_file_touches_the_day_all_that_landed_are_named_up_to_five(house: House) -> None:
    house.publish()
    for number in range(7):
        house.land(f"links_{number}.csv", D(2026, 10, 30))
    house.land("refused.csv", D(2026, 10, 30), outcome="refused")
    house.run("update kpis.kpi_history set value = 0.3 where channel_code = 'weibo'")
    house.publish()
    assert restated(house)[0][5] == (
        "links_0.csv, links_1.csv, links_2.csv, links_3.csv, links_4.csv (+2)"
    )


def test_a_correction_that_drops_a_row_is_named_for_the_day_of_that_row(house: House) -> None:
    house.land("jd_reviews_a.csv", D(2026, 10, 29), row_days=("2026-10-29 08:00",))
    house.publish()
    corrected = house.land("jd_reviews_a_r2.csv", D(2026, 10, 29), row_days=())
    house.land("jd_reviews_other.csv", D(2026, 10, 30), row_days=("2026-10-30 08:00",))
    house.run(
        f"update raw.reviews set superseded_load_id = {corrected} where export_date = '2026-10-29'",
        "update kpis.kpi_history set denominator = 3 where channel_code = 'jd' "
        "and period_kind = 'day'",
    )
    house.publish()
    assert restated(house)[0][5] == "jd_reviews_a_r2.csv"


def test_restatements_add_up_over_publications_and_the_manifest_counts_them(house: House) -> None:
    house.publish()
    for value in (20, 30):
        house.run(
            f"update reviews.fct_voices set value_cny = {value} where voice_key = 'review:jd:R1'"
        )
        published = house.publish(run_id=f"to {value}")
    assert house.read(
        "select publication_id, old_value, new_value from meta.restatements order by 1"
    ) == [("2026-10-30-002", "12.30", "20.00"), ("2026-10-30-003", "20.00", "30.00")]
    assert house.ask("select count(*) from meta.restatements") == [(2,)]
    assert published.tables["meta.restatements"] == 2
    manifest = (published.path / "manifest.json").read_text()
    assert '"reviews.fct_voices": 1' in manifest
