"""Asking the API server for a log or for events, and what was answered as evidence. A refusal is said in the evidence and stops nothing."""

from __future__ import annotations

import asyncio
import shlex

from stead.domain.errors import SteadError
from stead.domain.evidence import Evidence
from stead.domain.logs.digest import Digest, of_lines
from stead.domain.logs.lines import lines_of
from stead.domain.redaction import redact
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.enrich.events import Event, events_command, read_events
from stead.estate.kubernetes.enrich.targets import LogPlace
from stead.estate.kubernetes.resources import Resource

LINES, BYTES = 200, 128 * 1024
"""What is asked for of a log: enough for a stack trace with its causes, and for errors that came again and again."""
CHARACTERS = 1000
"""What is kept of it."""
EVENTS = 200
"""What is asked for of an object's events. An hour of them is kept by the API server (--event-ttl)."""
PATIENCE = 3.0
"""Seconds that an answer may take: the finding waits for it, and a person for the finding."""

_PODS = Resource("v1", "pods", "Pod", namespaced=True)
_EVENTS = Resource("v1", "events", "Event", namespaced=True)


async def last_words(client: ApiClient, place: LogPlace) -> Evidence:
    """What the container wrote before it failed, reduced to what matters."""
    runs = [previous for previous, wanted in ((True, place.previous), (False, place.current)) if wanted]
    what = f"the log of container {place.container}"
    answers = await asyncio.gather(*(_log(client, place, previous=previous) for previous in runs))
    read = [(previous, answer) for previous, answer in zip(runs, answers, strict=True) if isinstance(answer, Digest)]
    if not read:
        return Evidence(what=what, value=str(answers[0]), command=_log_command(place, previous=runs[0]), tainted=True)
    # A run that ended tells why; the present one speaks where that one said nothing.
    previous, told = next((one for one in read if one[1].first_cause), read[0])
    command = _log_command(place, previous=previous)
    return Evidence(what=what, value=told.told(CHARACTERS) or "(the log is empty)", command=command, tainted=True)


async def _log(client: ApiClient, place: LogPlace, *, previous: bool) -> Digest | str:
    """The digest of one run's log, or why there is none."""
    path = f"{_PODS.path(place.namespace, place.pod)}/log"
    params = {"container": place.container, "tailLines": str(LINES), "limitBytes": str(BYTES)} | ({"previous": "true"} if previous else {})
    what = f"read the log of {place.namespace}/{place.pod}"
    try:
        async with asyncio.timeout(PATIENCE):
            body = await client.get(path, params, what=what, command=_log_command(place, previous=previous), accept="*/*")
    except SteadError as error:
        return f"could not be read: {redact(' '.join(lines_of(str(error).encode(errors='replace'))))}"
    except TimeoutError:
        return f"could not be read within {PATIENCE:.0f} s"
    return of_lines(redact("\n".join(lines_of(body))).split("\n"))


def _log_command(place: LogPlace, *, previous: bool) -> str:
    words = ["kubectl", "logs", "-n", place.namespace, place.pod, "-c", place.container, *(["--previous"] if previous else [])]
    return shlex.join([*words, f"--tail={LINES}"])


async def events_about(client: ApiClient, kind: str, namespace: str, name: str) -> tuple[Event, ...]:
    """The object's events; none where they cannot be read: what is missing then is only a hint."""
    params = {"fieldSelector": f"involvedObject.kind={kind},involvedObject.name={name}", "limit": str(EVENTS)}
    command = events_command(kind, namespace, name)
    try:
        async with asyncio.timeout(PATIENCE):
            body = await client.get(_EVENTS.path(namespace), params, what=f"list the events of {kind} {name}", command=command)
        return read_events(body)
    except (SteadError, TimeoutError, ValueError):
        return ()
