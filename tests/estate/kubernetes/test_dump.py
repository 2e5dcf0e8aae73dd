"""Dumps as kubectl writes them, and everything else that a file can hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from stead.domain.errors import Exit, UserError
from stead.estate.kubernetes.dump import Dump, read_dump
from stead.estate.kubernetes.slices import ConfigMap, Node, Pod
from stead.testing.objects import NOW, Json, ago, config_map, node, pod

WALL = datetime(2026, 2, 1, tzinfo=UTC)


def listed(*items: Any, kind: str = "List") -> Json:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"resourceVersion": ""}, "items": list(items)}


def read(folder: Path, text: str | bytes, name: str = "dump.json") -> Dump:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_dump(str(path), "home", wall=WALL)


def as_yaml(folder: Path, *documents: Any) -> str:
    path = folder / "written.yaml"
    with path.open("w") as file:
        YAML(typ="safe").dump_all(documents, file)
    return path.read_text()


POD, NODE = pod(), node()
PODS = [pod(f"api-{n}") for n in range(3)]


def test_every_way_to_write_it_down_is_the_same_dump(tmp_path: Path) -> None:
    whole = json.dumps(listed(*PODS, NODE), indent=4)
    folder = tmp_path / "folder" / "payments"
    folder.mkdir(parents=True)
    (folder / "pods.json").write_text(
        json.dumps(listed(*({k: v for k, v in p.items() if k not in ("kind", "apiVersion")} for p in PODS), kind="PodList"))
    )
    (folder / "nodes.yaml").write_text(as_yaml(tmp_path, listed(NODE)))
    (folder / "logs.txt").write_text("not read")
    dumps = [
        read(tmp_path, whole),
        read(tmp_path, "\ufeff" + whole),
        read(tmp_path, "\n".join(json.dumps(one) for one in [*PODS, NODE])),
        read(tmp_path, "\n---\n".join(json.dumps(one, indent=1) for one in [*PODS, NODE])),
        read(tmp_path, as_yaml(tmp_path, listed(*PODS, NODE)), "dump.yaml"),
        read(tmp_path, as_yaml(tmp_path, *PODS, NODE), "dump.yaml"),
        read_dump(str(tmp_path / "folder"), "home", wall=WALL),
    ]
    for dump in dumps:
        assert dump.view.all(Pod, "payments") == dumps[0].view.all(Pod, "payments")
        assert dump.view.get(Node, "", "node-3") == dumps[0].view.get(Node, "", "node-3")
        assert dump.odd == []


def test_what_a_dump_lacks_is_not_covered_and_one_lone_object_proves_nothing_about_others(tmp_path: Path) -> None:
    lone = read(tmp_path, json.dumps(NODE))
    assert not lone.view.knows(Node)
    assert "nodes" in lone.not_covered()
    whole = read(tmp_path, json.dumps(listed(NODE, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "x"}})))
    assert whole.view.knows(Node)
    assert not whole.view.knows(ConfigMap)
    assert {"Lease.coordination.k8s.io", "configmaps"} <= set(whole.not_covered())


def test_an_empty_list_of_a_kind_says_that_there_are_none(tmp_path: Path) -> None:
    assert read(tmp_path, json.dumps(listed(kind="NodeList"))).view.missing(Node, "", "node-3")


def test_the_time_of_a_dump_is_the_newest_thing_that_happened_in_it(tmp_path: Path) -> None:
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "lastTimestamp": ago(minutes=3)}
    certificate = {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": "web", "namespace": "payments"},
        "status": {"notAfter": "2026-01-20T00:00:00Z", "renewalTime": "2026-01-19T00:00:00Z"},
    }
    deleted = pod("gone", meta={"deletionTimestamp": (NOW + timedelta(minutes=5)).isoformat()})
    absurd = node("node-9", meta={"creationTimestamp": "2099-01-01T00:00:00Z"})
    dump = read(tmp_path, json.dumps(listed(POD, NODE, event, certificate, deleted, absurd)))
    assert dump.taken.newest() == NOW - timedelta(minutes=3)


def test_a_dump_from_after_this_machines_clock_is_believed_when_all_of_it_is(tmp_path: Path) -> None:
    dump = read(
        tmp_path,
        json.dumps(
            listed(*(node(f"node-{n}", meta={"creationTimestamp": "2031-01-01T00:00:00Z"}, since="2031-01-01T00:00:01Z") for n in range(3)))
        ),
    )
    assert dump.taken.newest() == datetime(2031, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_one_odd_object_is_blind_and_the_rest_is_read(tmp_path: Path) -> None:
    odd = pod("odd") | {"status": {"phase": 7}}
    dump = read(tmp_path, json.dumps(listed(POD, odd, {"apiVersion": "v1", "kind": "Pod"}, 7, pod("fine"))))
    assert sorted(p.metadata.name for p in dump.view.all(Pod)) == ["api-7c9f-x2x4z", "fine"]
    assert [(one.namespace, one.name) for one in dump.odd] == [("payments", "odd"), ("", "(no name)")]


BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "", "is empty"),
        ("a.json", " \n", "is empty"),
        ("a.json", json.dumps(listed(POD))[:-20], "is cut off"),
        ("a.json", '{"apiVersion": "v1",\n"kind": }', "line 2: not JSON"),
        ("a.json", '{"a": 1}', "no `apiVersion` and `kind`"),
        ("a.json", "[1, 2]", "not a Kubernetes object"),
        ("a.json", '{"a":' * 100_000, "nested too deeply|is cut off"),
        ("a.json", b"\x1f\x8b\x08\x00\x00", "is not text"),
        ("a.json", b'{"kind": "\xff"}', "not UTF-8"),
        ("a.json", json.dumps(listed()), "holds no Kubernetes object"),
        ("a.json", json.dumps(listed(7, {})), "holds nothing that Stead looks at"),
        ("a.json", json.dumps({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "x"}}), "nothing that Stead looks at .Event"),
        ("a.json", '{"apiVersion":"v1","kind":"Status","message":"pods is forbidden"}', "the API server's refusal: pods is forbidden"),
        ("a.yaml", "a: [1\n", "line 2: not YAML"),
        ("a.yaml", "a: b: c\n", "line 1: not YAML"),
        ("a.yaml", "- " * 1000 + "a\n", "nested deeper"),
        ("a.yaml", "a: " + "[" * 100_000 + "\n", "nested deeper"),
        ("a.yaml", BOMB, "grows beyond all measure"),
        ("a.yaml", "a: &x [*x]\n", "refers to `x`"),
        ("a.yaml", "? [a]\n: b\n", "a key that is not a word"),
        ("a.yaml", "just words\n", "not a Kubernetes object"),
        ("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  nodeNa", "looks cut off"),
        ("a.yaml", "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n", "is cut off"),
    ],
)
def test_what_is_no_dump_is_one_sentence_with_the_place(tmp_path: Path, name: str, text: str | bytes, said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        read(tmp_path, text, name)
    assert error.value.code is Exit.USAGE
    assert str(tmp_path / name) in error.value.what
    assert error.value.hint


def test_places_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    for source in (tmp_path / "nothing", tmp_path):
        with pytest.raises(UserError, match=r"cannot be read|holds no"):
            read_dump(str(source), "home", wall=WALL)


WHOLE = json.dumps(listed(POD, NODE, config_map(a="b")))


@given(st.integers(1, len(WHOLE) - 1))
def test_json_that_is_cut_off_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    with pytest.raises(UserError):
        read(tmp_path_factory.getbasetemp(), WHOLE[:length])


@given(st.one_of(st.binary(), st.text().map(str.encode), st.text("{}[]:,&*-!|> \n\"'ab1").map(str.encode)))
def test_bytes_of_any_kind_are_read_or_refused_in_a_sentence(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    try:
        read(tmp_path_factory.getbasetemp(), raw, "any.yaml")
    except UserError as error:
        assert error.what
