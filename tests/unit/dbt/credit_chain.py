"""The chain from touches and conversions to credit, built on a small world that a test writes down."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb

from dbt_project.estimators.channel_effects import channel_effects
from tests.unit.dbt.building import Build

TABLES = """
create table stg_as_of (as_of date, as_of_end_at timestamp);
insert into stg_as_of values ('2026-12-31', '2027-01-01');
create table conversion_goals (goal_code varchar);
insert into conversion_goals values ('sale');
create table attribution_models (model_code varchar, model_kind_code varchar);
insert into attribution_models values ('first_touch', 'rule'), ('last_touch', 'rule'),
    ('last_non_direct', 'rule'), ('linear', 'rule'), ('position_based', 'rule'), ('time_decay', 'rule'),
    ('markov', 'data_driven'), ('shapley', 'data_driven'), ('linear_distinct', 'data_driven'),
    ('leave_one_out', 'data_driven');
create table fct_touchpoints (
    touch_key varchar, customer_key varchar, touched_at timestamp, campaign_key varchar,
    marketing_channel_code varchar, strategy_code varchar, touch_group_code varchar, is_direct boolean,
    excluded_code varchar
);
create table fct_conversions (
    conversion_key varchar, goal_code varchar, journey_key varchar, customer_key varchar, channel_code varchar,
    product_key varchar, converted_at timestamp, value_cny decimal(18, 2)
);
"""
JOURNEYS = ["int_journey_units", "int_journey_touches", "int_journeys"]
COUNTS = ["int_path_periods", "int_path_transitions", "int_path_subsets"]
CREDITS = [
    "int_rule_attribution", "int_model_attribution", "fct_attribution", "int_campaign_credit",
    "channel_credit", "strategy_credit",
]  # fmt: skip
OCTOBER = datetime(2026, 10, 10, 12)


class World:
    """Touches and conversions, and the models from journeys to credit over them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, **variables: Any) -> None:
        connection.execute(TABLES)
        self.connection = connection
        self.build = Build(connection, **variables)

    def journey(
        self,
        customer: str,
        path: str,
        *,
        value: float | None = None,
        ended_at: datetime = OCTOBER,
    ) -> None:
        """A customer's touches, a day apart, one letter a channel; with a value, a sale follows."""
        for place, channel in enumerate(path):
            self.touch(
                f"{customer}{place}",
                customer,
                channel,
                ended_at - timedelta(days=len(path) - place),
            )
        if value is not None:
            self.connection.execute(
                "insert into fct_conversions values ('sale:' || $1, 'sale', $1, $1, 'jd', null, $2, $3)",
                [customer, ended_at, value],
            )

    def touch(self, key: str, customer: str, channel: str, touched_at: datetime) -> None:
        """One touch; D is direct, and a strategy is the channel's small letter."""
        self.connection.execute(
            "insert into fct_touchpoints values ($1, $2, $3, null, $4, lower($4), 'wom', $4 = 'D', null)",
            [key, customer, touched_at, channel],
        )

    def run(self, *credits: str, incremental: bool = False) -> None:
        """All models as a night would build them, or no other credits than these."""
        self.build.run(*JOURNEYS, *COUNTS, incremental=incremental)
        tables = (self.connection.table(name).arrow().read_all() for name in COUNTS[1:])
        effects = channel_effects(*tables)
        self.connection.register("fitted", effects)
        self.connection.execute("create or replace table int_channel_effects as from fitted")
        self.build.run(*(credits or CREDITS), incremental=incremental)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(query).fetchall()
