"""Small worlds of customers, built by the project's segment models, and computed day by day without them.

What belongs here: the tables that the models read, random worlds, and the state of a customer on a day straight
from the definitions: what had happened by that day, the rules of the seeds, and the quintiles of its month.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from tests.unit.dbt.building import PROJECT, Build

MODELS = (
    "int_purchase_days", "int_customer_money_days", "int_advocacy_rungs_reached", "int_customer_stretches",
    "int_rfm_cut_points", "int_recency_bands", "customer_segments", "int_stage_stays",
)  # fmt: skip
SEEDS = ("lifecycle_rules", "advocacy_rules", "advocacy_rungs", "rfm_rules", "stage_offers")
START = date(2026, 1, 1)
LAPSED_DAYS = 90


@dataclass(frozen=True)
class Deed:
    """Something a customer did: an order, a refund, a voice, a survey's answer, or an invitation that was taken."""

    kind: str  # order, refund, voice, answer, invitee
    customer: str
    at: datetime
    cny: Decimal = Decimal(0)
    is_good: bool = True  # a valid order, a good rating, a promoter
    is_paid: bool = False
    other: str = ""  # who was brought in

    @property
    def on(self) -> date:
        """Its day."""
        return self.at.date()


@dataclass(frozen=True)
class World:
    """What the models read."""

    deeds: tuple[Deed, ...]
    as_of: date
    first_seen: dict[str, date | None] = field(default_factory=dict)
    started_on: date = START

    @property
    def customers(self) -> list[str]:
        """Everybody who is named."""
        return sorted(
            {*self.first_seen, *(d.customer for d in self.deeds)} | {d.other for d in self.deeds if d.other}
        )  # fmt: skip

    def until(self, day: date) -> World:
        """The world as the data had it on an earlier day."""
        deeds = tuple(deed for deed in self.deeds if deed.on <= day)
        named = {d.customer for d in deeds} | {d.other for d in deeds}
        seen = {
            customer: on
            for customer, on in self.first_seen.items()
            if customer in named or (on is not None and on <= day)
        }
        return replace(self, deeds=deeds, as_of=day, first_seen=seen)

    def land(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Write the tables that the models read."""
        stamp, text, money = pa.timestamp("us"), pa.string(), pa.decimal128(18, 2)
        of = defaultdict(list)
        for number, deed in enumerate(self.deeds):
            of[deed.kind].append((f"k{number:04}", deed))
        customers = self.customers
        tables: dict[str, dict[str, tuple[pa.DataType, Iterable[Any]]]] = {
            "stg_as_of": {"as_of": (pa.date32(), [self.as_of])},
            "raw.files": {
                "outcome": (text, ["landed"]),
                "export_date": (pa.date32(), [self.started_on]),
            },
            "int_customer_identities": {
                "node": (text, [f"n:{c}" for c in customers]),
                "customer_key": (text, customers),
            },
            "int_customer_nodes": {
                "node": (text, [f"n:{c}" for c in customers]),
                "first_seen_on": (pa.date32(), [self._seen(c) for c in customers]),
            },
            "fct_orders": {
                "customer_key": (text, [d.customer for _, d in of["order"]]),
                "ordered_at": (stamp, [d.at for _, d in of["order"]]),
                "net_cny": (money, [d.cny for _, d in of["order"]]),
                "is_valid": (pa.bool_(), [d.is_good for _, d in of["order"]]),
            },
            "fct_refunds": {
                "customer_key": (text, [d.customer for _, d in of["refund"]]),
                "refunded_at": (stamp, [d.at for _, d in of["refund"]]),
                "amount_cny": (money, [d.cny for _, d in of["refund"]]),
                "is_order_valid": (pa.bool_(), [d.is_good for _, d in of["refund"]]),
            },
            "int_customer_voices": {
                "voice_key": (text, [key for key, _ in of["voice"]]),
                "customer_key": (text, [d.customer for _, d in of["voice"]]),
                "posted_at": (stamp, [d.at for _, d in of["voice"]]),
                "rating_share": (pa.float64(), [0.8 if d.is_good else 0.6 for _, d in of["voice"]]),
                "is_incentivised": (pa.bool_(), [d.is_paid for _, d in of["voice"]]),
            },
            "fct_surveys": {
                "survey_key": (text, [key for key, _ in of["answer"]]),
                "customer_key": (text, [d.customer for _, d in of["answer"]]),
                "answered_at": (stamp, [d.at for _, d in of["answer"]]),
                "nps_group_code": (
                    text,
                    ["promoter" if d.is_good else "passive" for _, d in of["answer"]],
                ),
            },
            "stg_referrals": {
                "record_key": (text, [key for key, _ in of["invitee"]]),
                "inviter_ref": (text, [f"n:{d.customer}" for _, d in of["invitee"]]),
                "invitee_ref": (text, [f"n:{d.other}" for _, d in of["invitee"]]),
                "sent_at": (stamp, [d.at for _, d in of["invitee"]]),
                "registered_at": (stamp, [d.at for _, d in of["invitee"]]),
            },
        }
        connection.execute("create schema if not exists raw")
        for name, columns in tables.items():
            table = pa.table({c: pa.array(list(v), kind) for c, (kind, v) in columns.items()})
            connection.register("landing", table)
            connection.execute(f"create or replace table {name} as from landing")
            connection.unregister("landing")

    def _seen(self, customer: str) -> date | None:
        """What int_customer_nodes knows: the first dated sign, which every deed is as well."""
        signs = [d.on for d in self.deeds if customer in (d.customer, d.other)]
        known = self.first_seen.get(customer)
        return min([*signs, *([known] if known else [])], default=None)


def built(world: World, **variables: object) -> duckdb.DuckDBPyConnection:
    """The world in a database of its own, all segment models built."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    for seed in SEEDS:
        path = PROJECT / "seeds" / f"{seed}.csv"
        if path.exists():
            connection.execute(f"create table {seed} as from read_csv('{path}')")
    world.land(connection)
    Build(connection, **variables).run(*MODELS)
    return connection


# ---------------------------------------------------------------- random worlds


def drawn_world(seed: int, *, customers: int = 12, days: int = 400) -> World:
    """A world in which a year holds every stage, with many ties, same-day orders, refunds and month borders."""
    draw = random.Random(seed)
    deeds: list[Deed] = []
    seen: dict[str, date | None] = {}
    for number in range(customers):
        customer = f"c{number:02}"
        seen[customer] = START + timedelta(days=draw.randrange(days // 2))
        day = draw.randrange(days)
        while day < days and draw.random() < 0.85:
            at = _at(draw, day)
            for _ in range(draw.choice([1, 1, 1, 2, 3])):
                cny = Decimal(draw.choice([50, 100, 100, 150]))
                deeds.append(Deed("order", customer, at, cny, is_good=draw.random() < 0.9))
                at += timedelta(minutes=draw.randrange(3))
            if draw.random() < 0.3:
                back = _at(draw, day + draw.randrange(40))
                deeds.append(Deed("refund", customer, back, Decimal(draw.choice([10, 100]))))
            day += draw.choice([1, 5, 29, 30, 31, 44, 45, 46, 89, 90, 91, 179, 180, 181])
        for kind in draw.choices(["voice", "answer"], k=draw.randrange(4)):
            deeds.append(
                Deed(kind, customer, _at(draw, draw.randrange(days)), is_good=draw.random() < 0.6,
                     is_paid=draw.random() < 0.3)
            )  # fmt: skip
        if number and draw.random() < 0.3:
            other = f"c{draw.randrange(number):02}"
            deeds.append(Deed("invitee", customer, _at(draw, draw.randrange(days)), other=other))
    as_of = START + timedelta(days=days - 1)
    return World(tuple(d for d in deeds if d.on <= as_of), as_of, seen)


def _at(draw: random.Random, day: int) -> datetime:
    return datetime(2026, 1, 1) + timedelta(days=day, minutes=draw.randrange(1437))


# ---------------------------------------------------------------- the definitions


@cache
def seed_rows(name: str) -> list[dict[str, str]]:
    """The rows of a seed."""
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


class Replay:
    """A world's history replayed: who is in what state on a day, from what had happened by then."""

    def __init__(self, world: World) -> None:
        """Take the world; states are computed one by one."""
        self.world = world
        self._cuts: dict[date, dict[str, list[Any]] | None] = {}

    def state(self, customer: str, day: date) -> tuple[Any, ...] | None:
        """(lifecycle rule, advocacy rule, RFM code) at the end of a day; None before they were known."""
        known = self.world._seen(customer) or self.world.started_on
        if day < min(known, self.world.as_of):
            return None
        return self._lifecycle(customer, day), self._advocacy(customer, day), self._rfm(customer, day)  # fmt: skip

    def buying_days(self, customer: str, day: date) -> list[date]:
        """Days with a valid order, up to and with a day."""
        return sorted(
            {
                d.on
                for d in self.world.deeds
                if (d.kind, d.customer) == ("order", customer) and d.is_good and d.on <= day
            }
        )

    def _lifecycle(self, customer: str, day: date) -> str:
        days = self.buying_days(customer, day)
        age = 0
        if not days:
            kind = "none"
        else:
            age = (day - days[-1]).days
            kind = "first" if len(days) == 1 else "repeat"
            if len(days) > 1 and (days[-1] - days[-2]).days >= LAPSED_DAYS:
                kind = "return"
        (rule,) = [
            rule["rule_code"]
            for rule in seed_rows("lifecycle_rules")
            if rule["purchase_kind"] == kind
            and int(rule["from_day"]) <= age < int(rule["to_day"] or 10**6)
        ]
        return rule

    def _advocacy(self, customer: str, day: date) -> str:
        own = [d for d in self.world.deeds if d.customer == customer]
        voices = sorted((d for d in own if d.kind == "voice"), key=lambda d: d.at)
        done = {
            "purchase_day": self.buying_days(customer, self.world.as_of),
            "voice": [d.on for d in voices],
            "praise": [d.on for d in voices if d.is_good and not d.is_paid],
            "promoter_answer": sorted(d.on for d in own if d.kind == "answer" and d.is_good),
            "invitee": sorted(d.on for d in own if d.kind == "invitee" and self._brought(d)),
        }
        reached: dict[str, tuple[date, int, str]] = {}
        for rule in seed_rows("advocacy_rules"):
            count, days = int(rule["from_count"]), done.get(rule["deed_code"], [])
            if count and len(days) >= count and days[count - 1] <= day:
                met = (days[count - 1], int(rule["rule_number"]), rule["rule_code"])
                code = rule["advocacy_code"]
                reached[code] = min(met, reached.get(code, met))
        for rung in reversed(seed_rows("advocacy_rungs")):
            if rung["advocacy_code"] in reached:
                return reached[rung["advocacy_code"]][2]
        return "no_deed"

    def _brought(self, invitation: Deed) -> bool:
        """Whether nobody had brought them in before."""
        same = [d for d in self.world.deeds if d.kind == "invitee" and d.other == invitation.other]
        order = [d for d in self.world.deeds if d in same]
        return min(order, key=lambda d: d.at) is invitation

    def _totals(self, customer: str, day: date) -> tuple[int, int, Decimal] | None:
        """Recency, frequency and value at the end of a day; None before the first purchase."""
        days = self.buying_days(customer, day)
        if not days:
            return None
        own = [d for d in self.world.deeds if d.customer == customer and d.on <= day and d.is_good]
        money = sum((d.cny for d in own if d.kind == "order"), Decimal(0))
        money -= sum((d.cny for d in own if d.kind == "refund"), Decimal(0))
        return (day - days[-1]).days, len(days), money

    def _borders(self, month: date) -> dict[str, list[Any]] | None:
        """The quintile borders of a month: of the states at the end of the day before, a day older."""
        if month not in self._cuts:
            eve = month - timedelta(days=1)
            totals = [t for c in self.world.customers if (t := self._totals(c, eve))]
            values = list(zip(*totals, strict=True)) if totals else []
            self._cuts[month] = None
            if values:
                ages = [value + 1 for value in values[0]]
                self._cuts[month] = {
                    name: [_discrete_quantile(column, fifth) for fifth in range(1, 5)]
                    for name, column in zip("rfm", (ages, values[1], values[2]), strict=True)
                }
        return self._cuts[month]

    def _rfm(self, customer: str, day: date) -> str | None:
        totals, borders = self._totals(customer, day), self._borders(day.replace(day=1))
        if totals is None or borders is None:
            return None
        recency = 5 - sum(totals[0] > cut for cut in borders["r"])
        frequency = 1 + sum(totals[1] > cut for cut in borders["f"])
        return f"{recency}{frequency}{1 + sum(totals[2] > cut for cut in borders['m'])}"


def _discrete_quantile(values: Iterable[Any], fifth: int) -> Any:
    """The smallest value that at least so many fifths of all do not exceed."""
    ordered = sorted(values)
    return ordered[-(-fifth * len(ordered) // 5) - 1]
