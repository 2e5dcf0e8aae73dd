"""Whatever an object looks like, no check fails on it, and what cannot be decoded is blind rather than healthy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stead.app.discover import shelves
from stead.declare import Check
from stead.domain.finding import FindingState
from stead.domain.grouping import group
from stead.estate.kubernetes.decode import OddObject, convert_object, decode_object
from stead.estate.kubernetes.kinds import KINDS, Kind, kind_of
from stead.estate.kubernetes.runner import Runner
from stead.estate.kubernetes.view import View

CHECKS = tuple(shelves().checks.values())
STRUCTS = {kind.struct for kind in KINDS}
BUILT_IN = [check for check in CHECKS if STRUCTS.issuperset(check.watches)]
"""Checks of kinds that every cluster has; custom resources have no slice to be drawn from."""
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

names = st.sampled_from(["a", "b", "node-3", "api-7c9f"])
times = st.datetimes(timezones=st.just(UTC))
PHASES = ["Pending", "Running", "Failed", "Succeeded", "Lost", "True", "False", "Unknown", "Always", "Never", "", "\x1b[31m"]
CONDITIONS = ["Ready", "Progressing", "Available", "PodScheduled", "ReplicaFailure", "Failed", "Complete", "DiskPressure"]
REASONS = ["CrashLoopBackOff", "OOMKilled", "ErrImagePull", "CreateContainerConfigError", "Unschedulable", "ContainerCreating"]
words = st.sampled_from([*PHASES, *CONDITIONS, *REASONS])


@cache
def instances(struct: type) -> st.SearchStrategy[Any]:
    """Any value of a slice: every field drawn by its type, and often left out."""
    hints = msgspec.inspect.type_info(struct)
    assert isinstance(hints, msgspec.inspect.StructType)
    fields = {f.name: drawn(f.type, f.name) for f in hints.fields}
    required = {name: strategy for name, strategy in fields.items() if name in ("metadata", "name")}
    optional = {name: strategy for name, strategy in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional).map(lambda values: struct(**values))


def drawn(kind: msgspec.inspect.Type, name: str) -> st.SearchStrategy[Any]:
    match kind:
        case msgspec.inspect.StructType(cls=cls):
            return instances(cls)
        case msgspec.inspect.VarTupleType(item_type=item):
            return st.lists(drawn(item, name), max_size=2).map(tuple)
        case msgspec.inspect.UnionType(types=types):
            return st.one_of(*(drawn(one, name) for one in types))
        case msgspec.inspect.DictType():
            return st.dictionaries(names, names, max_size=2)
        case msgspec.inspect.IntType():
            return st.sampled_from([0, 1, 3, 2**31 - 1, -1, 10**17])
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.DateTimeType():
            return times
        case msgspec.inspect.NoneType():
            return st.none()
        case _:
            return names if name in ("name", "namespace", "node_name") else st.one_of(words, names)


def anything(kind: Kind) -> st.SearchStrategy[Any]:
    return instances(kind.struct)


objects = st.lists(st.one_of(*(anything(kind) for kind in KINDS)), min_size=1, max_size=4)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(objects, times)
def test_no_object_however_odd_fails_a_check(found: list[Any], now: datetime) -> None:
    view = View("home")
    for kind in KINDS:
        view.mark_known(kind.struct)
    for obj in found:
        view.put(obj)
    runner = Runner(view, CHECKS)
    runner.full(now)
    assert [f.evidence for f in runner.current().values() if f.state is FindingState.BLIND] == []
    assert sum(len(one.findings) for one in group(runner.current().values())) <= len(runner.current())


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@pytest.mark.parametrize("check", BUILT_IN, ids=lambda check: check.name)
@given(data=st.data(), now=times)
def test_no_check_fails_on_the_kinds_that_it_watches(check: Check, data: st.DataObject, now: datetime) -> None:
    """The same for each check by itself, with the objects that it has most to say about, known or not."""
    view = View("home")
    kinds = [kind_of(struct) for struct in check.watches]
    own = [kind_of(struct) for struct in check.of]
    for kind in data.draw(st.lists(st.sampled_from(kinds), unique=True)):
        view.mark_known(kind.struct)
    for obj in data.draw(st.lists(st.one_of(*(anything(kind) for kind in own)), min_size=1, max_size=2)):
        view.put(obj)
    for obj in data.draw(st.lists(st.one_of(*(anything(kind) for kind in kinds)), max_size=3)):
        view.put(obj)
    runner = Runner(view, [replace(check, unless=None)])
    runner.full(now)
    assert [f.evidence for f in runner.current().values() if f.state is FindingState.BLIND] == []


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | words,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["metadata", "name", "status", "spec"]) | st.text(max_size=3), inner)
    ),
    max_leaves=12,
)


@given(st.sampled_from(KINDS), json)
def test_json_of_any_shape_is_an_object_or_blind_evidence(kind: Kind, value: Any) -> None:
    for read in (lambda: decode_object(kind.struct, msgspec.json.encode(value)), lambda: convert_object(kind.struct, value)):
        try:
            assert read().metadata.name
        except OddObject as odd:
            assert odd.finding("home").state is FindingState.BLIND


@given(st.sampled_from(KINDS), st.binary())
def test_bytes_of_any_kind_are_an_object_or_blind_evidence(kind: Kind, raw: bytes) -> None:
    try:
        decode_object(kind.struct, raw)
    except OddObject as odd:
        assert odd.finding("home").state is FindingState.BLIND
