"""The last words of a container that crashed, as evidence: what only its log can tell.

Promise: what it adds is tainted, short, without control characters and without secrets; a log that cannot be read is said in the evidence
and stops nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from stead.domain.errors import SteadError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingState
from stead.domain.redaction import redact
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.resources import Resource

CRASHES = frozenset({"container_crash", "container_oom"})
"""The checks whose findings are about a container that ran and ended."""
AT_ONCE = 5
"""Logs that are read in one pass: a storm of crashes has few causes, and the API server is in trouble already."""
LINES, CHARACTERS, BYTES = 10, 1000, 16384
"""What is kept of a log, and what is asked for."""
PATIENCE = 3.0
"""Seconds that a log may take: the finding waits for it, and a person for the finding."""

_PODS = Resource("v1", "pods", "Pod", namespaced=True)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Control characters, and those that turn or hide text on a screen."""


class Enricher:
    """Remembers what it read, so that a finding keeps its evidence from one sighting to the next."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._read: dict[str, Evidence] = {}

    async def enrich(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The same findings in the same order, those of crashed containers with the end of the log."""
        new = [f for f in findings if _crashed(f) and f.fingerprint not in self._read]
        logs = await asyncio.gather(*(self._last_words(finding) for finding in new[:AT_ONCE]))
        self._read.update(zip((finding.fingerprint for finding in new), logs, strict=False))
        return tuple(self._with_log(f) for f in findings)

    def forget(self, fingerprints: Iterable[str]) -> None:
        for fingerprint in fingerprints:
            self._read.pop(fingerprint, None)

    def _with_log(self, finding: Finding) -> Finding:
        log = self._read.get(finding.fingerprint)
        return finding if log is None else replace(finding, evidence=(*finding.evidence, log))

    async def _last_words(self, finding: Finding) -> Evidence:
        subject, container = finding.subject, finding.container
        command = f"kubectl logs -n {subject.namespace} {subject.name} -c {container} --previous --tail={LINES}"
        what = f"the last log lines of container {container}"
        path = f"{_PODS.path(subject.namespace, subject.name)}/log"
        params = {"container": container, "previous": "true", "tailLines": str(LINES), "limitBytes": str(BYTES)}
        try:
            async with asyncio.timeout(PATIENCE):
                body = await self._client.get(path, params, what=f"read the log of {subject.path}", command=command, accept="*/*")
        except SteadError as error:
            return Evidence(what=what, value=f"could not be read: {clean(str(error))}", command=command, tainted=True)
        except TimeoutError:
            return Evidence(what=what, value=f"could not be read within {PATIENCE:.0f} s", command=command, tainted=True)
        return Evidence(
            what=what, value=redact(clean(body.decode("utf-8", "replace"))) or "(the log is empty)", command=command, tainted=True
        )


def clean(text: str) -> str:
    """The last lines of a log, as far as they fit, without what would move a terminal's cursor or hide words."""
    plain = _UNSEEN.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")))
    lines = [line.rstrip() for line in plain.split("\n") if line.strip()][-LINES:]
    return "\n".join(lines)[-CHARACTERS:].strip()


def _crashed(finding: Finding) -> bool:
    return finding.check in CRASHES and bool(finding.container) and finding.state is FindingState.FIRING
