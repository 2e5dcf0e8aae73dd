"""What a program asks of the cluster while it runs: rights for its service account, and others to talk to."""

from __future__ import annotations

from stead.practice.api.rbac import Rbac, refusal
from stead.practice.api.request import Identity, Target
from stead.practice.images import Image
from stead.practice.kubelet import network
from stead.practice.objects import Obj, namespace_of
from stead.practice.world import World


def unmet(world: World, pod: Obj, image: Image) -> str:
    """The first thing that it lacks, as its program would log it; empty when it has all."""
    for asked in image.needs_access:
        if why := _refused(world, pod, asked):
            return why
    for target in image.needs_service:
        if why := network.problem(world, pod, target):
            return f"cannot reach {target}: {why}"
    return ""


def _refused(world: World, pod: Obj, asked: str) -> str:
    verb, _, resource = asked.partition(" ")
    plural, _, group = resource.partition(".")
    namespace, account = namespace_of(pod), pod["spec"].get("serviceAccountName", "default")
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    who = Identity(f"system:serviceaccount:{namespace}:{account}", groups)
    target = Target(verb, "", group, "v1", plural, namespace)
    return "" if Rbac(world.store).allows(who, target) else refusal(who, target, None).message
