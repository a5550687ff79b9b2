"""What a benchmark reports, and how one piece of work is timed."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Timing:
    """One comparison: seconds of ours and of the peer for the same work, medians of the same run."""

    name: str
    size: str
    ours: float
    peer: float
    peer_name: str
    agreement: str
    peak_memory_mib: float

    @property
    def ratio(self) -> float:
        """Ours over the peer's: under 1 is faster than the peer."""
        return self.ours / self.peer

    def as_row(self) -> dict[str, Any]:
        """All of it, the ratio included, for the JSON file."""
        return {**asdict(self), "ratio": self.ratio}


def in_turn(
    ours: Callable[[], object], peer: Callable[[], object], *, rounds: int = 3
) -> tuple[float, float]:
    """Median seconds of both, run A B A B so that a drifting machine is fair to both."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for spent, work in zip(seconds, (ours, peer), strict=True):
            gc.collect()
            start = time.perf_counter()
            work()
            spent.append(time.perf_counter() - start)
    return median(seconds[0]), median(seconds[1])


def peak_memory_mib() -> float:
    """Peak memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
