"""Files of a home that its owner alone may read, each replaced whole or not at all.

Not for folders, and not for a file that must never be overwritten, such as a new key.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replace_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write; when the block ends without an error, it takes the place of `path`.

    It is written beside `path` under a hidden name with permissions 0600, and is on the disk before
    it is renamed. After an error nothing of it is left and `path` is as it was. Folders that are
    missing are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # one that a killed process of the same number left may have other permissions
    draft.unlink(missing_ok=True)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Put `text` in UTF-8 in the place of what `path` holds, as `replace_file` does."""
    with replace_file(path) as file:
        file.write(text.encode())
