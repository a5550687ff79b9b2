"""One message a publication and target: found, composed, sent, recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orchestration.home.settings import Settings
from orchestration.notify.findings import Exceptions, RunResult, find_exceptions
from orchestration.notify.message import Message, compose_text
from orchestration.notify.send import send, targets_of
from orchestration.notify.sent_log import SentLog
from orchestration.publication import store
from orchestration.publication.labels import read_labels

_OUTCOMES = {
    "sent": "已发送 sent",
    "before": "此前已发送 sent before (--again sends it again)",
    "failed": "未送达 not taken",
    "unknown": "不知是否送达 unknown whether it arrived (--again sends it again)",
}


@dataclass(frozen=True)
class DeliveryResult:
    """What came of one target: sent now or before, not taken, or unknown."""

    target: str
    outcome: Literal["sent", "before", "failed", "unknown"]
    reason: str = ""
    attempts: int = 0

    @property
    def line(self) -> str:
        """The outcome as a line; it names the kind of the target, never its address."""
        tries = f", {self.attempts} attempts" if self.attempts > 1 else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"通知 notify {self.target}: {_OUTCOMES[self.outcome]}{reason}{tries}"


def compose(settings: Settings, run: RunResult) -> tuple[Exceptions, Message] | None:
    """What is worth a message, and the message; None where all is well."""
    published = store.current(settings.published_path)
    if published is None and not (run.refusals or run.failures):
        return None
    found = find_exceptions(published, run)
    return None if found.is_empty else (found, compose_text(found, read_labels(settings)))


def notify(settings: Settings, run: RunResult, *, again: bool = False) -> list[DeliveryResult]:
    """Send what is worth a message to every target that has not had it; the home is held.

    Args:
        settings: Gives the targets and the home.
        run: What the run came to.
        again: Also to those that have had it, or may have had it.

    Raises:
        NotifyError: A target cannot be used; nothing was sent.
    """
    if settings.notify_urls is None:
        return []
    targets = targets_of(settings.notify_urls.get_secret_value())
    composed = compose(settings, run)
    if composed is None:
        return []
    found, message = composed
    log = SentLog.read(settings.notified_path)
    results = []
    for target in targets:
        fingerprint = log.fingerprint(target.url)
        state = log.state(found.key, fingerprint)
        if state == "sent" and not again:
            results.append(DeliveryResult(target.label, "before"))
            continue
        if state == "sending" and not again:
            results.append(DeliveryResult(target.label, "unknown", "an earlier run was cut short"))
            continue
        log.put(found.key, fingerprint, "sending")
        answer = send(target, message)
        if answer.outcome != "unknown":
            log.put(found.key, fingerprint, answer.outcome)
        results.append(DeliveryResult(target.label, answer.outcome, answer.reason, answer.attempts))
    return results
