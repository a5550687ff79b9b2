"""Errors with a message for the person at the command line; the CLI prints it and exits."""

from __future__ import annotations

import re


class KoubeiError(Exception):
    """A mistake or a condition that a person can put right: one clear line, no traceback.

    Attributes:
        exit_code: What the command line exits with; 2 is misuse or a bad environment.
    """

    exit_code = 2


class GateRefused(KoubeiError):
    """A check of severity error or critical failed, so nothing was published."""

    exit_code = 1


def one_line(error: BaseException) -> str:
    """A DuckDB message as one line: what is wrong and its hint, without the quoted statement."""
    message = re.split(r"\n\s*(?:LINE \d+:|Candidate functions:)", str(error), maxsplit=1)[0]
    return " ".join(message.split())
