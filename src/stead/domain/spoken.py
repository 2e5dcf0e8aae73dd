"""Markdown that somebody (a model, a person) wrote, as blocks: fenced code stays code, whatever a channel makes of the rest."""

from __future__ import annotations

import re

from stead.domain.delivery import Block, BlockKind

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^`\n]*$")


def blocks(text: str) -> tuple[Block, ...]:
    """The text in its order, without the fences. A fence that is never closed holds the rest (CommonMark 0.31, 4.5)."""
    made: list[Block] = []
    lines: list[str] = []
    fence = ""

    def end(kind: BlockKind) -> None:
        body = "\n".join(lines)
        lines.clear()
        if body.strip():
            made.append(Block(kind=kind, text=body.strip("\n")))

    for line in text.splitlines():
        found = _FENCE.match(line)
        if fence and found and found[1].startswith(fence) and line.strip() == found[1]:
            end(BlockKind.CODE)
            fence = ""
        elif not fence and found:
            end(BlockKind.TEXT)
            fence = found[1]
        else:
            lines.append(line)
    end(BlockKind.CODE if fence else BlockKind.TEXT)
    return tuple(made)
