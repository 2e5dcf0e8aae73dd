"""A binding to a role that does not exist: somebody lacks the rights that were meant for them."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.common import SETTLE, kubectl_get, unless_by
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import ClusterRole, ClusterRoleBinding, Role, RoleBinding, ServiceAccount
from stead.estate.kubernetes.view import View

Binding = RoleBinding | ClusterRoleBinding


@check(watches=[RoleBinding, ClusterRoleBinding, Role, ClusterRole, ServiceAccount], of=[RoleBinding, ClusterRoleBinding])
def role_binding_broken(binding: Binding, view: View, now: datetime) -> Finding | Progressing | None:
    """A RoleBinding or ClusterRoleBinding gives a service account that exists a role that does not: it gives nothing.

    A binding that is left over, for accounts that are gone as well, harms nobody.
    """
    namespace, reference = binding.metadata.namespace, binding.role_ref
    if is_deleted(binding) or not reference.name:
        return None
    struct, where = (Role, namespace) if reference.kind == "Role" else (ClusterRole, "")
    if not view.missing(struct, where, reference.name):
        return None
    accounts = [
        view.named(ServiceAccount, one.namespace or namespace, one.name)
        for one in binding.subjects
        if one.kind == "ServiceAccount" and view.get(ServiceAccount, one.namespace or namespace, one.name) is not None
    ]
    if not accounts:
        return None
    return unless_by(
        _finding(binding, view, view.named(struct, where, reference.name), accounts), binding.metadata.creation_timestamp, SETTLE, now
    )


def _finding(binding: Binding, view: View, role: Subject, accounts: list[Subject]) -> Finding:
    kind = kind_of(type(binding)).kind.lower()
    return view.finding(
        binding,
        reason="RoleMissing",
        summary=f"{kind} {view.subject(binding).path} gives {accounts[0]} nothing: {role} does not exist",
        evidence=(
            Evidence(what="roleRef", value=str(role), command=kubectl_get(binding, ".roleRef")),
            Evidence(what="given to", value=", ".join(map(str, accounts[:5])), command=kubectl_get(binding, ".subjects")),
        ),
        depends_on=(role,),
        since=binding.metadata.creation_timestamp,
    )
