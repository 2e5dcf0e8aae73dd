"""The back-off of restarts and of image pulls: 10 s, doubling, at most 5 min; forgotten after 10 min of peace.

Source: `k8s.io/client-go/util/flowcontrol/backoff.go`, `pkg/kubelet/kubelet.go` (backOffPeriod, MaxContainerBackOff).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST, LONGEST = timedelta(seconds=10), timedelta(seconds=300)


@dataclass(slots=True)
class BackOff:
    delay: timedelta = timedelta(0)
    updated: datetime | None = None

    def ends(self, failed: datetime) -> datetime:
        """Until when to wait after a failure. The first one is not waited for: there is no entry yet."""
        if self.updated is None or failed - self.updated > 2 * LONGEST:
            return failed
        return failed + self.delay

    def next(self, now: datetime) -> None:
        """Note another try, which makes the wait after its failure longer."""
        fresh = self.updated is None or now - self.updated > 2 * LONGEST
        self.delay = FIRST if fresh else min(self.delay * 2, LONGEST)
        self.updated = now
