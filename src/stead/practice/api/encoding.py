"""Answers as bytes. Lists are joined from the encodings that the store keeps, so 10,000 pods cost little."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from stead.practice.api import tables, versions
from stead.practice.api.lists import Page
from stead.practice.api.representations import Form
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj
from stead.practice.store import Entry
from stead.practice.world import World

_encode = msgspec.json.Encoder().encode


def dump(tree: object) -> bytes:
    return _encode(tree)


def single(resource: Resource, entry: Entry) -> bytes:
    """An object with its `kind` and `apiVersion` in front."""
    if versions.is_view(resource):
        return _encode(versions.shown(resource, entry.obj))
    body = entry.body()
    head = b'{"kind":' + _encode(entry.obj["kind"]) + b',"apiVersion":' + _encode(resource.api_version)
    return head + (b"," + body[1:] if len(body) > 2 else b"}")


def _item(resource: Resource, entry: Entry) -> bytes:
    # A list says its kind once; custom resources repeat theirs in every item.
    if versions.is_view(resource):
        shown = versions.shown(resource, entry.obj)
        return _encode({name: value for name, value in shown.items() if name not in ("kind", "apiVersion")})
    return single(resource, entry) if resource.custom else entry.body()


def list_of(world: World, resource: Resource, page: Page, form: Form, include: str) -> bytes:
    meta: Obj = {"resourceVersion": str(page.version)}
    if page.token:
        meta["continue"] = page.token
    if page.remaining is not None:
        meta["remainingItemCount"] = page.remaining
    if form is Form.TABLE:
        return _encode(tables.table(world, resource, [entry.obj for entry in page.entries], meta, include))
    if form is Form.METADATA:
        items = [tables.partial(entry.obj) for entry in page.entries]
        head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
        return _encode({**head, "items": items})
    return _joined(f"{resource.kind}List", resource.api_version, meta, [_item(resource, e) for e in page.entries])


def _joined(kind: str, api_version: str, meta: Obj, items: Sequence[bytes]) -> bytes:
    head = _encode({"kind": kind, "apiVersion": api_version, "metadata": meta})
    return head[:-1] + b',"items":[' + b",".join(items) + b"]}"


def one(world: World, resource: Resource, entry: Entry, form: Form, include: str) -> bytes:
    if form is Form.TABLE:
        meta = {"resourceVersion": entry.obj["metadata"].get("resourceVersion", "")}
        return _encode(tables.table(world, resource, [entry.obj], meta, include))
    if form is Form.METADATA:
        return _encode(tables.partial(entry.obj))
    return single(resource, entry)


class WatchLines:
    """The lines of one watch. Only its first table names the columns, as on a real server."""

    def __init__(self, world: World, resource: Resource, form: Form, include: str) -> None:
        self._world = world
        self._resource = resource
        self._form = form
        self._include = include
        self._first = True

    def line(self, verb: str, entry: Entry) -> bytes:
        return b'{"type":"' + verb.encode() + b'","object":' + self._object(verb, entry) + b"}\n"

    def _object(self, verb: str, entry: Entry) -> bytes:
        if self._form is Form.METADATA:
            return _encode(tables.partial(entry.obj))
        if self._form is Form.TABLE:
            return _encode(self._table(verb, entry))
        return single(self._resource, entry)

    def _table(self, verb: str, entry: Entry) -> Obj:
        meta = {"resourceVersion": entry.obj["metadata"].get("resourceVersion", "")}
        objects = [] if verb == "BOOKMARK" else [entry.obj]
        if verb == "BOOKMARK" and "annotations" in entry.obj["metadata"]:
            return _bookmark(entry)
        table = tables.table(self._world, self._resource, objects, meta, self._include)
        if not self._first:
            table["columnDefinitions"] = None
        self._first = False
        return table


def _bookmark(entry: Entry) -> Obj:
    """In a table, the end of the initial events is a row that holds only the annotated metadata."""
    partial = tables.partial(entry.obj)
    head: Obj = {"kind": "Table", "apiVersion": "meta.k8s.io/v1"}
    meta = {"resourceVersion": entry.obj["metadata"]["resourceVersion"]}
    return {**head, "metadata": meta, "columnDefinitions": None, "rows": [{"cells": None, "object": partial}]}
