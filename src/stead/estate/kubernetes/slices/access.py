"""Roles and who is bound to them; what a role allows is not read."""

from __future__ import annotations

from stead.estate.kubernetes.slices.meta import Named, Object


class Role(Object, frozen=True):
    """Read for its name alone."""


class ClusterRole(Object, frozen=True):
    """Read for its name alone."""


class RoleBinding(Object, frozen=True):
    role_ref: Named = Named()
    subjects: tuple[Named, ...] = ()


class ClusterRoleBinding(Object, frozen=True):
    role_ref: Named = Named()
    subjects: tuple[Named, ...] = ()
