"""Channels as players: what coalitions of them bring, and what each of them adds.

A journey belongs to the set of channels that it touched. Each function takes the sets as a boolean
matrix `members` (sets x channels), with the journeys and conversions of every set. Two games are
played: the **rate** game, v(S) = conversions / journeys among journeys whose channels all lie in S,
and the **conversions** game, v(S) = those conversions. v(empty) is 0, and so is the rate of a
coalition in which nobody has travelled: what was never seen is given no credit.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

MOST_PLAYERS = 16
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]
Values = NDArray[np.float64]


def shapley_values(members: Flags, journeys: Counts, conversions: Counts) -> Values:
    """Exact Shapley value of every channel in the rate game; together, the rate of all journeys.

    Values may be negative: a channel that converts less than the others lowers the rate of those
    that it joins. Cost and memory grow as 2^channels.

    Raises:
        ValueError: there are more than 16 channels; see `players`.
    """
    count = members.shape[1]
    if count > MOST_PLAYERS:
        raise ValueError(f"{count} channels: no more than {MOST_PLAYERS} can be valued exactly")
    rates = _rates(_within(members, journeys), _within(members, conversions))
    if count == 0:
        return np.zeros(0)
    sizes = _within_sizes(count)
    # what joining a coalition of s others weighs: s! (n - s - 1)! / n!
    joining = np.array(
        [factorial(s) * factorial(count - s - 1) / factorial(count) for s in range(count)]
    )
    # phi_i = sum over S with i of w(|S| - 1) v(S), minus sum over S without i of w(|S|) v(S)
    with_it = np.concatenate([[0.0], joining])[sizes] * rates
    without_it = np.concatenate([joining, [0.0]])[sizes] * rates
    both = (with_it + without_it).reshape((2,) * count)
    halves = [both.take(1, axis=axis).sum() for axis in range(count)]
    # the first axis of the cube is the highest bit
    values: Values = np.array(halves[::-1]) - without_it.sum()
    return values


def leave_one_out(members: Flags, journeys: Counts, conversions: Counts) -> Values:
    """v(all) - v(all but it) in the rate game: what the last channel to join adds.

    The rate of all journeys minus that of those without the channel: negative where it converts
    less than the rest, the whole rate where no journey went without it.
    """
    outside = ~members
    rate = _rates(journeys.sum(keepdims=True), conversions.sum(keepdims=True))
    lost: Values = rate - _rates(outside.T @ journeys, outside.T @ conversions)
    return lost


def linear_distinct(members: Flags, conversions: Counts) -> Values:
    """Shapley value of every channel in the conversions game: those of each set, split equally.

    The closed form of Zhao, Mahboobi and Bagheri (2018), "Shapley value methods for attribution
    modeling in online advertising". Adds up to the conversions of the journeys with a channel.
    """
    sizes = members.sum(axis=1)
    shares = np.divide(conversions, sizes, out=np.zeros(len(sizes)), where=sizes > 0)
    values: Values = members.T @ shares
    return values


def players(members: Flags, journeys: Counts, *, most: int = MOST_PLAYERS) -> NDArray[np.int64]:
    """Which player each channel is: itself, or, where channels are too many, the last player.

    Players are numbered in the order of the channels. Beyond `most` channels those of the most
    journeys keep a player of their own (the earlier of equals), and all others are one.
    """
    count = members.shape[1]
    if count <= most:
        return np.arange(count)
    reach = members.T @ journeys
    own = np.sort(np.argsort(-reach, kind="stable")[: most - 1])
    numbers = np.full(count, most - 1)
    numbers[own] = np.arange(most - 1)
    return numbers


def joined(members: Flags, player_of_channel: NDArray[np.int64]) -> Flags:
    """The sets in terms of players: a player takes part where one of its channels does."""
    count = int(player_of_channel.max(initial=-1)) + 1
    as_players = np.zeros((len(members), count), dtype=bool)
    for channel, player in enumerate(player_of_channel):
        as_players[:, player] |= members[:, channel]
    return as_players


def _within(members: Flags, counts: Counts) -> Values:
    """For every coalition (bit i of its number: channel i), the counts of the sets within it."""
    channels = members.shape[1]
    numbers = members.astype(np.int64) @ (1 << np.arange(channels, dtype=np.int64))
    sums: Values = np.zeros(1 << channels)
    np.add.at(sums, numbers, counts)
    # the zeta transform: axis by axis, what lies in S without i lies in S with i as well
    cube = sums.reshape((2,) * channels)
    for axis in range(channels):
        without_it, with_it = np.moveaxis(cube, axis, 0)
        with_it += without_it
    return sums


def _within_sizes(channels: int) -> NDArray[np.int64]:
    """How many channels each coalition has."""
    numbers = np.arange(1 << channels)
    bits = (numbers[:, None] >> np.arange(channels)) & 1
    sizes: NDArray[np.int64] = bits.sum(axis=1)
    return sizes


def _rates(journeys: Values | Counts, conversions: Values | Counts) -> Values:
    """Conversions per journey, 0 where there is no journey."""
    empty = np.zeros(len(journeys))
    return np.divide(conversions, journeys, out=empty, where=np.asarray(journeys) > 0)
