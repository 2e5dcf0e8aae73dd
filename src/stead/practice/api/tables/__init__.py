"""The Table form: what `kubectl get` prints.

Promise: a resource has its own columns (one row in `COLUMNS`), or those of its definition, or name and age.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stead.practice.api import crds
from stead.practice.api.resources import Resource
from stead.practice.api.tables import cluster, custom, pods, workloads
from stead.practice.api.tables.column import AGE, NAME, Column, Rows
from stead.practice.objects import Obj, each
from stead.practice.world import World

COLUMNS: dict[str, Rows] = {**pods.ROWS, **workloads.ROWS, **cluster.ROWS}
_PLAIN = Rows((NAME, AGE), lambda _obj, _now: [])


def table(world: World, resource: Resource, objects: Sequence[Obj], meta: Obj, include: str = "Metadata") -> Obj:
    rows = _rows_for(world, resource)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": meta,
        "columnDefinitions": [column.definition() for column in rows.columns],
        "rows": [_row(rows, obj, world.now, include) for obj in objects],
    }


def _rows_for(world: World, resource: Resource) -> Rows:
    if resource.custom:
        return custom.rows(each(crds.version_of(world, resource), "additionalPrinterColumns"))
    return COLUMNS.get(resource.key, _PLAIN)


def _row(rows: Rows, obj: Obj, now: datetime, include: str) -> Obj:
    cells = rows.line(obj, now)
    if include == "None":
        return {"cells": cells, "object": None}
    return {"cells": cells, "object": obj if include == "Object" else partial(obj)}


def partial(obj: Obj) -> Obj:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def column_names(resource: str) -> list[str]:
    return [column.name for column in COLUMNS.get(resource, _PLAIN).columns]


__all__ = ["AGE", "COLUMNS", "NAME", "Column", "Rows", "column_names", "partial", "table"]
