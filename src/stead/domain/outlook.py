"""What weighs most in an estate, and what will end, as it is known without looking anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Each the heaviest or the nearest first, by name: `restarts` of pods, `memory` of pods in bytes, `volumes` in parts of their size.

    `certificates` with their end. What is not measured is empty.
    """

    restarts: tuple[tuple[str, int], ...] = ()
    memory: tuple[tuple[str, float], ...] = ()
    volumes: tuple[tuple[str, float], ...] = ()
    certificates: tuple[tuple[str, datetime], ...] = ()
