"""Images without a fixed version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from stead.checks.kubernetes.hygiene import opinion
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, FindingClass
from stead.estate.kubernetes.slices import DaemonSet, Deployment, StatefulSet
from stead.estate.kubernetes.view import View

_TAGGED = re.compile(r"(?::(?!latest$)[\w.-]{1,128}|@sha256:[0-9a-f]{1,64})$")
"""An image reference that names a tag or a digest; without one it is `latest` (Images)."""


@check(watches=[Deployment, StatefulSet, DaemonSet], of=[Deployment, StatefulSet, DaemonSet], class_=FindingClass.HYGIENE)
def image_unpinned(workload: Deployment | StatefulSet | DaemonSet, view: View, now: datetime) -> Iterator[Finding]:  # noqa: ARG001
    """A container's image has no fixed version (no tag, or `latest`): nobody can say what runs, and a restart may change it."""
    if is_deleted(workload):
        return
    for container in workload.spec.template.spec.containers:
        if container.image and not _TAGGED.search(container.image):
            what = f"runs container `{container.name}` from an image without a fixed version"
            yield opinion(
                workload, view, "ImageUnpinned", what, ("image", container.image, ".spec.template.spec.containers"), container.name
            )
