"""What was learned of a finding from logs and events, and how it is added. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stead.domain.change import Change, causes
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.estate.kubernetes.enrich.events import About, Event, events_seen, folded_about
from stead.estate.kubernetes.enrich.said import Cause, cause_in
from stead.estate.kubernetes.enrich.targets import distinct, events_of, never_started
from stead.estate.kubernetes.reach.blame import Blame, blame
from stead.estate.kubernetes.reach.unreached import unreached
from stead.estate.kubernetes.slices import Pod
from stead.estate.kubernetes.view import View


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of one finding, and when it was asked."""

    at: datetime
    evidence: tuple[Evidence, ...] = ()
    cause: Cause | None = None
    changes: tuple[Change, ...] = ()
    blame: Blame | None = None

    def to(self, finding: Finding) -> Finding:
        """The finding with it; changes that are known already are known better."""
        if self.changes and not finding.changes:
            finding = replace(finding, changes=self.changes)
        if self.blame is not None:
            return self._blaming(finding, self.blame)
        if self.cause is None:
            return replace(finding, evidence=(*finding.evidence, *self.evidence)) if self.evidence else finding
        subject = finding.subject
        missing = () if self.cause.subject is None else (self.cause.subject,)
        own = subject.kind == "Pod"
        return replace(
            finding,
            summary=f"{subject.path if own else f'{finding.summary}; its new pod'} cannot start: {self.cause.words}",
            evidence=(*self.evidence, *finding.evidence),
            depends_on=(*missing, *(s for s in finding.depends_on if s not in missing)),
            blames=self.cause.subject or finding.blames,
        )

    def _blaming(self, finding: Finding, blame: Blame) -> Finding:
        first = tuple(dict.fromkeys((*blame.through, blame.subject)))
        return replace(
            finding,
            summary=f"{finding.summary}; {blame.words}",
            evidence=(*finding.evidence, *self.evidence),
            depends_on=(*first, *(s for s in finding.depends_on if s not in first)),
            blames=blame.subject,
        )


def learned(
    finding: Finding, now: datetime, view: View, about: About | None, events: tuple[Event, ...], log: tuple[Evidence, ...]
) -> Learned:
    """What events (those about `about`) and a log tell of this finding, asked at `now`."""
    blamed = _blamed(finding, log, view)
    if about is None:
        return Learned(now, log, blame=blamed)
    folded = folded_about(about, events)
    subject = finding.subject
    stuck = not finding.container and never_started(finding, view)
    cause = cause_in(folded, estate=subject.estate, namespace=subject.namespace) if stuck else None
    return Learned(now, (*log, *events_seen(about, folded)), cause, blame=blamed)


def _blamed(finding: Finding, log: tuple[Evidence, ...], view: View) -> Blame | None:
    """What keeps the pod from what its log says that it does not reach. A cause that the check itself found is not put aside for it."""
    subject = finding.subject
    pod = view.get(Pod, subject.namespace, subject.name) if subject.kind == "Pod" else None
    complaint = unreached("\n".join(evidence.value for evidence in log)) or unreached(_last_words(finding))
    if pod is None or complaint is None or finding.depends_on:
        return None
    return blame(complaint, pod, view)


def _last_words(finding: Finding) -> str:
    """What the container left in its termination message: the end of its log, where it asks for that, and all that a dump has of it."""
    return "\n".join(evidence.value for evidence in finding.evidence if evidence.what == "termination message")


def enriched_from(
    events: Mapping[About, Sequence[Event]],
    findings: Sequence[Finding],
    view: View,
    now: datetime,
    changes: Callable[[Finding], tuple[Change, ...]] = lambda _: (),
) -> tuple[Finding, ...]:
    """The same from events that a dump holds, and from what `changes` tells; it has no logs. Nothing is asked: no finding is left out."""
    said: list[Finding] = []
    wanted = {finding.fingerprint for finding in distinct(findings)}
    for finding in findings:
        about = events_of(finding, view) if finding.fingerprint in wanted else None
        found = tuple(events.get(about, ())) if about is not None else ()
        known = learned(finding, now, view, about, found, ())
        if finding.fingerprint in wanted:
            known = replace(known, changes=causes(changes(finding), finding.since or now))
        said.append(known.to(finding))
    return tuple(said)
