"""Request bodies: JSON or YAML in, refusals in the real server's words.

Source: `k8s.io/apimachinery/pkg/runtime/serializer/json`.
"""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stead.practice.api import errors, protobuf
from stead.practice.api.resources import Resource
from stead.practice.objects import Obj, clone

PROTOBUF = "application/vnd.kubernetes.protobuf"
_decode = msgspec.json.Decoder().decode


def yaml_documents(text: str) -> list[Obj]:
    """The objects of a YAML text, empty documents left out, lists opened."""
    loader = YAML(typ="safe", pure=True)
    loader.version = (1, 1)  # pyright: ignore[reportAttributeAccessIssue]
    found: list[Obj] = []
    for document in loader.load_all(io.StringIO(text)):  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if document:
            if not isinstance(document, dict):
                raise YAMLError("the document is no map")
            tree: Obj = clone(document)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            found.extend(tree["items"] if str(tree.get("kind", "")).endswith("List") and "items" in tree else [tree])
    return found


def parse(raw: bytes, content_type: str, resource: Resource) -> Obj:
    """The object in a body that should hold one of `resource`."""
    kind = content_type.partition(";")[0].strip()
    if kind == PROTOBUF:
        return _protobuf(raw)
    if kind in ("application/yaml", "application/apply-patch+yaml") and not raw.lstrip().startswith(b"{"):
        return _yaml(raw, resource)
    if kind not in ("", "application/json", "*/*", "application/yaml", "application/apply-patch+yaml"):
        raise errors.unsupported_media_type()
    tree = _json(raw, resource)
    if not isinstance(tree, dict):
        raise errors.bad_request(_unrecognized(resource, raw, "couldn't get version/kind; json parse error: not an object"))
    return tree  # pyright: ignore[reportUnknownVariableType]


def _json(raw: bytes, resource: Resource) -> Any:
    try:
        return _decode(raw or b"{}")
    except msgspec.DecodeError:
        why = f"couldn't get version/kind; json parse error: {_go_complaint(raw)}"
        raise errors.bad_request(_unrecognized(resource, raw, why)) from None


def _unrecognized(resource: Resource, raw: bytes, why: str) -> str:
    shown = raw.decode(errors="replace")
    return f"the object provided is unrecognized (must be of type {resource.kind}): {why} ({shown[:200]})"


def _go_complaint(raw: bytes) -> str:
    try:
        json.loads(raw)
    except ValueError as error:
        at = getattr(error, "pos", 0)
        text = raw.decode(errors="replace")
        if at >= len(text):
            return "unexpected end of JSON input"
        place = "object key string" if text[:at].rstrip().endswith("{") else "value"
        return f"invalid character '{text[at]}' looking for beginning of {place}"
    return "unexpected end of JSON input"


def _yaml(raw: bytes, resource: Resource) -> Obj:
    try:
        found = yaml_documents(raw.decode(errors="replace"))
    except YAMLError as error:
        raise errors.bad_request(_unrecognized(resource, raw, f"yaml: {error}")) from None
    if len(found) != 1:
        raise errors.bad_request(_unrecognized(resource, raw, "couldn't get version/kind"))
    return found[0]


def _protobuf(raw: bytes) -> Obj:
    try:
        tree = protobuf.decode(raw)
    except ValueError as error:
        raise errors.bad_request(str(error)) from None
    if tree is None:
        raise errors.unsupported_media_type()
    return tree


def delete_options(raw: bytes, content_type: str) -> Obj:
    if not raw.strip():
        return {}
    if content_type.partition(";")[0].strip() == PROTOBUF:
        return _protobuf(raw)
    options = any_json(raw)
    if not isinstance(options, dict):
        raise errors.bad_request("couldn't get version/kind; json parse error: the body is no object of type DeleteOptions")
    return options  # pyright: ignore[reportUnknownVariableType]


def any_json(raw: bytes) -> Any:
    try:
        return _decode(raw)
    except msgspec.DecodeError:
        raise errors.bad_request(f"error decoding patch: {_go_complaint(raw)}") from None
