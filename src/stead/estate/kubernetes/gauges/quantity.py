"""Amounts as Kubernetes writes them: `250m`, `1.5Gi`, `129e6`.

Source: `k8s.io/apimachinery/pkg/api/resource`, "Quantity".
"""

from __future__ import annotations

import re

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i))?")
_FACTORS = {
    **{unit: 10.0**power for unit, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)},
    **{f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", 1)},
}


def parse_quantity(text: str) -> float:
    """The amount in whole units (cores, bytes). ValueError for what is none."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"`{text[:40]}` is no quantity")
    return float(found[1] + (found[2] or "")) * _FACTORS.get(found[3] or "", 1.0)
