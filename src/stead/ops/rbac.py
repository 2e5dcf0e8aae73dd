"""The Kubernetes roles that Stead needs, made from what its checks watch and its verbs do: nothing more, and no Secrets.

`python -m stead.ops.rbac read|write|exec|helm` prints the manifest of one; deploy/kubernetes holds them all.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stead.declare import Rbac, Verb

NAMESPACE = "stead"

_LOOK = ("get", "list", "watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A ClusterRole with the service account that it is bound to, both called `name`; or bound to an `account` that is there already."""

    name: str
    says: str
    rules: tuple[Rbac, ...]
    account: str = ""


def read_role() -> Role:
    """What watching and `stead check` need: the kinds that checks look at, and logs, events and revisions for evidence."""
    from stead.estate.kubernetes.kinds import KINDS

    kinds = [Rbac(group=kind.group, resource=kind.plural, verbs=_LOOK) for kind in KINDS]
    kinds += [Rbac(group=group, resource=plural, verbs=_LOOK) for group, plural in _known_custom()]
    evidence = [
        Rbac(group="", resource="events", verbs=_LOOK),
        Rbac(group="", resource="pods/log", verbs=("get",)),
        Rbac(group="apps", resource="controllerrevisions", verbs=_LOOK),
        Rbac(group="metrics.k8s.io", resource="nodes", verbs=("get", "list")),
        Rbac(group="metrics.k8s.io", resource="pods", verbs=("get", "list")),
    ]
    return Role(name="stead-read", says="Reads what the checks look at. No Secrets, no exec, no writes.", rules=_merged(kinds + evidence))


def _known_custom() -> list[tuple[str, str]]:
    """(group, plural) of every custom kind that has a rule of its own. What else there is, a cluster's owner adds."""
    from stead.checks.custom.rules import families
    from stead.estate.kubernetes.kinds import plural_of

    named = [(family, group, kind) for family in families() for group, kinds in family.groups.items() for kind in kinds]
    return [(group, family.rule(group, kind).plural or plural_of(kind)) for family, group, kind in named]


def write_role() -> Role:
    """What the verbs need to act, each in addition to the read role. Leave it out, and Stead only tells."""
    verbs = built_in_verbs()
    names = ", ".join(verb.name for verb in verbs if not verb.at)
    return Role(name="stead-write", says=f"Does what the verbs do: {names}.", rules=_merged(rule for verb in verbs for rule in verb.rbac))


def exec_role() -> Role:
    """What `tools: exec` needs. A WebSocket is a GET, and servers from 1.35 on ask for `create` as well."""
    says = "Lets the read identity run commands in containers, as `tools: exec` allows them. Apply it only if you want that."
    return Role(name="stead-exec", says=says, rules=(Rbac(group="", resource="pods/exec", verbs=("create", "get")),), account="stead-read")


def helm_role() -> Role:
    """What the tools of Helm need. No rule can name a type of Secret: this reads them all, and Stead keeps to Helm's."""
    says = "Lets the read identity read Secrets, in which Helm keeps its releases. It reaches all Secrets: apply it only if you want that."
    return Role(name="stead-helm", says=says, rules=(Rbac(group="", resource="secrets", verbs=("get", "list")),), account="stead-read")


def built_in_verbs() -> list[Verb]:
    import stead.actions

    modules = (importlib.import_module(f"stead.actions.{found.name}") for found in pkgutil.iter_modules(stead.actions.__path__))
    return sorted((value for module in modules for value in vars(module).values() if isinstance(value, Verb)), key=lambda verb: verb.name)


def manifest(role: Role) -> str:
    """The namespace, the role, its service account and their binding as YAML documents, the same text each time."""
    documents = (_role(role), _binding(role)) if role.account else (_namespace(), _role(role), _account(role), _binding(role))
    return f"# {role.says} Made by `python -m stead.ops.rbac`.\n" + "\n---\n".join(documents) + "\n"


def _merged(rules: Iterable[Rbac]) -> tuple[Rbac, ...]:
    """One rule for each resource, with all its verbs; sorted by group and resource."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for rule in rules:
        verbs.setdefault((rule.group, rule.resource), set()).update(rule.verbs)
    return tuple(Rbac(group=group, resource=resource, verbs=tuple(sorted(found))) for (group, resource), found in sorted(verbs.items()))


def _role(role: Role) -> str:
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for rule in role.rules:
        grouped.setdefault((rule.group, rule.verbs), []).append(rule.resource)
    rules = "\n".join(
        f"  - apiGroups: {_list([group])}\n    resources: {_list(resources)}\n    verbs: {_list(verbs)}"
        for (group, verbs), resources in grouped.items()
    )
    return f"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {role.name}\nrules:\n{rules}"


def _namespace() -> str:
    return f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {NAMESPACE}"


def _account(role: Role) -> str:
    return f"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {role.name}\n  namespace: {NAMESPACE}"


def _binding(role: Role) -> str:
    return (
        f"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: {role.name}\n"
        f"roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: {role.name}\n"
        f"subjects:\n  - kind: ServiceAccount\n    name: {role.account or role.name}\n    namespace: {NAMESPACE}"
    )


def _list(words: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


def main(arguments: Sequence[str]) -> int:
    """Print the manifest that is asked for; 2 for anything else."""
    roles = {"read": read_role, "write": write_role, "exec": exec_role, "helm": helm_role}
    if len(arguments) != 1 or arguments[0] not in roles:
        sys.stderr.write("usage: python -m stead.ops.rbac read|write|exec|helm\n")
        return 2
    sys.stdout.write(manifest(roles[arguments[0]]()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
