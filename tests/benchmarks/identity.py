"""Who is who among 5 million identifiers of 2 million members, in full and after a day of 1 % new links.

The peer is what a user would pick: links out of the database, strings to integers by pandas, and the connected
components of scipy, with the same cuts given to it. It starts anew every day.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import duckdb
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ingestion.contracts.feeds import load_feeds
from ingestion.raw.schema import create_raw_schema
from ingestion.scoring.processes import spawned_pool
from tests.benchmarks.memory import PeakMemory
from tests.benchmarks.timing import Timing
from tests.unit.dbt.building import PROJECT, Build

MEMBERS, IDENTIFIERS = 2_000_000, 5_000_000
FEEDS = [
    "customers", "identities", "creators", "orders", "touchpoints", "reviews", "mentions", "cases", "surveys",
    "referrals", "incentives", "points", "ideas", "community_activity", "service_contacts",
]  # fmt: skip
MODELS = [
    "int_changed_links", "int_customer_nodes", "int_customer_links", "int_identity_cuts", "int_relinked_nodes",
    "int_customer_identities",
]  # fmt: skip


Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass
class Run:
    """What one build, ours or the peer's, took."""

    seconds: float
    mib: float


def run() -> list[Timing]:
    """Build in full, then a day of new links; each in a process of its own, so that memory is its own, too."""
    folder = Path(tempfile.mkdtemp(prefix="bench-identity-"))
    warehouse = folder / "warehouse.duckdb"
    try:
        _alone(_land, warehouse, 1, 0, IDENTIFIERS - MEMBERS * 7 // 10)
        full = _alone(_ours, warehouse, False)
        full_peer = _alone(_peer, warehouse)
        full_agreement = _alone(_agreement, warehouse)
        extra = IDENTIFIERS // 100
        _alone(_land, warehouse, 2, IDENTIFIERS, extra)
        update = _alone(_ours, warehouse, True)
        update_peer = _alone(_peer, warehouse)
        update_agreement = _alone(_agreement, warehouse)
        size = f"{IDENTIFIERS:,} identifiers, {MEMBERS:,} members"
        peer = "pandas.factorize, scipy connected_components"
        return [
            Timing(
                "identity_full", size, full.seconds, full_peer.seconds,
                f"{peer} ({full_peer.mib:.0f} MiB)", full_agreement, full.mib,
            ),
            Timing(
                "identity_night", f"{extra:,} new links in {size}", update.seconds, update_peer.seconds,
                f"{peer}, anew ({update_peer.mib:.0f} MiB)", update_agreement, update.mib,
            ),
        ]  # fmt: skip
    finally:
        shutil.rmtree(folder)


def _alone(
    work: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """Run it in a process of its own."""
    with spawned_pool(1) as pool:
        return pool.submit(work, *arguments, **named).result()


def _connect(warehouse: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(warehouse), config={"threads": 2, "memory_limit": "4GB"})


def _land(warehouse: Path, load_id: int, first: int, count: int) -> None:
    """Members with their telephones once, and identifiers: a twentieth named by two members, some by crowds."""
    with _connect(warehouse) as db:
        if load_id == 1:
            create_raw_schema(db, load_feeds())
            for seed in ("identity_rules", "currency_rates"):
                path = PROJECT / "seeds" / f"{seed}.csv"
                db.execute(f"create table {seed} as from read_csv('{path}')")
            db.execute(
                "insert into raw.customers by name select 'crm' as channel_code, 'crm:' || i as record_key, "
                "'crm_customer:' || sha256('m' || i) as customer_ref, case when i % 10 < 7 then 'phone:' || "
                "sha256('p' || (i - case when i % 20 = 1 then 1 else 0 end)) end as phone, "
                "timestamp '2025-01-01' + (i % 600) * interval 1 day as registered_at, "
                "date '2026-10-01' as export_date, 1 as delivery_seq, i as row_number, 1 as load_id "
                f"from range({MEMBERS}) as numbers (i)"
            )
        db.execute(
            "insert into raw.identities by name select 'crm' as channel_code, kind || '|' || j as record_key, "
            "kind as identity_kind, kind || ':' || sha256(kind || case when j % 1000 = 0 and kind = 'cookie' "
            "then j % 7000 else j - case when j % 20 = 1 then 1 else 0 end end) as identity_value, "
            f"'crm_customer:' || sha256('m' || hash(j) % {MEMBERS}) as customer_ref, "
            "timestamp '2026-01-01' + (j % 250) * interval 1 day as linked_at, date '2026-10-01' as export_date, "
            "1 as delivery_seq, j as row_number, $load as load_id "
            "from (select j, ['cookie', 'device_id', 'jd_customer', 'wechat_openid'][1 + j // 20 % 4] as kind "
            f"from range({first}, {first + count}) as numbers (j))",
            {"load": load_id},
        )


def _ours(warehouse: Path, incremental: bool) -> Run:
    with _connect(warehouse) as db, PeakMemory() as memory:
        build = Build(db)
        build.run("stg_currency_rates", *(f"stg_{feed}" for feed in FEEDS))
        start = time.perf_counter()
        build.run(*MODELS, incremental=incremental)
        seconds = time.perf_counter() - start
        db.execute(
            "insert into raw.builds (build_id, load_id) select max(load_id), max(load_id) from raw.identities"
        )
    return Run(seconds, memory.mib)


def _peer(warehouse: Path) -> Run:
    with _connect(warehouse) as db, PeakMemory() as memory:
        start = time.perf_counter()
        _components(db)
        seconds = time.perf_counter() - start
    return Run(seconds, memory.mib)


def _components(db: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The component of every linked node by scipy, on the links that hold."""
    links = db.execute(
        "select node, other from int_customer_links as links where not is_rebound "
        "and node not in (select node from int_identity_cuts where cut_code = 'shared_identifier') "
        "and not exists (select 1 from int_identity_cuts as cuts where cut_code = 'crowded_customer' "
        "and cuts.node = links.other and cuts.identity_kind = links.identity_kind)"
    ).df()
    codes, names = pd.factorize(pd.concat([links["node"], links["other"]], ignore_index=True))
    node, other = codes[: len(links)], codes[len(links) :]
    graph = coo_array((np.ones(len(links), dtype=np.int8), (node, other)), shape=(len(names),) * 2)
    return pd.DataFrame(
        {"node": names, "component": connected_components(graph, directed=False)[1]}
    )


def _agreement(warehouse: Path) -> str:
    """Nodes whose customer and component go together one to one."""
    with _connect(warehouse) as db:
        db.register("found", _components(db))
        [(nodes, pairs, customers, components)] = db.execute(
            "select count(*), count(distinct (customer_key, component)), count(distinct customer_key), "
            "count(distinct component) from int_customer_identities inner join found using (node)"
        ).fetchall()
    same = "the same" if pairs == customers == components else f"{pairs:,} pairs"
    return f"{nodes:,} nodes in {customers:,} people, {components:,} components: {same}"


if __name__ == "__main__":
    for timing in run():
        print(timing)
