"""More than one default storage class."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.hygiene import opinion
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, FindingClass
from stead.estate.kubernetes.slices import StorageClass
from stead.estate.kubernetes.view import View


@check(watches=[StorageClass], class_=FindingClass.HYGIENE)
def storageclass_defaults(storage: StorageClass, view: View, now: datetime) -> Finding | None:  # noqa: ARG001 - nothing here ages
    """Several storage classes are marked as the default: claims without a class get the newest of them, perhaps to everybody's surprise."""
    others = sorted(one.metadata.name for one in view.all(StorageClass) if one.is_default and one.metadata.name != storage.metadata.name)
    if is_deleted(storage) or not storage.is_default or not others:
        return None
    what = f"is a default storage class, and so is {', '.join(others)}"
    return opinion(storage, view, "SeveralDefaults", what, ("default", "true", ".metadata.annotations"))
