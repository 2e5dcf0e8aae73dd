"""The first request is small, whatever is known: a storm of findings with long logs, runbooks, memory, a brief of the estate and notes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.engine.test_investigate import Lab, after, concludes, lab

from stead.app.discover import shelves
from stead.app.goals import goals_of
from stead.app.model_settings import AgentsSettings
from stead.app.souls import shipped
from stead.app.tool_settings import toolsets_of
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.incident import Incident, IncidentState
from stead.domain.redaction import redact
from stead.domain.subject import Subject
from stead.engine import noting
from stead.engine.context import Pack
from stead.engine.noting import Notes
from stead.engine.packing import Part

__all__ = ["lab"]

LOG = 'error: cannot reach "db" at 10.0.0.7: connection refused\n' * 40


def subject(kind: str, name: str) -> Subject:
    return Subject(estate="home", api_version="v1", kind=kind, namespace="payments", name=name)


def crash(number: int) -> Finding:
    name = f"api-7c9f4d-{number}"
    logs = [Evidence(what=f"log {part}", value=LOG, command="kubectl logs", tainted=True) for part in range(4)]
    behind = [subject(kind, "data") for kind in ("Node", "ConfigMap", "PersistentVolumeClaim", "Service")]
    return Finding(
        check="container_crash" if number != 50 else "pvc_pending",
        subject=subject("Pod", name),
        reason="Crash",
        summary=f"{name} crashes again and again",
        severity=Severity.CRITICAL,
        top=subject("Deployment", "api"),
        evidence=tuple(logs),
        depends_on=tuple(behind),
    )


def told(now: datetime, pack: Pack) -> str:
    found = [crash(number) for number in range(80)]
    besides = [
        Part(heading="The estate:", items=[f"- {name}: {'n' * 240}" for name in ("Nodes", "GitOps", "Namespaces")], share=0.12),
        noting.part(Notes(parts=[f"K-7 the owner wrote (books: AGENTS.md):\n{'n' * noting.MOST_OF_PIECE}"] * 12)),
        Part(heading="Known:", items=["K-1 Runbook\n" + 'Do this "then" that.\n' * 35] * 2, share=0.2),
        Part(heading="What is remembered:", items=["- A fact of the house that is as long as such facts are."] * 14, share=0.15),
    ]
    incident = Incident(
        number=41,
        estate="home",
        state=IncidentState.OPEN,
        severity=Severity.CRITICAL,
        title="api crashes",
        cause=found[0].fingerprint,
        episode=1,
        opened_at=now,
    )
    return pack.opening(incident, found, shelves().verbs, [], [], besides=besides)


async def test_the_first_request_stays_small_and_has_the_best_of_everything(lab: Lab, tmp_path: Path) -> None:
    pack = Pack(redact, "ab12cd34")
    opening = told(lab.clock.now(), pack)
    lab.toolsets = list(toolsets_of({}, shelves(), lab.clock, tmp_path))
    system = f"{shipped()['investigator'].text}\n\n{goals_of(AgentsSettings())['incident'].text}"
    kinds = ("Pod", "Deployment", "Node", "ConfigMap", "PersistentVolumeClaim", "Service")
    await lab.play(after(concludes()), system=system, opening=opening, collected=pack.collected, kinds=kinds)
    assert lab.server is not None
    assert lab.server.sizes[0] <= 12_000
    for best in (
        "api-7c9f4d-0",
        "The estate:\n- Nodes:",
        "K-7 the owner wrote",
        "K-1 Runbook",
        "What is remembered:\n- A fact",
        "- restart_rollout (Deployment",
    ):
        assert best in opening, best
    assert "(pvc_pending, Crash)" in opening or "1 pvc_pending" in opening, "what differs is told before what says the same again"
    assert set(pack.collected) == {name for name in ("F1", "F2", "F3", "F4", "F5") if f"  {name} " in opening}, "what is told may be cited"
