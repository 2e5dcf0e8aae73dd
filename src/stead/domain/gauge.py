"""A gauge: how much of something is in use, of how much there is, as it has been over time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stead.domain.series import Series
from stead.domain.subject import Subject


class Measure(StrEnum):
    """What is measured. CPU in cores, memory and volumes in bytes, inodes in inodes; or each in parts of its capacity, which then is 1.

    `CONTAINER_THROTTLED` is the part of its turns in which a container had to wait for CPU beyond its limit.
    """

    NODE_CPU = "node_cpu"
    NODE_MEMORY = "node_memory"
    VOLUME_BYTES = "volume_bytes"
    VOLUME_INODES = "volume_inodes"
    CONTAINER_MEMORY = "container_memory"
    CONTAINER_THROTTLED = "container_throttled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """`series` is what is in use, `capacity` what there is, both in the measure's unit; `command` shows the newest value.

    `container` is which one of a pod's, and `top` the pod's controller, where it is about a container.
    `every` is how far two samples are apart where nothing is wrong, in seconds.
    """

    measure: Measure
    subject: Subject
    series: Series
    capacity: float
    every: float
    command: str
    container: str = ""
    top: Subject | None = None

    @property
    def part(self) -> float:
        """The newest value in parts of the capacity, 0 where there is none."""
        return self.series.last.value / self.capacity if self.series.last is not None and self.capacity > 0 else 0.0
