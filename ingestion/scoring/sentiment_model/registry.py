"""The models that one home keeps: which one is the champion, and how its scores are calibrated.

    <home>/models/sentiment/
        champion.json            {"scorer_version": ...}; missing: the packaged model
        <version>/weights.npz    of models that this home trained; the packaged one is in the cache
        <version>/card.json
        <version>/calibration.json

Every file is written beside and renamed. The folder is the truth; what the warehouse knows is
recorded from it at every refresh, and so survives a rebuild.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.privacy.private_files import replace_text
from ingestion.scoring import ScoringError
from ingestion.scoring.sentiment_model.packaged import packaged_model, packaged_version

if TYPE_CHECKING:
    from ingestion.scoring.sentiment_model.model import Model

POOLED = "*"
"""The channel code of the calibration that serves every channel without one of its own."""

_CHAMPION = "champion.json"
_CALIBRATION = "calibration.json"


class ModelRegistryError(ScoringError):
    """A home's models cannot be read, or the one named is not there."""


@dataclass(frozen=True)
class Calibration:
    """The line on the logit that makes a channel's probabilities right.

    Attributes:
        channel_code: The channel, or `POOLED`.
        slope: Of the logit of P(positive | not neutral) before calibration.
        intercept: Added to it.
        row_count: Rows that the line was fitted on.
        ece_before: Expected calibration error on rows held out, before.
        ece_after: The same, after.
    """

    channel_code: str
    slope: float
    intercept: float
    row_count: int
    ece_before: float | None
    ece_after: float | None


@dataclass(frozen=True)
class ModelRegistry:
    """The models of one home.

    Attributes:
        root: `<home>/models/sentiment`; None for no home at all.
        cache: Where the packaged model is kept; the user's own cache when None.
    """

    root: Path | None
    cache: Path | None = None

    def champion(self) -> str:
        """The version whose scores count.

        Raises:
            ModelRegistryError: The pointer is damaged.
        """
        if self.root is None or not (self.root / _CHAMPION).exists():
            return packaged_version()
        pointer = _read(self.root / _CHAMPION)
        version = pointer.get("scorer_version")
        if not isinstance(version, str):
            raise ModelRegistryError(f"{self.root / _CHAMPION} names no scorer_version")
        return version

    def versions(self) -> list[str]:
        """Every version that can be activated, the packaged one first."""
        found = []
        if self.root is not None and self.root.is_dir():
            found = sorted(path.parent.name for path in self.root.glob("*/weights.npz"))
        return [packaged_version(), *(each for each in found if each != packaged_version())]

    def model(self, version: str) -> Model:
        """A model, loaded.

        Raises:
            ModelRegistryError: There is none of that version.
            ModelError: It is damaged.
        """
        if version == packaged_version():
            return packaged_model(self.cache)
        from ingestion.scoring.sentiment_model.model import load  # noqa: PLC0415

        return load(self._folder(version).parent, version)

    def card(self, version: str) -> dict[str, Any]:
        """The card of a model: what is published about its training and quality."""
        if version == packaged_version():
            return dict(packaged_model(self.cache).card)
        from ingestion.scoring.sentiment_model.model import read_card  # noqa: PLC0415

        return read_card(self._folder(version).parent, version)

    def calibrations(self, version: str) -> list[Calibration]:
        """How the scores of a version are calibrated, the pooled line first.

        Raises:
            ModelRegistryError: The file is damaged.
        """
        if self.root is not None:
            path = self.root / version / _CALIBRATION
            if path.exists():
                try:
                    return [Calibration(**line) for line in _read(path)["lines"]]
                except (KeyError, TypeError) as error:
                    raise ModelRegistryError(f"{path}: not a sound calibration ({error})") from None
        card = self.card(version)
        return [
            Calibration(
                channel_code=POOLED,
                slope=card["slope"],
                intercept=card["intercept"],
                row_count=card["negative_count"] + card["positive_count"],
                ece_before=card["ece_before"],
                ece_after=card["ece_after"],
            )
        ]

    def keep_calibrations(self, version: str, lines: Sequence[Calibration]) -> None:
        """Keep how the scores of a version are calibrated from now on."""
        assert self.root is not None
        _write(
            self.root / version / _CALIBRATION,
            {"scorer_version": version, "lines": [asdict(line) for line in lines]},
        )

    def activate(self, version: str) -> None:
        """Make a version the champion.

        Raises:
            ModelRegistryError: There is no such version.
        """
        assert self.root is not None
        if version not in self.versions():
            raise ModelRegistryError(
                f"{version}: no such model; there are {', '.join(self.versions())} "
                "(the first is the packaged one)"
            )
        _write(self.root / _CHAMPION, {"scorer_version": version})

    def _folder(self, version: str) -> Path:
        if self.root is None or version not in self.versions():
            raise ModelRegistryError(
                f"{self.root or 'no home'}: the model {version} is not there: restore it, or "
                "`koubei train --use packaged`"
            )
        return self.root / version


def calibration_version(lines: Sequence[Calibration]) -> str:
    """Twelve hex digits that follow from the lines: the same lines, the same version."""
    lines_json = json.dumps([asdict(line) for line in lines], sort_keys=True)
    return hashlib.sha256(lines_json.encode()).hexdigest()[:12]


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelRegistryError(f"{path}: cannot be read ({error})") from None
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    replace_text(path, json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
