"""Objects of a scenario: whole manifests, or short forms for what most of them need.

- deployment: {name: payments/api, image: registry.example.com/api:1.4, replicas: 2, env: {MODE: fast}, probe: true}
- service: {name: payments/api}
- configmap: {name: payments/api-config, data: {database-url: postgres}}
- kind: PersistentVolumeClaim
  ...
"""

# ruff: noqa: TRY004  (pydantic makes its sentence of a ValueError, and lets a TypeError through)
from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, WithJsonSchema

from stead.app.config_errors import nearest
from stead.practice.api import bodies, patches
from stead.practice.objects import Obj
from stead.practice.scenario_words import Section

_HOST = "kubernetes.io/hostname"


class Short(Section):
    """`name` is `namespace/name`; `more` is laid over the finished manifest (a strategic merge patch)."""

    name: str = Field(pattern=r"^[a-z0-9-]+/[a-z0-9.-]+$")
    more: dict[str, Any] = Field(default_factory=dict[str, Any])

    @abstractmethod
    def manifest(self) -> Obj:
        """The whole object."""

    def meta(self) -> Obj:
        namespace, _, name = self.name.partition("/")
        return {"name": name, "namespace": namespace, "labels": {"app": name}}


class ConfigMap(Short):
    data: dict[str, str] = Field(default_factory=dict)

    def manifest(self) -> Obj:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": self.meta(), "data": self.data}


class Service(Short):
    """Sends `port` to `target` of the pods labelled `app: {name}`."""

    port: int = 80
    target: int | str = 8080
    app: str = ""

    def manifest(self) -> Obj:
        meta = self.meta()
        spec = {"selector": {"app": self.app or meta["name"]}, "ports": [{"port": self.port, "targetPort": self.target}]}
        return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


class Workload(Short):
    """One container, called like the workload. An `env` value is text, or what stands under `valueFrom`."""

    image: str
    env: dict[str, str | dict[str, Any]] = Field(default_factory=dict)
    memory: str = "64Mi"
    limit: str = ""
    cpu: str = "50m"
    node: str = ""
    probe: bool = False
    container: dict[str, Any] = Field(default_factory=dict)
    pod: dict[str, Any] = Field(default_factory=dict)

    def template(self) -> Obj:
        """The pod template; `container` and `pod` are laid over its parts."""
        meta = self.meta()
        resources: Obj = {"requests": {"cpu": self.cpu, "memory": self.memory}}
        if self.limit:
            resources["limits"] = {"memory": self.limit}
        made: Obj = {"name": meta["name"], "image": self.image, "resources": resources}
        if self.env:
            made["env"] = [{"name": k, **({"value": v} if isinstance(v, str) else {"valueFrom": v})} for k, v in self.env.items()]
        if self.probe:
            made["readinessProbe"] = {"httpGet": {"path": "/", "port": 8080}}
        spec: Obj = {"containers": [{**made, **self.container}]}
        if self.node:
            spec["nodeSelector"] = {_HOST: self.node}
        return {"metadata": {"labels": {"app": meta["name"]}}, "spec": patches.strategic(spec, self.pod)}

    def owner(self, kind: str, spec: Obj) -> Obj:
        meta = self.meta()
        whole = {"selector": {"matchLabels": {"app": meta["name"]}}, "template": self.template(), **spec}
        return {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": whole}


class Deployment(Workload):
    replicas: int = 1
    deadline: int = 600

    def manifest(self) -> Obj:
        return self.owner("Deployment", {"replicas": self.replicas, "progressDeadlineSeconds": self.deadline})


class StatefulSet(Workload):
    """`storage` gives each pod a claim of that size, called `data`."""

    replicas: int = 1
    storage: str = ""

    def manifest(self) -> Obj:
        spec: Obj = {"replicas": self.replicas, "serviceName": self.meta()["name"]}
        if self.storage:
            claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": self.storage}}}
            spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": claim}]
        return self.owner("StatefulSet", spec)


class DaemonSet(Workload):
    def manifest(self) -> Obj:
        return self.owner("DaemonSet", {})


class Job(Workload):
    retries: int = 6

    def manifest(self) -> Obj:
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": self.meta(), "spec": job_spec(self)}


class CronJob(Job):
    schedule: str

    def manifest(self) -> Obj:
        spec: Obj = {"schedule": self.schedule, "jobTemplate": {"spec": job_spec(self)}}
        return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": self.meta(), "spec": spec}


def job_spec(job: Job) -> Obj:
    template = job.template()
    template["spec"].setdefault("restartPolicy", "Never")
    return {"backoffLimit": job.retries, "template": template}


SHORT: dict[str, type[Short]] = {
    "deployment": Deployment,
    "statefulset": StatefulSet,
    "daemonset": DaemonSet,
    "job": Job,
    "cronjob": CronJob,
    "service": Service,
    "configmap": ConfigMap,
}


def _one(given: object) -> list[Obj]:
    if isinstance(given, str):
        return [_whole(obj) for obj in bodies.yaml_documents(given)]
    if not isinstance(given, dict):
        raise ValueError("is not an object; write a manifest, or one of " + ", ".join(SHORT))
    obj = cast(Obj, given)
    if "kind" in obj:
        return [_whole(obj)]
    word = next(iter(obj), "")
    if len(obj) != 1 or word not in SHORT:
        meant = nearest(word, SHORT)
        tail = f"did you mean `{meant}`?" if meant else f"write a manifest with apiVersion and kind, or one of {', '.join(SHORT)}"
        raise ValueError(f"is no manifest and no short form (`{word}`); {tail}")
    return [_short(SHORT[word], word, obj[word])]


def _short(model: type[Short], word: str, given: Any) -> Obj:
    try:
        made = model.model_validate(given)
    except ValidationError as error:
        first: Any = error.errors(include_input=False, include_url=False)[0]
        where = ".".join([word, *(str(part) for part in first["loc"])])
        if first["type"] == "extra_forbidden":
            meant = nearest(str(first["loc"][-1]), model.model_fields)
            raise ValueError(f"has an unknown key `{where}`; {f'did you mean `{meant}`?' if meant else _known(model)}") from None
        raise ValueError(f"has a wrong `{where}`: {str(first['msg']).lower()}; {_known(model)}") from None
    return patches.strategic(made.manifest(), made.more)


def _known(model: type[BaseModel]) -> str:
    return f"known here: {', '.join(model.model_fields)}"


def _whole(obj: Obj) -> Obj:
    for key in ("apiVersion", "kind"):
        if not isinstance(obj.get(key), str):
            raise ValueError(f"is a manifest without `{key}`; add it")
    if not isinstance(obj.get("metadata"), dict) or not obj["metadata"].get("name"):
        raise ValueError("is a manifest without `metadata.name`; add it")
    return obj


def _listed(given: Any) -> Any:
    return cast("list[Any]", given) if isinstance(given, list) else [given]


def _flat(given: tuple[list[Obj], ...]) -> tuple[Obj, ...]:
    return tuple(obj for one in given for obj in one)


Manifests = Annotated[
    tuple[Annotated[Any, BeforeValidator(_one)], ...], BeforeValidator(_listed), AfterValidator(_flat), WithJsonSchema({"type": "array"})
]
"""Manifests, short forms, or texts with several documents: one or a list of them. Read, it is a flat tuple of objects."""
