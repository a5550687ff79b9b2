"""Chinese names of channels and feeds, from their contracts and definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ingestion.contracts.feeds import ContractError, load_feeds
from ingestion.contracts.load import load_contracts
from orchestration.home.settings import Settings


@dataclass(frozen=True)
class Labels:
    """Code to Chinese name; a code that nobody named stands for itself."""

    channels: Mapping[str, str] = field(default_factory=dict)
    feeds: Mapping[str, str] = field(default_factory=dict)

    def channel(self, code: str) -> str:
        """`京东 jd`."""
        return f"{self.channels[code]} {code}" if code in self.channels else code

    def feed(self, name: str) -> str:
        """`评价 reviews`."""
        return f"{self.feeds[name]} {name}" if name in self.feeds else name


def read_labels(settings: Settings) -> Labels:
    """Names as far as they can be read: a broken contract must not hide the state of the home."""
    return _read(settings.channels)


@cache
def _read(channels: Path | None) -> Labels:
    # reading the contracts takes a second, and a name may be a run old
    try:
        feeds = {name: feed.label_zh for name, feed in load_feeds().items()}
        contracts = load_contracts(channels)
    except ContractError:
        return Labels()
    return Labels({code: contract.label for code, contract in contracts.items()}, feeds)
