"""A conversation with the service over a link that may break: each question has a key, so that asking again is harmless.

Promise: a question is put once, however often the link is lost in between, and its answer is found again by the next start.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from stead.cli.client import Client
from stead.clocks import SystemClock
from stead.domain.errors import Exit, UserError

WAIT = 8
"""Seconds that one request waits for an answer: less than the client's own patience."""
LOOK_EVERY = 1
"""The same, where the steps of the run are shown meanwhile."""
GIVE_UP = timedelta(minutes=10)
"""So long a lost link is tried again; a run takes no longer than that by default."""
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between tries, the last again and again."""

Step = Callable[[str], None]
"""Told what the run does, as it does it."""


def silent(_said: str) -> None:
    """For whoever wants only the answer."""


@dataclass(slots=True)
class Conversation:
    """`session` "" until the first question, or the one to go on with. `pause(seconds)` waits, `lost(why)` hears that the link broke."""

    client: Client
    session: str = ""
    incident: str | None = None
    agent: str = ""
    steps: Step = silent
    lost: Step = silent
    pause: Callable[[float], None] = field(default_factory=lambda: _pause)
    said: Callable[[dict[str, Any]], None] = field(default_factory=lambda: _nothing)
    """Told of the question as it stands at the service, as soon as it is there."""

    def begin(self) -> str:
        """The id of the session; a new one where there is none yet."""
        if not self.session:
            wanted = {"incident": self.incident, "agent": self.agent}
            made = self.client.post("/api/sessions", {name: value for name, value in wanted.items() if value})
            self.session = made["id"]
        return self.session

    def ask(self, text: str, attached: str = "", key: str = "") -> dict[str, Any]:
        """The question with its answer. UserError when it is refused, or the service stays away."""
        path = f"/api/sessions/{self.begin()}/messages"
        key = key or secrets.token_hex(12)
        body = {"text": text, **({"attached": attached} if attached else {})}
        asked = self._surely(lambda: self.client.post(f"{path}?wait=0", body, Idempotency_Key=key))
        self.said(asked)
        return self.wait_for(asked)

    def wait_for(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question that was put before."""
        path, seen = f"/api/sessions/{asked['session']}/messages/{asked['id']}", 0
        shows = self.steps is not silent
        while asked["state"] != "answered":
            asked = self._surely(lambda: self.client.get(path, wait=LOOK_EVERY if shows else WAIT))
            if shows and asked["run"]:
                seen = self._tell_steps(asked["run"], seen)
        return asked

    def _tell_steps(self, run: str, seen: int) -> int:
        events = self._surely(lambda: self.client.get("/api/events", run=run, after=seen))
        for event in events:
            self.steps(str(event["data"]["said"]))
        return max((int(event["seq"]) for event in events), default=seen)

    def _surely(self, work: Callable[[], Any]) -> Any:
        """What `work` comes to, tried again while the service cannot be reached."""
        end = SystemClock().now() + GIVE_UP
        for pause in _pauses():
            try:
                return work()
            except UserError as error:
                if error.code is not Exit.UNREACHABLE or SystemClock().now() >= end:
                    raise
                self.lost(error.what)
                self.pause(pause)
        raise AssertionError("the pauses have no end")


def _pauses() -> Iterator[float]:
    yield from PAUSES
    while True:
        yield PAUSES[-1]


def _pause(seconds: float) -> None:
    import threading

    threading.Event().wait(seconds)


def _nothing(_asked: dict[str, Any]) -> None: ...
