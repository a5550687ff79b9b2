"""Which message went to which target: asked before sending, so that nobody gets it twice.

The intent is written before the first byte leaves and the outcome after. A kill between the two
leaves an intent without outcome: whether it arrived is not known, and it is not sent again by
itself, for a message too few is found by `koubei notify`, and one too many by everybody.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ingestion.privacy.private_files import replace_text

State = Literal["sending", "sent", "failed"]
_KEPT = 60


@dataclass
class SentLog:
    """The home's `notified.json`: key of a message, then target, to how it ended."""

    path: Path
    salt: str
    messages: dict[str, dict[str, State]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> SentLog:
        """The log of the home; an empty one where there is none yet."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(path, content["salt"], content["messages"])
        except (FileNotFoundError, ValueError, KeyError):
            return cls(path, secrets.token_hex(16))

    def fingerprint(self, url: str) -> str:
        """What a target is called here: its address is a secret."""
        return hmac.new(self.salt.encode(), url.encode(), hashlib.sha256).hexdigest()[:24]

    def state(self, key: str, target: str) -> State | None:
        """How sending ended; `sending` where it was cut short, None where it never began."""
        return self.messages.get(key, {}).get(target)

    def put(self, key: str, target: str, state: State) -> None:
        """Write down a state, on the disk before this returns."""
        self.messages.setdefault(key, {})[target] = state
        for old in list(self.messages)[:-_KEPT]:
            del self.messages[old]
        content = {"salt": self.salt, "messages": self.messages}
        replace_text(self.path, json.dumps(content, indent=1))
