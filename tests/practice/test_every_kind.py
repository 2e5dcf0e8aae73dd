"""Every built-in kind can be made, listed, changed and deleted, and is what the clients' own models take it for."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import kubernetes
import msgspec
import pytest

from stead.practice.api import models
from stead.practice.api.bodies import yaml_documents
from stead.practice.api.catalogue import BUILTIN
from stead.practice.api.resources import ALL_VERBS, Resource

EVERY = yaml_documents(Path(__file__).with_name("every-kind.yaml").read_text(encoding="utf-8"))
RENAMED = {("Event", ""): "CoreV1Event", ("Event", "events.k8s.io"): "EventsV1Event"}


def resource_of(obj: dict[str, Any]) -> Resource:
    return next(r for r in BUILTIN if (r.api_version, r.kind) == (obj["apiVersion"], obj["kind"]))


def path_of(resource: Resource) -> str:
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    return f"{root}{'/namespaces/payments' if resource.namespaced else ''}/{resource.plural}"


def within(written: Any, read: Any) -> bool:
    """Whether all that was written is in what is read; the server may have added to it."""
    if isinstance(written, dict):
        return isinstance(read, dict) and all(name in read and within(value, read[name]) for name, value in written.items())
    if isinstance(written, list):
        return isinstance(read, list) and len(written) <= len(read) and all(map(within, written, read))
    return written == read


def names(obj: dict[str, Any]) -> str:
    return f"{obj['apiVersion']}/{obj['kind']}"


def test_there_is_one_of_every_kind_that_can_be_made():
    makeable = {(r.api_version, r.kind) for r in BUILTIN if set(ALL_VERBS) <= set(r.verbs)}
    assert {(obj["apiVersion"], obj["kind"]) for obj in EVERY} == makeable - {("autoscaling/v1", "HorizontalPodAutoscaler")}


@pytest.mark.parametrize("written", EVERY, ids=names)
async def test_a_kind_is_made_read_listed_changed_and_deleted(stage, admin, written):
    path, name = path_of(resource := resource_of(written)), written["metadata"]["name"]
    plain = {key: value for key, value in written.items() if key != "stringData"}
    made = await admin("POST", path, written)
    assert (made.status, "Warning" in made.headers) == (201, False), made.body
    await stage.wait(20)
    read = (await admin("GET", f"{path}/{name}")).body
    assert within(plain, read), read
    listed = (await admin("GET", path)).body
    assert (listed["kind"], listed["apiVersion"]) == (f"{resource.kind}List", resource.api_version)
    assert name in [item["metadata"]["name"] for item in listed["items"]]
    table = (await admin("GET", f"{path}/{name}", accept="application/json;as=Table;v=v1;g=meta.k8s.io")).body
    assert [len(row["cells"]) for row in table["rows"]] == [len(table["columnDefinitions"])]
    changed = await admin("PATCH", f"{path}/{name}", {"metadata": {"labels": {"seen": "yes"}}}, kind="application/merge-patch+json")
    assert changed.body["metadata"]["labels"]["seen"] == "yes"
    validate(read, resource)
    await admin("DELETE", f"{path}/{name}?gracePeriodSeconds=0")
    await stage.wait(60)
    again = (await admin("GET", f"{path}/{name}")).status
    assert again == 404


def validate(obj: dict[str, Any], resource: Resource) -> None:
    """By the models of the official client, which raise for a missing or wrong field, and by those of lightkube, which do so too."""
    version = resource.version[0].upper() + resource.version[1:]
    kind = RENAMED.get((resource.kind, resource.group), f"{version}{resource.kind}")
    taken = kubernetes.client.ApiClient().deserialize(json.dumps(obj), kind, "application/json")
    assert (taken.kind, taken.metadata.name) == (resource.kind, obj["metadata"]["name"])
    modules = importlib.import_module(f"lightkube.models.{models.of(resource).module}")
    assert msgspec.convert(obj, getattr(modules, resource.kind)).metadata.name == obj["metadata"]["name"]
