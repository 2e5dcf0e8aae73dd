"""Gauges to judge: values a minute apart, the last of them now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from stead.domain.gauge import Gauge, Measure
from stead.domain.series import Sample, Series
from stead.domain.subject import Subject
from stead.testing.objects import NOW

GIB = float(2**30)
DEPLOYMENT = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")


@pytest.fixture
def gauge() -> Callable[..., Gauge]:
    def make(measure: Measure, *values: float, capacity: float = 100.0, every: float = 60.0) -> Gauge:
        volume = measure in (Measure.VOLUME_BYTES, Measure.VOLUME_INODES)
        of_container = measure in (Measure.CONTAINER_MEMORY, Measure.CONTAINER_THROTTLED)
        kind, namespace, name = ("PersistentVolumeClaim", "payments", "data-db-0") if volume else ("Node", "", "node-3")
        if of_container:
            kind, namespace, name = "Pod", "payments", "api-7c9f-x2x4z"
        samples = (Sample(NOW - n * timedelta(seconds=every), value) for n, value in enumerate(reversed(values)))
        return Gauge(
            measure=measure,
            subject=Subject(estate="home", api_version="v1", kind=kind, namespace=namespace, name=name),
            series=Series.of(samples),
            capacity=capacity,
            every=every,
            command="kubectl top nodes",
            container="app" if of_container else "",
            top=DEPLOYMENT if of_container else None,
        )

    return make
