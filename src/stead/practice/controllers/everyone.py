"""The controllers of a cluster (its kubelets come beside them), in the order in which they hear of a change."""

from __future__ import annotations

from stead.practice.controllers.autoscaler import Autoscalers
from stead.practice.controllers.base import Controller, Hands
from stead.practice.controllers.cronjob import CronJobs
from stead.practice.controllers.daemonset import DaemonSets
from stead.practice.controllers.definitions import Definitions
from stead.practice.controllers.deployment import Deployments
from stead.practice.controllers.disruption import Disruption
from stead.practice.controllers.endpoints import Endpoints
from stead.practice.controllers.garbage import Garbage
from stead.practice.controllers.job import Jobs
from stead.practice.controllers.namespaces import Namespaces
from stead.practice.controllers.node_lifecycle import NodeLifecycle, TaintEviction
from stead.practice.controllers.pod_gc import PodGc
from stead.practice.controllers.quota import Quotas
from stead.practice.controllers.replicaset import ReplicaSets, ReplicationControllers
from stead.practice.controllers.statefulset import StatefulSets
from stead.practice.controllers.volumes import Claims, FreeVolumes
from stead.practice.scheduler.scheduler import Scheduler

CONTROLLERS: tuple[type[Controller], ...] = (
    Definitions,
    Namespaces,
    Quotas,
    CronJobs,
    Jobs,
    Deployments,
    ReplicaSets,
    ReplicationControllers,
    StatefulSets,
    DaemonSets,
    Claims,
    FreeVolumes,
    Disruption,
    Autoscalers,
    Endpoints,
    Garbage,
    NodeLifecycle,
    TaintEviction,
    PodGc,
    Scheduler,
)


def everyone(hands: Hands) -> list[Controller]:
    return [controller(hands) for controller in CONTROLLERS]
