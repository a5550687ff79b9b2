"""Five million customers and 30 million orders through RFM, stages and the ladder, beside pandas.

Ours is the project's own SQL in a process of its own, on two threads and with a bound on memory: from orders, refunds,
voices and answers to the whole history of every customer's segments. The peer is what one would write in a notebook:
vectorised pandas over the same rows, given as numbers and categories, and it tells the state of as_of alone, with the
cut points of its month. Both are asked for that state, customer by customer.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from tests.benchmarks.identity import _alone
from tests.benchmarks.memory import PeakMemory
from tests.benchmarks.timing import Timing
from tests.unit.dbt.building import PROJECT, Build
from tests.unit.dbt.segment_world import MODELS, SEEDS

CUSTOMERS = int(os.environ.get("KOUBEI_BENCH_CUSTOMERS", "5_000_000"))
ORDERS = 6 * CUSTOMERS
DAYS, FIRST, AS_OF = 730, "2024-11-16", "2026-11-15"
MEMORY, THREADS = "4GB", 2


@dataclass
class Work:
    """What one side took."""

    seconds: dict[str, float] = field(default_factory=dict)
    mib: float = 0
    rows: int = 0


def run() -> list[Timing]:
    """Make a world, build it, compute it with pandas, and compare the states of as_of."""
    folder = Path(tempfile.mkdtemp(prefix="bench-segments-"))
    try:
        _alone(_make_world, folder)
        ours = _alone(_ours, folder)
        peer = _alone(_peer, folder)
        agreement = _alone(_agreement, folder)
    finally:
        shutil.rmtree(folder)
    parts = ", ".join(f"{part} {seconds:.0f}" for part, seconds in ours.seconds.items())
    return [
        Timing(
            "segments",
            f"{CUSTOMERS:,} customers, {ORDERS:,} orders, {DAYS} days; {ours.rows:,} periods ({parts})",
            sum(ours.seconds.values()), sum(peer.seconds.values()),
            f"pandas, the state of as_of alone ({peer.mib:.0f} MiB)", agreement, ours.mib,
        ),
    ]  # fmt: skip


def _connect(folder: Path) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(
        str(folder / "world.duckdb"), config={"threads": THREADS, "memory_limit": MEMORY}
    )
    db.execute(f"set temp_directory = '{folder / 'spill'}'; set enable_progress_bar = false")
    db.execute("set preserve_insertion_order = false")
    return db


def _make_world(folder: Path) -> None:
    """Half of the orders are of a fifth of the customers; a tenth come in two on one day; 3 % are refunded."""
    with _connect(folder) as db:
        key = "substring(md5({}::varchar), 1, 16)"
        db.execute(
            f"create schema raw; create table raw.files as select 'landed' as outcome, date '{FIRST}' as export_date; "
            f"create table stg_as_of as select date '{AS_OF}' as as_of"
        )
        for seed in SEEDS:
            db.execute(f"create table {seed} as from read_csv('{PROJECT}/seeds/{seed}.csv')")
        db.execute(
            f"create table int_customer_identities as select i as node, {key.format('i')} as customer_key "
            f"from range({CUSTOMERS}) as numbers (i)"
        )
        db.execute(
            "create table int_customer_nodes as select node, "
            f"date '{FIRST}' + (hash(node, 1) % {DAYS})::integer as first_seen_on from int_customer_identities"
        )
        db.execute(
            "create table fct_orders as select "
            + key.format("customer")
            + f" as customer_key, timestamp '{FIRST}' + interval 1 second * (hash(basket, 2) % {DAYS * 86400})::bigint "
            "as ordered_at, (10 + hash(i, 3) % 50000 / 100)::decimal(18, 2) as net_cny, i % 40 <> 0 as is_valid, i "
            "from (select i, basket, hash(basket, 4) % case when basket % 2 = 0 then "
            f"{CUSTOMERS} else {CUSTOMERS // 5} end as customer "
            f"from (select i, i - (i % 10 = 1)::integer as basket from range({ORDERS}) as numbers (i)))"
        )
        db.execute(
            "create table fct_refunds as select customer_key, least(ordered_at + interval 10 days, "
            f"timestamp '{AS_OF}') as refunded_at, net_cny as amount_cny, is_valid as is_order_valid "
            "from fct_orders where i % 33 = 0"
        )
        db.execute(
            "create table int_customer_voices as select i::varchar as voice_key, customer_key, "
            "ordered_at + interval 5 days as posted_at, (1 + i % 5) / 5.0 as rating_share, "
            "i % 7 = 0 as is_incentivised from fct_orders where hash(i, 5) % 8 = 0"
        )
        db.execute(
            "create table fct_surveys as select i::varchar as survey_key, customer_key, "
            "ordered_at + interval 20 days as answered_at, "
            "case when i % 2 = 0 then 'promoter' else 'passive' end as nps_group_code "
            "from fct_orders where hash(i, 6) % 50 = 0"
        )
        db.execute(
            "create table stg_referrals as select i::varchar as record_key, hash(i, 7) % "
            f"{CUSTOMERS} as inviter_ref, i as invitee_ref, timestamp '{FIRST}' as sent_at, "
            f"timestamp '{FIRST}' + interval 1 day * (hash(i, 8) % {DAYS})::bigint as registered_at "
            f"from range({CUSTOMERS // 10}) as numbers (i)"
        )


def _ours(folder: Path) -> Work:
    work = Work()
    with _connect(folder) as db, PeakMemory() as memory:
        build = Build(db)
        for model in MODELS:
            start = time.perf_counter()
            build.run(model)
            work.seconds[model] = time.perf_counter() - start
            print(model, round(work.seconds[model], 1), round(memory.mib), flush=True)
        [(work.rows,)] = db.execute("select count(*) from customer_segments").fetchall()
    work.mib = memory.mib
    return work


# ---------------------------------------------------------------- the peer


def _peer(folder: Path) -> Work:
    work = Work()
    with _connect(folder) as db:
        frames = {
            "orders": "select node::integer as customer, ordered_at::date as day, net_cny::double as cny "
            "from fct_orders inner join int_customer_identities using (customer_key) where is_valid",
            "refunds": "select node::integer as customer, refunded_at::date as day, amount_cny::double as cny "
            "from fct_refunds inner join int_customer_identities using (customer_key) where is_order_valid",
            "voices": "select node::integer as customer, posted_at as at, posted_at::date as day, "
            "rating_share >= 0.8 and not is_incentivised as is_praise "
            "from int_customer_voices inner join int_customer_identities using (customer_key)",
            "promoters": "select distinct node::integer as customer from fct_surveys "
            "inner join int_customer_identities using (customer_key) "
            f"where nps_group_code = 'promoter' and answered_at::date <= date '{AS_OF}'",
            "inviters": "select distinct inviter_ref::integer as customer from stg_referrals where inviter_ref <> invitee_ref",
        }  # fmt: skip
        read = {name: db.execute(query).df() for name, query in frames.items()}
        rules = db.execute("select * from lifecycle_rules order by rule_number").df()
    with PeakMemory() as memory:
        start = time.perf_counter()
        states = _states(read, rules)
        work.seconds["states"] = time.perf_counter() - start
    work.mib = memory.mib
    states.reset_index(names="node").to_parquet(folder / "peer.parquet")
    return work


def _states(read: dict[str, pd.DataFrame], rules: pd.DataFrame) -> pd.DataFrame:
    """Every customer's stage rule, rung and RFM code at as_of; the index is the customer's number."""
    as_of = pd.Timestamp(AS_OF)
    month = as_of.replace(day=1)
    orders = read["orders"]
    days = orders.groupby(["customer", "day"], sort=True)["cny"].sum().reset_index()
    gaps = days.groupby("customer")["day"].diff().dt.days
    states = pd.DataFrame(index=pd.RangeIndex(CUSTOMERS))
    grouped = days.groupby("customer")
    states["last"] = grouped["day"].last()
    states["count"] = grouped.size()
    states["last_gap"] = gaps.groupby(days["customer"]).last()
    now, then = _totals(days, read["refunds"], as_of), _totals(days, read["refunds"], month - pd.Timedelta(days=1))  # fmt: skip
    borders = {
        name: np.quantile(values, [0.2, 0.4, 0.6, 0.8], method="inverted_cdf")
        for name, values in {
            "recency": (month - then["last"]).dt.days, "count": then["count"], "money": then["money"],
        }.items()
    }  # fmt: skip
    recency = 5 - np.searchsorted(borders["recency"], (as_of - now["last"]).dt.days, side="left")
    count = 1 + np.searchsorted(borders["count"], now["count"], side="left")
    money = 1 + np.searchsorted(borders["money"], now["money"], side="left")
    states["rfm"] = pd.Series(100 * recency + 10 * count + money, index=now.index)
    age = (as_of - states["last"]).dt.days
    kind = np.select(
        [states["count"].isna(), states["count"] == 1, states["last_gap"] >= 90],
        ["none", "first", "return"],
        "repeat",
    )
    states["stage"] = ""
    for rule in rules.itertuples():
        end = np.inf if pd.isna(rule.to_day) else rule.to_day
        fits = (kind == rule.purchase_kind) & (
            (rule.purchase_kind == "none") | ((age >= rule.from_day) & (age < end))
        )
        states.loc[fits, "stage"] = rule.rule_code
    voices = read["voices"][read["voices"]["day"] <= as_of]
    praises = voices[voices["is_praise"]].groupby("customer").size()
    rung = np.select(
        [
            states.index.isin(read["inviters"]["customer"]),
            states.index.isin(read["promoters"]["customer"])
            | states.index.isin(praises.index[praises >= 2]),
            states.index.isin(voices["customer"].unique()),
            states["count"] >= 2,
            states["count"] == 1,
        ],
        ["referrer", "advocate", "reviewer", "repeat", "buyer"],
        "none",
    )
    return states.assign(rung=rung)[["stage", "rung", "rfm"]]


def _totals(days: pd.DataFrame, refunds: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """Last day, number of days and money (cents) of all who had bought by a day."""
    bought = days[days["day"] <= until].groupby("customer")
    totals = pd.DataFrame({"last": bought["day"].last(), "count": bought.size()})
    money = bought["cny"].sum()
    back = refunds[refunds["day"] <= until].groupby("customer")["cny"].sum()
    totals["money"] = (money.sub(back, fill_value=0).reindex(totals.index) * 100).round()
    return totals


def _agreement(folder: Path) -> str:
    """Customers whose stage, rung and scores at as_of are the same."""
    with _connect(folder) as db:
        [(customers, same)] = db.execute(
            "select count(*), count(*) filter (where s.lifecycle_rule_code = p.stage and s.advocacy_code = p.rung "
            "and s.rfm_code is not distinct from (p.rfm::integer)::varchar) "
            "from customer_segments as s inner join int_customer_identities as i using (customer_key) "
            f"inner join '{folder / 'peer.parquet'}' as p using (node) "
            "where s.valid_to is null"
        ).fetchall()
    return f"{same:,} of {customers:,} customers in the same state at as_of"


if __name__ == "__main__":
    for timing in run():
        print(timing)
