"""What a model may see of a cluster: kubectl's reads, through the identity that the checks read with. Nothing here can write.

A look takes at most 60 seconds. The values of Secrets are refused in code, whatever the identity may read; what was written by programs and
people (logs, events, messages, annotations) is marked as such, and never widens what may be done.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from stead.declare import Looked, Tool, Toolset
from stead.estate.kubernetes.live import at, items, number, text
from stead.estate.kubernetes.reader import log_command, when
from stead.ports import Estate, Object
from stead.tools.clusters import is_cluster, pod_named, reader_of
from stead.tools.compact import columns, compact

MOST_LINES = 2000
MOST_EVENTS = 60

Kind = Annotated[str, Meta(description="Kind, plural or short name; plural.group for custom resources")]
Namespace = Annotated[str, Meta(description="Empty: all, or cluster-wide")]


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    kind: Kind
    namespace: Namespace = ""
    labels: Annotated[str, Meta(description="Selector, like app=web")] = ""


class Named(msgspec.Struct, forbid_unknown_fields=True):
    kind: Kind
    name: str
    namespace: str = ""


class Log(msgspec.Struct, forbid_unknown_fields=True):
    namespace: str
    pod: Annotated[str, Meta(description="Name, or how it begins")]
    container: str = ""
    previous: Annotated[bool, Meta(description="Of the run before the last restart")] = False
    lines: int = 200
    since: Annotated[int, Meta(description="Only of the last so many minutes; 0: all")] = 0


class Events(msgspec.Struct, forbid_unknown_fields=True):
    namespace: str
    name: Annotated[str, Meta(description="Only about the object of this name")] = ""


class Top(msgspec.Struct, forbid_unknown_fields=True):
    kind: Annotated[str, Meta(description="pods or nodes")]
    namespace: str = ""


class CanI(msgspec.Struct, forbid_unknown_fields=True):
    verb: str
    kind: Kind
    namespace: str = ""


async def _list(estate: Estate, asked: Listing) -> Looked:
    reader = reader_of(estate)
    resource = await reader.resource(asked.kind)
    rows = await reader.table(resource, asked.namespace, asked.labels)
    said = columns(rows) if len(rows) > 1 else f"no {resource.plural} there"
    return Looked(text=said, command=resource.command(asked.namespace) + (f" -l {asked.labels}" if asked.labels else ""))


async def _get(estate: Estate, asked: Named) -> Looked:
    found, command = await _read(estate, asked)
    return Looked(text=compact(found), command=command, tainted=True)


async def _describe(estate: Estate, asked: Named) -> Looked:
    found, command = await _read(estate, asked)
    told = await reader_of(estate).events(text(found, "metadata", "namespace"), asked.name) if text(found, "metadata", "namespace") else []
    metadata = {k: at(found, "metadata", k) for k in ("labels", "annotations", "ownerReferences", "creationTimestamp", "deletionTimestamp")}
    shown = {"kind": text(found, "kind"), "metadata": metadata, "spec": at(found, "spec"), "status": at(found, "status")}
    rest = {k: v for k, v in found.items() if k not in ("apiVersion", "kind", "metadata", "spec", "status")}
    said = compact({**shown, **rest}) + ("\nevents:\n" + _events_text(told) if told else "\nevents: none")
    return Looked(text=said, command=command.replace("kubectl get", "kubectl describe").removesuffix(" -o yaml"), tainted=True)


async def _logs(estate: Estate, asked: Log) -> Looked:
    reader = reader_of(estate)
    lines = min(max(asked.lines, 1), MOST_LINES)
    pod = await pod_named(reader, asked.namespace, asked.pod)
    minutes = max(asked.since, 0)
    log = await reader.log(asked.namespace, pod, container=asked.container, previous=asked.previous, lines=lines, minutes=minutes)
    command = log_command(asked.namespace, pod, asked.container, previous=asked.previous, lines=lines, minutes=minutes)
    return Looked(text=f"log of {pod}\n{log}" if log.strip() else f"the log of {pod} is empty", command=command, tainted=True)


async def _happened(estate: Estate, asked: Events) -> Looked:
    found = await reader_of(estate).events(asked.namespace, asked.name)
    command = f"kubectl events -n {asked.namespace}" + (f" --for {asked.name}" if asked.name else "")
    return Looked(text=_events_text(found) or "no events", command=command, tainted=True)


async def _top(estate: Estate, asked: Top) -> Looked:
    kind = asked.kind.casefold().rstrip("s") + "s"
    if kind not in ("pods", "nodes"):
        raise ValueError("`kind` is pods or nodes")
    found = await reader_of(estate).figures(kind, asked.namespace)
    rows = [["NAMESPACE", "NAME", "CONTAINER", "CPU", "MEMORY"]]
    for one in found:
        where, name = text(one, "metadata", "namespace"), text(one, "metadata", "name")
        parts = items(one, "containers") or [one]
        rows += [[where, name, text(part, "name"), text(part, "usage", "cpu"), text(part, "usage", "memory")] for part in parts]
    return Looked(text=columns(rows), command=f"kubectl top {kind}" + (f" -n {asked.namespace}" if asked.namespace else ""))


async def _can_i(estate: Estate, asked: CanI) -> Looked:
    reader = reader_of(estate)
    resource = await reader.resource(asked.kind)
    allowed, why = await reader.may(asked.verb, resource, asked.namespace)
    said = f"Stead's read identity {'may' if allowed else 'may not'} {asked.verb} {resource.full_name}" + (f": {why}" if why else "")
    where = f" -n {asked.namespace}" if asked.namespace else ""
    return Looked(text=said, command=f"kubectl auth can-i {asked.verb} {resource.full_name}{where}")


async def _read(estate: Estate, asked: Named) -> tuple[Object, str]:
    reader = reader_of(estate)
    resource = await reader.resource(asked.kind)
    found = await reader.get(resource, asked.namespace, asked.name)
    if found is None:
        raise ValueError(f"there is no {resource.kind} {asked.namespace + '/' if asked.namespace else ''}{asked.name}")
    return found, resource.command(asked.namespace, asked.name)


def _events_text(found: list[Object]) -> str:
    rows: list[list[str]] = []
    for event in found[-MOST_EVENTS:]:
        about = f"{text(event, 'involvedObject', 'kind')}/{text(event, 'involvedObject', 'name')}"
        times = number(event, "count", default=1)
        said = " ".join(text(event, "message").split())
        rows.append([when(event)[:19], text(event, "type"), text(event, "reason"), about, f"{said} (x{times})" if times > 1 else said])
    return columns(rows)


kubernetes = Toolset(
    name="kubernetes",
    fits=is_cluster,
    tools=(
        Tool(name="k8s_list", arguments=Listing, run=_list, page="List objects, as `kubectl get` prints them."),
        Tool(name="k8s_get", arguments=Named, run=_get, page="One object whole, as compact YAML. A Secret's values are never shown."),
        Tool(name="k8s_describe", arguments=Named, run=_describe, page="One object with its status, conditions and events."),
        Tool(name="k8s_logs", arguments=Log, run=_logs, page="The end of a container's log."),
        Tool(name="k8s_events", arguments=Events, run=_happened, page="Events of a namespace or of one object, the newest last."),
        Tool(name="k8s_top", arguments=Top, run=_top, page="CPU and memory in use."),
        Tool(name="k8s_can_i", arguments=CanI, run=_can_i, page="Whether the read identity has a right."),
    ),
    page=(__doc__ or "").strip(),
)
