"""Posting one message to one target through apprise, and knowing whether it was taken.

A chat's robot answers 200 also when it refuses, with a code in the body, and apprise looks at the
status alone. So the answers are read here, as they come in. No address leaves this module.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import apprise
import requests
from apprise.utils.parse import parse_urls

from orchestration.home.errors import KoubeiError
from orchestration.notify.message import Message

Outcome = Literal["sent", "failed", "unknown"]

WAITS: tuple[float, ...] = (2.0, 6.0, 20.0)
"""Seconds between attempts."""
LONGEST_WAIT = 60.0
ANSWER_SECONDS = 20.0
# a text of 企业微信 is 2,048 bytes at most
_LIMITS = {"wecombot": 2_000}
_LIMIT = 6_000
# where robots say whether they have taken it, and what says yes
_CODES = ("errcode", "code", "StatusCode")

logging.getLogger("apprise").addHandler(logging.NullHandler())
logging.getLogger("apprise").propagate = False


class NotifyError(KoubeiError):
    """A target cannot be used; the message says which, and never its address."""


@dataclass(frozen=True)
class Target:
    """Where a message goes. Only its place in the list and its kind are ever shown."""

    label: str
    url: str
    plugin: Any

    def __repr__(self) -> str:
        return f"Target({self.label})"


@dataclass(frozen=True)
class Answer:
    """What came of a message: taken, not taken, or unknown."""

    outcome: Outcome
    reason: str = ""
    attempts: int = 1


def targets_of(urls: str) -> list[Target]:
    """The targets of `KOUBEI_NOTIFY_URLS`, by commas or spaces.

    Raises:
        NotifyError: One of them is no address that apprise knows.
    """
    found = []
    for number, url in enumerate(parse_urls(urls), start=1):
        scheme = url.partition("://")[0] if "://" in url else "?"
        plugin = apprise.Apprise.instantiate(url, suppress_exceptions=True)
        if plugin is None:
            raise NotifyError(
                f"KOUBEI_NOTIFY_URLS: address {number} ({scheme}) cannot be used: write it as "
                "wecombot://KEY, dingtalk://TOKEN, feishu://TOKEN or mailto://user:password@host"
            )
        # attempts have their own pace here
        plugin.request_rate_per_sec = 0
        plugin.socket_read_timeout = max(plugin.socket_read_timeout, ANSWER_SECONDS)
        found.append(Target(f"{number} {scheme}", url, plugin))
    return found


def send(target: Target, message: Message) -> Answer:
    """Post a message; again after a while where the target says no or cannot be reached."""
    scheme = target.label.partition(" ")[2]
    fitted = message.fitted(_LIMITS.get(scheme, _LIMIT))
    answer = Answer("failed")
    for attempt, wait in enumerate([*WAITS, 0.0], start=1):
        with _answers() as seen:
            # whatever a plugin raises, a run must not end with it
            try:
                is_taken = bool(
                    target.plugin.notify(
                        title=fitted.title, body=fitted.body, body_format=apprise.NotifyFormat.TEXT
                    )
                )
            except Exception as error:
                is_taken = False
                seen.append(error)
        outcome, reason = _judged(seen, is_taken=is_taken)
        answer = Answer(outcome, reason, attempt)
        if outcome != "failed":
            return answer
        if attempt <= len(WAITS):
            time.sleep(_pause(seen, wait))
    return answer


@contextmanager
def _answers() -> Iterator[list[object]]:
    """Every answer and every failure of a request that is made meanwhile."""
    seen: list[object] = []
    original = requests.Session.send

    def watched(
        self: requests.Session, request: requests.PreparedRequest, **options: object
    ) -> requests.Response:
        try:
            response = original(self, request, **options)
        except requests.RequestException as error:
            seen.append(error)
            raise
        seen.append(response)
        return response

    requests.Session.send = watched  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        requests.Session.send = original  # type: ignore[method-assign]


def _judged(seen: list[object], *, is_taken: bool) -> tuple[Outcome, str]:
    last = seen[-1] if seen else None
    if isinstance(last, requests.Response):
        refusal = _refusal(last) if last.ok else f"HTTP {last.status_code}"
        return ("failed", refusal) if refusal else ("sent", "")
    if isinstance(last, requests.RequestException):
        return _unreached(last)
    if is_taken:
        return "sent", ""
    return "failed", "not taken" if last is None else type(last).__name__


def _unreached(error: requests.RequestException) -> tuple[Outcome, str]:
    """Whether the message may have left: no answer to it is another thing than no connection."""
    if isinstance(error, requests.ReadTimeout):
        return "unknown", "no answer in time"
    # urllib3 tells of a connection that never was by giving up its retries
    if isinstance(error, requests.ConnectTimeout) or "Max retries" in str(error):
        return "failed", "cannot be reached"
    return "unknown", "cut off before it answered"


def _refusal(response: requests.Response) -> str:
    """Why a robot that answered 200 did not take it; empty where it did."""
    try:
        body = response.json()
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    for name in _CODES:
        if body.get(name) not in (None, 0, "0"):
            said = " ".join(str(body.get("errmsg") or body.get("msg") or "").split())[:120]
            return f"{name} {body[name]} {said}".strip()
    return ""


def _pause(seen: list[object], wait: float) -> float:
    """The pause before the next attempt: as long as the target asks for, within reason."""
    last = seen[-1] if seen else None
    asked = last.headers.get("Retry-After", "") if isinstance(last, requests.Response) else ""
    return min(max(wait, float(asked)), LONGEST_WAIT) if asked.isdecimal() else wait
