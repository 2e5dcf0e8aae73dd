"""What a program did to a file, as an edit that a person could have written: the smallest piece that stands once, or the whole file."""

from __future__ import annotations

from typing import Any


def edit_between(path: str, before: str | None, after: str | None) -> dict[str, Any]:
    """The edit, as `edits_of` reads it, that makes `after` of `before`; None is no file. They differ."""
    if after is None:
        return {"path": path, "delete": True}
    piece = _piece(before, after) if before else None
    if before is None or piece is None:
        return {"path": path, "write": after}
    return {"path": path, "find": piece[0], "replace": piece[1]}


def _piece(before: str, after: str) -> tuple[str, str] | None:
    """The lines that differ, with as many around them as make them the only ones; None where that is most of the file."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    tail = next((n for n in range(shorter - head) if old[-1 - n] != new[-1 - n]), shorter - head)
    around = 0
    while True:
        begin, left = max(0, head - around), max(0, tail - around)
        find, replace = "".join(old[begin : len(old) - left]), "".join(new[begin : len(new) - left])
        if len(find) * 2 > len(before):
            return None
        # Not `count`, which does not see what overlaps.
        if find and before.find(find) == before.rfind(find):
            return find, replace
        around = around * 2 or 1
