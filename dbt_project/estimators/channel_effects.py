"""What each channel is worth, by every data-driven model, from the aggregates of journeys.

One fit a dimension (marketing channel, strategy), goal and month. A fit knows nothing but its own
counts, takes them in a canonical order, and is named after them: the same journeys give the same
rows, whenever and in whatever order they landed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dbt_project.estimators.coalitions import (
    joined,
    leave_one_out,
    linear_distinct,
    players,
    shapley_values,
)
from dbt_project.estimators.markov import removal_effects

# part of the name of every fit: raise it when a model computes differently
VERSION = "1"
START, CONVERSION, NULL, OTHER = "(start)", "(conversion)", "(null)", "(other)"
UNIT = ("dimension_code", "period_key", "goal_code", "month_start")

SCHEMA = pa.schema(
    [
        ("dimension_code", pa.string()),
        ("period_key", pa.string()),
        ("goal_code", pa.string()),
        ("month_start", pa.date32()),
        ("model_code", pa.string()),
        ("dimension_value", pa.string()),
        ("player_value", pa.string()),
        ("effect", pa.float64()),
        ("effect_share", pa.float64()),
        ("positive_share", pa.float64()),
        ("model_fit_id", pa.string()),
    ]
)


def channel_effects(transitions: pa.Table, subsets: pa.Table) -> pa.Table:
    """Effect of every channel by every model, one row per fit, model and channel.

    `transitions` has the columns of `UNIT`, from_value, from_frequency, to_value, to_frequency and
    step_count; `subsets` those of `UNIT`, members (a list), journey_count and conversion_count.

    The result, in the shape of `SCHEMA`: `effect` is the share of conversions lost without the
    channel (markov), a part of the conversion rate (shapley, leave_one_out) or conversions
    (linear_distinct); `player_value` is the channel, or `(other)` where channels are more than 16
    and the rarer ones share one Shapley value, which then stands on each of them. `effect_share` is
    what part of the credit the player gets: effects over their sum, raw ones for shapley, those
    above zero for leave_one_out (or equal parts of each conversion where none is); 0 without a
    conversion. `positive_share` is the share among effects above zero, by which one journey is
    divided.
    """
    walks = dict(_units(transitions))
    games = dict(_units(subsets))
    tables = [
        pa.Table.from_pydict(
            columns
            | {key: [part] * len(columns["effect"]) for key, part in zip(UNIT, unit, strict=True)},
            schema=SCHEMA,
        )
        for unit in sorted(walks.keys() | games.keys())
        for columns in _fits(unit, walks.get(unit), games.get(unit))
    ]
    return pa.concat_tables(tables) if tables else SCHEMA.empty_table()


def _fits(
    unit: tuple[Any, ...], walk: pa.Table | None, game: pa.Table | None
) -> Iterator[dict[str, Any]]:
    """The columns that each model gives for one unit."""
    if walk is not None:
        yield _markov(unit, walk)
    if game is None:
        return
    channels, members, journeys, conversions = _game(game)
    name = _named(unit, channels, np.packbits(members, axis=1), journeys, conversions)

    linear = _significant(linear_distinct(members, conversions))
    yield _rows("linear_distinct", name, channels, linear)

    lost = _significant(leave_one_out(members, journeys, conversions))
    gains = _shares(np.clip(lost, 0, None))
    yield _rows("leave_one_out", name, channels, lost) | {
        "effect_share": gains if gains.any() else _shares(linear)
    }

    number = players(members, journeys)
    values = _significant(shapley_values(joined(members, number), journeys, conversions))
    yield _rows("shapley", name, channels, values[number]) | {
        "player_value": [
            OTHER if (number == player).sum() > 1 else channel
            for channel, player in zip(channels, number, strict=True)
        ],
        "effect_share": _shares(values)[number],
        "positive_share": _shares(np.clip(values, 0, None))[number],
    }


def _markov(unit: tuple[Any, ...], walk: pa.Table) -> dict[str, Any]:
    """Removal effects of one unit; a channel with several states is removed whole."""
    froms, tos = (
        list(
            zip(walk[f"{end}_value"].to_pylist(), walk[f"{end}_frequency"].to_pylist(), strict=True)
        )
        for end in ("from", "to")
    )
    states = sorted({*froms, *tos} - {(end, 0) for end in (START, CONVERSION, NULL)})
    channels = sorted({value for value, _ in states})
    row = {(START, 0): 0, **{state: place + 1 for place, state in enumerate(states)}}
    column = {
        **{state: place for place, state in enumerate(states)},
        (CONVERSION, 0): len(states),
        (NULL, 0): len(states) + 1,
    }
    steps = np.zeros((len(states) + 1, len(states) + 2), dtype=np.int64)
    places = [row[state] for state in froms], [column[state] for state in tos]
    np.add.at(steps, places, walk["step_count"].to_numpy())
    channel_of_state = np.array([channels.index(value) for value, _ in states], dtype=np.int64)
    effects = _significant(removal_effects(steps, channel_of_state).effects)
    name = _named(unit, [f"{value} {frequency}" for value, frequency in states], steps)
    return _rows("markov", name, channels, effects)


def _game(
    game: pa.Table,
) -> tuple[list[str], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Channels by name, and the sets in an order of their own: members, journeys, conversions."""
    lists = game["members"].combine_chunks()
    sizes = np.diff(lists.offsets.to_numpy())
    names = lists.flatten().to_numpy(zero_copy_only=False)
    channels, numbers = np.unique(names.astype(str), return_inverse=True)
    members = np.zeros((len(lists), len(channels)), dtype=bool)
    members[np.repeat(np.arange(len(lists)), sizes), numbers] = True
    order = np.lexsort(members.T[::-1])
    journeys, conversions = (
        game[column].to_numpy().astype(np.int64)[order]
        for column in ("journey_count", "conversion_count")
    )
    return channels.tolist(), members[order], journeys, conversions


def _units(table: pa.Table) -> Iterator[tuple[tuple[Any, ...], pa.Table]]:
    """The rows of each unit."""
    numbered = table.append_column("row", pa.array(np.arange(len(table))))
    units = numbered.group_by(list(UNIT)).aggregate([("row", "list")])
    for unit in units.to_pylist():
        yield tuple(unit[column] for column in UNIT), table.take(pa.array(unit["row_list"]))


def _rows(
    model_code: str, name: str, channels: list[str], effects: NDArray[np.float64]
) -> dict[str, Any]:
    """The columns of a model in which every channel is a player."""
    return {
        "model_code": [model_code] * len(channels),
        "dimension_value": channels,
        "player_value": channels,
        "effect": effects,
        "effect_share": _shares(effects),
        "positive_share": _shares(np.clip(effects, 0, None)),
        "model_fit_id": [f"{model_code}:{name}"] * len(channels),
    }


def _shares(effects: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parts of the sum; 0 where the sum is not above 0."""
    total = effects.sum()
    return effects / total if total > 0 else np.zeros(len(effects))


def _significant(values: NDArray[np.float64], digits: int = 12) -> NDArray[np.float64]:
    """Rounded, so that what differs by the order of a sum alone is the same number."""
    sizes = np.floor(np.log10(np.abs(values), where=values != 0, out=np.zeros(len(values))))
    scale = 10.0 ** (digits - 1 - np.maximum(sizes, -digits))
    return np.round(values * scale) / scale


def _named(unit: tuple[Any, ...], names: list[str], *counts: NDArray[Any]) -> str:
    """A name that the same counts of the same unit have on every machine."""
    content = hashlib.sha256("\x1f".join([VERSION, *map(str, unit), *names]).encode())
    for values in counts:
        content.update(np.ascontiguousarray(values).tobytes())
    return content.hexdigest()[:24]
