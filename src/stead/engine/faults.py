"""Named points at which a test kills the process, to see that nothing is lost and nothing is done twice.

Each stands between two things of which a crash must not separate one from the other. In production a call costs one dictionary look-up.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "STEAD_CRASH_AT"
"""Environment variable that names the point to die at; unset everywhere but in tests."""


def fault_point(name: str) -> None:
    """Die here, by SIGKILL, when the environment says so. Nothing is flushed, no handler runs: as a power cut would have it."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
