"""How long Stead waits for what. The defaults are the product's; tests and people may set others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """`group_wait` gathers findings of one cause before the first word (Alertmanager's term) · `edit_wait` gathers what changes after it ·
    `evidence_wait` lies between two edits for new evidence alone ·
    a proof is `verify_times` quiet looks, one each `verify_every`, within `verify_within` · `approval_expires` voids an unanswered
    question · `reopen_within` makes a returning fault a new episode of its incident · one that falls quiet `flap_times` times within
    `flap_within` stays open until it has not changed for `flap_quiet` · `retry_first` doubles up to `retry_most`,
    `retry_times` tries in all, before a delivery is dead · `keep_finished` before a finished workflow's journal and its trigger are
    deleted · `keep_records` before what is told of a past incident is.
    """

    group_wait: timedelta = timedelta(seconds=3)
    edit_wait: timedelta = timedelta(seconds=1)
    evidence_wait: timedelta = timedelta(seconds=30)
    verify_every: timedelta = timedelta(seconds=5)
    verify_times: int = 3
    verify_within: timedelta = timedelta(minutes=10)
    approval_expires: timedelta = timedelta(minutes=30)
    reopen_within: timedelta = timedelta(minutes=30)
    flap_times: int = 3
    flap_within: timedelta = timedelta(hours=1)
    flap_quiet: timedelta = timedelta(minutes=15)
    retry_first: timedelta = timedelta(seconds=2)
    retry_most: timedelta = timedelta(minutes=5)
    retry_times: int = 60
    keep_finished: timedelta = timedelta(hours=6)
    keep_records: timedelta = timedelta(days=90)

    def retry_after(self, attempts: int) -> timedelta:
        """How long to wait after the nth failed try (1, 2, …): doubling, bounded."""
        wait = min(self.retry_first, self.retry_most)
        for _ in range(1, attempts):
            if wait == self.retry_most:
                break
            wait = min(wait * 2, self.retry_most)
        return wait
