"""Whole-file refusals: what makes a file unfit, and what a person can do about it."""

from __future__ import annotations


class RefusedFileError(Exception):
    """A file that is refused whole; the text is the reason and what to do."""

    def __init__(self, reason: str, *, is_acceptable: bool = False) -> None:
        """Keep the reason; `is_acceptable` says that a person may overrule it."""
        super().__init__(reason)
        self.reason = reason
        self.is_acceptable = is_acceptable
