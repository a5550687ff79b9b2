"""File-name patterns such as `jd_reviews_{date}[_{part}][_r{revision}].csv`.

`{date}` is YYYYMMDD or YYYY-MM-DD, `{part}` letters and digits, `{revision}` a number; `[...]`
may be absent. Nothing else in a pattern has a meaning of its own.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass

FIELDS = ("date", "part", "revision")

_TOKEN = re.compile(r"\{(?P<field>[^{}]*)\}|(?P<open>\[)|(?P<close>\])|(?P<text>[^\[\]{}]+|[{}])")


class PatternError(ValueError):
    """A pattern that cannot be used."""


@dataclass(frozen=True)
class NameParts:
    """What a file's name says about it."""

    export_date: dt.date
    part: str | None
    revision: int


@dataclass(frozen=True)
class FilePattern:
    """A compiled pattern."""

    pattern: str
    _regex: re.Pattern[str]

    @property
    def has_part(self) -> bool:
        """Whether a day may come in several files."""
        return "{part}" in self.pattern

    def match(self, name: str) -> NameParts | None:
        """Return what `name` says, or None when it is not a file of this pattern.

        `name` is relative to the exports folder; a pattern without `/` looks at its last part.
        """
        if "/" not in self.pattern:
            name = name.rsplit("/", 1)[-1]
        found = self._regex.fullmatch(name)
        if found is None:
            return None
        groups = found.groupdict()
        try:
            export_date = dt.date.fromisoformat(groups["date"])
        except ValueError:
            return None
        return NameParts(export_date, groups.get("part"), int(groups.get("revision") or 1))

    def samples(self) -> list[str]:
        """Return names of every shape that the pattern allows, to find exports that overlap."""
        return [
            _expand(self.pattern, with_options, {"date": date, "part": part, "revision": "2"})
            for with_options in itertools.product((True, False), repeat=self.pattern.count("["))
            for date in ("20261031", "2026-10-31")
            for part in ("1", "a")
        ]


def compile_pattern(pattern: str) -> FilePattern:
    """Compile a pattern.

    Raises:
        PatternError: unknown or repeated field, brackets that do not pair, or no `{date}`.
    """
    # without this a part would swallow the revision: `_r2` is both
    part = r"(?!r\d+(?![0-9A-Za-z]))[0-9A-Za-z]+" if "{revision}" in pattern else "[0-9A-Za-z]+"
    field_regex = {
        "date": r"(?P<date>\d{8}|\d{4}-\d{2}-\d{2})",
        "part": f"(?P<part>{part})",
        "revision": r"(?P<revision>[1-9]\d*)",
    }
    regex, depth, seen = "", 0, set[str]()
    for token in _TOKEN.finditer(pattern):
        if token["open"]:
            regex, depth = regex + "(?:", depth + 1
        elif token["close"]:
            regex, depth = regex + ")?", depth - 1
        elif token["field"] is not None:
            field = token["field"]
            if field not in field_regex:
                raise PatternError(f"{{{field}}} is not one of {{date}}, {{part}}, {{revision}}")
            if field in seen:
                raise PatternError(f"{{{field}}} occurs twice")
            if field == "date" and depth:
                raise PatternError("{date} cannot be optional")
            seen.add(field)
            regex += field_regex[field]
        else:
            regex += re.escape(token["text"])
        if depth not in (0, 1):
            raise PatternError("[ and ] must pair and cannot be nested")
    if depth:
        raise PatternError("[ and ] must pair and cannot be nested")
    if "date" not in seen:
        raise PatternError("must hold {date}, the day that a file is for")
    return FilePattern(pattern, re.compile(regex))


def _expand(pattern: str, with_options: tuple[bool, ...], values: dict[str, str]) -> str:
    options = iter(with_options)
    chosen = re.sub(r"\[([^\]]*)\]", lambda found: found[1] if next(options) else "", pattern)
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], chosen)
