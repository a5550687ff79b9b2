"""YAML documents that remember the line of each value.

Only reading belongs here; what a document may say is decided by the models that read it.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Location = Sequence[str | int]


class DocumentError(Exception):
    """A YAML document that cannot be used; the text is `path:line: what is wrong, what to do`."""


@dataclass(frozen=True)
class Document:
    """One YAML mapping: plain Python values in `data`, and the line of each of them."""

    path: Path
    data: dict[str, Any]
    _tree: CommentedMap

    def line_of(self, location: Location) -> int:
        """Return the 1-based line of the deepest part of `location` that the document holds.

        Parts that the document does not have (a validator added them) are skipped, so that an
        error of a normalised value still points at the value that a person wrote.
        """
        node: Any = self._tree
        line: int = node.lc.line
        for part in location:
            # a list's lines are kept by position, a mapping's by key
            if isinstance(node, CommentedMap | CommentedSeq) and part in node.lc.data:
                line = node.lc.data[part][0]
                node = node[part]
        return line + 1

    def error(self, location: Location, message: str) -> str:
        """Return `path:line: message` for a fault at `location`."""
        return f"{self.path}:{self.line_of(location)}: {message}"


def read_document(path: Path) -> Document:
    """Read one YAML mapping.

    Raises:
        DocumentError: not YAML, not UTF-8, not a mapping, or a key that occurs twice.
    """
    try:
        tree = YAML(typ="rt").load(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}:1: not UTF-8; save the file as UTF-8") from error
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = str(error.problem).split(" with value")[0]
        raise DocumentError(f"{path}:{line}: {problem}; keep one of the two") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise DocumentError(f"{path}:{line}: not YAML: {error.problem or error}") from error
    except YAMLError as error:
        raise DocumentError(f"{path}:1: not YAML: {error}") from error
    if not isinstance(tree, CommentedMap):
        raise DocumentError(f"{path}:1: the file must be a mapping of keys to values")
    plain = {str(key): _plain(value) for key, value in tree.items()}
    return Document(path=path, data=plain, _tree=tree)


def explain(document: Document, error: ValidationError, known_keys: Iterable[str]) -> str:
    """Turn a model's errors into lines `path:line: key: message`, one per error.

    `known_keys` are the keys that such documents may hold; the nearest is offered where a key is
    unknown.
    """
    known = list(known_keys)
    lines = []
    for fault in error.errors():
        location = [part for part in fault["loc"] if not str(part).startswith("function-")]
        name = ".".join(part for part in location if isinstance(part, str)) or "document"
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            key = str(location[-1])
            # a right key at the wrong indentation looks most like itself
            hint = "; it belongs to another level" if key in known else suggest(key, known)
            message = f"unknown key{hint}"
        elif fault["type"] == "missing":
            message = "is missing"
        lines.append(document.error(location, f"{name}: {message}"))
    return "\n".join(dict.fromkeys(lines))


def suggest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` for the known name that looks like `name`, else nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def _plain(node: object) -> object:
    """Strip the round-trip types; dates become ISO text, as an export would write them."""
    plain: object = node
    if isinstance(node, CommentedMap):
        plain = {str(key): _plain(value) for key, value in node.items()}
    elif isinstance(node, CommentedSeq):
        plain = [_plain(value) for value in node]
    elif isinstance(node, dt.datetime):
        plain = node.isoformat(sep=" ")
    elif isinstance(node, dt.date):
        plain = node.isoformat()
    elif isinstance(node, float):
        plain = float(node)
    elif isinstance(node, str):
        plain = str(node)
    return plain
