"""Five million customers from their orders to their lifetime value, beside the `lifetimes` package.

Ours is the project's own SQL and estimators on two threads, in a process of its own: margins of
purchases, counts of distinct histories, both fits and the one that is tested, expectations, every
customer's value, the published tables. The peer does a sample of the same customers in an environment
of its own (it wants older pandas, numpy and scipy), and ours does that sample, too, for the ratio and to
compare the values; its time for all of them is what it took for the sample, times their number.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from dbt_project.estimators.bgnbd import Parameters
from dbt_project.estimators.gamma_gamma import Parameters as Spending
from ingestion.scoring.processes import spawned_pool
from tests.benchmarks import clv_peer
from tests.benchmarks.memory import PeakMemory
from tests.benchmarks.timing import Timing
from tests.unit.dbt.clv_chain import TABLES, build_counts, build_fits, build_marts
from tests.unit.estimators.customers import simulate

CUSTOMERS = int(os.environ.get("KOUBEI_BENCH_CUSTOMERS", "5_000_000"))
SAMPLE = int(os.environ.get("KOUBEI_BENCH_PEER_CUSTOMERS", "100_000"))
MEMORY, THREADS = "3GB", 2
AS_OF, DAYS = "2026-10-31", 730
TRUTH, SPEND = Parameters(0.9, 6.0, 0.6, 3.0), Spending(5.0, 4.0, 240.0)
# customers that are drawn; the others are these with first days of their own
DRAWN = 50_000
PEER = [
    "lifetimes==0.11.3", "pandas==1.5.3", "numpy==1.24.4", "scipy==1.10.1", "autograd==1.5", "pyarrow==15.0.2",
]  # fmt: skip


@dataclass
class Ours:
    """What our side took for so many customers."""

    customers: int
    orders: int
    histories: int
    seconds: dict[str, float]
    peak_mib: float

    @property
    def total(self) -> float:
        """From orders to values."""
        return sum(self.seconds.values())


def run() -> list[Timing]:
    """The sample on both sides, then all customers on ours."""
    folder = Path(tempfile.mkdtemp(prefix="bench-clv-"))
    try:
        python = _peer_environment()
        with spawned_pool(1) as pool:
            sample = _timed(pool, folder, SAMPLE)
            subprocess.run([python, clv_peer.__file__, folder], check=True, capture_output=True)
        peer = json.loads((folder / "peer.json").read_text())
        agreement = _agreement(folder, peer["parameters"])
        (folder / "world.duckdb").unlink()
        with spawned_pool(1) as pool:
            ours = _timed(pool, folder, CUSTOMERS)
        seconds = sum(peer["seconds"].values())
        parts = ", ".join(f"{part} {spent:.1f}" for part, spent in peer["seconds"].items())
        return [
            Timing("clv_sample", _size(sample), sample.total, seconds, f"lifetimes 0.11.3: {parts}",
                   agreement, sample.peak_mib),
            Timing("clv", _size(ours), ours.total, seconds * CUSTOMERS / SAMPLE,
                   f"lifetimes 0.11.3, {SAMPLE:,} customers, times {CUSTOMERS / SAMPLE:g}",
                   "as for the sample", ours.peak_mib),
        ]  # fmt: skip
    finally:
        shutil.rmtree(folder)


def _timed(pool: Executor, folder: Path, customers: int) -> Ours:
    return pool.submit(_ours, folder, customers).result()


def _size(ours: Ours) -> str:
    parts = ", ".join(f"{part} {seconds:.1f}" for part, seconds in ours.seconds.items())
    return f"{ours.customers:,} customers, {ours.orders:,} orders, {ours.histories:,} distinct histories: {parts}"


def _ours(folder: Path, customers: int) -> Ours:
    """The world, and every model on it."""
    seconds: dict[str, float] = {}
    with duckdb.connect(str(folder / "world.duckdb")) as db:
        db.execute(
            f"set memory_limit = '{MEMORY}'; set threads = {THREADS}; set enable_progress_bar = false"
        )
        db.execute(f"set temp_directory = '{folder / 'spill'}'")
        _make_world(db, customers)
        if customers == SAMPLE:
            _files_for_peer(db, folder)
        with PeakMemory() as memory:
            for name, work in [
                ("histories", build_counts), ("fits and expectations", build_fits), ("marts", build_marts),
            ]:  # fmt: skip
                start = time.perf_counter()
                work(db)
                seconds[name] = time.perf_counter() - start
        ((orders,),) = db.execute("select count(*) from fct_orders").fetchall()
        ((histories,),) = db.execute(
            "select count(*) from int_clv_histories where fit_code = 'full'"
        ).fetchall()
        ((valued,),) = db.execute("select count(value_12m_cny) from customer_value").fetchall()
        if valued != customers:
            message = f"{valued:,} of {customers:,} customers have a value"
            raise RuntimeError(message)
    return Ours(customers, orders, histories, seconds, memory.mib)


def _make_world(db: duckdb.DuckDBPyConnection, customers: int) -> None:
    """Simulated customers, each repeated as often as needed, with a first day of its own every time."""
    drawn = simulate(DRAWN, 2 * DAYS / 7, TRUTH, SPEND)
    weeks = np.concatenate(
        [np.zeros((DRAWN, 1)), drawn.bought_at - drawn.first_at[:, None]], axis=1
    )
    made = np.nonzero(weeks * 7 <= DAYS)
    db.register("drawn", pa.table({
        "drawn_no": made[0], "days_after": (weeks[made] * 7).astype(np.int32), "net_cny": drawn.value_cny[made],
    }))  # fmt: skip
    db.execute(TABLES)
    db.execute(f"insert into stg_as_of values ('{AS_OF}')")
    db.execute(
        f"""
        insert into fct_orders
        with people as (
            select i as person_no, i % {DRAWN} as drawn_no, date '{AS_OF}' - cast(hash(i) % {DAYS} as integer) as first_on
            from range({customers}) as r (i)
        )
        select
            cast(row_number() over () as varchar), 'c' || person_no,
            cast(first_on + days_after as timestamp) + interval '10 hours', net_cny, 0, true
        from people inner join drawn using (drawn_no)
        where first_on + days_after <= date '{AS_OF}'
        """
    )
    db.execute("checkpoint")


def _files_for_peer(db: duckdb.DuckDBPyConnection, folder: Path) -> None:
    db.execute(
        "copy (select customer_key, cast(ordered_at as date) as purchased_on, cast(net_cny as double) as net_cny"
        f" from fct_orders) to '{folder / 'orders.parquet'}'"
    )
    (folder / "as_of.json").write_text(json.dumps(AS_OF))


def _agreement(folder: Path, parameters: dict[str, float]) -> str:
    """Parameters and values of both sides, for the sample."""
    with duckdb.connect(str(folder / "world.duckdb")) as db:
        row: dict[str, Any] = (
            db.sql("from mart_clv_fits where fit_code = 'full'").to_arrow_table().to_pylist()[0]
        )
        off = max(abs(row[name] / value - 1) for name, value in parameters.items())
        ((alive, orders, value),) = db.execute(
            f"""
            select
                max(abs(ours.p_alive - theirs.p_alive)),
                max(abs(ours.expected_orders_12m - theirs.expected_orders_12m)),
                sum(ours.value_12m_cny) / sum(theirs.value_12m_cny) - 1
            from customer_value as ours
            inner join '{folder / "peer.parquet"}' as theirs using (customer_key)
            """
        ).fetchall()
    return (
        f"parameters within {off:.2g}, P(alive) {alive:.2g}, purchases {orders:.2g}; value in all {value:+.2%},"
        " months being 30.4 days from their middle here, 4.345 weeks from their end there"
    )


def _peer_environment() -> Path:
    """Python of an environment that holds the peer, made once and kept in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "koubei" / "bench-clv"
    python = cache / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run(
            [uv, "venv", "--quiet", "--clear", cache, "--python", sys.executable], check=True
        )
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PEER], check=True)
    return python
