"""A release whose newest revision does not run, while an older one does, is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.kubernetes.controller_revisions import ROLLS_BACK, all_revisions, is_seen, made_from
from stead.estate.kubernetes.live import handle, kubectl, precondition, text
from stead.estate.kubernetes.revisions import Revision, template_of, without_restart
from stead.playbooks.references import keys_asked_of
from stead.ports import Estate, Object

_OF_THE_WORKLOAD = ("deployment_not_progressing", "statefulset_short", "daemonset_short")

SUSPECT = timedelta(minutes=30)
"""A fault that began this soon after a release is put down to it: three times the 10 minutes (`progressDeadlineSeconds`, apps/v1) that
Kubernetes itself gives a rollout."""


@playbook(checks=(*_OF_THE_WORKLOAD, "container_crash", "container_oom", "image_pull", "config_missing"), rank=50)
async def rollback_release(findings: Sequence[Finding], estate: Estate, now: datetime) -> list[ActionRequest]:
    """Fits a Deployment, StatefulSet or DaemonSet whose newest revision is at fault and which has an older one.

    An older revision that still serves is known to be healthy. Where none does, the one before is proposed as a guess, and only if the
    fault began soon after the newest was released. It does not fit where a key is missing that the older revision asks for just the same,
    and a revision that differs only by a restart is none to go back to: the same program would read the same configuration.
    """
    by_workload: dict[Subject, list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        owner = finding.top or finding.subject
        if finding.check in rollback_release.checks and owner.kind in ROLLS_BACK:
            by_workload.setdefault(replace(owner, uid=""), []).append(finding)
    proposed = [await _propose(subject, found, estate, now) for subject, found in sorted(by_workload.items())]
    return [request for request in proposed if request is not None]


async def _propose(subject: Subject, findings: Sequence[Finding], estate: Estate, now: datetime) -> ActionRequest | None:
    live = await estate.read(subject)
    if live is None:
        return None
    known = await all_revisions(estate, live)
    if not known or not is_seen(live, known[0]):
        return None  # Its controller has not made a revision of the newest template yet.
    newest, *older = known
    at_fault = [f for f in findings if await _is_of(f, newest, estate)]
    target = _choose(older, template_of(live), at_fault)
    if not at_fault or target is None or not (target.healthy or _began_with(newest, at_fault, now)):
        return None
    return _request(subject, live, newest, target, at_fault)


async def _is_of(finding: Finding, newest: Revision, estate: Estate) -> bool:
    """Whether the newest revision has this fault: one of its pods has it, or (for the workload's own) not all of them are available."""
    if finding.subject.kind != "Pod":
        return newest.available < newest.wanted
    for name in finding.instances or (finding.subject.name,):
        pod = await estate.read(replace(finding.subject, name=name, uid=""))
        if pod is not None and made_from(pod, newest):
            return True
    return False


def _began_with(newest: Revision, findings: Iterable[Finding], now: datetime) -> bool:
    """Whether the fault began soon after this revision was released, and not before."""
    began = min((f.since or now for f in findings), default=now)
    return newest.created is not None and newest.created <= began <= newest.created + SUSPECT


def _choose(older: Iterable[Revision], present: Object, findings: Iterable[Finding]) -> Revision | None:
    """The newest older revision that serves; else the newest that was scaled away and may have been healthy."""
    lacking = [s for f in findings for s in f.depends_on if s.kind in ("ConfigMap", "Secret")]
    fitting = [
        r
        for r in older
        if without_restart(r.template) != without_restart(present) and (r.healthy or r.wanted == 0) and _asks_for_less(r, present, lacking)
    ]
    return next((r for r in fitting if r.healthy), next(iter(fitting), None))


def _asks_for_less(older: Revision, present: Object, lacking: Iterable[Subject]) -> bool:
    """Whether going back would help against what is missing: of each such object the older template asks for fewer keys."""
    return all(keys_asked_of(older.template, config) < keys_asked_of(present, config) for config in lacking)


def _request(subject: Subject, live: Object, newest: Revision, target: Revision, findings: Sequence[Finding]) -> ActionRequest:
    # The workload's own finding falls quiet only when the rollout is complete: the stronger proof of the two.
    proof = next((f for f in findings if f.check in _OF_THE_WORKLOAD), findings[0])
    serves = "still serves" if target.healthy else "ran before it; whether that was healthy can no longer be seen"
    return ActionRequest(
        verb="rollback_revision",
        subject=replace(subject, uid=text(live, "metadata", "uid")),
        precondition=precondition(live),
        check=proof.check,
        fingerprint=proof.fingerprint,
        reason=f"revision {newest.number} is at fault, and revision {target.number} {serves}",
        proposer="rollback_release",
        parameters={"to_revision": target.number},
        guess=not target.healthy,
        command=_line(subject, target.number),
        undo=_line(subject, newest.number),
    )


def _line(subject: Subject, revision: int) -> str:
    return kubectl(subject, "rollout", "undo", handle(subject), f"--to-revision={revision}")
