"""What an experiment of some size can find: power, smallest detectable effect, size needed.

Arrays with one element a comparison; NaN is what is unknown. The levels are those of
the first and hardest step of a correction, so that no later step finds less.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

# halvings of the range in which the smallest detectable effect lies: to the last digit. scipy's
# `elementwise.find_root` takes as long for 6,000 pairs (23 ms), differs in the last bit of half of
# them, and fails where no effect is large enough
_BISECTIONS = 60


class Asked(TypedDict):
    """What is asked of a design: the effect that matters, the level, the wanted power."""

    effect: Floats
    level: Floats
    wanted: float


class Design(NamedTuple):
    """What a pair of arms of this size can find; NaN where it is unknown.

    `power` is the chance to find the effect that matters, `detectable` the smallest effect found at
    the wanted power (both as sizes without a sign), `needed_units` the variant's units at which the
    effect that matters is found at the wanted power, the control growing alike.
    """

    power: Floats
    detectable: Floats
    needed_units: Floats


def design_of_rates(
    share_0: Floats,
    units: Floats,
    units_0: Floats,
    *,
    effect: Floats,
    level: Floats,
    wanted: float,
) -> Design:
    """Power of the pooled z test where the control's share is as observed.

    Fleiss, Levin and Paik, section 4.2: the variance of the test under equal shares (pooled), that
    of the difference under the effect.

    Args:
        share_0: Share of each control.
        units: Units of each variant.
        units_0: Units of its control.
        effect: Difference that matters, signed: below 0 where fewer conversions are wanted.
        level: Two-sided level of each test.
        wanted: Power at which the detectable effect and the needed size are computed.
    """

    def errors(difference: Floats) -> tuple[Floats, Floats]:
        share = share_0 + difference
        pooled = (share * units + share_0 * units_0) / (units + units_0)
        with np.errstate(divide="ignore", invalid="ignore"):
            null = np.sqrt(pooled * (1 - pooled) * (1 / units + 1 / units_0))
            own = np.sqrt(share * (1 - share) / units + share_0 * (1 - share_0) / units_0)
        return null, own

    def power(difference: Floats) -> Floats:
        null, own = errors(difference)
        with np.errstate(divide="ignore", invalid="ignore"):
            above = special.ndtr((np.abs(difference) - z * null) / own)
            below = special.ndtr((-np.abs(difference) - z * null) / own)
        total: Floats = above + below
        return total

    z, z_wanted = special.ndtri(1 - level / 2), special.ndtri(wanted)
    sign = np.where(effect < 0, -1.0, 1.0)
    room = np.where(sign > 0, 1 - share_0, share_0)
    low, high = np.zeros(len(room)), room.copy()
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        is_enough = power(sign * middle) >= wanted
        low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
    is_possible = np.abs(effect) <= room
    null, own = errors(effect)
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = ((z * null + z_wanted * own) / np.abs(effect)) ** 2 * units
    # at the far end all units convert, which has no spread of its own
    reachable = power(sign * room * (1 - 1e-12)) >= wanted
    return Design(
        np.where(is_possible, power(np.where(is_possible, effect, np.nan)), np.nan),
        np.where(reachable, high, np.nan),
        np.where(is_possible, np.ceil(needed), np.nan),
    )


def design_of_means(
    error: Floats,
    freedom: Floats,
    units: Floats,
    *,
    effect: Floats,
    level: Floats,
    wanted: float,
) -> Design:
    """Power of Welch's test with the spread that was observed: the noncentral t distribution.

    Cohen 1988, Statistical Power Analysis, section 2.2, with Satterthwaite's freedom. The size
    needed takes the normal for t, which is a unit or two too few for small arms.

    Args:
        error: Standard error of each difference of means.
        freedom: Its degrees of freedom.
        units: Units of each variant.
        effect: Difference that matters.
        level: Two-sided level of each test.
        wanted: Power at which the detectable effect and the needed size are computed.
    """
    with np.errstate(invalid="ignore"):
        border = special.stdtrit(freedom, 1 - level / 2)
        shift = np.abs(effect) / error
        power = 1 - special.nctdtr(freedom, shift, border) + special.nctdtr(freedom, shift, -border)
        detectable = special.nctdtrinc(freedom, 1 - wanted, border) * error
        roots = (special.ndtri(1 - level / 2) + special.ndtri(wanted)) * error / np.abs(effect)
    return Design(power, detectable, np.ceil(roots**2 * units))
