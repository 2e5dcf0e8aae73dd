"""Volumes that do not get onto their nodes, or off them."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.volume_attachment import volume_attachment
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, node


def attachment(node_name: str = "node-3", meta: Json | None = None, **status: object) -> Json:
    spec = {"attacher": "disk.example.com", "nodeName": node_name, "source": {"persistentVolumeName": "pv-1"}}
    return thing("VolumeAttachment", "csi-1", meta, spec=spec, status={"attached": False} | status)


def look(*objects: Json) -> list[Finding]:
    return judge(volume_attachment, *objects, now=NOW)


ERROR = {"time": ago(minutes=5), "message": "disk is locked"}


@pytest.mark.parametrize(
    ("sick", "reason"),
    [
        (attachment(attachError=ERROR), "AttachFailed"),
        (attachment(), "NotAttached"),
        (attachment("node-9", attached=True), "NodeGone"),
        (attachment(meta={"deletionTimestamp": ago(minutes=30)}, attached=True, detachError=ERROR), "DetachFailed"),
    ],
)
def test_one_that_gets_stuck_is_told(sick: Json, reason: str) -> None:
    (found,) = look(sick, node())
    assert (found.state, found.reason) == (FindingState.FIRING, reason)
    assert found.depends_on[-1].kind == "PersistentVolume"


def test_a_silent_node_is_its_cause() -> None:
    (found,) = look(attachment(attachError=ERROR), node(ready="Unknown"))
    assert found.depends_on[0].kind == "Node"


@pytest.mark.parametrize("healthy", [attachment(attached=True), attachment(meta={"deletionTimestamp": ago(minutes=30)}, attached=True)])
def test_one_that_is_where_it_should_be_is_silence(healthy: Json) -> None:
    assert look(healthy, node()) == []


def test_attaching_is_given_time() -> None:
    assert [f.state for f in look(attachment(meta={"creationTimestamp": ago(minutes=1)}), node())] == [FindingState.PROGRESSING]
