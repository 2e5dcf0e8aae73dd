"""From a request for a resource to its answer: one short method for each verb.

Source: `k8s.io/apiserver/pkg/endpoints/handlers`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from stead.practice.api import applying, bodies, encoding, errors, fields, lists, metrics, parts, versions
from stead.practice.api.deletion import Deleted, DeleteOptions, Deletes
from stead.practice.api.encoding import WatchLines
from stead.practice.api.following import Follow
from stead.practice.api.representations import form_of
from stead.practice.api.request import Identity, Target
from stead.practice.api.resources import Resource
from stead.practice.api.reviews import Reviews
from stead.practice.api.watches import Watch
from stead.practice.api.writes import By, Change, Writes
from stead.practice.objects import Key, Obj, clone, inside
from stead.practice.store import Entry
from stead.practice.world import World

_LONGEST_WATCH = 1800.0
_RETURNED_WHEN_GONE = ("pods", "services", "serviceaccounts", "persistentvolumeclaims", "persistentvolumes", "namespaces")
"""Deletes of these answer with the object, of all others with a Status (`ReturnDeletedObject`)."""


class Handlers:
    def __init__(self, world: World, writes: Writes, deletes: Deletes, reviews: Reviews, logs: parts.LogReader) -> None:
        self._world = world
        self._writes = writes
        self._deletes = deletes
        self._reviews = reviews
        self._logs = logs
        self._streams: set[Watch | Follow] = set()

    def end_streams(self) -> None:
        """End every watch, and every log that is followed."""
        for stream in self._streams:
            stream.end()

    async def answer(self, asked: web.Request, resource: Resource, target: Target, who: Identity) -> web.StreamResponse:
        key = (target.namespace if resource.namespaced else "", target.name)
        if target.subresource:
            return await self._part(asked, resource, target, key, who)
        match asked.method, bool(target.name):
            case "GET", named if target.verb == "watch":
                return await self._watch(asked, resource, target, key[1] if named else "")
            case "GET", True:
                return self._get(asked, resource, key)
            case "GET", False:
                return self._list(asked, resource, target)
            case "POST", False:
                return await self._create(asked, resource, target, who)
            case "PUT", True:
                return await self._replace(asked, resource, key, who, "")
            case "PATCH", True:
                return await self._patch(asked, resource, key, who, "")
            case "DELETE", True:
                return await self._delete(asked, resource, key)
            case "DELETE", False:
                return await self._delete_many(asked, resource, target)
            case _:
                raise errors.method_not_allowed()

    def _entry(self, resource: Resource, key: Key) -> Entry:
        figures = resource.group == metrics.GROUP
        entry = metrics.entry(self._world, resource, *key) if figures else self._world.store.entry(resource.key, key)
        if entry is None:
            raise errors.not_found(resource, key[1])
        return entry

    def _get(self, asked: web.Request, resource: Resource, key: Key) -> web.Response:
        form = form_of(asked.headers.get("Accept", ""))
        entry = self._entry(resource, key)
        return _response(encoding.one(self._world, resource, entry, form, asked.query.get("includeObject", "Metadata")))

    def _list(self, asked: web.Request, resource: Resource, target: Target) -> web.Response:
        form = form_of(asked.headers.get("Accept", ""))
        wanted = lists.filter_of(resource, target.namespace if resource.namespaced else "", asked.query)
        if resource.group == metrics.GROUP:
            page = metrics.page(self._world, resource, wanted)
        else:
            page = lists.read(self._world.store, resource, wanted, asked.query)
        return _response(encoding.list_of(self._world, resource, page, form, asked.query.get("includeObject", "Metadata")))

    async def _watch(self, asked: web.Request, resource: Resource, target: Target, name: str) -> web.StreamResponse:
        form = form_of(asked.headers.get("Accept", ""))
        wanted = lists.filter_of(resource, target.namespace if resource.namespaced else "", asked.query, name)
        lines = WatchLines(self._world, resource, form, asked.query.get("includeObject", "Metadata"))
        seconds = float(lists.number(asked.query, "timeoutSeconds") or _LONGEST_WATCH)
        version = lists.version_asked(asked.query)
        watch = Watch(self._world.store, resource, wanted, lines.line)
        self._streams.add(watch)
        try:
            self._begin(watch, asked, version)
            return await _stream(asked, watch, seconds)
        finally:
            self._streams.discard(watch)
            watch.close()

    def _begin(self, watch: Watch, asked: web.Request, version: int) -> None:
        bookmarks = asked.query.get("allowWatchBookmarks") in ("true", "1")
        if asked.query.get("sendInitialEvents") == "true":
            if asked.query.get("resourceVersionMatch") != "NotOlderThan":
                why = "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
                cause = errors.Cause("FieldValueForbidden", why.partition(": ")[2], "resourceVersionMatch")
                raise errors.invalid(Resource("meta.k8s.io", "v1", "ListOptions", "listoptions", ""), "", [cause])
            watch.begin_with_state()
            if bookmarks:
                watch.bookmark(initial=True)
        elif version == 0:
            watch.begin_with_state()
        else:
            watch.begin_after(version)

    async def _create(self, asked: web.Request, resource: Resource, target: Target, who: Identity) -> web.Response:
        form = form_of(asked.headers.get("Accept", ""))
        body = bodies.parse(await asked.read(), asked.headers.get("Content-Type", ""), resource)
        if resource.verbs == ("create",):
            return await self._special_create(resource, body, who, target)
        headers = fields.check(self._world, resource, body, asked.query)
        home = versions.home(self._world.registry, resource)
        created = self._writes.create(home, versions.stored(resource, body), target.namespace, _how(asked, who))
        return _response(encoding.one(self._world, resource, Entry(created, 0), form, "Metadata"), 201, headers)

    async def _special_create(self, resource: Resource, body: Obj, who: Identity, target: Target) -> web.Response:
        if resource.plural == "bindings":
            pods = self._world.registry.named("pods")
            name = inside(body, "metadata").get("name", "")
            parts.bind(self._world, pods, (target.namespace, name), inside(body, "target").get("name", ""))
            return _response(encoding.dump(_success({})), 201)
        return _response(encoding.dump(self._reviews.answer(resource, body, who)), 201)

    async def _replace(self, asked: web.Request, resource: Resource, key: Key, who: Identity, part: str) -> web.Response:
        body = bodies.parse(await asked.read(), asked.headers.get("Content-Type", ""), resource)
        headers = fields.check(self._world, resource, body, asked.query)
        home, how = versions.home(self._world.registry, resource), _how(asked, who, part)
        stored = self._writes.replace(home, key, versions.stored(resource, body), how)
        return self._shown(asked, resource, stored, headers=headers)

    async def _patch(self, asked: web.Request, resource: Resource, key: Key, who: Identity, part: str) -> web.Response:
        raw, kind = await asked.read(), asked.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind == applying.APPLY:
            return self._apply(asked, resource, key, who, part, raw)
        patch = applying.changer(resource, kind, raw)
        headers: dict[str, str] = {}

        def change(old: Obj) -> Obj:
            new = patch(versions.shown(resource, old))
            headers.update(fields.check(self._world, resource, new, asked.query))
            return versions.stored(resource, new)

        home = versions.home(self._world.registry, resource)
        return self._shown(asked, resource, self._writes.change(home, key, change, _how(asked, who, part)), headers=headers)

    def _apply(self, asked: web.Request, resource: Resource, key: Key, who: Identity, part: str, raw: bytes) -> web.Response:
        manager = asked.query.get("fieldManager", "")
        if not manager:
            cause = errors.Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
            raise errors.invalid(Resource("meta.k8s.io", "v1", "PatchOptions", "patchoptions", ""), "", [cause])
        body = bodies.parse(raw, applying.APPLY, resource)
        headers = fields.check(self._world, resource, body, asked.query)
        wanted, home = versions.stored(resource, body), versions.home(self._world.registry, resource)
        force = asked.query.get("force") in ("true", "1")
        application = applying.Application(self._world, home, key, wanted, manager, force=force)
        how = Change(By(manager, who.name), part, _dry(asked), "Apply")
        if self._world.store.entry(resource.key, key) is None:
            created = self._writes.create(home, application.fresh(), key[0], how)
            return self._shown(asked, resource, created, 201, headers)
        return self._shown(asked, resource, self._writes.change(home, key, application.onto, how), headers=headers)

    def _shown(
        self, asked: web.Request, resource: Resource, obj: Obj, code: int = 200, headers: dict[str, str] | None = None
    ) -> web.Response:
        form = form_of(asked.headers.get("Accept", ""))
        return _response(encoding.one(self._world, resource, Entry(obj, 0), form, "Metadata"), code, headers)

    async def _delete(self, asked: web.Request, resource: Resource, key: Key) -> web.Response:
        options = await _delete_options(asked)
        return _response(encoding.dump(_told(resource, self._deletes.delete(resource, key, options))))

    async def _delete_many(self, asked: web.Request, resource: Resource, target: Target) -> web.Response:
        options = await _delete_options(asked)
        wanted = lists.filter_of(resource, target.namespace if resource.namespaced else "", asked.query)
        page = lists.read(self._world.store, resource, wanted, asked.query)
        for entry in page.entries:
            meta = entry.obj["metadata"]
            with suppress(errors.ApiError):
                self._deletes.delete(resource, (meta.get("namespace", ""), meta["name"]), options)
        page = lists.Page(page.entries, self._world.store.version)
        return _response(encoding.list_of(self._world, resource, page, form_of(asked.headers.get("Accept", "")), "Metadata"))

    async def _part(self, asked: web.Request, resource: Resource, target: Target, key: Key, who: Identity) -> web.StreamResponse:
        part = target.subresource
        if part not in resource.subresources:
            raise errors.unknown_resource()
        match part, asked.method:
            case "status" | "finalize", "GET":
                return self._get(asked, resource, key)
            case "status" | "finalize", "PUT":
                return await self._replace(asked, resource, key, who, part)
            case "status", "PATCH":
                return await self._patch(asked, resource, key, who, part)
            case "scale", "GET" | "PUT" | "PATCH":
                return await self._scale(asked, resource, key, who)
            case "log", "GET":
                return await self._log(asked, resource, key)
            case "eviction", "POST":
                body = bodies.parse(await asked.read(), asked.headers.get("Content-Type", ""), resource)
                told = parts.evict(self._world, self._deletes, resource, key, body, dry_run=_dry(asked))
                return _response(encoding.dump(told), 201)
            case "binding", "POST":
                body = bodies.parse(await asked.read(), asked.headers.get("Content-Type", ""), resource)
                parts.bind(self._world, resource, key, inside(body, "target").get("name", ""))
                return _response(encoding.dump(_success({})), 201)
            case "status" | "finalize" | "scale" | "log" | "eviction" | "binding", _:
                raise errors.method_not_allowed()
            case _:
                raise errors.not_implemented(f"{resource.plural}/{part}")

    async def _scale(self, asked: web.Request, resource: Resource, key: Key, who: Identity) -> web.Response:
        if asked.method == "GET":
            return _response(encoding.dump(parts.scale_of(self._entry(resource, key).obj)))
        raw, kind = await asked.read(), asked.headers.get("Content-Type", "")
        change: Callable[[Obj], Obj]
        if asked.method == "PUT":
            wanted = bodies.parse(raw, kind, resource)
            change = lambda _: clone(wanted)  # noqa: E731
        else:
            change = applying.changer(resource, kind.partition(";")[0].strip(), raw)
        return _response(encoding.dump(parts.change_scale(self._writes, resource, key, change, _how(asked, who))))

    async def _log(self, asked: web.Request, resource: Resource, key: Key) -> web.StreamResponse:
        pod = self._entry(resource, key).obj
        lines = parts.log_lines(pod, asked.query, self._logs, self._world)
        if lines is None:
            return web.Response(status=204)
        headers = {"Content-Type": "text/plain", "Cache-Control": "no-cache, private"}
        if asked.query.get("follow") not in ("true", "1") or asked.query.get("previous") in ("true", "1"):
            return web.Response(body=parts.log_bytes(lines, asked.query), headers=headers)
        container = parts.log_container(pod, asked.query)
        follow = Follow(self._world, pod, container, lambda now: self._logs(now, container, False))
        self._streams.add(follow)
        try:
            return await _send_log(asked, headers, lines, follow)
        finally:
            self._streams.discard(follow)
            follow.close()


async def _stream(asked: web.Request, watch: Watch, seconds: float) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"})
    await response.prepare(asked)
    bookmarks = asked.query.get("allowWatchBookmarks") in ("true", "1")
    with suppress(ConnectionResetError):
        async for line in watch.events(seconds, bookmarks=bookmarks):
            await response.write(line)
        await response.write_eof()
    return response


async def _send_log(asked: web.Request, headers: dict[str, str], lines: list[str], follow: Follow) -> web.StreamResponse:
    """What is there, and then line by line, until the run ends or `limitBytes` are sent."""
    response = web.StreamResponse(headers=headers)
    await response.prepare(asked)
    left = lists.number(asked.query, "limitBytes") or sys.maxsize
    with suppress(ConnectionResetError):
        first = parts.log_bytes(lines, asked.query)
        await response.write(first)
        left -= len(first)
        async for line in follow.lines():
            if left <= 0:
                break
            text = parts.log_bytes([line], asked.query)[:left]
            await response.write(text)
            left -= len(text)
        await response.write_eof()
    return response


def _response(body: bytes, code: int = 200, extra: dict[str, str] | None = None) -> web.Response:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-cache, private", **(extra or {})}
    return web.Response(status=code, body=body, headers=headers)


def _dry(asked: web.Request) -> bool:
    return asked.query.get("dryRun") == "All"


def _how(asked: web.Request, who: Identity, part: str = "") -> Change:
    """The manager is the one that was named, else the program of the User-Agent, as a real server takes it."""
    agent = asked.headers.get("User-Agent", "").split("/")[0].split(" ")[0]
    return Change(By(asked.query.get("fieldManager") or agent or "unknown", who.name), part, _dry(asked))


async def _delete_options(asked: web.Request) -> DeleteOptions:
    body = bodies.delete_options(await asked.read(), asked.headers.get("Content-Type", ""))
    conditions: Obj = inside(body, "preconditions")
    grace = body.get("gracePeriodSeconds")
    if grace is None and asked.query.get("gracePeriodSeconds"):
        grace = lists.number(asked.query, "gracePeriodSeconds")
    propagation = body.get("propagationPolicy") or asked.query.get("propagationPolicy", "")
    dry = _dry(asked) or body.get("dryRun") == ["All"]
    return DeleteOptions(grace, conditions.get("uid") or "", conditions.get("resourceVersion") or "", propagation, dry)


def _success(details: Obj) -> Obj:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", **({"details": details} if details else {})}


def _told(resource: Resource, deleted: Deleted) -> Obj:
    if not deleted.gone or resource.key in _RETURNED_WHEN_GONE:
        return versions.shown(resource, deleted.obj)
    meta = deleted.obj["metadata"]
    group = {"group": resource.group} if resource.group else {}
    return _success({"name": meta["name"], **group, "kind": resource.plural, "uid": meta["uid"]})
