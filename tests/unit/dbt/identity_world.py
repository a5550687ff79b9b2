"""A small, busy world of identifiers, night by night, and who is who in it by a calculation in plain Python."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import numpy as np

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from tests.unit.dbt.building import PROJECT, Build

MODELS = (
    "stg_touchpoints",
    "int_changed_links",
    "int_customer_nodes",
    "int_customer_links",
    "int_identity_cuts",
    "int_relinked_nodes",
    "int_customer_identities",
    "int_changed_customers",
)
STANDING = (
    "int_customer_nodes",
    "int_customer_links",
    "int_identity_cuts",
    "int_customer_identities",
)
STAGED = (
    "currency_rates", "customers", "identities", "creators", "orders", "touchpoints", "reviews", "mentions",
    "cases", "surveys", "referrals", "incentives", "points", "ideas", "community_activity", "service_contacts",
)  # fmt: skip
# kind -> memberships that one may be linked to, identifiers of it that one may have, whether the last binding wins
RULES = {
    "device_id": (1, 3, False),
    "cookie": (2, 3, False),
    "phone": (2, 3, True),
    "*": (2, 2, True),
}
FIRST_DAY = date(2026, 10, 1)
Row = dict[str, Any]


def key_of(node: str) -> str:
    """The customer_key of a person named after `node`."""
    return hashlib.md5(node.encode(), usedforsecurity=False).hexdigest()[:16]


@dataclass
class World:
    """Raw feeds in a DuckDB connection, and the same rows in Python."""

    connection: duckdb.DuckDBPyConnection
    rng: np.random.Generator
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    load_id: int = 0

    @classmethod
    def create(cls, connection: duckdb.DuckDBPyConnection, seed: int) -> World:
        """Empty feeds, their staging views, and the rules."""
        create_raw_schema(connection, load_feeds())
        path = PROJECT / "seeds" / "currency_rates.csv"
        connection.execute(f"create table currency_rates as from read_csv('{path}')")
        connection.execute(
            "create table identity_rules (identity_kind varchar, maximum_customers integer, "
            "maximum_identifiers integer, is_exclusive boolean)"
        )
        connection.executemany(
            "insert into identity_rules values (?, ?, ?, ?)",
            [[kind, *rule] for kind, rule in RULES.items()],
        )
        Build(connection).run(*(f"stg_{feed}" for feed in STAGED))
        return cls(connection, np.random.default_rng(seed))

    def pick(self, prefix: str, count: int) -> str:
        """One of `count` nodes of a kind."""
        return f"{prefix}:{self.rng.integers(count)}"

    def land(self, feed: str, channel: str, key: str, **values: object) -> None:
        """One row of a feed, in tonight's load, of an export that may be an old one."""
        day = FIRST_DAY + timedelta(days=int(self.load_id - self.rng.integers(0, 3)))
        row = {
            "channel_code": channel, "record_key": f"{channel}:{key}", "export_date": day, "delivery_seq": 1,
            "row_number": len(self.rows[feed]), "file_id": f"f{self.load_id}", "load_id": self.load_id,
            "superseded_load_id": None, **values,
        }  # fmt: skip
        self.rows[feed].append(row)
        marks = ", ".join("?" for _ in row)
        self.connection.execute(
            f"insert into raw.{feed} ({', '.join(row)}) values ({marks})", list(row.values())
        )

    def withdraw(self, feed: str) -> None:
        """A correction without one of the rows."""
        live = [row for row in self.rows[feed] if row["superseded_load_id"] is None]
        if live:
            row = live[self.rng.integers(len(live))]
            row["superseded_load_id"] = self.load_id
            self.connection.execute(
                f"update raw.{feed} set superseded_load_id = $1 where row_number = $2",
                [self.load_id, row["row_number"]],
            )

    def bind(self) -> None:
        """A channel says whose an identifier is; some know no time, some take members for identifiers."""
        kind, count = [("device_id", 2), ("cookie", 5), ("phone", 6), ("jd_customer", 6), ("m", 9)][
            self.rng.choice(5, p=[0.35, 0.2, 0.15, 0.2, 0.1])
        ]
        value = self.pick(kind, count)
        other = self.pick("jd_customer", 6) if self.rng.random() < 0.15 else self.pick("m", 9)
        when = datetime.combine(FIRST_DAY, datetime.min.time())
        linked_at = when + timedelta(hours=int(self.rng.integers(0, 400)))
        channel = str(self.rng.choice(["crm", "shop"], p=[0.8, 0.2]))
        self.land(
            "identities", channel, f"{value}|{other}", identity_kind=kind, identity_value=value,
            customer_ref=other, linked_at=linked_at if self.rng.random() < 0.8 else None,
        )  # fmt: skip

    def register(self, member: str) -> None:
        """A row of the member table, as it stands tonight."""
        has_phone = self.rng.random() < 0.5
        self.land(
            "customers", "crm", member, customer_ref=member, phone=self.pick("phone", 6) if has_phone else None,
            email=self.pick("email", 9) if self.rng.random() < 0.2 else None,
            registered_at=datetime(2026, 9, 1),
        )  # fmt: skip

    def night(self) -> None:
        """Some of all that can happen in one night."""
        self.load_id += 1
        for _ in range(self.rng.integers(1, 9)):
            self.bind()
        for _ in range(self.rng.integers(0, 3)):
            self.register(self.pick("m", 9))
        if self.rng.random() < 0.3:
            author = self.pick("weibo_author", 3)
            self.land("creators", "crm", author, author_ref=author, customer_ref=self.pick("m", 9))
        for _ in range(self.rng.integers(0, 3)):
            node = self.pick("cookie", 20)
            when = datetime(2026, 10, 1) + timedelta(hours=int(self.rng.integers(0, 100)))
            self.land(
                "touchpoints", "ads", f"t{self.load_id}{node}", identity_value=node, touched_at=when
            )
        for feed in [*["identities"] * 6, "customers", "creators", "touchpoints"]:
            if self.rng.random() < 0.45:
                self.withdraw(feed)

    def built(self) -> None:
        """What a refresh writes down after a build that succeeded."""
        self.connection.execute(
            "insert into raw.builds (build_id, load_id) values ($1, $1)", [self.load_id]
        )

    # ------------------------------------------------------------ the same in plain Python

    def winners(self, feed: str) -> list[Row]:
        """The version in force of every record."""
        best: dict[str, Row] = {}
        for row in self.rows[feed]:
            order = (row["export_date"], row["delivery_seq"], row["row_number"], row["file_id"])
            if row["superseded_load_id"] is None:
                standing = best.get(row["record_key"])
                if standing is None or order > standing["order"]:
                    best[row["record_key"]] = {**row, "order": order}
        return list(best.values())

    def nodes(self) -> dict[str, bool]:
        """Every node, and whether a register knows it."""
        nodes: dict[str, bool] = {}
        places = [
            ("customers", "customer_ref", True), ("customers", "phone", False), ("customers", "email", False),
            ("identities", "customer_ref", True), ("identities", "identity_value", False),
            ("creators", "customer_ref", False), ("creators", "author_ref", False),
            ("touchpoints", "identity_value", False),
        ]  # fmt: skip
        for feed, column, is_registered in places:
            for row in self.winners(feed):
                if row[column] is not None:
                    nodes[row[column]] = nodes.get(row[column], False) or is_registered
        return nodes

    def links(self) -> set[tuple[str, str]]:
        """The statements that hold, an exclusive identifier's last binding alone."""
        said: set[tuple[str, str]] = set()
        bound: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
        for row in self.winners("identities"):
            at = row["linked_at"] or datetime.combine(row["export_date"], datetime.min.time())
            place = (row["channel_code"], row["identity_value"])
            bound[place].append((-at.timestamp(), row["customer_ref"]))
        for (_, node), holders in bound.items():
            is_exclusive = RULES.get(kind_of(node), RULES["*"])[2]
            said |= {
                (node, other) for _, other in (sorted(holders)[:1] if is_exclusive else holders)
            }
        for row in self.winners("customers"):
            said |= {(row["phone"], row["customer_ref"]), (row["email"], row["customer_ref"])}
        said |= {(row["author_ref"], row["customer_ref"]) for row in self.winners("creators")}
        return {(node, other) for node, other in said if node is not None and node != other}

    def cuts(self) -> set[tuple[str, str, str]]:
        """Node, kind and rule of what links nobody."""
        links = self.links()
        memberships = {other for _, other in links}
        shared = Counter(node for node, _ in links)
        crowded = Counter((other, kind_of(node)) for node, other in links)
        return {
            (node, kind_of(node), "shared_identifier")
            for node, count in shared.items()
            if count > RULES.get(kind_of(node), RULES["*"])[0] and node not in memberships
        } | {
            (other, kind, "crowded_customer")
            for (other, kind), count in crowded.items()
            if count > RULES.get(kind, RULES["*"])[1]
        }

    def identities(self) -> dict[str, str]:
        """The customer_key of every node."""
        nodes, cuts = self.nodes(), self.cuts()
        parent = {node: node for node in nodes}

        def root(node: str) -> str:
            while parent[node] != node:
                node = parent[node]
            return node

        for node, other in self.links():
            kind = kind_of(node)
            if (node, kind, "shared_identifier") in cuts or (
                other,
                kind,
                "crowded_customer",
            ) in cuts:
                continue
            parent[root(node)] = root(other)
        return {
            node: key_of(name)
            for component in components(nodes, root)
            for name in [min(component, key=lambda node: (not nodes[node], node))]
            for node in component
        }


def components(nodes: Iterable[str], root: Any) -> list[list[str]]:
    """The nodes, grouped by their root."""
    groups: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        groups[root(node)].append(node)
    return list(groups.values())


def kind_of(node: str) -> str:
    """The kind of a node."""
    return node.partition(":")[0]


def read_rules() -> list[dict[str, str]]:
    """The packaged rules."""
    with (PROJECT / "seeds" / "identity_rules.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
