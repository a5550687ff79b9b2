"""Ten million touches and a million conversions through every model, beside what one would pick instead.

Ours is the project's own SQL and estimators, on two threads in a process of its own, from touches to
the marts. Peers work on the same journeys in the same run, in an environment of their own:
ChannelAttribution on a path table (made by DuckDB, its time counted), marketing-attribution-models on
one row a touch, and the rules in vectorised pandas, with the same rows as ours to the cent. Peers get
their journeys ready made, and their columns as numbers and categories; reading is not counted.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from dbt_project.estimators.channel_effects import channel_effects
from ingestion.scoring.processes import spawned_pool
from tests.benchmarks import attribution_peers
from tests.benchmarks.memory import PeakMemory
from tests.benchmarks.timing import Timing
from tests.unit.dbt.building import Build

TOUCHES = int(os.environ.get("KOUBEI_BENCH_TOUCHES", "10_000_000"))
MEMORY, THREADS = "2GB", 2
PEERS = [
    "ChannelAttribution==2.2.5",
    "marketing-attribution-models==2.1.1",
    "matplotlib",
    "pyarrow",
]
# channel, strategy, share of touches, chance that one touch alone converts
CHANNELS = [
    ("douyin", "kol", 22, 0.10), ("xiaohongshu", "koc", 18, 0.16), ("baidu_search", "paid_search", 14, 0.12),
    ("douyin_ads", "paid_social", 12, 0.07), ("direct", "direct", 8, 0.05), ("weibo", "topic_linkage", 6, 0.06),
    ("shop_reviews", "organic_review", 5, 0.22), ("wecom", "private_domain", 4, 0.20), ("zhihu", "testimonial", 3, 0.15),
    ("tencent_ads", "paid_social", 3, 0.06), ("referral", "referral", 2, 0.30), ("email", "email", 1.5, 0.05),
    ("dianping", "organic_review", 1, 0.15), ("sms", "sms", 0.5, 0.03),
]  # fmt: skip
JOURNEYS = ["int_journey_units", "int_journey_touches", "int_journeys"]
AFTER_FITS = ["int_model_attribution", "fct_attribution", "int_campaign_credit", "channel_credit", "strategy_credit"]  # fmt: skip


@dataclass
class Ours:
    """What our side took."""

    seconds: dict[str, float] = field(default_factory=dict)
    touches: int = 0
    conversions: int = 0
    journeys: int = 0
    peak_mib: float = 0

    def of(self, *parts: str) -> float:
        """Seconds of several parts."""
        return sum(self.seconds[part] for part in parts)


def run() -> list[Timing]:
    """Make a world, run all models on it, then every peer, and compare."""
    folder = Path(tempfile.mkdtemp(prefix="bench-attribution-"))
    try:
        python = _peer_environment()
        with spawned_pool(1) as pool:
            ours = pool.submit(_ours, folder, TOUCHES).result()
        path_seconds = _files_for_peers(folder)
        peers = {name: _peer(python, name, folder) for name in attribution_peers.PEERS}
        with duckdb.connect(str(folder / "world.duckdb"), read_only=True) as db:
            db.execute(f"set memory_limit = '{MEMORY}'")
            return _timings(db, folder, ours, path_seconds, peers)
    finally:
        shutil.rmtree(folder)


def _timings(
    db: duckdb.DuckDBPyConnection,
    folder: Path,
    ours: Ours,
    path_seconds: float,
    peers: dict[str, dict[str, Any]],
) -> list[Timing]:
    size = f"{ours.touches:,} touches, {ours.journeys:,} journeys, {ours.conversions:,} conversions"
    simulated, rules, exact = (
        peers[name] for name in ("channel_attribution", "pandas_rules", "mam")
    )
    parts = ", ".join(f"{part} {seconds:.1f}" for part, seconds in ours.seconds.items())
    markov = ours.of("int_path_periods", "int_path_transitions", "fits")
    all_models = sum(ours.seconds.values()) - ours.of(*JOURNEYS)
    return [
        Timing(
            "attribution_markov", f"{size}; channels and strategies, by month", markov,
            path_seconds + simulated["seconds"],
            f"path table {path_seconds:.1f} s, ChannelAttribution {simulated['seconds']:.1f} s "
            "(conv_par .05), channels of all months",
            _credit_agreement(db, simulated["credit"]), ours.peak_mib,
        ),
        Timing(
            "attribution_rules", f"{size}; six models, rows with credit in cents",
            ours.of("int_rule_attribution"), rules["seconds"], "vectorised pandas, the same rows",
            _rules_agreement(db, folder), ours.peak_mib,
        ),
        Timing(
            "attribution_all", f"{size}; ten models, localised, and their marts: {parts}", all_models,
            exact["seconds"], "marketing-attribution-models: five rules and its Markov chain, channels alone",
            _effects_agreement(db, exact["credit"]), ours.peak_mib,
        ),
    ]  # fmt: skip


# ---------------------------------------------------------------- ours


def _ours(folder: Path, touches: int) -> Ours:
    """The world, and every model on it, in a process of its own."""
    ours = Ours()
    with duckdb.connect(str(folder / "world.duckdb")) as db:
        db.execute(
            f"set memory_limit = '{MEMORY}'; set threads = {THREADS}; set enable_progress_bar = false"
        )
        db.execute(f"set temp_directory = '{folder / 'spill'}'")
        _make_world(db, touches)
        build = Build(db)
        with PeakMemory() as memory:

            def timed(name: str) -> None:
                start = time.perf_counter()
                build.run(name)
                ours.seconds[name] = time.perf_counter() - start

            for name in [*JOURNEYS, "int_path_periods", "int_path_transitions", "int_path_subsets"]:
                timed(name)
            start = time.perf_counter()
            counts = (
                db.table(name).arrow().read_all()
                for name in ("int_path_transitions", "int_path_subsets")
            )
            db.register("fitted", channel_effects(*counts))
            db.execute("create table int_channel_effects as from fitted")
            ours.seconds["fits"] = time.perf_counter() - start
            for name in ["int_rule_attribution", *AFTER_FITS]:
                timed(name)
        ours.peak_mib = memory.mib
        ((ours.touches,),) = db.execute("select count(*) from int_journey_touches").fetchall()
        ((ours.journeys, ours.conversions),) = db.execute(
            "select count(*), count(*) filter (is_converted) from int_journeys"
        ).fetchall()
    return ours


def _make_world(db: duckdb.DuckDBPyConnection, touches: int) -> None:
    """Customers with one journey each, four touches on average, two of five ending in a sale."""
    db.execute(
        "create table stg_as_of as select date '2026-12-31' as as_of, timestamp '2027-01-01' as as_of_end_at"
    )
    db.execute("create table conversion_goals as select 'sale' as goal_code")
    codes = {
        "rule": ["first_touch", "last_touch", "last_non_direct", "linear", "position_based", "time_decay"],
        "data_driven": ["markov", "shapley", "linear_distinct", "leave_one_out"],
    }  # fmt: skip
    rows = ", ".join(f"('{code}', '{kind}')" for kind, found in codes.items() for code in found)
    db.execute(
        f"create table attribution_models as from (values {rows}) as models (model_code, model_kind_code)"
    )
    upper, sums = 0.0, []
    total = sum(share for _, _, share, _ in CHANNELS)
    for channel, strategy, share, chance in CHANNELS:
        sums.append((upper / total, (upper + share) / total, channel, strategy, chance))
        upper += share
    rows = ", ".join(str(row) for row in sums)
    db.execute(
        f"create table channels as from (values {rows}) as c (low, high, channel, strategy, chance)"
    )
    # hashes, not random(), for the same world on any number of threads
    db.execute(
        f"""
        create table drawn as
        select
            'c' || path_no as customer_key, path_no, place,
            timestamp '2026-10-01' + (hash(path_no, 'day') % 80) * interval '1 day'
            + (place * 20 + hash(path_no, place, 'hour') % 18) * interval '1 hour'
            + (hash(path_no, place, 'second') % 3600) * interval '1 second' as touched_at,
            channels.channel, channels.strategy, channels.chance
        from (
            select path_no, unnest(range(least(20, 1 + cast(floor(-3.4 * ln(1 - u)) as bigint)))) as place
            from (select i as path_no, (hash(i, 'length') % 1000000) / 1000000.0 as u from range({touches // 4}) as r (i))
        ) as places
        inner join channels
            on (hash(path_no, place, 'channel') % 1000000) / 1000000.0 >= channels.low
            and (hash(path_no, place, 'channel') % 1000000) / 1000000.0 < channels.high
        """
    )
    db.execute(
        """
        create table fct_touchpoints as
        select
            't' || path_no || '.' || place as touch_key, customer_key, touched_at, null::varchar as campaign_key,
            channel as marketing_channel_code, strategy as strategy_code, 'wom' as touch_group_code,
            channel = 'direct' as is_direct, null::varchar as excluded_code
        from drawn order by touched_at
        """
    )
    db.execute(
        """
        create table fct_conversions as
        select
            'sale:o' || path_no as conversion_key, 'sale' as goal_code, customer_key as journey_key, customer_key,
            'jd' as channel_code, null::varchar as product_key, max(touched_at) + interval '1 hour' as converted_at,
            cast(10 + hash(path_no, 'value') % 100000 / 100.0 as decimal(18, 2)) as value_cny
        from drawn group by path_no, customer_key
        having (hash(path_no, 'sale') % 1000000) / 1000000.0 < 1 - exp(sum(ln(1 - chance)))
        """
    )
    db.execute("drop table drawn")


# ---------------------------------------------------------------- peers


def _peer_environment() -> Path:
    """Python of an environment that holds the peers, made once and kept in the user's cache."""
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        / "koubei"
        / "bench-attribution"
    )
    python = cache / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run(
            [uv, "venv", "--quiet", "--clear", cache, "--python", sys.executable], check=True
        )
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PEERS], check=True)
    return python


def _files_for_peers(folder: Path) -> float:
    """Journeys as each peer wants them; returns the seconds of the path table, which is work."""
    with duckdb.connect(str(folder / "world.duckdb")) as db:
        db.execute(
            f"set memory_limit = '{MEMORY}'; set threads = {THREADS}; set enable_progress_bar = false"
        )
        db.execute(f"set temp_directory = '{folder / 'spill'}'")
        start = time.perf_counter()
        db.execute(
            """
            create table paths as
            select
                path, count(*) filter (is_converted) as conversions,
                count(*) filter (not is_converted) as nulls
            from (
                select path_key, string_agg(marketing_channel_code, ' > ' order by touch_position) as path
                from int_journey_touches group by path_key
            ) as walked inner join int_journeys using (path_key)
            group by path
            """
        )
        seconds = time.perf_counter() - start
        db.execute(f"copy paths to '{folder}/paths.parquet'")
        db.execute(
            "create table numbered as select path_key, conversion_key, converted_at, value_cny, is_converted, "
            "row_number() over () as path_no from int_journeys"
        )
        db.execute(
            "copy (select path_no, marketing_channel_code as channel, touched_at, "
            "numbered.is_converted and touch_position = touch_count as is_converted "
            f"from int_journey_touches inner join numbered using (path_key)) to '{folder}/touches.parquet'"
        )
        db.execute(
            "copy (select path_no as conversion_no, cast(touch_position as integer) as touch_no, "
            "marketing_channel_code as channel, is_direct, touched_at, converted_at, "
            "cast(value_cny as double) as value_cny "
            "from int_journey_touches inner join numbered using (path_key) where is_converted "
            f"order by hash(touch_key)) to '{folder}/converting.parquet'"
        )
    return seconds


def _peer(python: Path, name: str, folder: Path) -> dict[str, Any]:
    subprocess.run(
        [python, attribution_peers.__file__, name, folder], check=True, capture_output=True
    )
    result: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return result


# ---------------------------------------------------------------- agreement


def _credit_agreement(db: duckdb.DuckDBPyConnection, credit: dict[str, float]) -> str:
    """How far simulated credit is from the exact one on the very same chain, of all months."""
    exact = _effects_of_all_months(db)
    total = sum(credit.values())
    away = [abs(credit[channel] / total / share - 1) for channel, share in exact["share"].items()]
    return f"simulated credit is {min(away):.2%} to {max(away):.2%} off the exact one"


def _effects_agreement(db: duckdb.DuckDBPyConnection, effects: dict[str, float]) -> str:
    """Its removal effects are exact, too."""
    exact = _effects_of_all_months(db)["effect"]
    return f"removal effects within {max(abs(effects[name] - exact[name]) for name in exact):.0e}"


def _effects_of_all_months(db: duckdb.DuckDBPyConnection) -> dict[str, dict[str, float]]:
    """Markov over all journeys at once, as the peers compute it."""
    whole = "'all' as period_key, date '2026-01-01' as month_start, dimension_code, goal_code"
    transitions = db.sql(
        f"select {whole}, from_value, from_frequency, to_value, to_frequency, "
        "cast(sum(step_count) as bigint) as step_count from int_path_transitions "
        "where dimension_code = 'marketing_channel' group by all"
    ).arrow().read_all()  # fmt: skip
    subsets = db.sql(
        f"select {whole}, members, cast(sum(journey_count) as bigint) as journey_count, "
        "cast(sum(conversion_count) as bigint) as conversion_count from int_path_subsets "
        "where dimension_code = 'marketing_channel' group by all"
    ).arrow().read_all()  # fmt: skip
    rows = [
        row
        for row in channel_effects(transitions, subsets).to_pylist()
        if row["model_code"] == "markov"
    ]
    return {
        "effect": {row["dimension_value"]: row["effect"] for row in rows},
        "share": {row["dimension_value"]: row["effect_share"] for row in rows},
    }


def _rules_agreement(db: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """Rows that both have, and how many of them differ by a cent."""
    ((ours, peers),) = db.execute(
        f"select (select count(*) from int_rule_attribution where touch_key is not null), "
        f"(select count(*) from '{folder}/pandas_rules.parquet')"
    ).fetchall()
    ((weight_gap, cny_gap),) = db.execute(
        f"""
        select max(abs(ours.weight - theirs.weight)), sum(abs(ours.cny - theirs.cny))
        from (
            select model_code, marketing_channel_code, sum(weight) as weight, sum(credited_cny) as cny
            from int_rule_attribution where touch_key is not null group by all
        ) as ours
        full outer join (
            select model, channel, sum(weight) as weight, sum(credited_cny) as cny
            from '{folder}/pandas_rules.parquet' group by all
        ) as theirs on ours.model_code = theirs.model and ours.marketing_channel_code = theirs.channel
        """
    ).fetchall()
    return f"{ours:,} rows, {peers:,} of the peer; weights by channel within {weight_gap:.0e}, CNY within {cny_gap:.2f}"
