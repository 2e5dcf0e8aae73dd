"""What changed in a cluster: of one object and of what it depends on, or of all. From Stead's own history, so also what is gone by now.

Values of Secrets and ConfigMaps are never in it, only that they changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from stead.declare import Looked, Tool, Toolset
from stead.domain.change import Change, Done
from stead.domain.errors import BlindError
from stead.domain.subject import Subject
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.ports import Estate
from stead.tools.clusters import is_cluster

MOST_FIELDS = 40
MOST_HOURS = 720
"""As far as the history goes back."""


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    kind: Annotated[str, Meta(description="With `name`: that object, its owner, configuration and node")] = ""
    name: str = ""
    namespace: str = ""
    hours: float = 6.0


async def _changes(estate: Estate, asked: Changes) -> Looked:
    if not isinstance(estate, KubernetesEstate):
        raise BlindError(f"no history is kept of `{estate.id}`", reason="Absent")
    if bool(asked.kind) != bool(asked.name):
        raise ValueError("`kind` and `name` go together; leave both out for all changes of a namespace")
    within = timedelta(hours=min(max(asked.hours, 0.1), MOST_HOURS))
    near = await _subject(estate, asked) if asked.name else None
    found = [one for one in estate.recent(within, near) if near or not asked.namespace or one.subject.namespace == asked.namespace]
    command = f"stead changes --since {max(round(asked.hours), 1)}h"
    about = " ".join(filter(None, [asked.kind, f"{asked.namespace}/{asked.name}".strip("/")]))
    said = "\n".join(_lines(found)) or f"nothing{f' near {about}' if about else ''} changed in the last {asked.hours:g} h"
    return Looked(text=said, command=command if not about else f"{command} {about}", tainted=True)


async def _subject(estate: KubernetesEstate, asked: Changes) -> Subject:
    resource = await estate.reader().resource(asked.kind)
    namespace = asked.namespace if resource.namespaced else ""
    return Subject(estate=estate.id, api_version=resource.api_version, kind=resource.kind, namespace=namespace, name=asked.name)


def _lines(found: Sequence[Change]) -> Iterator[str]:
    """One change and its fields, from what to what; the newest first."""
    for change in found:
        by = f" by {change.manager}" if change.manager else ""
        source = f", from {change.source}" if change.source else ""
        name = change.name[:1].upper() + change.name[1:]
        yield f"{change.at:%Y-%m-%d %H:%M:%S} {name}{by}{source}"
        if change.done is Done.CHANGED:
            yield from (f"  {field}" for field in change.fields[:MOST_FIELDS])
            if len(change.fields) > MOST_FIELDS:
                yield f"  … and {len(change.fields) - MOST_FIELDS} fields more"


changes = Toolset(
    name="changes",
    fits=is_cluster,
    tools=(Tool(name="changes", arguments=Changes, run=_changes, page="What changed before a fault, field by field, and by whose hand."),),
    page=(__doc__ or "").strip(),
)
