"""The event stream told to a person: what was found, decided, done, proven and said, one line each, in the order of time.

Colour and boxes on a terminal; the same words as plain lines elsewhere. Reads only events and the API's answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from stead.cli.output import clean
from stead.cli.words import SEVERITIES, Event, words


class Story:
    """Writes to `console`. `began` is the moment that the times of the lines are counted from."""

    def __init__(self, console: Console, began: datetime) -> None:
        self.began = began
        self.show_on(console)

    def show_on(self, console: Console) -> None:
        """Go on telling there."""
        self.console = console
        self._rich = console.is_terminal

    def scene(self, number: int, title: str, what: str) -> None:
        """A heading, and what is about to go wrong."""
        self.console.print()
        if self._rich:
            self.console.print(Rule(Text(f" {number}  {title} ", style="bold"), align="left", style="dim"))
            self.console.print(Padding(Text(what, style="dim"), (0, 0, 0, 2)))
        else:
            self.plain(f"== {number}. {title}: {what}")

    def plain(self, line: str) -> None:
        self.console.print(Text(clean(line)), soft_wrap=True)

    def line(self, at: str, label: str, text: Text | str, style: str = "") -> None:
        """`m:ss label text`, the text hanging under itself where it wraps."""
        seconds = int((datetime.fromisoformat(at) - self.began).total_seconds())
        clock = f"{seconds // 60:>3}:{seconds % 60:02d}"
        body = Text(clean(text)) if isinstance(text, str) else text
        if not self._rich:
            self.plain(f"{clock}  {label:<9} {body.plain}")
            return
        head = Text.assemble((clock, "dim"), "  ", (f"{label:<9}", style or "bold"), " ")
        width = max(self.console.width - head.cell_len, 20)
        wrapped = body.wrap(self.console, width)
        for index, part in enumerate(wrapped):
            part.rstrip()
            self.console.print(Text.assemble(head if index == 0 else " " * head.cell_len, part), soft_wrap=True)

    def tell(self, event: Event) -> None:
        """One event. Those that people need no line for are passed over."""
        said = words(event)
        if said is not None:
            self.line(event["at"], said.label, said.text, said.style)

    def message(self, at: str, message: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
        """What a person reads in their chat: a first message whole, an edit by what is new in it."""
        about = f"{message['number']} · {message['state'].replace('_', ' ')}"
        verb = "one message in the chat" if before is None else "its message in the chat is edited"
        self.line(at, "told", Text.assemble(f"{verb} ", (f"({about})", "dim")), "magenta")
        known: list[Mapping[str, Any]] = [] if before is None else before["blocks"]
        blocks = [block for block in message["blocks"] if block["text"] and block not in known]
        if not self._rich:
            self._message_plain(message, blocks, before)
            return
        colour = "green" if message["resolved"] else SEVERITIES.get(message["severity"], "white")
        parts: list[RenderableType] = [Text(clean(message["title"]), style="bold")]
        parts.extend(_block(block) for block in blocks)
        if message["buttons"]:
            parts.append(Text.assemble(*[part for button in message["buttons"] for part in ((f" {button['label']} ", "reverse"), "  ")]))
        panel = Panel(Group(*parts), title=about, title_align="left", border_style=colour, padding=(0, 1))
        self.console.print(Padding(panel, (0, 0, 0, 8)))

    def _message_plain(self, message: Mapping[str, Any], blocks: list[Mapping[str, Any]], before: Mapping[str, Any] | None) -> None:
        title = [] if before is not None and before["title"] == message["title"] else [message["title"]]
        for text in [*title, *(_block_text(block) for block in blocks)]:
            for part in text.splitlines():
                self.plain(f"                 | {part}")


def _block(block: Mapping[str, Any]) -> RenderableType:
    text = Text(clean(block["text"]))
    if block["kind"] == "command":
        return Text.assemble((clean(block["text"]) + ": ", "dim"), (clean(block["command"]), "cyan"))
    if not block["command"]:
        return text
    return Group(text, Text("  $ " + clean(block["command"]), style="cyan", overflow="fold"))


def _block_text(block: Mapping[str, Any]) -> str:
    if block["kind"] == "command":
        return f"{block['text']}: {block['command']}"
    return block["text"] + (f"\n  $ {block['command']}" if block["command"] else "")
