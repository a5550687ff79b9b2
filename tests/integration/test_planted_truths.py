"""What the demo planted is found again in the published set, and nothing personal is in it."""

from __future__ import annotations

import duckdb
import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.integration


def test_reply_times_by_subject_are_the_planted_ones_to_the_second(demo_home: Home) -> None:
    found = demo_home.query(
        """
        select
            case when subject_key like 'review:%' then 'review'
                 when subject_key like 'mention:%' then 'mention' else 'case' end as subject,
            count(*) as first_replies,
            median(first_reply_minutes) as median_minutes,
            avg(first_reply_minutes) as mean_minutes,
            count(*) filter (where first_reply_minutes <= 60) as within_60
        from reviews.fct_response_clock
        where first_reply_at is not null
        group by all
        """
    )
    planted = demo_home.truth["replies"]["by_subject"]
    assert {row["subject"] for row in found} == set(planted)
    for row in found:
        truth = planted[row["subject"]]
        assert row["first_replies"] == truth["first_replies"], row
        assert row["within_60"] == truth["within_60"], row
        assert row["median_minutes"] == pytest.approx(truth["median_minutes"], abs=1e-6), row
        assert row["mean_minutes"] == pytest.approx(truth["mean_minutes"], abs=1e-5), row


def test_reply_times_by_department_are_the_planted_ones_to_the_second(demo_home: Home) -> None:
    found = demo_home.query(
        """
        select
            responses.department_code as department,
            count(*) as first_replies,
            median(clocks.first_reply_minutes) as median_minutes,
            count(*) filter (where clocks.first_reply_minutes <= 60) as within_60
        from reviews.fct_response_clock as clocks
        inner join reviews.fct_responses as responses
            on clocks.subject_key = responses.subject_key
            and clocks.first_reply_at = responses.responded_at
        where not coalesce(responses.is_automated, false)
        group by all
        """
    )
    planted = demo_home.truth["replies"]["by_department"]
    assert {row["department"] for row in found} == set(planted)
    for row in found:
        truth = planted[row["department"]]
        assert row["first_replies"] == truth["first_replies"], row
        assert row["within_60"] == truth["within_60"], row
        assert row["median_minutes"] == pytest.approx(truth["median_minutes"], abs=1e-6), row


def test_handoffs_misroutes_and_the_time_to_assign_are_the_planted_ones(demo_home: Home) -> None:
    planted = demo_home.truth["handling"]
    (row,) = demo_home.query(
        """
        select
            sum(handoff_count)::bigint as handoffs,
            count(*) filter (where is_misrouted) as misrouted,
            sum(misrouted_minutes) as minutes,
            count(assigned_at) as assigned,
            median(assign_minutes) as assign_minutes
        from reviews.mart_case_handling
        """
    )
    assert planted["misrouted_cases"] > 0
    assert row["handoffs"] == planted["handoffs"]
    assert row["misrouted"] == planted["misrouted_cases"]
    assert row["minutes"] == pytest.approx(planted["minutes_before_right_department"], abs=1e-5)
    assert row["assigned"] == planted["assigned_cases"]
    assert row["assign_minutes"] == pytest.approx(planted["median_minutes_to_assign"], abs=1e-6)


def test_cases_in_which_departments_contradict_each_other_are_the_planted_ones(
    demo_home: Home,
) -> None:
    found = demo_home.query("select case_key, conflict_code from reviews.fct_response_conflicts")
    planted = demo_home.truth["handling"]["conflicting_cases"]
    assert planted
    assert {row["case_key"].rpartition(":")[2] for row in found} == set(planted)
    assert {row["conflict_code"] for row in found} == {"granted_and_refused"}


def test_voices_that_a_case_handled_are_the_planted_ones_and_none_is_dropped(
    demo_home: Home,
) -> None:
    planted = demo_home.truth["handled_reviews"]
    (row,) = demo_home.query(
        """
        select
            count(*) as opened, count(handled_at) as handled, median(handled_minutes) as minutes
        from reviews.fct_response_clock where handled_by_case_key is not null
        """
    )
    assert row["opened"] == planted["reviews_with_case"]
    assert row["handled"] == planted["reviews_handled"]
    assert row["minutes"] == pytest.approx(planted["median_minutes"], abs=1e-6)
    (row,) = demo_home.query(
        """
        select
            count(*) as voices, count(clocks.subject_key) as clocks,
            count(clocks.first_reply_at) as replies,
            count(clocks.first_reply_business_minutes) as business,
            count(*) filter (
                where clocks.first_reply_business_minutes > clocks.first_reply_minutes + 1e-9
            ) as too_long
        from reviews.fct_voices as voices
        left join reviews.fct_response_clock as clocks on voices.voice_key = clocks.subject_key
        where voices.is_own_brand and voices.voice_kind <> 'case'
            and coalesce(voices.author_kind, 'user') <> 'employee'
        """
    )
    assert row["clocks"] == row["voices"]
    assert row["business"] == row["replies"]
    assert row["too_long"] == 0


def test_reviews_bettered_after_a_reply_are_the_planted_ones(demo_home: Home) -> None:
    found = demo_home.query(
        "select voice_key from reviews.fct_recoveries where is_bettered_after_reply"
    )
    planted = demo_home.truth["recovery"]["bettered_after_reply"]
    assert planted
    assert {row["voice_key"] for row in found} == {
        f"review:{row['channel']}:{row['id']}" for row in planted
    }


def test_the_backlog_adds_up_and_its_last_day_is_what_stands_open(demo_home: Home) -> None:
    (row,) = demo_home.query(
        """
        with days as (
            select
                *, lag(open_count, 1, 0) over (
                    partition by department_code order by backlog_date
                ) as before
            from reviews.mart_backlog
        )
        select
            count(*) filter (
                where open_count <> before + opened_count + reopened_count + received_count
                    - solved_count - handed_on_count
            ) as broken,
            sum(opened_count)::bigint as opened,
            sum(open_count) filter (
                where backlog_date = (select max(backlog_date) from days)
            )::bigint as standing,
            sum(breaching_count) filter (
                where backlog_date = (select max(backlog_date) from days)
            )::bigint as breaching,
            (select count(*) from reviews.fct_cases where resolved_at is null) as unresolved,
            (
                select count(*) from reviews.fct_response_clock
                where subject_kind = 'case' and is_active_breach
            ) as active
        from days
        """
    )
    assert row["broken"] == 0
    assert row["opened"] == demo_home.truth["cases"]["cases"]
    assert row["standing"] == row["unresolved"]
    assert row["breaching"] == row["active"]


def test_nps_counts_the_planted_promoters_and_detractors(demo_home: Home) -> None:
    waves = demo_home.truth["nps"]
    (row,) = demo_home.query(
        "select sum(numerator) as net, sum(denominator) as answers, "
        "sum(promoter_count) as promoters, sum(detractor_count) as detractors from kpis.kpi_nps"
    )
    assert row["promoters"] == sum(wave["promoters"] for wave in waves)
    assert row["detractors"] == sum(wave["detractors"] for wave in waves)
    assert row["answers"] == sum(wave["answered"] for wave in waves)
    assert row["net"] == row["promoters"] - row["detractors"]


def test_share_of_voice_counts_the_planted_mentions(demo_home: Home) -> None:
    planted = demo_home.truth["share_of_voice"]
    found = demo_home.query(
        "select brand_code, count(*) as mentions, "
        "count(*) filter (where original_voice_key is null) as without_reshares "
        "from reviews.fct_voices where voice_kind = 'mention' and is_public group by all"
    )
    by_brand = {row["brand_code"]: row for row in found if row["brand_code"] in planted}
    for brand, truth in planted.items():
        assert by_brand[brand]["mentions"] == truth["public_mentions"]
        assert by_brand[brand]["without_reshares"] == truth["without_reshares"]
    own = demo_home.truth["world"]["own_brand"]
    share = demo_home.one(
        "select value from kpis.kpi_history where kpi_code = 'kpi_share_of_voice_mentions' "
        "and period_kind = 'quarter' and channel_code = 'all' and product_key = 'all' "
        f"and brand_code = '{own}' order by period_start desc limit 1"
    )
    assert share == pytest.approx(planted[own]["share_without_reshares"], abs=1e-6)


def test_orders_reconcile_with_the_shops_to_the_cent(demo_home: Home) -> None:
    for shop, truth in demo_home.truth["orders"].items():
        (row,) = demo_home.query(
            "select count(*) as orders, sum(net_cny) filter (where is_valid) as net "
            f"from segments.fct_orders where channel_code = '{shop}'"
        )
        assert row["orders"] == truth["orders"]
        assert f"{float(row['net']):.2f}" == truth["net_cny_kept"]
        (row,) = demo_home.query(
            "select count(*) as refunds, sum(amount_cny) as amount "
            f"from segments.fct_refunds where channel_code = '{shop}'"
        )
        assert row["refunds"] == truth["refunds"]
        assert f"{float(row['amount']):.2f}" == truth["refund_cny"]


def test_the_rejected_rows_are_the_planted_ones_and_no_others(demo_home: Home) -> None:
    found = demo_home.query(
        "select file_name, feed, line_number, column_name from meta.rejected_rows"
    )
    planted = demo_home.truth["bad_rows"]
    assert sorted((row["file_name"], row["feed"], row["line_number"]) for row in found) == sorted(
        (row["file"], row["feed"], row["line"]) for row in planted
    )


def test_a_file_delivered_twice_landed_once(demo_home: Home) -> None:
    planted = {row["file"] for row in demo_home.truth["duplicate_files"]}
    found = demo_home.query("select file_name from meta.files where outcome = 'duplicate'")
    assert {row["file_name"] for row in found} == planted
    assert demo_home.build("select count(*) from raw.files where outcome = 'refused'") == [(0,)]


def test_corrected_files_leave_nothing_of_what_was_wrong(demo_home: Home) -> None:
    corrections = demo_home.truth["corrections"]
    assert corrections
    superseded = demo_home.build(
        "select file_name from raw.files where superseded_load_id is not null"
    )
    corrected = {row["file"] for row in corrections}
    assert corrected <= {name for (name,) in superseded}
    phantoms = {row["phantom_id"] for row in corrections if row["phantom_id"]}
    for feed in ["orders", "reviews", "mentions", "touchpoints", "responses"]:
        keys = demo_home.build(
            f"select record_key from raw.{feed} where superseded_load_id is null"
        )
        assert not [key for (key,) in keys if any(phantom in key for phantom in phantoms)]


def planted_values(home: Home) -> set[str]:
    return {value for text in home.truth["personal_data"] for value in text["values"]}


@pytest.mark.parametrize("which", ["build", "published"])
def test_no_planted_phone_mail_or_id_is_in_any_text_column(which: str, demo_home: Home) -> None:
    file = (
        demo_home.path / "build" / "warehouse.duckdb"
        if which == "build"
        else demo_home.current / "koubei.duckdb"
    )
    values = planted_values(demo_home)
    assert len(values) > 5
    with duckdb.connect(str(file), read_only=True) as db:
        columns = db.execute(
            "select table_schema, table_name, column_name from information_schema.columns "
            "join information_schema.tables using (table_catalog, table_schema, table_name) "
            "where table_type = 'BASE TABLE' and data_type in ('VARCHAR', 'JSON')"
        ).fetchall()
        assert len(columns) > 100
        db.execute("create temp table planted (planted_value varchar)")
        db.executemany("insert into planted values (?)", [[value] for value in sorted(values)])
        for schema, table, column in columns:
            ((found,),) = db.execute(
                f'select count(*) from "{schema}"."{table}", planted '
                f'where contains("{column}"::varchar, planted_value)'
            ).fetchall()
            assert found == 0, f"{schema}.{table}.{column} holds {found} planted values"


def test_no_planted_value_stands_in_any_file_that_is_published_or_logged(demo_home: Home) -> None:
    values = [value.encode() for value in planted_values(demo_home)]
    folders = ["published", "originals", "logs", "work"]
    files = [
        path for name in folders for path in (demo_home.path / name).rglob("*") if path.is_file()
    ]
    assert files
    for path in files:
        content = path.read_bytes()
        assert not [value for value in values if value in content], path


def test_the_hash_key_stands_in_its_own_file_alone(demo_home: Home) -> None:
    key = (demo_home.path / "hash.key").read_bytes().strip()
    assert len(key) >= 32
    found = [
        path
        for path in demo_home.path.rglob("*")
        if path.is_file() and path.name != "hash.key" and key in path.read_bytes()
    ]
    assert found == []


# ---------------------------------------------------------------- sentiment


def test_sentiment_follows_the_planted_stars_in_every_channel(demo_home: Home) -> None:
    found = demo_home.query(
        """
        select
            channel_code,
            avg(sentiment_score) filter (where rating_share >= 0.8) as praised,
            avg(sentiment_score) filter (where rating_share <= 0.4) as blamed,
            avg(cast(sentiment_code = 'positive' as integer)) filter (where rating_share <= 0.4)
                as blamed_called_positive,
            count(distinct neutral_basis_code) as bases,
            any_value(neutral_basis_code) as basis
        from reviews.fct_voices
        where voice_kind = 'review' and sentiment_score is not null
        group by all
        having count(*) filter (where rating_share <= 0.4) >= 5
        """
    )
    assert found
    for row in found:
        assert row["praised"] - row["blamed"] > 0.3, row
        assert row["blamed_called_positive"] <= 0.2, row
        assert (row["bases"], row["basis"]) == (1, "abstention_band"), row


def test_the_model_in_force_publishes_its_card_and_its_calibration(demo_home: Home) -> None:
    (card,) = demo_home.query("select * from meta.models where is_champion")
    assert (card["basis_code"], card["class_count"], card["leaked_count"]) == ("packaged", 2, 0)
    assert card["accuracy"] > 0.84
    assert card["auc"] > 0.91
    assert card["ece_after"] < 0.04 < card["ece_before"]
    lines = demo_home.query(
        "select channel_code from meta.score_calibrations "
        f"where calibration_version = '{card['calibration_version']}'"
    )
    assert lines == [{"channel_code": "*"}]


# what the demo's complaints of the two crises say
CRISIS_WORDS = {"battery": {"鼓包", "发烫", "危险"}, "quality": {"漏水", "粗糙", "坏"}}


def test_both_planted_crises_are_alerts_within_a_day_of_breaking_out(demo_home: Home) -> None:
    """The window has a week before the first crisis: the least history that alerts need."""
    own = demo_home.truth["world"]["own_brand"]
    for planted in demo_home.truth["crises"]:
        found = demo_home.query(
            "select * from reviews.mart_alerts "
            f"where brand_code = '{own}' and alert_date - date '{planted['day']}' between 0 and 1 "
            f"and coalesce(product_key, '{planted['product_ref']}') like "
            f"'%{planted['product_ref']}'"
        )
        assert found, planted["crisis_ref"]
        evidence = demo_home.query(
            "select evidence_kind, count(*) as items from reviews.mart_alert_evidence "
            f"where alert_key = '{found[0]['alert_key']}' group by all"
        )
        assert {"text", "first_voice", "term"} <= {row["evidence_kind"] for row in evidence}
        terms = demo_home.query(
            "select term from reviews.mart_alert_evidence where evidence_kind = 'term' "
            f"and alert_key = '{found[0]['alert_key']}'"
        )
        assert {row["term"] for row in terms} & CRISIS_WORDS[planted["aspect"]]


def test_quiet_brand_days_have_at_most_one_alert_in_60(demo_home: Home) -> None:
    quiet = " and ".join(
        f"not (brand_code = '{demo_home.truth['world']['own_brand']}' "
        f"and alert_date - date '{planted['day']}' between 0 and 8)"
        for planted in demo_home.truth["crises"]
    )
    false_alerts = demo_home.one(f"select count(*) from reviews.mart_alerts where {quiet}")
    brand_days = demo_home.one(
        "select count(distinct (brand_code, posted_at::date)) from reviews.fct_voices "
        "where brand_code is not null"
    )
    assert false_alerts <= brand_days / 60


def test_a_crisis_has_the_press_desks_times_its_cases_and_its_alert(demo_home: Home) -> None:
    planted = {row["crisis_ref"]: row for row in demo_home.truth["crises"]}
    found = demo_home.query(
        "select *, split_part(crisis_ref, ':', 2) as plain_ref from reviews.fct_crises"
    )
    assert {row["plain_ref"] for row in found} == set(planted)
    for row in found:
        truth = planted[row["plain_ref"]]
        assert row["detected_at"].replace("T", " ") == truth["detected_at"]
        assert row["first_statement_at"].replace("T", " ") == truth["statement_at"]
        assert row["case_count"] == truth["cases"]
        assert row["first_alert_date"] is not None
        # while it lasts, the silence runs to the end of the data
        assert row["largest_silence_minutes"] > 0
        assert row["product_key"].endswith(truth["product_ref"])
        assert row["aspect_code"] == truth["aspect"]
    (quality,) = demo_home.query(
        "select * from reviews.mart_alert_quality where period_kind = 'all' and brand_code = 'all'"
    )
    assert (quality["crisis_count"], quality["found_in_a_day_count"]) == (2, 2)
    assert quality["alert_recall"] == 1
