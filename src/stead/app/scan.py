"""One read-only pass for `stead check`: over a cluster, a dump of one, or this host. No store, no service, nothing written."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from stead.app.discover import Shelves, shelves
from stead.declare import Check, GaugeCheck, HostCheck
from stead.domain.change import Change
from stead.domain.errors import BlindError, UserError
from stead.domain.finding import Finding, FindingClass, FindingState
from stead.domain.scan import Scan
from stead.domain.subject import Subject
from stead.ports import Clock, Estate

if TYPE_CHECKING:
    from stead.app.settings import Settings

CLUSTER = "cluster"
"""What the estate is called where no configuration names it; the service does the same, so fingerprints agree."""

ALONE = {"--from": "a dump", "--estate": "an estate of the configuration"}

_KUBECTL = re.compile("^kubectl ")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look at. `source` is a dump ("" for a live cluster), `now` the time to judge it by; `host` this machine.

    `ssh` another machine (`user@host:port`), reached with the private key in `identity` · `settings` where a configuration was found: its
    `checks:` say which run, and where those of one's own are · `estate` one that it names.
    `progress` hears how far reading a dump has come: its name, and a part from 0 to 1.
    """

    context: str = ""
    namespace: str = ""
    source: str = ""
    now: datetime | None = None
    host: bool = False
    ssh: str = ""
    identity: Path | None = None
    estate: str = ""
    hygiene: bool = False
    settings: Settings | None = None
    progress: Callable[[str, float], None] = lambda _name, _part: None


async def scan(wanted: Wanted, clock: Clock) -> Scan:
    """Look once. UserError for options that do not fit together, and for a dump or kubeconfig that cannot be used."""
    _sensible(wanted)
    if wanted.estate:
        from stead.app.scan_host import scan_estate

        return await scan_estate(wanted.estate, wanted.settings, clock)
    found = shelves(wanted.settings.checks.folders if wanted.settings else ())
    if wanted.source:
        return scan_dump(wanted, _wanted(found.checks, wanted), clock)
    if not wanted.host and not wanted.ssh:
        return await _scan_cluster(wanted, found, clock)
    from stead.app.scan_host import scan_host

    host = await scan_host(wanted.ssh, wanted.identity, _wanted(found.host_checks, wanted), clock)
    if not (wanted.context or wanted.namespace):
        return host
    return _both(await _scan_cluster(wanted, found, clock), host)


def parse_time(text: str) -> datetime:
    """A time as RFC 3339 writes it; without an offset it is UTC. UserError for anything else."""
    try:
        when = datetime.fromisoformat(text.strip())
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UserError(f"`{text[:40]}` is not a time", hint="write it like 2026-01-05T09:00:00Z") from error


def scan_dump(wanted: Wanted, checks: Iterable[Check], clock: Clock) -> Scan:
    """Look at a dump as it was when it was taken, or at `wanted.now`. Takes no network and no store."""
    from stead.estate.kubernetes.dump import read_dump
    from stead.estate.kubernetes.enrich.learned import enriched_from
    from stead.estate.kubernetes.runner import Runner

    began = time.perf_counter()
    dump = read_dump(wanted.source, CLUSTER, wall=clock.now(), progress=wanted.progress)
    now = wanted.now or dump.taken.newest() or clock.now()
    if wanted.namespace:
        _exists(wanted, dump.view.namespaces())
    runner = Runner(dump.view, checks)
    runner.full(now)

    def changes(finding: Finding) -> tuple[Change, ...]:
        from stead.estate.history.rollouts import told_by_objects  # late: only what is at fault needs it

        return told_by_objects(dump.rollouts, finding, dump.view)

    found = _within(enriched_from(dump.events, tuple(runner.current().values()), dump.view, now, changes), wanted.namespace)
    odd = [odd.finding(CLUSTER) for odd in dump.odd if wanted.namespace in ("", odd.namespace)]
    return Scan(
        now=now,
        findings=tuple(f for f in found if f.state is not FindingState.BLIND),
        blind=(*(f for f in found if f.state is FindingState.BLIND), *odd),
        counts=dict(sorted(dump.view.counts().items())),
        not_covered=dump.not_covered(),
        seconds=time.perf_counter() - began,
        bytes=dump.bytes,
    )


async def _scan_cluster(wanted: Wanted, found: Shelves, clock: Clock) -> Scan:
    from stead.estate.kubernetes.connection import connect
    from stead.estate.kubernetes.estate import KubernetesEstate

    began = time.perf_counter()
    checks, gauges = _wanted(found.checks, wanted), _wanted(found.gauge_checks, wanted)
    connection = connect(clock, context=wanted.context or None)
    estate = KubernetesEstate(CLUSTER, connection, checks, clock, namespace=wanted.namespace, gauge_checks=gauges)
    try:
        if wanted.namespace:
            await _ask_for_namespace(estate, wanted)
        seen = replace(await estate.scan(), seconds=time.perf_counter() - began)
    finally:
        await estate.close()
    return _in_context(seen, wanted.context) if wanted.context else seen


def _in_context(found: Scan, context: str) -> Scan:
    """Commands to paste look where Stead has looked, whatever kubectl's current context is."""
    named = f"kubectl --context {shlex.quote(context)} "

    def there(finding: Finding) -> Finding:
        return replace(
            finding, evidence=tuple(replace(one, command=_KUBECTL.sub(lambda _: named, one.command)) for one in finding.evidence)
        )

    return replace(found, findings=tuple(map(there, found.findings)), blind=tuple(map(there, found.blind)))


async def _ask_for_namespace(estate: Estate, wanted: Wanted) -> None:
    """A namespace that is not there has no faults, which would look like health. Who may not ask is let through."""
    subject = Subject(estate=CLUSTER, api_version="v1", kind="Namespace", name=wanted.namespace)
    try:
        if await estate.read(subject) is not None:
            return
        names = [str(one.get("metadata", {}).get("name", "")) for one in await estate.list("v1", "Namespace")]
    except BlindError:
        return
    _exists(wanted, names)


def _sensible(wanted: Wanted) -> None:
    alone = [option for option, given in (("--from", wanted.source), ("--estate", wanted.estate)) if given]
    with_it = [("--context", wanted.context), ("--host", wanted.host), ("--ssh", wanted.ssh), ("--estate", wanted.estate)]
    if alone and (other := next((option for option, given in with_it if given and option != alone[0]), "")):
        raise UserError(f"{alone[0]} and {other} do not go together", hint=f"{ALONE[alone[0]]} is looked at by itself")
    if wanted.ssh and wanted.host:
        raise UserError("--ssh and --host do not go together", hint="look at one machine, then at the other")
    if wanted.identity is not None and not wanted.ssh:
        raise UserError("--identity goes with --ssh only", hint="name the host with --ssh, or use `identity:` in stead.yaml")
    if wanted.now is not None and not wanted.source:
        raise UserError("--now goes with --from only", hint="a live cluster is looked at as it is now")
    if wanted.estate and wanted.namespace:
        raise UserError("--estate and --namespace do not go together", hint="`namespaces:` of the estate says which")
    if wanted.namespace and not _NAMESPACE.fullmatch(wanted.namespace):
        raise UserError(
            f"`{wanted.namespace[:70]}` is not the name of a namespace", hint="lower-case letters, digits and `-`, like payments"
        )


def _exists(wanted: Wanted, names: Iterable[str]) -> None:
    known = sorted({name for name in names if name})
    if known and wanted.namespace not in known:
        near = get_close_matches(wanted.namespace, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known[:8])}{' …' if len(known) > 8 else ''}"
        raise UserError(f"there is no namespace `{wanted.namespace}`{f' in {wanted.source}' if wanted.source else ''}", hint=hint)


def _within(findings: Iterable[Finding], namespace: str) -> list[Finding]:
    """Findings of one namespace, and what is cluster-wide where it explains one of them; all of them for ""."""
    every = list(findings)
    if not namespace:
        return every
    inside = [f for f in every if f.subject.namespace == namespace]
    causes = {subject.key for finding in inside for subject in finding.depends_on}
    return inside + [f for f in every if not f.subject.namespace and f.keys & causes]


C = TypeVar("C", Check, GaugeCheck, HostCheck)


def _wanted(found: Mapping[str, C], wanted: Wanted) -> list[C]:
    """Faults; opinions where they are asked for. Not what the configuration has turned off."""
    own = wanted.settings.checks if wanted.settings else None
    hygiene, off = wanted.hygiene or (own is not None and own.hygiene), own.disabled if own else ()
    return [check for check in found.values() if check.name not in off and (hygiene or check.class_ is FindingClass.FAULT)]


def _both(cluster: Scan, host: Scan) -> Scan:
    return Scan(
        now=max(cluster.now, host.now),
        findings=cluster.findings + host.findings,
        blind=cluster.blind + host.blind,
        counts={**cluster.counts, **host.counts},
        not_covered=tuple(sorted({*cluster.not_covered, *host.not_covered})),
        seconds=cluster.seconds + host.seconds,
        bytes=cluster.bytes + host.bytes,
        requests=cluster.requests + host.requests,
    )
