"""The paths that are no resources: version, health, discovery, OpenAPI."""

from __future__ import annotations

from aiohttp import web

from stead.practice.api import discovery, encoding, errors, openapi
from stead.practice.api.representations import Form, form_of
from stead.practice.objects import Obj
from stead.practice.world import World

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_CHECKS = ("ping", "log", "etcd", "poststarthook/start-apiextensions-informers", "poststarthook/rbac/bootstrap-roles")


class Endpoints:
    def __init__(self, world: World) -> None:
        self._world = world
        self._registry = world.registry

    def answer(self, asked: web.Request) -> web.Response:
        if asked.method not in ("GET", "HEAD"):
            raise errors.method_not_allowed()
        parts = [part for part in asked.path.split("/") if part]
        match parts:
            case ["version"]:
                return _json(discovery.VERSION)
            case ["healthz" | "livez" | "readyz" as check, *_]:
                return _health(check, asked)
            case ["api"] | ["apis"]:
                return self._index(asked, core=parts[0] == "api")
            case ["api", version] if self._registry.serves("", version):
                return _json(discovery.resources(self._registry, "", version))
            case ["apis", group] if group in self._registry.groups():
                body = {"kind": "APIGroup", "apiVersion": "v1", **discovery.group(self._registry, group)}
                return _json(body)
            case ["apis", group, version] if self._registry.serves(group, version):
                return _json(discovery.resources(self._registry, group, version))
            case ["openapi", *rest]:
                return self._openapi(rest, asked)
            case []:
                return _json({"paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]})
            case _:
                raise errors.PageNotFoundError

    def _index(self, asked: web.Request, *, core: bool) -> web.Response:
        if form_of(asked.headers.get("Accept", "")) is Form.DISCOVERY:
            return _json(discovery.aggregated(self._registry, core), _AGGREGATED, "public")
        if core:
            return _json(discovery.core_versions(asked.host))
        return _json(discovery.groups(self._registry))

    def _openapi(self, rest: list[str], asked: web.Request) -> web.Response:
        match rest:
            case ["v2"]:
                if "protobuf" in asked.headers.get("Accept", ""):
                    # Asked for with an @, answered with a dot: Go cannot parse the former in a Content-Type.
                    kind = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
                    return web.Response(body=openapi.version_2_protobuf(self._registry), headers={"Content-Type": kind})
                return _json(openapi.version_2())
            case ["v3"]:
                return _json(openapi.index(self._registry))
            case ["v3", "api", version]:
                return _json(openapi.version_3(self._world, "", version))
            case ["v3", "apis", group, version]:
                return _json(openapi.version_3(self._world, group, version))
            case _:
                raise errors.PageNotFoundError


def _health(check: str, asked: web.Request) -> web.Response:
    if "verbose" not in asked.query:
        return web.Response(text="ok")
    lines = [f"[+]{name} ok" for name in _CHECKS]
    return web.Response(text="\n".join([*lines, f"{check} check passed", ""]))


def _json(body: Obj, kind: str = "application/json", cache: str = "no-cache, private") -> web.Response:
    return web.Response(body=encoding.dump(body), headers={"Content-Type": kind, "Cache-Control": cache})
