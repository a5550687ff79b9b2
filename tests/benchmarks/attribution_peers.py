"""What a user would pick instead, run by a Python of its own: `python attribution_peers.py PEER FOLDER`.

Each peer reads the Parquet files that the benchmark has written to the folder, and leaves
`<peer>.json` there: the seconds of its work without the reading, and its credit by channel. What it
gives to single touches goes to `<peer>.parquet`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def channel_attribution(folder: Path) -> dict[str, Any]:
    """ChannelAttribution's Markov model, which simulates, with its own defaults (conv_par .05)."""
    from ChannelAttribution import markov_model

    paths = pd.read_parquet(folder / "paths.parquet")
    start = time.perf_counter()
    found = markov_model(
        paths, "path", "conversions", var_null="nulls", ncore=2, seed=1, verbose=False, flg_pro=False
    )  # fmt: skip
    seconds = time.perf_counter() - start
    credit = found.set_index("channel_name")["total_conversions"]
    return {"seconds": seconds, "credit": {name: float(value) for name, value in credit.items()}}


def mam(folder: Path) -> dict[str, Any]:
    """marketing-attribution-models: its five rules and its Markov chain, on one row a touch."""
    import polars as pl
    from mam import MAM

    touches = pl.read_parquet(folder / "touches.parquet")
    start = time.perf_counter()
    models = MAM(
        touches, "session", channels_colname="channel", journey_with_conv_colname="is_converted",
        datetime_colname="touched_at", user_id_colname="path_no",
    )  # fmt: skip
    results = {
        "first_touch": models.run_first_click(),
        "last_touch": models.run_last_click(),
        "linear": models.run_linear(),
        "position_based": models.run_position_based(),
        "time_decay": models.run_time_decay(),
        "markov": models.run_markov(),
    }
    seconds = time.perf_counter() - start
    chain = results["markov"].metadata["removal_effect"]["removal_effect"]
    return {"seconds": seconds, "credit": {name: float(chain[name]) for name in chain.index}}


def pandas_rules(folder: Path) -> dict[str, Any]:
    """The six rules on whole columns, cents by largest remainder, and one long table of them."""
    touches = pd.read_parquet(folder / "converting.parquet").astype({"channel": "category"})
    start = time.perf_counter()
    touches = touches.sort_values(["conversion_no", "touched_at", "touch_no"], ignore_index=True)
    groups = touches.groupby("conversion_no", sort=False)
    position = groups.cumcount().to_numpy() + 1
    count = groups["touch_no"].transform("size").to_numpy()
    value = np.round(touches["value_cny"].to_numpy() * 100)
    place = np.where(touches["is_direct"], 0, position)
    last = (
        touches.assign(place=place).groupby("conversion_no", sort=False)["place"].transform("max")
    )
    days = (touches["converted_at"] - touches["touched_at"]).dt.total_seconds() / 86400
    decay = np.power(2.0, -days.to_numpy() / 7)
    total = pd.Series(decay).groupby(touches["conversion_no"], sort=False).transform("sum")
    ends = (position == 1) | (position == count)
    weights = {
        "first_touch": (position == 1).astype(float),
        "last_touch": (position == count).astype(float),
        "last_non_direct": (position == np.where(last == 0, count, last)).astype(float),
        "linear": 1 / count,
        "position_based": np.where(
            count <= 2, 1 / count, np.where(ends, 0.4, 0.2 / np.maximum(count - 2, 1))
        ),
        "time_decay": decay / total.to_numpy(),
    }
    parts = []
    for model, weight in weights.items():
        given = weight > 0
        part = touches.loc[given, ["conversion_no", "touch_no", "channel"]].assign(
            model=model, weight=weight[given]
        )
        cents = _cents(touches["conversion_no"], position, weight, value)
        part["credited_cny"] = cents[given] / 100
        parts.append(part)
    credit = pd.concat(parts, ignore_index=True)
    credit["model"] = credit["model"].astype("category")
    seconds = time.perf_counter() - start
    credit.to_parquet(folder / "pandas_rules.parquet")
    return {"seconds": seconds, "credit": {}}


def _cents(
    whole: pd.Series[int], position: np.ndarray, weight: np.ndarray, value: np.ndarray
) -> np.ndarray:
    """Whole cents: floors, and those left over to the largest remainders, then the earlier touch."""
    if set(np.unique(weight)) <= {0.0, 1.0}:
        return weight * value
    share = np.round(weight * value, 6)
    floor = np.floor(share)
    order = np.lexsort([position, -np.round(share - floor, 6), whole.to_numpy()])
    starts = np.concatenate([[True], np.diff(whole.to_numpy()[order]) != 0])
    places = np.arange(len(order))
    rank = np.empty(len(order))
    rank[order] = places - np.maximum.accumulate(np.where(starts, places, 0))
    left = value - pd.Series(floor).groupby(whole, sort=False).transform("sum").to_numpy()
    cents: np.ndarray = floor + (rank < left)
    return cents


PEERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "channel_attribution": channel_attribution,
    "mam": mam,
    "pandas_rules": pandas_rules,
}


if __name__ == "__main__":
    result = PEERS[sys.argv[1]](Path(sys.argv[2]))
    (Path(sys.argv[2]) / f"{sys.argv[1]}.json").write_text(json.dumps(result), encoding="utf-8")
