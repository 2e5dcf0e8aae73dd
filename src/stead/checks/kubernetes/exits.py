"""What an exit code says by itself (POSIX.1-2017, XCU 2.8.2; a death by a signal is told as 128 and its number, signal(7))."""

from __future__ import annotations

_MEANS = {
    126: "its command cannot be executed",
    127: "its command is not found",
    134: "it aborted itself: SIGABRT",
    135: "it reached for memory that is not there: SIGBUS",
    137: "it was killed: SIGKILL",
    139: "it reached for memory that is not its own: SIGSEGV",
    143: "it was told to end: SIGTERM",
}


def code(exit_code: int) -> str:
    """`code 127 (its command is not found)`; `code 3` where the number is the program's own."""
    means = _MEANS.get(exit_code)
    return f"code {exit_code} ({means})" if means else f"code {exit_code}"
