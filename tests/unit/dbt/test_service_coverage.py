"""The hours of the week: which were asked in, and in which of these somebody answered in time."""

from __future__ import annotations

from typing import Any

import duckdb

from tests.unit.dbt.building import Build


def coverage(*contacts: tuple[str, str, int | None]) -> list[dict[str, Any]]:
    """Rows for contacts of (channel, beginning, seconds until the answer); as_of is Sunday, 22 November 2026."""
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table stg_as_of as
                select date '2026-11-22' as as_of, timestamp '2026-11-23' as as_of_end_at;
            create table int_customer_identities (node varchar, customer_key varchar);
            create table fct_orders (
                order_key varchar, order_ref varchar, customer_key varchar, is_valid boolean,
                ordered_at timestamp, net_cny decimal(18, 2), refunded_cny decimal(18, 2)
            );
            create table stg_service_contacts (
                record_key varchar, channel_code varchar, stage_code varchar, customer_ref varchar,
                started_at timestamp, first_response_at timestamp, csat_score double,
                converted_order_ref varchar
            );
            """
        )
        for number, (channel, started_at, seconds) in enumerate(contacts):
            connection.execute(
                "insert into stg_service_contacts select ?, ?, 'in_sale', null, ?::timestamp, "
                "?::timestamp + to_seconds(?), null, null",
                [str(number), channel, started_at, started_at, seconds],
            )
        Build(connection, service_coverage_weeks=2, service_response_target_minutes=3).run(
            "int_service_contacts", "mart_service_coverage"
        )
        found = connection.sql(
            "select * from mart_service_coverage order by channel_code, hour_of_week"
        )
        return found.to_arrow_table().to_pylist()


def test_every_hour_of_the_week_stands_once_and_tells_whether_anybody_answered() -> None:
    rows = coverage(
        ("chat", "2026-11-09 00:00:00", 60),  # Monday of the first of two weeks, midnight
        ("chat", "2026-11-16 00:59:59", 600),  # the same hour a week on, late
        ("chat", "2026-11-11 03:30:00", None),  # Wednesday night, never answered
        ("chat", "2026-11-18 03:59:59", 181),  # and late by a second
        ("chat", "2026-11-12 03:30:00", None),  # Thursday night: nobody
        ("phone", "2026-11-18 03:00:00", 180),  # in time, on another channel
        ("chat", "2026-11-22 23:00:00", 0),  # Sunday, the last hour
        ("chat", "2026-11-22 23:58:00", None),  # not due at the end of the data
        ("chat", "2026-11-08 12:00:00", 0),  # before the two weeks
    )
    by_channel = {
        channel: [row for row in rows if row["channel_code"] == channel]
        for channel in ("all", "chat", "phone")
    }
    for hours in by_channel.values():
        assert [row["hour_of_week"] for row in hours] == list(range(168))
        assert [(row["weekday"], row["hour_of_day"]) for row in hours] == [
            (day, hour) for day in range(1, 8) for hour in range(24)
        ]
    chat = by_channel["chat"]
    assert (chat[0]["contact_count"], chat[0]["answered_in_target_count"]) == (2, 1)
    assert (chat[0]["is_covered"], chat[0]["is_unanswered_hour"]) == (True, False)
    assert chat[0]["in_target_share"] == 0.5
    night = chat[2 * 24 + 3]
    assert (night["contact_count"], night["answered_count"]) == (2, 1)
    assert (night["is_covered"], night["is_unanswered_hour"]) == (False, True)
    # answered late, which is more than nobody there at all
    assert not night["is_unstaffed_hour"]
    thursday = chat[3 * 24 + 3]
    assert (thursday["is_unanswered_hour"], thursday["is_unstaffed_hour"]) == (True, True)
    assert chat[167]["contact_count"] == 1
    # nobody asked on Sunday noon: neither covered nor not
    noon = chat[6 * 24 + 12]
    assert (noon["contact_count"], noon["is_covered"], noon["is_unanswered_hour"]) == (
        0,
        None,
        False,
    )
    assert noon["in_target_share"] is None
    for row in chat:
        assert (row["channel_covered_hours"], row["channel_unanswered_hours"]) == (2, 2)
        assert (row["channel_unstaffed_hours"], row["channel_silent_hours"]) == (1, 164)
        assert row["channel_coverage_share"] == round(2 / 168, 6)
        assert row["channel_asked_coverage_share"] == 0.5
    assert by_channel["all"][2 * 24 + 3]["is_covered"] is True
    assert by_channel["all"][0]["channel_covered_hours"] == 3


def test_without_contacts_there_is_no_week_to_be_published() -> None:
    assert coverage() == []
