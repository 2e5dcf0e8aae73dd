"""Which cluster, as whom: kubeconfig files (parsed by lightkube), several at once, or the service account of a pod.

Promise: whatever is wrong in a file is one UserError that names the file and the place in it. No secret is ever part of a message.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec
from lightkube.config.kubeconfig import SERVICE_ACCOUNT, KubeConfig
from lightkube.config.models import Cluster, User
from lightkube.core.exceptions import ConfigError

from stead.domain.errors import UserError

Raw = dict[str, Any]
"""A mapping as YAML gives it."""

DEFAULT_FILE = "~/.kube/config"
_SECTIONS = {"clusters": "cluster", "contexts": "context", "users": "user"}
_FILES = {"cluster": ("certificate-authority",), "context": (), "user": ("client-certificate", "client-key", "tokenFile")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """One context of a kubeconfig, its cluster and user with what lightkube's types leave out (`more`, as YAML has it).

    `source` names the files, or says that it is the service account. `folder` is where a relative exec command is looked for.
    """

    source: str
    context: str
    namespace: str
    cluster: Cluster
    user: User
    more_cluster: Mapping[str, Any] = field(default_factory=dict[str, Any])
    more_user: Mapping[str, Any] = field(default_factory=dict[str, Any])


def select(kubeconfig: str | None, context: str | None, environ: Mapping[str, str] | None = None) -> Selected:
    """Find and read the configuration as kubectl does: the file given, KUBECONFIG, ~/.kube/config, the service account.

    `kubeconfig` may name several files with the system's path separator; the first that sets a name wins. UserError when there is none,
    one cannot be read, or it has no such context (with the nearest name).
    """
    environ = os.environ if environ is None else environ
    given = kubeconfig or environ.get("KUBECONFIG", "")
    if given:
        # kubectl skips files that KUBECONFIG names and that do not exist, unless none of them does; one named outright must exist.
        paths = [Path(p).expanduser() for p in given.split(os.pathsep) if p]
        there = [p for p in paths if p.exists()]
        if not there:
            raise UserError(f"kubeconfig `{given}` does not exist", hint="give the path of one, or unset KUBECONFIG")
        return _from_files(there, context)
    default = Path(environ.get("HOME", "~")).expanduser() / ".kube" / "config"
    if default.exists():
        return _from_files([default], context)
    if environ.get("KUBERNETES_SERVICE_HOST"):
        return _from_service_account(Path(SERVICE_ACCOUNT), environ)
    raise UserError(
        f"no cluster to look at: KUBECONFIG is not set and there is no {DEFAULT_FILE}",
        hint="set KUBECONFIG to the file that your kubectl uses, or run `stead demo` for a practice cluster",
    )


def _from_service_account(folder: Path, environ: Mapping[str, str]) -> Selected:
    token, ca = folder / "token", folder / "ca.crt"
    for path in (token, ca):
        if not path.exists():
            raise UserError(
                f"this is a pod, but `{path}` does not exist",
                hint="set automountServiceAccountToken: true on the pod, or set KUBECONFIG",
            )
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    namespace = folder / "namespace"
    return Selected(
        source="the pod's service account",
        context="in-cluster",
        namespace=namespace.read_text().strip() if namespace.exists() else "default",
        cluster=Cluster(server=f"https://{f'[{host}]' if ':' in host else host}:{port}", certificate_auth=str(ca)),
        user=User(token_file=str(token)),
    )


def _from_files(paths: list[Path], context: str | None) -> Selected:
    source = os.pathsep.join(str(p) for p in paths)
    merged = _merge([_read(path) for path in paths])
    try:
        config = KubeConfig.from_dict(merged, fname=paths[0])  # pyright: ignore[reportUnknownMemberType]
    except (msgspec.ValidationError, KeyError, TypeError) as error:
        raise UserError(f"kubeconfig `{source}` is not valid: {error}", hint="compare it with `kubectl config view`") from error
    _refuse_unknown(config, context, source)
    try:
        chosen = config.get(context)
    except KeyError as error:
        wanted = context or config.current_context
        raise UserError(
            f"kubeconfig `{source}`: context `{wanted}` names {error}, which is neither a cluster nor a user in it",
            hint="run `kubectl config get-contexts`",
        ) from error
    except ConfigError as error:
        raise UserError(f"kubeconfig `{source}`: {error}") from error
    if chosen is None:
        raise UserError(f"kubeconfig `{source}` has no current context", hint="run `kubectl config use-context NAME`")
    return Selected(
        source=source,
        context=chosen.context_name,
        namespace=chosen.namespace,
        cluster=chosen.cluster,
        user=chosen.user or User(),
        more_cluster=_entry(merged, "clusters", chosen.context.cluster),
        more_user=_entry(merged, "users", chosen.context.user or ""),
    )


def _refuse_unknown(config: KubeConfig, context: str | None, source: str) -> None:
    wanted = context or config.current_context
    names = sorted(config.contexts)
    if not wanted:
        hint = f"choose one of: {', '.join(names)}" if names else "it has no context at all"
        raise UserError(f"kubeconfig `{source}` has no current-context", hint=hint)
    if wanted not in config.contexts:
        near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
        hint = f"did you mean `{near[0]}`?" if near else f"it has: {', '.join(names) or 'none'}"
        raise UserError(f"kubeconfig `{source}` has no context `{wanted}`", hint=hint)


def _read(path: Path) -> Raw:
    from ruamel.yaml import YAML  # late: a dump that is checked needs no kubeconfig
    from ruamel.yaml.error import YAMLError

    try:
        raw = cast(object, YAML(typ="safe").load(path.read_text(encoding="utf-8")))  # pyright: ignore[reportUnknownMemberType]
    except OSError as error:
        raise UserError(f"kubeconfig `{path}` cannot be read: {error.strerror or error}") from error
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise UserError(f"kubeconfig `{path}` is not YAML{_where(error)}") from error
    if not isinstance(raw, dict):
        raise UserError(f"kubeconfig `{path}` holds no configuration" + (": it is empty" if raw is None else ""))
    return _absolute(cast(Raw, raw), path)


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f": line {mark.line + 1}, column {mark.column + 1}: {getattr(error, 'problem', '')}" if mark is not None else ""


def _absolute(raw: Raw, path: Path) -> Raw:
    """Paths in a kubeconfig are relative to that very file: resolve them before several files become one."""
    for section, key in _SECTIONS.items():
        entries: object = raw.setdefault(section, []) or []
        raw[section] = entries
        if not isinstance(entries, list):
            raise UserError(f"kubeconfig `{path}`: `{section}` is not a list")
        for index, entry in enumerate(cast(list[object], entries)):
            body = cast(Raw, entry).get(key) if isinstance(entry, dict) else None
            if not isinstance(body, dict) or not isinstance(cast(Raw, entry).get("name"), str):
                raise UserError(f"kubeconfig `{path}`: `{section}[{index}]` needs a `name` and a `{key}`")
            _resolve(cast(Raw, body), key, path.absolute().parent)
    return raw


def _resolve(body: Raw, key: str, folder: Path) -> None:
    for name in _FILES[key]:
        if isinstance(value := body.get(name), str) and value:
            body[name] = str(folder / Path(value).expanduser())
    plugin = body.get("exec")
    if isinstance(plugin, dict) and "/" in str(command := cast(Raw, plugin).get("command", "")):
        cast(Raw, plugin)["command"] = str(folder / str(command))


def _merge(files: list[Raw]) -> Raw:
    merged: Raw = {"current-context": next((f["current-context"] for f in files if f.get("current-context")), None)}
    for section in _SECTIONS:
        named: dict[str, Raw] = {}
        for entry in (e for f in files for e in f[section]):
            named.setdefault(entry["name"], entry)
        merged[section] = list(named.values())
    return merged


def _entry(merged: Raw, section: str, name: str) -> Raw:
    entries: list[Raw] = [e[_SECTIONS[section]] for e in merged[section] if e["name"] == name]
    return entries[0] if entries else {}
