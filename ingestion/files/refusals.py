"""Whole-file refusals: what makes a file unfit, and what a person can do about it.

A file is refused for what it is (headers, bytes) or for how it looks beside others (rejected
rows, size); only the second kind can be overruled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ingestion.contracts.feeds import Feed
from ingestion.contracts.models import Contract, Export
from ingestion.contracts.yaml_documents import suggest

USUAL_ROWS_NEEDED = 100
USUAL_FILES_NEEDED = 3
SHORT_SHARE = 0.1


class RefusedFileError(Exception):
    """A file that is refused whole; the text is the reason and what to do."""

    def __init__(self, reason: str, *, is_acceptable: bool = False) -> None:
        """Keep the reason; `is_acceptable` says that a person may overrule it."""
        super().__init__(reason)
        self.reason = reason
        self.is_acceptable = is_acceptable


def refuse_headless(contract: Contract, export: Export, headers: Sequence[str]) -> None:
    """Refuse a file whose first line holds none of the contract's headers.

    Such a line is mostly a row of data, so nothing of it is shown or kept.

    Raises:
        RefusedFileError: names the headers that are expected.
    """
    if not set(headers) & set(export.headers):
        expected = ", ".join(export.mapped_headers[:5])
        raise RefusedFileError(
            f"line 1 holds none of the headers of {contract.path.name}, export {export.name} "
            f"(no header {expected}, ...); deliver it with its header line first"
        )


def refuse_missing_headers(
    contract: Contract,
    export: Export,
    feeds: Mapping[str, Feed],
    headers: Sequence[str],
    absent: frozenset[str],
) -> None:
    """Refuse a file without a header that the contract maps, or with a mapped one twice.

    Every mapped header is needed unless the contract says `optional: true`: a renamed one would
    otherwise land as a column of nulls. In `absent` are keys that no JSON object has; there only
    those matter without which no row could land.

    Raises:
        RefusedFileError: names the header, and the unknown one that looks like it.
    """
    present = set(headers) - absent
    needed = _headers_without_which_nothing_lands(export, feeds, present)
    missing = [
        header
        for header in export.mapped_headers
        if header not in present
        and (header in needed if header in absent else not _is_optional(export, header))
    ]
    if missing:
        known = set(export.headers)
        unknown = [header for header in headers if header not in known]
        named = ", ".join(f"{header}{_renamed(header, unknown)}" for header in missing)
        raise RefusedFileError(
            f"the file has no header {named}; deliver it with that header, or change the contract "
            f"{contract.path.name}, export {export.name}"
        )
    twice = [
        header
        for header, times in Counter(headers).items()
        if times > 1 and header in export.mapped_headers
    ]
    if twice:
        raise RefusedFileError(
            f"header {', '.join(twice)} occurs more than once, so it is not known which column "
            "is meant; rename one of them"
        )


def _renamed(header: str, unknown: Sequence[str]) -> str:
    near = suggest(header, unknown)
    return (
        f" ({near.removeprefix('; did you mean ').removesuffix('?')} looks like it)" if near else ""
    )


def _is_optional(export: Export, header: str) -> bool:
    targets = [
        target for mapping in export.feeds.values() for target in mapping.columns.get(header, [])
    ]
    return bool(targets) and all(target.optional for target in targets)


def _headers_without_which_nothing_lands(
    export: Export, feeds: Mapping[str, Feed], present: set[str]
) -> set[str]:
    """Return headers of required and key columns, in feeds that the file can fill at all."""
    needed: set[str] = set()
    for name, mapping in export.feeds.items():
        if any(guard not in present for guard in mapping.only_if_present):
            continue
        feed = feeds[name]
        key = mapping.key or feed.key
        required = {column.name for column in feed.columns.values() if column.is_required}
        required |= {column for column in key if column not in feed.key}
        needed |= {
            header
            for header, targets in mapping.columns.items()
            if any(target.to in required and not target.optional for target in targets)
        }
    return needed


def refuse_many_rejections(
    contract: Contract, export: Export, feed: Feed, delivered: int, reasons: Mapping[str, int]
) -> None:
    """Refuse a file of whose rows for a feed too many are unfit.

    `reasons` counts the rejected rows by what is wrong with them.

    Raises:
        RefusedFileError: names the commonest reason; can be overruled.
    """
    rejected = sum(reasons.values())
    if not rejected or rejected / delivered <= export.max_rejected_share:
        return
    commonest, times = max(reasons.items(), key=lambda item: item[1])
    raise RefusedFileError(
        f"{rejected} of {delivered} rows for {feed.name} are unfit "
        f"({rejected / delivered:.1%}, at most {export.max_rejected_share:.1%} allowed), "
        f"{times} of them because {commonest}; correct the file, raise max_rejected_share in "
        f"{contract.path.name}, or land it as it is with --accept",
        is_acceptable=True,
    )


def refuse_short_file(delivered: int, usual: float | None) -> None:
    """Refuse a file with under a tenth of the usual rows, where a hundred or more are usual.

    Raises:
        RefusedFileError: says how many were expected; can be overruled.
    """
    if usual is None or usual < USUAL_ROWS_NEEDED or delivered >= usual * SHORT_SHARE:
        return
    raise RefusedFileError(
        f"{delivered} rows, where this export usually has {usual:.0f}; if the day really was so "
        "quiet, land it with --accept",
        is_acceptable=True,
    )
