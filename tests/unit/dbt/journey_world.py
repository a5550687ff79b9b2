"""Small worlds of touches and conversions, built by the project's models, and computed without them.

What belongs here: the tables that the journey models read, random worlds, and a calculation of journeys and rule
credits customer by customer, straight from the definitions.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa

from tests.unit.dbt.building import Build

MODELS = ("int_journey_units", "int_journey_touches", "int_journeys", "int_rule_attribution")
GOALS = ("voice", "acquisition", "retention", "sale")
RULES = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position_based",
    "time_decay",
)
START = datetime(2026, 9, 1)
LOOKBACK = timedelta(days=30)
HALF_LIFE_DAYS = 7


@dataclass(frozen=True)
class Touch:
    """A touch, as fct_touchpoints has it."""

    touch_key: str
    customer_key: str | None
    touched_at: datetime
    marketing_channel_code: str = "koc"
    is_direct: bool = False
    excluded_code: str | None = None


@dataclass(frozen=True)
class Conversion:
    """A conversion, as fct_conversions has it."""

    conversion_key: str
    goal_code: str
    customer_key: str | None
    converted_at: datetime
    value_cny: Decimal = Decimal(0)

    @property
    def journey_key(self) -> str:
        """The unit: the customer, or the order of an unknown buyer."""
        return self.customer_key or f"order:{self.conversion_key}"


@dataclass(frozen=True)
class World:
    """What the journey models read."""

    touches: tuple[Touch, ...]
    conversions: tuple[Conversion, ...]
    as_of_end_at: datetime = START + timedelta(days=61)

    def land(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Write the tables, in the order of the tuples."""
        touches = pa.table(
            {
                "touch_key": pa.array([t.touch_key for t in self.touches], pa.string()),
                "customer_key": pa.array([t.customer_key for t in self.touches], pa.string()),
                "touched_at": pa.array([t.touched_at for t in self.touches], pa.timestamp("us")),
                "channel": pa.array([t.marketing_channel_code for t in self.touches], pa.string()),
                "is_direct": pa.array([t.is_direct for t in self.touches], pa.bool_()),
                "excluded_code": pa.array([t.excluded_code for t in self.touches], pa.string()),
            }
        )
        made = self.conversions
        conversions = pa.table(
            {
                "conversion_key": pa.array([c.conversion_key for c in made], pa.string()),
                "goal_code": pa.array([c.goal_code for c in made], pa.string()),
                "journey_key": pa.array([c.journey_key for c in made], pa.string()),
                "customer_key": pa.array([c.customer_key for c in made], pa.string()),
                "converted_at": pa.array([c.converted_at for c in made], pa.timestamp("us")),
                "value_cny": pa.array([c.value_cny for c in made], pa.decimal128(18, 2)),
            }
        )
        connection.register("landed_touches", touches)
        connection.register("landed_conversions", conversions)
        connection.execute(
            """
            create or replace table fct_touchpoints as
            select
                touch_key, customer_key, touched_at, channel as marketing_channel_code, is_direct, excluded_code,
                'strategy of ' || channel as strategy_code, 'campaign of ' || channel as campaign_key,
                case when is_direct then 'direct' else 'wom' end as touch_group_code
            from landed_touches;
            create or replace table fct_conversions as
            select *, 'heater' as product_key from landed_conversions;
            create or replace table conversion_goals as
            select unnest(['voice', 'acquisition', 'retention', 'sale']) as goal_code
            """
        )
        connection.execute(
            "create or replace table attribution_models as select unnest($1) as model_code, 'rule' as model_kind_code",
            [list(RULES)],
        )
        connection.execute(
            "create or replace table stg_as_of as select $1::timestamp as as_of_end_at",
            [self.as_of_end_at],
        )

    def shuffled(self, seed: int) -> World:
        """The same rows in another order."""
        drawn = random.Random(seed)
        return replace(
            self,
            touches=tuple(drawn.sample(self.touches, len(self.touches))),
            conversions=tuple(drawn.sample(self.conversions, len(self.conversions))),
        )


def built(world: World, **variables: object) -> Build:
    """The models of journeys, built in full on a world of their own."""
    build = Build(duckdb.connect(), **variables)
    world.land(build.connection)
    build.run(*MODELS)
    return build


def credits(build: Build) -> list[tuple[Any, ...]]:
    """conversion_key, model_code, touch_key, weight and credited_cny of all credits, in order."""
    return build.connection.execute(
        "select conversion_key, model_code, touch_key, weight, credited_cny "
        "from int_rule_attribution order by all"
    ).fetchall()


def drawn_world(seed: int, customers: int = 12) -> World:
    """A world with ties, borders, gaps, direct and excluded touches, several goals, losses and unknown buyers."""
    drawn = random.Random(seed)
    touches = []
    conversions = []
    for number in range(customers):
        customer = f"c{number}"
        for position in range(drawn.choice((0, 1, 2, 3, 5, 9))):
            touches.append(
                Touch(
                    f"t{number}_{drawn.randrange(10**6)}_{position}",
                    None if drawn.random() < 0.05 else customer,
                    # few hours to draw from, so that instants and borders meet
                    START + timedelta(days=drawn.randrange(60), hours=drawn.choice((0, 0, 6, 17))),
                    drawn.choice(("koc", "kol", "baidu_search", "direct")),
                    drawn.random() < 0.3,
                    "bot" if drawn.random() < 0.1 else None,
                )
            )
        bought = sorted(
            START + timedelta(days=drawn.randrange(60), hours=drawn.choice((0, 6)))
            for _ in range(drawn.choice((0, 0, 1, 2, 3)))
        )
        for position, at in enumerate(bought):
            value = Decimal(drawn.randrange(-5_000, 500_000)) / 100
            goals = ["sale", "retention" if position else "acquisition"]
            conversions += [
                Conversion(f"{goal}:{number}_{position}", goal, customer, at, value)
                for goal in goals
            ]
        conversions += [
            Conversion(
                f"voice:{number}_{position}",
                "voice",
                customer,
                START + timedelta(days=drawn.randrange(60)),
            )
            for position in range(drawn.choice((0, 0, 1, 2)))
        ]
    conversions.append(Conversion("sale:unknown", "sale", None, START, Decimal("9.99")))
    return World(tuple(touches), tuple(conversions))


@dataclass(frozen=True)
class Path:
    """A journey by the definitions: its touches in order, and the conversion that it led to."""

    goal_code: str
    customer_key: str
    touches: tuple[Touch, ...]
    conversion: Conversion | None

    @property
    def path_key(self) -> str:
        """The key that int_journeys gives it."""
        if self.conversion:
            return self.conversion.conversion_key
        return f"open:{self.goal_code}:{self.customer_key}:{self.touches[0].touch_key}"


def computed_paths(world: World) -> list[Path]:
    """All journeys, customer by customer and goal by goal."""
    touches: dict[str, list[Touch]] = defaultdict(list)
    for touch in sorted(world.touches, key=lambda t: (t.touched_at, t.touch_key)):
        if touch.customer_key and not touch.excluded_code:
            touches[touch.customer_key].append(touch)
    paths = []
    for customer, seen in touches.items():
        made = [c for c in world.conversions if c.customer_key == customer]
        first_orders = [c.converted_at for c in made if c.goal_code == "acquisition"]
        for goal in GOALS:
            paths += _paths_of(customer, goal, seen, made, first_orders)
    return paths


def _paths_of(
    customer: str,
    goal: str,
    touches: Sequence[Touch],
    conversions: Iterable[Conversion],
    first_orders: Sequence[datetime],
) -> list[Path]:
    reached = sorted(
        (c for c in conversions if c.goal_code == goal),
        key=lambda c: (c.converted_at, c.conversion_key),
    )
    paths = []
    before = datetime.min
    for conversion in [*reached, None]:
        until = conversion.converted_at if conversion else datetime.max
        span = [t for t in touches if before < t.touched_at <= until]
        used = [t for t in span if conversion and t.touched_at >= until - LOOKBACK]
        unused = [t for t in span if t not in used]
        if goal == "acquisition":
            unused = [t for t in unused if all(t.touched_at <= at for at in first_orders)]
        if goal == "retention":
            unused = [t for t in unused if any(t.touched_at > at for at in first_orders)]
        run: list[Touch] = []
        for touch in unused:
            if run and touch.touched_at - run[-1].touched_at > LOOKBACK:
                paths.append(Path(goal, customer, tuple(run), None))
                run = []
            run.append(touch)
        if run:
            paths.append(Path(goal, customer, tuple(run), None))
        if used:
            paths.append(Path(goal, customer, tuple(used), conversion))
        before = until
    return paths


def computed_weights(path: Path) -> dict[str, list[Fraction | float]]:
    """The weight of each touch of a path, by model; fractions where the rule is rational."""
    touches = path.touches
    assert path.conversion is not None
    count = len(touches)

    def whole(index: int) -> list[Fraction | float]:
        return [Fraction(int(place == index)) for place in range(count)]

    not_direct = [place for place, touch in enumerate(touches) if not touch.is_direct]
    ends: list[Fraction | float]
    if count <= 2:
        ends = [Fraction(1, count)] * count
    else:
        between = [Fraction(1, 5) / (count - 2)] * (count - 2)
        ends = [Fraction(2, 5), *between, Fraction(2, 5)]
    halved = [
        2.0 ** (-((path.conversion.converted_at - t.touched_at) / timedelta(days=HALF_LIFE_DAYS)))
        for t in touches
    ]
    return {
        "first_touch": whole(0),
        "last_touch": whole(count - 1),
        "last_non_direct": whole(not_direct[-1] if not_direct else count - 1),
        "linear": [Fraction(1, count)] * count,
        "position_based": ends,
        "time_decay": [each / sum(halved) for each in halved],
    }
