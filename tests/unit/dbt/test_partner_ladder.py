"""The ladder from buyer to partner: one rung for everybody each day, the rule that placed them, the moves."""

from __future__ import annotations

from typing import Any

import duckdb

from tests.unit.dbt.building import PROJECT, Build

MODELS = ("int_partner_evidence", "customer_partner_rungs", "mart_partner_ladder")
TABLES = {
    "int_purchase_days": "customer_key varchar, purchased_on date",
    "int_customer_voices": "customer_key varchar, posted_at timestamp",
    "int_advocacy_rungs_reached": "customer_key varchar, advocacy_code varchar, reached_on date",
    "fct_ideas": "customer_key varchar, submitted_at timestamp, adopted_at timestamp,"
    " released_at timestamp, is_adopted boolean",
    "stg_trials": "participant_ref varchar, started_on date, ended_on date, status_code varchar",
    "stg_community_activity": "customer_ref varchar, active_on date, post_count bigint",
    "stg_collaborations": "record_key varchar, creator_ref varchar, content_ref varchar",
    "stg_creators": "creator_ref varchar, customer_ref varchar",
    "stg_content": "content_ref varchar, published_at timestamp",
    "raw.collaborations": "record_key varchar, export_date date, superseded_load_id bigint",
    "dim_customers": "customer_key varchar, known_since date",
}


def ladder(rows: dict[str, list[tuple[object, ...]]], **variables: object) -> list[list[dict]]:
    """customer_partner_rungs and mart_partner_ladder of hand-made evidence."""
    with duckdb.connect() as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create table stg_as_of as select date '2026-10-20' as as_of,"
            " timestamp '2026-10-21' as as_of_end_at"
        )
        for table, columns in TABLES.items():
            connection.execute(f"create table {table} ({columns})")
            for row in rows.get(table, []):
                marks = ", ".join("?" * len(row))
                connection.execute(f"insert into {table} values ({marks})", row)
        connection.execute(
            "create table int_customer_identities as "
            "select customer_key as node, customer_key from dim_customers"
        )
        for seed in ("partner_rules", "trial_statuses"):
            path = PROJECT / f"seeds/{seed}.csv"
            connection.execute(f"create table {seed} as from read_csv('{path}')")
        Build(connection, **variables).run(*MODELS)
        queries = [
            "from customer_partner_rungs order by customer_key, valid_from",
            "from mart_partner_ladder order by month_start, from_partner_code, partner_code",
        ]
        return [connection.sql(query).to_arrow_table().to_pylist() for query in queries]


WORLD: dict[str, list[tuple[object, ...]]] = {
    "dim_customers": [
        *[(name, "2026-08-10") for name in ("ann", "bob", "cid", "dee")],
        ("eve", "2026-10-05"),
    ],
    "int_purchase_days": [("ann", "2026-08-10"), ("bob", "2026-09-01"), ("eve", "2026-10-05")],
    "int_customer_voices": [("ann", "2026-08-20 10:00:00"), ("bob", "2026-09-01 12:00:00")],
    "int_advocacy_rungs_reached": [
        ("ann", "advocate", "2026-09-05"),
        ("ann", "referrer", "2026-09-06"),
        ("bob", "repeat", "2026-09-07"),
    ],
    # Ann's idea is adopted, and she completes a trial on the same day: two roles make a partner
    "fct_ideas": [
        ("ann", "2026-09-10 10:00:00", "2026-10-02 10:00:00", None, True),
        *[("bob", f"2026-09-{day} 10:00:00", None, None, False) for day in (11, 12, 13)],
        (None, "2026-09-10 10:00:00", "2026-09-12 10:00:00", None, True),
    ],
    "stg_trials": [
        ("ann", "2026-09-02", "2026-10-02", "finished"),
        # left early; not over by the last day
        ("dee", "2026-09-02", "2026-09-12", "finished"),
        ("dee", "2026-09-22", "2026-10-22", "finished"),
    ],
    "stg_community_activity": [
        *[("cid", f"2026-09-{day:02d}", 1) for day in range(1, 9)],
        *[("dee", f"2026-09-{day:02d}", 0) for day in range(1, 29)],
    ],
    "stg_creators": [("k1", "dee")],
    "stg_collaborations": [("r1", "k1", "c1")],
    "raw.collaborations": [("r1", "2026-10-15", None)],
}


def test_everybody_stands_on_the_highest_rung_that_a_rule_put_them_on() -> None:
    history, _ = ladder(WORLD)
    found = [
        (row["customer_key"], str(row["valid_from"]), row["partner_code"], row["rule_code"])
        for row in history
    ]
    assert found == [
        ("ann", "2026-08-10", "buyer", "first_purchase"),
        ("ann", "2026-08-20", "reviewer", "own_voice"),
        ("ann", "2026-09-05", "advocate", "advocacy"),
        ("ann", "2026-10-02", "partner", "two_roles"),
        ("bob", "2026-08-10", "none", "known"),
        ("bob", "2026-09-01", "reviewer", "own_voice"),
        ("bob", "2026-09-13", "co_creator", "three_ideas"),
        ("cid", "2026-08-10", "none", "known"),
        ("cid", "2026-09-08", "community_leader", "community_days"),
        ("dee", "2026-08-10", "none", "known"),
        ("dee", "2026-10-15", "partner", "collaboration"),
        ("eve", "2026-10-05", "buyer", "first_purchase"),
    ]
    ends: dict[str, Any] = {}
    for row in history:
        assert row["customer_key"] not in ends or ends[row["customer_key"]] == row["valid_from"]
        ends[row["customer_key"]] = row["valid_to"]
    assert ends == dict.fromkeys(["ann", "bob", "cid", "dee", "eve"])


def test_moves_of_a_month_begin_where_the_last_one_ended() -> None:
    _, moves = ladder(WORLD, small_cell_minimum=1)
    found = {
        (str(row["month_start"])[5:7], row["from_partner_code"], row["partner_code"]): row
        for row in moves
    }
    counts = {key: row["customer_count"] for key, row in found.items() if key[1] != "all"}
    assert counts == {
        ("08", "newly_known", "none"): 3,
        ("08", "newly_known", "reviewer"): 1,
        ("09", "none", "none"): 1,
        ("09", "none", "co_creator"): 1,
        ("09", "none", "community_leader"): 1,
        ("09", "reviewer", "advocate"): 1,
        ("10", "advocate", "partner"): 1,
        ("10", "co_creator", "co_creator"): 1,
        ("10", "community_leader", "community_leader"): 1,
        ("10", "newly_known", "buyer"): 1,
        ("10", "none", "partner"): 1,
    }
    assert found["10", "all", "partner"]["customer_count"] == 2
    assert found["10", "all", "partner"]["customer_share"] == 0.4
    assert found["09", "none", "co_creator"]["customer_share"] == round(1 / 3, 6)


def test_few_on_a_rung_are_hidden() -> None:
    _, moves = ladder(WORLD)
    assert all(row["is_suppressed"] and row["customer_count"] is None for row in moves)
