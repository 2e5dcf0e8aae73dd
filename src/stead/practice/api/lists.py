"""Reading many objects: which ones, from which version, in which portions.

Promise: a continued list shows the state of its first part, as long as the log reaches back (else 410 Expired).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stead.practice.api import errors, paging
from stead.practice.api.resources import Resource
from stead.practice.objects import Key, labels_of
from stead.practice.selectors import EVERY_FIELD, EVERY_LABEL, FieldSelector, LabelSelector, SelectorError, parse_fields, parse_labels
from stead.practice.store import Entry, Store, TooOldError


@dataclass(frozen=True, slots=True)
class Filter:
    namespace: str = ""
    labels: LabelSelector = EVERY_LABEL
    fields: FieldSelector = EVERY_FIELD

    @property
    def everything(self) -> bool:
        return not self.labels.requirements and not self.fields.terms

    def matches(self, entry: Entry) -> bool:
        obj = entry.obj
        if self.namespace and obj["metadata"].get("namespace") != self.namespace:
            return False
        return self.everything or (self.labels.matches(labels_of(obj)) and self.fields.matches(obj))

    def among(self, entries: list[Entry]) -> list[Entry]:
        """Those of the right namespace that match. What a selector does not ask of is not looked at: there may be ten thousand events."""
        if self.fields.terms:
            entries = [entry for entry in entries if self.fields.matches(entry.obj)]
        if self.labels.requirements:
            entries = [entry for entry in entries if self.labels.matches(labels_of(entry.obj))]
        return entries


def filter_of(resource: Resource, namespace: str, query: Mapping[str, str], name: str = "") -> Filter:
    try:
        fields = parse_fields(query.get("fieldSelector", ""), resource.key)
        labels = parse_labels(query.get("labelSelector", ""))
    except SelectorError as error:
        raise errors.bad_request(str(error)) from None
    if name:
        fields = FieldSelector((*fields.terms, ("metadata.name", True, name)))
    return Filter(namespace, labels, fields)


@dataclass(frozen=True, slots=True)
class Page:
    entries: list[Entry]
    version: int
    token: str = ""
    remaining: int | None = None


def number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    try:
        return int(text or 0)
    except ValueError:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def version_asked(query: Mapping[str, str]) -> int:
    text = query.get("resourceVersion", "")
    if text and not text.isdigit():
        why = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise errors.ApiError(500, "", why)
    return int(text or 0)


def read(store: Store, resource: Resource, wanted: Filter, query: Mapping[str, str]) -> Page:
    limit, asked = number(query, "limit"), version_asked(query)
    if asked > store.version:
        raise errors.timeout()
    if token := query.get("continue", ""):
        version, after = paging.decode(token, wanted.namespace)
        return _page(_at(store, resource, wanted, version, after), wanted, version, limit, resource)
    if query.get("resourceVersionMatch") == "Exact" and asked:
        return _page(_at(store, resource, wanted, asked, None), wanted, asked, limit, resource)
    return _page(store.entries(resource.key, wanted.namespace), wanted, store.version, limit, resource)


def _at(store: Store, resource: Resource, wanted: Filter, version: int, after: Key | None) -> list[Entry]:
    if version >= store.version:
        return store.entries(resource.key, wanted.namespace, after)
    try:
        state = store.at_version(resource.key, version)
    except TooOldError:
        raise errors.gone() from None
    keys = sorted(key for key in state if after is None or key > after)
    return [state[key] for key in keys if not wanted.namespace or key[0] == wanted.namespace]


def _page(entries: list[Entry], wanted: Filter, version: int, limit: int, resource: Resource) -> Page:
    found = wanted.among(entries)
    if limit <= 0 or len(found) <= limit:
        return Page(found, version)
    shown = found[:limit]
    meta = shown[-1].obj["metadata"]
    last = (meta.get("namespace", "") if not wanted.namespace else "", meta["name"])
    token = paging.encode(version, last, resource.namespaced)
    # With a selector a real server does not know how many more will fit.
    return Page(shown, version, token, len(found) - limit if wanted.everything else None)
