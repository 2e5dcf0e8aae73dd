"""What sources of container measures share: who a container belongs to, how much it may have, and which are worth remembering."""

from __future__ import annotations

from stead.estate.kubernetes.gauges.quantity import parse_quantity
from stead.estate.kubernetes.slices import Pod

NEAR = 0.85
"""Parts of its limit below which a container's use is not remembered: of ten thousand, few are above it, and only those can stay there."""


def memory_limits(pod: Pod) -> dict[str, float]:
    """Bytes by the container's name. One without a limit, or with what is no amount, is left out."""
    found: dict[str, float] = {}
    for container in (*pod.spec.containers, *pod.spec.init_containers):
        try:
            limit = parse_quantity(str(container.resources.limits.memory))
        except ValueError:
            continue
        if limit > 0:
            found[container.name] = limit
    return found
