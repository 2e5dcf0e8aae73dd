"""A Kubernetes cluster as an Estate: watched, scanned, looked at afresh, read, and changed by other hands.

Promise: reading and writing are two identities; nothing in this file can write.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec

from stead.declare import Check, GaugeCheck
from stead.domain.change import Change
from stead.domain.errors import BlindError, PermanentError, SteadError
from stead.domain.finding import Finding, FindingState
from stead.domain.matching import Patterns
from stead.domain.outlook import Outlook
from stead.domain.scan import Account, Scan
from stead.domain.subject import Subject
from stead.domain.trigger import Sightings
from stead.estate.history.book import Book
from stead.estate.history.kept import Keeper
from stead.estate.history.recorder import History
from stead.estate.history.related import around
from stead.estate.history.rollouts import told_by_cluster
from stead.estate.kubernetes import blindness
from stead.estate.kubernetes.blindness import Blindness
from stead.estate.kubernetes.client import ApiClient, Timeouts
from stead.estate.kubernetes.connection import Connection
from stead.estate.kubernetes.custom_kinds import looks_at_custom
from stead.estate.kubernetes.discovery import Discovery
from stead.estate.kubernetes.enrich.enricher import Enricher
from stead.estate.kubernetes.errors import AbsentError, as_blind
from stead.estate.kubernetes.gauges.gauges import Gauges, looked_up
from stead.estate.kubernetes.gauges.kubelet import KubeletStats
from stead.estate.kubernetes.gauges.pod_metrics import PodMetrics
from stead.estate.kubernetes.gauges.prometheus import Prometheus
from stead.estate.kubernetes.gauges.reading import Source
from stead.estate.kubernetes.gauges.resource_metrics import ResourceMetrics
from stead.estate.kubernetes.hands import KubernetesHands
from stead.estate.kubernetes.helm import HelmReleases
from stead.estate.kubernetes.kinds import Kind, custom_kind, kind_named, kind_of
from stead.estate.kubernetes.outlook import outlook
from stead.estate.kubernetes.proof import cannot_judge, followed, judged, lags, metadata, needed, wanted
from stead.estate.kubernetes.reader import Reader
from stead.estate.kubernetes.runner import Runner
from stead.estate.kubernetes.snapshot import Lister, Snapshot
from stead.estate.kubernetes.view import View
from stead.estate.kubernetes.watch import PAGE
from stead.estate.kubernetes.watcher import Watcher
from stead.estate.promql import PrometheusTarget
from stead.ports import Clock, Hands, Object, Observation, Seen


class KubernetesEstate:
    """One cluster. `namespace` limits a scan to one; `excluded_namespaces` are patterns of those that are not looked at at all."""

    def __init__(
        self,
        estate_id: str,
        connection: Connection,
        checks: Iterable[Check],
        clock: Clock,
        *,
        write_connection: Connection | None = None,
        excluded_namespaces: Sequence[str] = (),
        namespace: str = "",
        timeouts: Timeouts | None = None,
        rng: random.Random | None = None,
        gauge_checks: Iterable[GaugeCheck] = (),
        prometheus: PrometheusTarget | None = None,
        kubelet_stats: bool = False,
    ) -> None:
        self.id = estate_id
        self.checks = tuple(checks)
        self._clock = clock
        self._namespace = namespace
        self.prometheus = prometheus
        self._client = ApiClient(connection, timeouts)
        self._discovery = Discovery(self._client)
        self._excluded = Patterns.of(excluded_namespaces).match
        self._lister = Lister(estate_id, self._client, self._discovery, clock, self._excluded)
        gauge_checks = tuple(gauge_checks)
        # What nodes and containers have is read with them; measures say only what is in use.
        self._kinds = tuple(dict.fromkeys((*followed(self.checks), *(kind_of(struct) for struct in looked_up(gauge_checks)))))
        self._custom = looks_at_custom(self.checks)
        self._writer = ApiClient(write_connection, timeouts) if write_connection is not None else None
        # Only pauses between tries come out of it: nothing that anybody could want to guess.
        self._rng = rng or random.Random()  # noqa: S311
        self._watcher: Watcher | None = None
        self._history: History | None = None
        sources: list[Source] = [ResourceMetrics(self._client), PodMetrics(self._client)]
        sources += [Prometheus(prometheus, clock)] if prometheus is not None else []
        sources += [KubeletStats(self._client)] if kubelet_stats else []
        self._gauges = Gauges(estate_id, sources, gauge_checks, clock)

    async def close(self) -> None:
        """End the watch and the connections. What is being read ends with a BlindError."""
        if self._watcher is not None:
            self._watcher.stop()
        await self._gauges.close()
        await self._client.close()
        if self._writer is not None:
            await self._writer.close()

    # Watch

    def remember(self, book: Book, keeper: Keeper) -> None:
        """Keep a history of what the next watch sees."""
        self._history = History(self.id, book, keeper, self._clock, self._excluded)

    def recent(self, within: timedelta, near: Subject | None = None) -> Sequence[Change]:
        """The last changes, newest first: all, or those of the object `near` and of what it depends on. BlindError without a history."""
        if self._history is None:
            raise BlindError(f"no history is kept of `{self.id}`", reason="Absent")
        keys = None if near is None else {near.key} if self._watcher is None else {*around(near, self._watcher.mirror.view)}
        return [change for change in self._history.since(self._clock.now() - within) if keys is None or change.subject.key in keys]

    def pushed(self, change: Change) -> bool:
        """Note a push to a repository from which something here may be made. False when it was noted before."""
        return self._history is not None and self._history.pushed(change)

    async def sightings(self) -> AsyncIterator[Sightings]:
        """Watch until closed. Only one watch at a time."""
        watcher = self._watcher = Watcher(
            self.id,
            self._client,
            self._discovery,
            self._kinds,
            self.checks,
            self._clock,
            self._excluded,
            self._rng,
            self._gauges,
            self._history,
        )
        watcher.ask_for_changes(partial(self._changes, watcher.mirror.view))
        found = watcher.sightings()
        try:
            async for one in found:
                yield one
        finally:
            self._watcher = None
            await found.aclose()

    def outlook(self) -> Outlook | None:
        """What weighs most and what ends soon; None while nothing is watched."""
        return None if self._watcher is None else outlook(self._watcher.mirror.view, self._gauges.known())

    def account(self, kind: str, namespace: str, name: str) -> Account | None:
        """What the checks make of the objects of that name at this moment; None while nothing is watched. "" means any."""
        return None if self._watcher is None else self._watcher.account(kind, namespace, name)

    def locate(self, subject: Subject) -> tuple[Subject, Subject | None] | None:
        """The object of that name and its controller, as the watch knows them; None where it knows none, or nothing is watched."""
        kind = kind_named(subject.api_version, subject.kind)
        if self._watcher is None or kind is None:
            return None
        view = self._watcher.mirror.view
        found = view.get(kind.struct, subject.namespace, subject.name)
        return None if found is None else (view.subject(found), view.top(found))

    @property
    def resting(self) -> bool:
        """Whether the watch waits for the cluster or the clock, and has passed on all that it read."""
        return self._watcher is not None and self._watcher.resting

    @property
    def synced_versions(self) -> Mapping[str, str]:
        """The resourceVersion up to which each resource (`pods`, `deployments.apps`) has been read by the watch."""
        return {} if self._watcher is None else dict(self._watcher.mirror.versions)

    @property
    def following(self) -> frozenset[Kind]:
        """The kinds that the watch reads at this moment: not blind, not absent, not waiting to be tried again."""
        return frozenset() if self._watcher is None else self._watcher.following

    async def caught_up(self) -> bool:
        """Whether the watch has read all that the cluster has at this moment, or waits for the clock. Asks the cluster."""
        watcher = self._watcher
        if watcher is None or not watcher.resting:
            return False
        kinds = watcher.following
        same = await asyncio.gather(*(self._same(watcher, kind) for kind in kinds))
        return all(same) and watcher.resting and watcher.following == kinds

    async def _same(self, watcher: Watcher, kind: Kind) -> bool:
        try:
            version = await self._lister.version(kind)
        except SteadError:
            return True  # what the cluster does not answer now it cannot have told the watch either
        if watcher.compared.get(kind) == version:
            return True
        fresh = await self._lister.snapshot([kind], tries=1)
        view = watcher.mirror.view
        same = kind in fresh.blind or (view.knows(kind.struct) and _versions(fresh.view, kind) == _versions(view, kind))
        if same:
            watcher.compared[kind] = version
        return same

    # Look

    async def scan(self) -> Scan:
        """One pass over all kinds, with what logs and events tell of what is wrong."""
        began, requests, size = self._clock.now(), self._client.requests, self._client.bytes
        found = await self._lister.snapshot(self._kinds, self._namespace)
        if self._custom:
            await self._lister.add_custom(found, self._namespace)
        now = self._clock.now()
        runner = Runner(found.view, self.checks)
        runner.full(now)
        await self._gauges.look(found.view)
        gauged = self._gauges.current().values()
        seen = [f for f in runner.current().values() if f.state is not FindingState.BLIND]
        said = await Enricher(self._client, found.view, partial(self._changes, found.view)).enrich(seen, now)
        opted_out = self._opt_out(found)
        failed = [f for f in runner.current().values() if f.state is FindingState.BLIND]
        return Scan(
            now=now,
            findings=self._within([*said, *(f for f in gauged if f.state is not FindingState.BLIND)]),
            blind=(*self._blind_findings(found), *failed, *(f for f in gauged if f.state is FindingState.BLIND)),
            counts=dict(sorted(found.view.counts().items())),
            not_covered=tuple(sorted({kind.resource for kind in found.absent} | opted_out | self._gauges.not_covered)),
            seconds=(self._clock.now() - began).total_seconds(),
            bytes=self._client.bytes - size,
            requests=self._client.requests - requests,
        )

    async def observe(self, check: str, fingerprint: str, subject: Subject) -> Observation:
        """List the kinds that the check looks at, run it, and look whether the subject is still there."""
        try:
            return await self._observe(check, fingerprint, subject)
        except SteadError as error:
            return Observation(seen=Seen.BLIND, present=False, note=str(error))
        except Exception as error:  # promised: blind is an answer
            return Observation(seen=Seen.BLIND, present=False, note=f"{type(error).__name__}: {error}")

    async def _observe(self, name: str, fingerprint: str, subject: Subject) -> Observation:
        check = next((c for c in self.checks if c.name == name), None)
        if check is None and any(gauge.name == name for gauge in self._gauges.checks):
            return await self._observe_gauge(name, fingerprint, subject)
        if check is None:
            return Observation(seen=Seen.BLIND, present=False, note=f"there is no check `{name}`")
        # Before the lists: what is gone by now cannot be in them, and what they show of it is not older than this.
        live = await self.read(subject)
        present = live is not None and subject.uid in ("", metadata(live).get("uid"))
        own = await self._own_kinds(check, subject)
        found = await self._lister.snapshot((*needed([check]), *own), subject.namespace)
        if why := cannot_judge(found, check, *(kind.struct for kind in own)):
            return Observation(seen=Seen.BLIND, present=present, note=why)
        runner = Runner(found.view, [check])
        runner.full(self._clock.now())
        if present and live is not None and lags(live):
            return Observation(seen=Seen.LAGGING, present=present, note="its controller has not seen the newest spec yet")
        return replace(judged(runner.current(), fingerprint, present=present), replicas=wanted(live))

    async def _changes(self, view: View, finding: Finding) -> tuple[Change, ...]:
        """What changed before this, as the cluster itself tells; nothing where the history knows better."""
        known = self._history is not None and self._history.explain(finding, view).changes
        return () if known else await told_by_cluster(self, finding, view)

    async def _own_kinds(self, check: Check, subject: Subject) -> tuple[Kind, ...]:
        """The subject's own kind, for a check that looks at custom resources of any kind. Raises as `read` does."""
        if not looks_at_custom([check]):
            return ()
        resource = await self._discovery.resource(subject.api_version, subject.kind)
        return (custom_kind(resource.api_version, resource.plural, resource.kind, resource.namespaced),)

    async def _observe_gauge(self, name: str, fingerprint: str, subject: Subject) -> Observation:
        present = await self.read(subject) is not None
        if self._watcher is not None:
            view = self._watcher.mirror.view
        else:
            view = (await self._lister.snapshot([kind_of(struct) for struct in looked_up(self._gauges.checks)])).view
        await self._gauges.look(view)
        if name in self._gauges.blind_checks:
            return Observation(seen=Seen.BLIND, present=present, note="what it is measured by cannot be read")
        return judged(self._gauges.current(), fingerprint, present=present)

    # Read

    async def read(self, subject: Subject) -> Object | None:
        command = "kubectl version"
        try:
            resource = await self._discovery.resource(subject.api_version, subject.kind)
            command = resource.command(subject.namespace, subject.name)
            path = resource.path(subject.namespace, subject.name)
            body = await self._client.get(path, what=f"read {subject}", command=command)
            return msgspec.json.decode(body, type=dict[str, Any])
        except AbsentError as error:
            return await self._gone(subject, error, command)
        except (SteadError, ValueError, RecursionError) as error:
            raise as_blind(error, command) from error

    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        command = "kubectl version"
        params = {"limit": str(PAGE)}
        if labels:
            params["labelSelector"] = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        found: list[Object] = []
        try:
            resource = await self._discovery.resource(api_version, kind)
            command = resource.command(namespace)
            while True:
                body = await self._client.get(resource.path(namespace), params, what=f"list {resource.plural}", command=command)
                page = msgspec.json.decode(body, type=_Page)
                # The items of a list do not say what they are.
                found += [{"apiVersion": api_version, "kind": kind, **item} for item in page.items or ()]
                if not (token := (page.metadata or {}).get("continue")):
                    return found
                params["continue"] = str(token)
        except AbsentError as error:
            raise BlindError(str(error), reason="Absent", command=command) from error
        except (SteadError, ValueError, RecursionError) as error:
            raise as_blind(error, command) from error

    def reader(self) -> Reader:
        """Looks at any kind, logs, events and figures, through the read identity."""
        return Reader(self._client)

    def helm(self) -> HelmReleases:
        """Looks at Helm's releases; the read identity needs a right to Secrets for it."""
        return HelmReleases(self._client)

    def hands(self) -> Hands:
        """PermanentError when this estate was given no write identity."""
        if self._writer is None:
            raise PermanentError(f"estate `{self.id}` has no write identity: nothing in it can be changed")
        return KubernetesHands(self.id, self._writer)

    async def _gone(self, subject: Subject, error: AbsentError, command: str) -> None:
        """A 404 is believed when the API server names the object, or says itself that it serves no such kind."""
        if error.named:
            return
        try:
            resource = await self._discovery.resource(subject.api_version, subject.kind)
            if await self._discovery.is_absent(resource):
                return
        except AbsentError:
            return
        except SteadError as worse:
            raise as_blind(worse, command) from error
        raise BlindError(str(error), reason="Malformed", command=command) from error

    def _opt_out(self, found: Snapshot) -> set[str]:
        """Who asks about one namespace need not be allowed to see the whole cluster: those kinds are left out, by their names."""
        if not self._namespace:
            return set()
        refused = [kind for kind, blind in found.blind.items() if blind.reason == "Forbidden" and not kind.namespaced]
        for kind in refused:
            del found.blind[kind]
        return {kind.resource for kind in refused}

    def _within(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """In a scan of one namespace, what is cluster-wide matters only where it explains something."""
        said = tuple(findings)
        if not self._namespace:
            return said
        causes = {subject.key for finding in said for subject in finding.depends_on}
        return tuple(f for f in said if f.subject.namespace or f.keys & causes)

    def _blind_findings(self, found: Snapshot) -> list[Finding]:
        kinds: Mapping[Kind, Blindness] = found.blind
        server = self._client.connection.server
        whole = blindness.of_the_server(kinds)
        asked = len({*self._kinds, *found.blind} - found.absent)
        return [*blindness.findings(self.id, server, kinds, whole, asked), *(odd.finding(self.id) for odd in found.odd)]


class _Page(msgspec.Struct):
    metadata: dict[str, Any] | None = None
    items: list[dict[str, Any]] | None = None


def _versions(view: View, kind: Kind) -> dict[tuple[str, str], str]:
    return {(o.metadata.namespace, o.metadata.name): o.metadata.resource_version for o in view.all(kind.struct)}
