"""A bell for a thread of the durable engine, which looks for work every so often: rung, it looks at once.

The engine's threads sleep on the event that tells them to stop (`stop_event.wait(timeout=…)` in dbos/_queue.py). The one that is named
sleeps on the bell instead, for as long at most.
"""

from __future__ import annotations

import threading


class Bell:
    """Wakes the thread of this name, from any thread. A ring that comes while it is at work is heard when it would sleep next."""

    def __init__(self, thread: str) -> None:
        self._thread = thread
        self._rung = threading.Event()

    def ring(self) -> None:
        self._rung.set()

    def hang_on(self, stop: threading.Event) -> None:
        """Have the named thread hear the bell where it waits for `stop`. Whoever sets that rings, too, so that it ends at once."""
        asleep = stop.wait

        def wait(timeout: float | None = None) -> bool:
            if threading.current_thread().name != self._thread:
                return asleep(timeout)
            self._rung.wait(timeout)
            self._rung.clear()
            return stop.is_set()

        stop.wait = wait
