"""Touches of a random world: night after night, an incremental build gives the rows of a full one.

Whether a touch counts and what it was part of depends on other rows: the neighbours of its hour,
the campaign of its content, the tier of its creator, who wrote the review, who sent the link. The
nights change all of them, early and late, corrected and withdrawn, with people who merge and part.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import count

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from tests.unit.dbt.building import PROJECT, Build

COMPARED = ("int_touch_exclusions", "fct_touchpoints")
# what is large and beside the point: voices need scores, texts and brands, nodes every feed that names a person
STUBS = {
    "fct_voices": (
        ("stg_reviews",),
        "select 'review:' || record_key as voice_key, incentive_ref is not null as is_incentivised "
        "from stg_reviews",
    ),
    "int_customer_nodes": (
        (),
        "select node, null::date as first_seen_on, bool_or(node like 'crm:%') as is_registered "
        "from (unpivot ("
        + " union all by name ".join(
            f"select {columns} from raw.{feed} where superseded_load_id is null"
            for feed, columns in {
                "touchpoints": "identity_value", "identities": "identity_value, customer_ref",
                "creators": "author_ref, customer_ref", "reviews": "author_ref",
                "mentions": "author_ref", "surveys": "customer_ref",
                "community_activity": "customer_ref", "service_contacts": "customer_ref",
                "referrals": "inviter_ref, invitee_ref",
            }.items()
        )
        + ") on * into name kind value node) group by node",
    ),
}  # fmt: skip
FIRST_NIGHT = date(2026, 10, 8)
# so many that a night leaves most of them alone
PEOPLE, NIGHTS = 80, 4
CHANNELS = ["xiaohongshu", "wecom", "baidu_search", "direct", "shop_reviews", "referral", "unheard"]
TIERS = ["koc", "kol", "institution", "of_no_rule"]

Row = Mapping[str, object]


def read_by(model: str, pattern: str) -> list[str]:
    """What the SQL of a model names by `pattern`."""
    return re.findall(pattern, next(PROJECT.glob(f"models/**/{model}.sql")).read_text("utf-8"))


@cache
def upstream(model: str) -> tuple[str, ...]:
    """All models that `model` is made from, itself last; seeds are none."""
    found = list(PROJECT.glob(f"models/**/{model}.sql"))
    if not found:
        return ()
    sql = found[0].read_text("utf-8")
    names = list(STUBS[model][0] if model in STUBS else re.findall(r"ref\('(\w+)'\)", sql))
    if "touches_of_units()" in sql:  # what the macro reads
        names += ["int_touch_sources", "int_changed_touch_subjects"]
    ordered: dict[str, None] = {}
    for name in names:
        ordered |= dict.fromkeys(upstream(name))
    return (*ordered, model)


def is_view(model: str) -> bool:
    """Whether the model holds no rows of its own, but those of what it reads."""
    sql = next(PROJECT.glob(f"models/**/{model}.sql")).read_text("utf-8")
    return "materialized='view'" in sql or (model.startswith("stg_") and "incremental" not in sql)


MODELS = upstream("fct_touchpoints")


def planted() -> dict[str, list[Row]]:
    """What chance may leave out: people of whom each rule and each ground says something."""
    night = datetime.combine(FIRST_NIGHT, datetime.min.time())
    clicks: list[tuple[str, int, str, Row]] = [
        *(("cookie:90", 60 * hour, "weibo", {}) for hour in range(4)),
        *(("cookie:91", minute, "weibo", {}) for minute in range(3)),
        ("author:92", 0, "weibo", {}),
        ("author:93", 0, "weibo", {"creator_ref": "creator:8"}),
        ("author:94", 0, "weibo", {"review_ref": "review:9"}),
        ("crm:95", 0, "referral", {}),
        ("crm:99", 2, "referral", {}),
        ("crm:89", 2, "referral", {}),
        ("cookie:96", 0, "weibo", {"creator_ref": "creator:9"}),
        ("cookie:96", 90, "weibo", {"content_ref": "content:9"}),
        ("cookie:98", 0, "weibo", {"campaign_ref": "campaign:9"}),
    ]
    return {
        "touchpoints": [
            {"identity_value": node, "touched_at": night + timedelta(minutes=minute),
             "marketing_channel_code": channel, "touch_kind": "click", **subject}
            for node, minute, channel, subject in clicks
        ],
        "mentions": [{"mention_kind": "post", "posted_at": night, "author_ref": "author:92",
                      "author_kind": "employee"}],
        "creators": [{"creator_ref": "creator:8", "author_ref": "author:93"},
                     {"creator_ref": "creator:9", "tier_code": "koc"}],
        "campaigns": [{"campaign_ref": "campaign:9", "strategy_code": "koc"}],
        "reviews": [{"review_ref": "review:9", "author_ref": "author:94", "posted_at": night}],
        "referrals": [{"inviter_ref": "crm:97", "invitee_ref": "crm:95", "sent_at": night,
                       "clicked_at": night},
                      {"inviter_ref": "crm:99", "sent_at": night, "clicked_at": night}],
        "content": [{"content_ref": "content:9", "topic_ref": "topic:9"}],
    }  # fmt: skip


class World:
    """Deliveries that a seed of chance decides; the same for every warehouse that takes them."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._files = count(1)

    def _one(self, values: Sequence[str], blank: float = 0.0) -> str | None:
        return None if self._rng.random() < blank else str(self._rng.choice(values))

    def _ref(self, kind: str, highest: int, blank: float = 0.0) -> str | None:
        return self._one([f"{kind}:{number}" for number in range(highest)], blank)

    def _time(self) -> datetime:
        # few days and hours, so that touches fall together
        day = datetime.combine(FIRST_NIGHT, datetime.min.time()) - timedelta(
            days=int(self._rng.integers(0, 3))
        )
        return day + timedelta(minutes=int(self._rng.integers(0, 3 * 60)))

    def _person(self, blank: float = 0.0) -> str | None:
        return self._ref(str(self._rng.choice(["cookie", "author", "crm"])), PEOPLE, blank)

    def _record(self, feed: str) -> Row:
        row: Row
        at = self._time()
        match feed:
            case "touchpoints":
                row = {
                    "identity_value": self._person(0.1), "touched_at": at,
                    "marketing_channel_code": self._one(CHANNELS),
                    "campaign_ref": self._ref("campaign", 4, 0.7),
                    "content_ref": self._ref("content", 4, 0.6),
                    "creator_ref": self._ref("creator", 3, 0.7),
                    "review_ref": self._ref("review", 4, 0.6),
                    "touch_kind": self._one(["click", "crawler"], 0.1),
                }  # fmt: skip
            case "referrals":
                row = {"inviter_ref": self._person(), "invitee_ref": self._person(0.3),
                        "sent_at": at, "clicked_at": None if self._rng.random() < 0.2 else at}  # fmt: skip
            case "mentions":
                row = {"mention_kind": self._one(["message", "post"]), "posted_at": at,
                        "author_ref": self._person(0.1), "brand_code": "own",
                        "author_kind": self._one(["user"] * 19 + ["employee"])}  # fmt: skip
            case "community_activity":
                row = {
                    "community_ref": "g",
                    "customer_ref": self._person(),
                    "active_on": at.date(),
                }
            case "surveys":
                row = {"customer_ref": self._person(0.2), "sent_at": at,
                        "marketing_channel_code": self._one(CHANNELS, 0.3)}  # fmt: skip
            case "service_contacts":
                row = {"customer_ref": self._person(0.2), "started_at": at, "first_response_at": at,
                        "stage_code": self._one(["pre_sale", "after_sale"])}  # fmt: skip
            case "identities":
                # few, so that some stand for several people and are cut
                row = {"identity_value": self._ref("cookie", PEOPLE // 4), "customer_ref": self._ref("crm", PEOPLE),
                        "linked_at": at}  # fmt: skip
            case "content":
                row = {"content_ref": self._ref("content", 4), "creator_ref": self._ref("creator", 3, 0.5),
                        "campaign_ref": self._ref("campaign", 4, 0.6), "topic_ref": self._ref("topic", 2, 0.5)}  # fmt: skip
            case "creators":
                row = {"creator_ref": self._ref("creator", 3), "author_ref": self._ref("author", PEOPLE, 0.4),
                        "customer_ref": self._ref("crm", PEOPLE, 0.4), "tier_code": self._one(TIERS, 0.1)}  # fmt: skip
            case "collaborations":
                row = {"creator_ref": self._ref("creator", 3), "content_ref": self._ref("content", 4, 0.4),
                        "campaign_ref": self._ref("campaign", 4, 0.5), "fee_cny": 1}  # fmt: skip
            case "campaigns":
                row = {"campaign_ref": self._ref("campaign", 4),
                        "strategy_code": self._one(["koc", "paid_social", "referral"], 0.5)}  # fmt: skip
            case _:  # reviews
                row = {"review_ref": self._ref("review", 4), "author_ref": self._ref("author", PEOPLE),
                        "posted_at": at, "incentive_ref": self._one(["grant"], 0.5)}  # fmt: skip
        return row

    def delivery(self, feed: str, rows: int, load_id: int) -> list[Row]:
        """Rows of a feed, some of them other versions of records that landed before."""
        export = FIRST_NIGHT - timedelta(days=int(self._rng.integers(0, 3)))
        own_ref = {"content": "content_ref", "creators": "creator_ref", "campaigns": "campaign_ref",
                   "reviews": "review_ref"}.get(feed)  # fmt: skip
        fixed = planted().get(feed, []) if load_id == 1 else []
        if (feed, load_id) == ("referrals", 2):  # whose touch stands already
            night = datetime.combine(FIRST_NIGHT, datetime.min.time())
            fixed = [{"inviter_ref": "crm:89", "sent_at": night, "clicked_at": night}]
        found: list[Row] = []
        for number in range(rows + len(fixed)):
            is_fixed = number >= rows
            row = fixed[number - rows] if is_fixed else self._record(feed)
            drawn = f"{feed}:{number if is_fixed else self._rng.integers(0, 300)}"
            key = row[own_ref] if own_ref else drawn
            found.append({
                **row, "record_key": key, "channel_code": "x", "export_date": export,
                "delivery_seq": 1, "row_number": number, "load_id": load_id,
                "file_id": f"f{next(self._files)}", "currency_code": "CNY",
            })  # fmt: skip
        return found

    def withdrawn(self, keys: Sequence[str]) -> list[str]:
        """A few of the records, whose files are delivered again without them."""
        return [key for key in keys if self._rng.random() < 0.02]


# rows a night; the first one has tenfold
FEEDS = {
    "touchpoints": 24, "referrals": 6, "mentions": 5, "community_activity": 4, "surveys": 3,
    "service_contacts": 3, "identities": 3, "content": 1, "creators": 1, "collaborations": 1,
    "campaigns": 1, "reviews": 1,
}  # fmt: skip


class Warehouse:
    """Raw tables in memory, and the models of touches on them."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        # a feed that is in no delivery here is there and empty
        wanted = {*FEEDS, "customers", "orders"}
        wanted |= {feed for name in MODELS for feed in read_by(name, r"source\('raw', '(\w+)'\)")}
        feeds = {name: feed for name, feed in load_feeds().items() if name in wanted}
        create_raw_schema(self.connection, feeds)
        for seed in {seed for name in MODELS for seed in read_by(name, r"ref\('(\w+)'\)")}:
            path = PROJECT / f"seeds/{seed}.csv"
            if path.exists() and seed not in {"touch_exclusions", "campaign_aliases"}:
                self.connection.execute(f"create table {seed} as from '{path}'")
        self.connection.execute(
            "create table touch_exclusions as select * replace (case rule_code when 'robot_hour' "
            "then 2 when 'robot_day' then 3 else threshold end as threshold) from "
            f"read_csv('{PROJECT}/seeds/touch_exclusions.csv', types={{'threshold': 'double'}})"
        )
        self.connection.execute(
            "create table campaign_aliases as select 'campaign:3' as campaign_ref, "
            "'campaign:0' as campaign_key"
        )
        self._build = Build(self.connection)

    def land(self, feed: str, rows: Sequence[Row]) -> None:
        self.connection.register("landing", pa.Table.from_pylist([dict(row) for row in rows]))
        self.connection.execute(f"insert into raw.{feed} by name from landing")

    def withdraw(self, feed: str, keys: Sequence[str], load_id: int) -> None:
        self.connection.execute(
            f"update raw.{feed} set superseded_load_id = $1 "
            "where list_contains($2, record_key) and superseded_load_id is null",
            [load_id, list(keys)],
        )

    def build(self, *, incremental: bool, load_id: int) -> None:
        for name in MODELS:
            if name in STUBS:
                self.connection.execute(f"create or replace view {name} as {STUBS[name][1]}")
            elif load_id == 1 or not is_view(name):
                self._build.run(name, incremental=incremental)
        self.connection.execute(
            "insert into raw.builds (build_id, load_id) values ($1, $1)", [load_id]
        )

    def rows(self) -> dict[str, Counter[tuple[object, ...]]]:
        return {
            table: Counter(self.connection.execute(f"from {table}").fetchall())
            for table in COMPARED
        }


Rows = dict[str, Counter[tuple[object, ...]]]


@pytest.fixture(scope="module")
def nights() -> Iterator[list[tuple[Rows, Rows]]]:
    """Each night's rows, built on those of the run before, and all at once."""
    world, grown, whole = World(1), Warehouse(), Warehouse()
    compared = []
    for load_id in range(1, NIGHTS + 1):
        for feed, rows in FEEDS.items():
            keys = grown.connection.execute(
                f"select distinct record_key from raw.{feed} order by 1"
            ).fetchall()
            withdrawn = world.withdrawn([key for (key,) in keys])
            delivery = world.delivery(feed, rows * (10 if load_id == 1 else 1), load_id)
            for warehouse in (grown, whole):
                warehouse.withdraw(feed, withdrawn, load_id)
                warehouse.land(feed, delivery)
        grown.build(incremental=load_id > 1, load_id=load_id)
        whole.build(incremental=False, load_id=load_id)
        compared.append((grown.rows(), whole.rows()))
    yield compared
    grown.connection.close()
    whole.connection.close()


def test_touches_of_a_night_are_those_of_a_full_build(
    nights: list[tuple[Rows, Rows]],
) -> None:
    for number, (grown, whole) in enumerate(nights, start=1):
        for table in COMPARED:
            assert grown[table] - whole[table] == {}, (
                f"{table}, night {number}: not in a full build"
            )
            assert whole[table] - grown[table] == {}, f"{table}, night {number}: missing"


def test_the_world_has_every_rule_and_every_ground_of_a_strategy(
    nights: list[tuple[Rows, Rows]],
) -> None:
    seen = {value for night in nights for row in night[0]["fct_touchpoints"] for value in row}
    assert {
        "kind_crawler", "robot_hour", "robot_day", "staff", "own_content", "own_review", "own_link",
        "click_told_twice", "same_group_day", "campaign", "review", "incentivised_review",
        "creator_koc", "topic", "channel",
    } <= seen  # fmt: skip
