"""Whatever is asked, the answer is the API's: an object, a list or a Status, never a traceback; and the controllers stay well."""

from __future__ import annotations

import json
import random
import re
import urllib.parse
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stead.practice.api.bodies import yaml_documents
from stead.practice.api.catalogue import BUILTIN
from stead.practice.cluster import PracticeCluster
from stead.practice.objects import clone

EVERY = yaml_documents(Path(__file__).with_name("every-kind.yaml").read_text(encoding="utf-8"))
PATCHES = ("application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json")
APPLY = "application/apply-patch+yaml"
KINDS = ("application/json", "application/yaml", APPLY, "application/vnd.kubernetes.protobuf", "text/plain", "", *PATCHES)
ACCEPTS = (
    "application/json",
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    "application/vnd.kubernetes.protobuf",
    "text/html",
    "*/*",
    "",
)
WORDS = (
    "", "true", "false", "1", "0", "-1", "x", "All", "every", "app=every", "app in (", "a=b,,", "metadata.name=every", "9" * 30, "Strict",
    "\n", "é",
)  # fmt: skip
QUERY = (
    "labelSelector", "fieldSelector", "limit", "continue", "resourceVersion", "resourceVersionMatch", "dryRun", "fieldManager", "force",
    "fieldValidation", "gracePeriodSeconds", "propagationPolicy", "pretty", "sendInitialEvents", "allowWatchBookmarks", "includeObject",
    "container", "previous", "tailLines", "sinceSeconds", "sinceTime", "limitBytes", "timestamps", "timeoutSeconds", "orphanDependents",
)  # fmt: skip
JUNK: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**70, 1.5, "", "x", "every", "1Gi", "50%", "-1", "*", "node-1", "2026-01-05T09:00:00Z", "In", "Exists",
    "metadata.name", "RollingUpdate", "Recreate", [], {}, [None], [{}], ["x"], [[]], {"x": "y"}, {"name": "x"}, {"name": None}, {"key": {}},
)  # fmt: skip


OPS = ("add", "remove", "replace", "move", "copy", "test", "x")
POINTERS = (
    "/spec",
    "/metadata/name",
    "/metadata/labels/x",
    "/spec/replicas",
    "/",
    "",
    "x",
    "/spec/containers/0/image",
    "/spec/containers/-",
)


def paths(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON tree."""
    inner: list[Any] = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    return [at, *(path for name, item in inner for path in paths(item, (*at, name)))]


def damaged(tree: Any, chance: random.Random) -> Any:
    """A copy with up to three of its places made into something else, or taken out."""
    new = clone(tree)
    for _ in range(chance.randrange(4)):
        *outer, last = chance.choice(paths(new)[1:] or [("metadata",)])
        place = new
        for name in outer:
            place = place[name]
        if chance.random() < 0.7 or isinstance(place, list):
            place[last] = clone(chance.choice(JUNK))
        else:
            place.pop(last, None)
    return new


def path_of(obj: dict[str, Any], *, named: bool) -> str:
    group, _, version = obj["apiVersion"].rpartition("/")
    kind = next(r for r in BUILTIN if (r.group, r.version, r.kind) == (group, version, obj["kind"]))
    root = f"/apis/{group}/{version}" if group else f"/api/{version}"
    space = "/namespaces/payments" if kind.namespaced else ""
    return f"{root}{space}/{kind.plural}" + (f"/{obj['metadata']['name']}" if named else "")


class Asked(NamedTuple):
    """What Hypothesis decides of a request; what depends on the cluster's state follows from `seed`."""

    obj: dict[str, Any]
    method: str
    part: str
    query: dict[str, str]
    accept: str
    kind: str
    seed: int


def body_of(asked: Asked, cluster: PracticeCluster, chance: random.Random) -> bytes:
    """Most often an object that is nearly right, as it is written down or as the cluster has it now; else a patch, or bytes."""
    obj = asked.obj
    if chance.random() < 0.5:
        group = obj["apiVersion"].rpartition("/")[0]
        live = cluster.list(f"{obj['kind']}.{group}" if group else obj["kind"])
        obj = chance.choice(live) if live else obj
    elif chance.random() < 0.7:
        obj = {**obj, "metadata": {**obj["metadata"], "name": f"n{chance.randrange(1000)}"}}
    if asked.kind == PATCHES[0]:
        ops = [{"op": chance.choice(OPS), "path": chance.choice(POINTERS), "value": chance.choice(JUNK), "from": chance.choice(POINTERS)}]
        return json.dumps(damaged(ops, chance)).encode()
    if chance.random() < 0.1:
        return chance.choice([b"", b"{", b"\xff\xfe", b"k8s\x00\x0a\x01", b"[1]", b"null", b"a: b: c"])
    return json.dumps(damaged(obj, chance)).encode()


REQUESTS = st.builds(
    Asked,
    obj=st.sampled_from(EVERY),
    method=st.sampled_from(["GET", "POST", "POST", "PUT", "PUT", "PATCH", "PATCH", "PATCH", "DELETE", "OPTIONS"]),
    part=st.sampled_from(
        ["", "", "", "/status", "/status", "/scale", "/log", "/eviction", "/binding", "/exec", "/token", "/finalize", "/x"]
    ),
    query=st.dictionaries(st.sampled_from(QUERY), st.sampled_from(WORDS), max_size=3),
    accept=st.sampled_from(ACCEPTS),
    kind=st.sampled_from([*PATCHES, APPLY, *KINDS]),
    seed=st.integers(0, 2**32),
)


@pytest.fixture
async def furnished(stage):
    """A cluster with one object of every kind, and as a guest that only reads."""
    stage.cluster.apply(*({**obj, "metadata": {**obj["metadata"], "namespace": "payments"}} for obj in EVERY))
    await stage.wait(2)
    return stage


def path_asked(asked: Asked, name: str, chance: random.Random) -> str:
    if chance.random() < 0.05:
        words = [
            chance.choice(["api", "apis", "v1", "apps", "pods", "namespaces", "every", "%2F", "..", "%C3%A9"])
            for _ in range(chance.randrange(6))
        ]
        return "/" + "/".join(words)
    named = {**asked.obj, "metadata": {**asked.obj["metadata"], "name": name}}
    whole = (asked.method == "POST" and not asked.part) or chance.random() < 0.2
    return path_of(named, named=not whole) + (asked.part if not whole else "")


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(asked=REQUESTS)
async def test_every_request_is_answered_in_the_words_of_the_api(furnished, admin, asked):
    chance = random.Random(asked.seed)
    body = body_of(asked, furnished.cluster, chance)
    name = re.search(rb'"name": "([a-z0-9.-]+)"', body)
    path = path_asked(asked, name[1].decode() if name else "every", chance)
    kind = asked.kind if asked.method == "PATCH" or chance.random() < 0.2 else "application/json"
    answer = await admin(asked.method, f"{path}?{urllib.parse.urlencode(asked.query)}", body, kind=kind, accept=asked.accept)
    hypothesis.note(f"{path} {body!r}: {answer.status} {answer.body}")
    await furnished.wait(1)
    assert furnished.cluster.faults == []
    if answer.status == 504:
        assert answer.body["reason"] == "Timeout"  # a real server's timeout filter writes no kind
    elif answer.status >= 400 and answer.body != "404 page not found\n":
        assert (answer.body["kind"], answer.body["status"], answer.body["code"]) == ("Status", "Failure", answer.status)
        assert answer.body["message"]
        known = answer.status == 501 or answer.body["message"].startswith("resourceVersion: Invalid value")
        assert answer.status < 500 or known
