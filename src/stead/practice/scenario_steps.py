"""What can be done to a practice cluster in a scenario, one thing a step."""

# ruff: noqa: TRY004  (pydantic makes its sentence of a ValueError, and lets a TypeError through)
from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, WithJsonSchema, model_validator

from stead.app.config_errors import nearest
from stead.app.durations import Duration
from stead.practice.images import Image
from stead.practice.scenario_manifests import Manifests
from stead.practice.scenario_words import ObjectRef, Ref, Section

_IMAGE = TypeAdapter(Image)


def _images(given: object) -> object:
    if not isinstance(given, dict):
        raise ValueError("is not a group of images; write `registry.example.com/api:2: {exit_code: 1}`")
    return {name: _image(name, said) for name, said in cast("dict[str, Any]", given).items()}


def _image(name: str, said: object) -> Image:
    if isinstance(said, Image):
        return said
    known = list(Image.__dataclass_fields__)
    if not isinstance(said, dict):
        raise ValueError(f"does not say what `{name}` does; known: {', '.join(known)}")
    for key in cast("dict[str, Any]", said):
        if key not in known:
            meant = nearest(key, known)
            raise ValueError(f"says `{key}` of `{name}`; " + (f"did you mean `{meant}`?" if meant else f"known: {', '.join(known)}"))
    try:
        return _IMAGE.validate_python(said)
    except ValidationError as error:
        first: Any = error.errors(include_input=False, include_url=False)[0]
        raise ValueError(f"has a wrong `{first['loc'][0]}` for `{name}`; {str(first['msg']).lower()}") from None


Images = Annotated[dict[str, Image], BeforeValidator(_images), WithJsonSchema({"type": "object"})]
"""Image reference → what its containers do (the fields of `stead.practice.images.Image`). Without a tag it holds for all tags."""


class Patch(Section):
    """A strategic merge patch (a merge patch for custom resources); `subresource: status` writes the status."""

    object: ObjectRef
    change: dict[str, Any]
    subresource: Literal["", "status"] = ""


class Delete(Section):
    object: ObjectRef
    grace_seconds: int | None = None
    propagation: Literal["Background", "Foreground", "Orphan"] = "Background"


def _delete(given: object) -> object:
    return {"object": given} if isinstance(given, str) else given


class NodeOf(Section):
    """The node on which this pod runs."""

    node_of: ObjectRef


def _node(given: Any) -> Any:
    return NodeOf.model_validate(given) if isinstance(given, dict) else given


NodeName = Annotated[str | NodeOf, BeforeValidator(_node)]


class AddNode(Section):
    name: str
    cpu: str = "4"
    memory: str = "8Gi"
    pods: str = "110"
    labels: dict[str, str] = Field(default_factory=dict)
    taints: tuple[dict[str, str], ...] = ()


class Told(Section):
    """An Event about an object, as any program in the cluster may write one."""

    about: ObjectRef
    reason: str
    message: str
    type: Literal["Normal", "Warning"] = "Warning"


class Step(Section):
    """One thing: exactly one of these keys."""

    apply: Manifests | None = Field(default=None, description="Create or replace objects.")
    patch: Patch | None = Field(default=None, description="Change an object.")
    delete: Annotated[Delete | None, BeforeValidator(_delete)] = Field(default=None, description="Delete objects, by name or pattern.")
    restart: ObjectRef | None = Field(default=None, description="As `kubectl rollout restart`.")
    event: Told | None = Field(default=None, description="Write an Event.")
    fail_node: NodeName | None = Field(default=None, description="Its kubelet falls silent.")
    restore_node: NodeName | None = Field(default=None, description="Its kubelet is back.")
    remove_node: NodeName | None = Field(default=None, description="The machine and its Node are gone for good.")
    add_node: AddNode | None = Field(default=None, description="A machine joins.")
    image: Images | None = Field(default=None, description="From their next start on, containers of these images do this.")
    wait: Duration | None = Field(default=None, description="Let this much of the cluster's time pass.")

    @model_validator(mode="after")
    def _does_one_thing(self) -> Step:
        given = self.model_fields_set
        if len(given) != 1:
            said = " and ".join(f"`{name}`" for name in sorted(given)) or "nothing"
            raise ValueError(f"does {said} in one step; write one key a step, each behind its own dash")
        return self

    @property
    def verb(self) -> str:
        return next(iter(self.model_fields_set))

    def touches(self) -> list[Ref]:
        """The objects that this step is about, by their names."""
        if self.apply is not None:
            return [_ref_of(obj) for obj in self.apply]
        nodes = [node for node in (self.fail_node, self.restore_node, self.remove_node) if isinstance(node, str)]
        named = [part.object for part in (self.patch, self.delete) if part is not None]
        return named + ([self.restart] if self.restart else []) + [Ref("Node", "", name) for name in nodes]


class Moment(Section):
    """Steps, and when they begin: `at` after Stead began to watch."""

    at: Duration = timedelta(minutes=1)
    steps: tuple[Step, ...]


def _ref_of(obj: dict[str, Any]) -> Ref:
    meta = obj["metadata"]
    return Ref(obj["kind"], meta.get("namespace", ""), meta["name"])


def length(steps: tuple[Step, ...]) -> timedelta:
    """How long the waits among them take."""
    return sum((step.wait for step in steps if step.wait is not None), timedelta())
