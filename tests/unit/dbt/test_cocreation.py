"""Trials and ideas: paired intervals computed again with scipy, adoption and retention by hand."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from tests.unit.dbt.building import PROJECT, Build

Row = tuple[object, ...]


def made(table: str, columns: str, rows: list[Row], connection: duckdb.DuckDBPyConnection) -> None:
    """A table with these rows."""
    connection.execute(f"create table {table} ({columns})")
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {table} values ({marks})", rows)


def world(as_of: str = "2026-10-31") -> duckdb.DuckDBPyConnection:
    """A connection with the last day of the data and the seeds."""
    connection = duckdb.connect()
    connection.execute(
        f"create table stg_as_of as select date '{as_of}' as as_of,"
        f" date '{as_of}' + interval '1 day' as as_of_end_at"
    )
    for seed in ("trial_statuses", "idea_statuses"):
        path = PROJECT / f"seeds/{seed}.csv"
        connection.execute(f"create table {seed} as from read_csv('{path}')")
    return connection


# ---------------------------------------------------------------- trials


def trials(rows: list[Row], **variables: object) -> dict[str, dict[str, Any]]:
    """mart_trials by programme; rows are programme, start, end, status, before, after."""
    with world() as connection:
        made(
            "stg_trials",
            "programme_ref varchar, started_on date, ended_on date, status_code varchar,"
            " pre_score double, post_score double, livestream_count bigint default 2,"
            " participant_ref varchar, record_key varchar",
            [],
            connection,
        )
        made("int_customer_identities", "node varchar, customer_key varchar", [], connection)
        connection.executemany(
            "insert into stg_trials (programme_ref, started_on, ended_on, status_code, pre_score,"
            " post_score) values (?, ?, ?, ?, ?, ?)",
            rows,
        )
        Build(connection, **variables).run("fct_trials", "mart_trials")
        found = connection.sql("from mart_trials").to_arrow_table().to_pylist()
    return {row["programme_ref"]: row for row in found}


DONE = ("2026-09-01", "2026-10-01", "finished")


@pytest.mark.parametrize("n", [2, 3, 4, 5, 40])
def test_the_uplift_has_the_paired_t_interval(n: int) -> None:
    rng = np.random.default_rng(n)
    before = rng.normal(60, 10, n).round(1)
    after = (before + rng.normal(9, 6, n)).round(1)
    scores = zip(before.tolist(), after.tolist(), strict=True)
    row = trials([("p", *DONE, *pair) for pair in scores], small_cell_minimum=1)["p"]
    expected = stats.ttest_rel(after, before).confidence_interval()
    assert row["pair_count"] == n
    assert row["uplift_points"] == pytest.approx(float((after - before).mean()), abs=1e-6)
    assert row["uplift_points_low"] == pytest.approx(expected.low, abs=2e-3)
    assert row["uplift_points_high"] == pytest.approx(expected.high, abs=2e-3)
    # the ratio's error by its residuals
    ratio = after.mean() / before.mean()
    error = (after - ratio * before).std(ddof=1) / np.sqrt(n) / before.mean()
    margin = stats.t.ppf(0.975, n - 1) * error
    assert row["relative_uplift"] == pytest.approx(ratio - 1, abs=1e-6)
    assert row["relative_uplift_low"] == pytest.approx(ratio - 1 - margin, abs=1e-4)
    assert row["relative_uplift_high"] == pytest.approx(ratio - 1 + margin, abs=1e-4)


def test_completion_is_published_of_those_whose_thirty_days_are_over() -> None:
    rows: list[Row] = [
        *[("p", *DONE, 60, 70)] * 6,
        # completed, not asked after; not asked before
        ("p", *DONE, 50, None),
        ("p", *DONE, None, 80),
        # said to be finished, and left after ten days
        ("p", "2026-09-01", "2026-09-11", "finished", 60, None),
        ("p", "2026-10-01", "2026-10-05", "dropped", 60, None),
        # nobody has said
        ("p", "2026-10-01", None, "running", 60, None),
        # 29 days: not over yet, whatever came of it
        ("p", "2026-10-02", "2026-10-31", "finished", 60, 61),
        ("p", "2026-11-05", None, "joined", 60, None),
        ("q", *DONE, 10, 20),
    ]
    found = trials(rows)
    row = found["p"]
    assert (row["enrolled_count"], row["started_count"]) == (13, 12)
    assert (row["matured_count"], row["completed_count"]) == (11, 8)
    assert (row["dropped_count"], row["unreported_count"]) == (1, 2)
    assert row["completion_rate"] == pytest.approx(8 / 11, abs=1e-6)
    low, high = proportion_confint(8, 11, method="wilson")
    assert row["completion_rate_low"] == pytest.approx(low, abs=1e-5)
    assert row["completion_rate_high"] == pytest.approx(high, abs=1e-5)
    assert (row["pair_count"], row["without_post_count"], row["without_pre_count"]) == (7, 1, 1)
    assert row["livestream_count"] == 26
    # one participant would be found in a row of their own
    hidden = found["q"]
    assert hidden.pop("is_suppressed")
    assert hidden.pop("programme_ref") == "q"
    assert set(hidden.values()) == {None}
    assert found["all"]["enrolled_count"] == 14


def test_what_few_people_scored_is_not_published_however_many_were_enrolled() -> None:
    rows: list[Row] = [
        *[("p", *DONE, 60, 70)] * 4,
        *[("p", *DONE, None, None)] * 10,
        ("p", *DONE, 42, None),
    ]
    row = trials(rows)["p"]
    assert not row["is_suppressed"]
    assert (row["enrolled_count"], row["pair_count"], row["without_post_count"]) == (15, 4, 11)
    scores = ["pre_score", "post_score", "uplift_points", "relative_uplift", "unpaired_pre_score"]
    assert {row[score] for score in scores} == {None}


# ---------------------------------------------------------------- ideas


def cocreation(ideas: list[Row], orders: list[Row], **variables: object) -> dict[str, dict]:
    """mart_cocreation by kind of period; ideas are customer, submitted, status, adopted, released."""
    with world() as connection:
        made(
            "stg_ideas",
            "record_key varchar, customer_ref varchar, submitted_at timestamp, status_code varchar,"
            " adopted_at timestamp, released_at timestamp, product_ref varchar, channel_code varchar,"
            " vote_count bigint",
            [(f"i{n}", *idea, "P1", "crm", n) for n, idea in enumerate(ideas)],
            connection,
        )
        made("product_aliases", "product_ref varchar, product_key varchar", [], connection)
        made(
            "int_customer_identities",
            "node varchar, customer_key varchar",
            [(name, name) for name in sorted({str(idea[0]) for idea in ideas if idea[0]})],
            connection,
        )
        made(
            "fct_orders",
            "customer_key varchar, ordered_at timestamp, is_valid boolean",
            [(*order, True) for order in orders],
            connection,
        )
        Build(connection, **variables).run("fct_ideas", "mart_cocreation")
        sql = "from mart_cocreation order by period_kind, month_start"
        found = connection.sql(sql).to_arrow_table().to_pylist()
    return {f"{row['period_kind']} {row['month_start']}": row for row in found}


IDEAS: list[Row] = [
    ("ann", "2026-09-01 10:00:00", "released", "2026-09-05 10:00:00", "2026-09-25 10:00:00"),
    # adopted, and too late for the rate
    ("bob", "2026-09-02 10:00:00", "adopted", "2026-10-12 10:00:00", None),
    ("bob", "2026-09-03 10:00:00", "declined", None, None),
    # on sale in November, which the data do not know
    ("cid", "2026-09-04 10:00:00", "released", "2026-09-06 10:00:00", "2026-11-03 10:00:00"),
    ("dee", "2026-10-20 10:00:00", "adopted", "2026-10-21 10:00:00", None),
    (None, "2026-09-04 10:00:00", "submitted", None, None),
]
ORDERS: list[Row] = [
    ("ann", "2026-09-01 20:00:00"),  # the day of the idea is the idea's
    ("cid", "2026-10-04 09:00:00"),
    ("eve", "2026-09-01 20:00:00"),
    ("eve", "2026-09-20 20:00:00"),
    ("fay", "2026-09-15 20:00:00"),
    ("fay", "2026-10-15 20:00:00"),  # the window has just ended
    ("gus", "2026-10-29 20:00:00"),  # and is still open
]


def test_adoption_is_published_of_ideas_that_had_their_days() -> None:
    row = cocreation(IDEAS, ORDERS, small_cell_minimum=1)["all 2026-09-01"]
    assert (row["idea_count"], row["matured_count"]) == (6, 5)
    assert row["matured_adopted_count"] == 2
    assert row["adoption_rate"] == 0.4
    assert (row["decided_count"], row["adopted_count"], row["released_count"]) == (5, 4, 1)
    assert row["adoption_rate_of_decided"] == 0.8
    assert row["median_days_to_adoption"] == 3
    assert row["median_days_to_release"] == 24
    assert row["median_days_from_adoption_to_release"] == 20
    assert row["vote_count"] == 15


def test_contributors_are_retained_by_what_they_do_on_another_day() -> None:
    row = cocreation(IDEAS, ORDERS, small_cell_minimum=1)["all 2026-09-01"]
    # Ann only did all in a day; Bob had another idea, Cid bought on the last day; Dee's days run
    assert row["contributor_count"] == 4
    assert (row["followed_contributor_count"], row["retained_contributor_count"]) == (3, 2)
    assert (row["followed_buyer_count"], row["retained_buyer_count"]) == (2, 1)
    assert row["retention_difference"] == pytest.approx(2 / 3 - 1 / 2, abs=1e-6)


def test_few_contributors_are_hidden_and_their_ideas_are_not() -> None:
    row = cocreation(IDEAS, ORDERS)["all 2026-09-01"]
    assert row["is_suppressed"]
    assert row["contributor_count"] is row["contributor_retention_rate"] is None
    assert row["retained_buyer_count"] is row["retention_difference"] is None
    assert row["idea_count"] == 6
