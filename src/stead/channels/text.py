"""A Message as plain text, for whoever is woken by it: what, how bad, why, what was done about it, and how to answer.

Promise: nothing in a message can move a terminal's cursor, reorder what is read, or call people who were not meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from textwrap import indent

from stead.domain.delivery import Block, BlockKind, Button, Message
from stead.domain.ids import approval_number

# Terminal escapes (ECMA-48 5.4 CSI, 5.6 control strings), before their ESC is taken away and their letters would remain.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
# Controls but tab and line feed; bidirectional overrides and isolates, and invisible characters (Unicode UAX #9 and general
# category Cf) that make a text read otherwise than it is; surrogates, which no encoding carries.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAKS = re.compile("\r\n|[\r\u2028\u2029\x0b\x0c\x85]")
# Discord and Slack `<@U1>`, `<!channel>`, `<#C1>`; everybody's `@everyone`, `@here`, `@channel`, `@room`, `@all`.
_MENTIONS = re.compile(r"<(?=[@!#][\w!&])|@(?=(?:everyone|here|channel|room|all)\b)", re.IGNORECASE)
_BREAKER = "\N{WORD JOINER}"

_HEADINGS = {BlockKind.EVIDENCE: "Seen:", BlockKind.STEP: "What Stead did:", BlockKind.COMMAND: "You can:"}


def disarm(text: str) -> str:
    """`text` with line feeds as its only line ends, without control, reordering and invisible characters, and with mentions broken."""
    plain = _CONTROLS.sub("", _BREAKS.sub("\n", _ESCAPES.sub("", text)))
    return _MENTIONS.sub(lambda found: found.group() + _BREAKER, plain)


def disarmed(message: Message) -> Message:
    """The message with every word in it disarmed; title, number and state are one line each."""
    return replace(
        message,
        title=_line(message.title),
        number=_line(message.number),
        state=_line(message.state),
        blocks=tuple(replace(b, text=disarm(b.text), command=disarm(b.command)) for b in message.blocks),
        buttons=tuple(replace(b, label=_line(b.label), decision=_line(b.decision)) for b in message.buttons),
        attachments=tuple(replace(a, name=_line(a.name)) for a in message.attachments),
    )


def headline(message: Message) -> str:
    """The one line that a lock screen shows: `CRITICAL I-41: payments/api crash-loops`, or `RESOLVED I-41: …`.

    Of a plain message the title alone, which may be "".
    """
    safe = disarmed(message)
    if safe.plain:
        return safe.title
    word = "resolved" if safe.resolved else safe.severity.value
    return f"{word.upper()} {safe.number}".rstrip() + f": {safe.title}"


def body(message: Message) -> str:
    """What follows the headline: each block in its order, runs of one kind under one heading, then how to answer."""
    safe = disarmed(message)
    parts = ["\n".join(_run(kind, blocks)) for kind, blocks in _runs(safe.blocks)]
    if not safe.resolved and (buttons := [button for button in safe.buttons if not _said(button, safe.blocks)]):
        parts.append("\n".join(_answers(buttons)))
    if safe.state and not safe.resolved:
        more = f" More: stead show {safe.number}" if safe.number else ""
        parts.append(f"State: {safe.state.replace('_', ' ')}.{more}")
    return "\n\n".join(part for part in parts if part.strip())


def render(message: Message) -> str:
    """Headline and body, as one text without a last line feed."""
    return "\n\n".join(part for part in (headline(message), body(message)) if part)


def _line(text: str) -> str:
    return " ".join(disarm(text).split())


def _runs(blocks: Sequence[Block]) -> Iterator[tuple[BlockKind, list[Block]]]:
    run: list[Block] = []
    for block in blocks:
        if run and run[0].kind is not block.kind:
            yield run[0].kind, run
            run = []
        run.append(block)
    if run:
        yield run[0].kind, run


def _run(kind: BlockKind, blocks: Sequence[Block]) -> Iterator[str]:
    if kind is BlockKind.TEXT:
        yield "\n\n".join(block.text.strip() for block in blocks)
        return
    if kind is BlockKind.CODE:
        yield "\n\n".join(indent(block.text.strip("\n"), "    ") for block in blocks)
        return
    yield _HEADINGS[kind]
    for block in blocks:
        yield from _item(block)


def _item(block: Block) -> Iterator[str]:
    first, *rest = block.text.strip().splitlines() or [""]
    if first:
        yield f"- {first}"
    yield from (f"  {line}" for line in rest)
    yield from (f"  {'$ ' if n == 0 else '  '}{line}" for n, line in enumerate(block.command.strip().splitlines()))


def _answers(buttons: Sequence[Button]) -> Iterator[str]:
    yield "To answer:"
    for button in buttons:
        yield f"  {_command(button)}    ({button.label})"


def _said(button: Button, blocks: Sequence[Block]) -> bool:
    return any(_command(button) in block.command for block in blocks)


def _command(button: Button) -> str:
    return f"stead {button.decision} {approval_number(button.approval)}"
