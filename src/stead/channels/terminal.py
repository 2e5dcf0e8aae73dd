"""Messages as lines on a terminal, a pipe or a log file."""

from __future__ import annotations

import sys
from typing import Literal, TextIO

from pydantic import BaseModel, ConfigDict

from stead.channels.text import body, headline
from stead.declare import ChannelKind
from stead.domain.delivery import Capabilities, Delivery
from stead.domain.errors import PermanentError, TemporaryError
from stead.ports import Clock


class TerminalSettings(BaseModel):
    """`stream`: where the lines go."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    stream: Literal["stdout", "stderr"] = "stdout"


class Terminal:
    """Writes each message as a headline and its indented body. An edit prints what it is now: paper cannot be unprinted."""

    capabilities = Capabilities(edit=True)

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name = name
        self._stream = stream

    async def send(self, delivery: Delivery) -> str:
        """Print the message; return its remote id. PermanentError when the stream is gone, TemporaryError when it would not take it."""
        text = _page(delivery)
        encoding = self._encoding()
        try:
            self._stream.write(text.encode(encoding, errors="replace").decode(encoding))
            self._stream.flush()
        except (BrokenPipeError, ValueError) as error:
            # ValueError is what Python's streams raise once they are closed.
            raise PermanentError(f"channel `{self.name}`: its stream is closed") from error
        except OSError as error:
            raise TemporaryError(f"channel `{self.name}`: {error.strerror or error}") from error
        return delivery.replaces or f"terminal-{delivery.id}"

    async def close(self) -> None:
        """Leave the stream open: it is the process's own."""

    def _encoding(self) -> str:
        return getattr(self._stream, "encoding", None) or "utf-8"


def _page(delivery: Delivery) -> str:
    update = " (update)" if delivery.replaces else ""
    lines = [headline(delivery.message) + update, *(f"    {line}".rstrip() for line in body(delivery.message).splitlines())]
    return "\n".join(lines) + "\n\n"


def _open(name: str, settings: TerminalSettings, _clock: Clock) -> Terminal:
    return Terminal(name, sys.stdout if settings.stream == "stdout" else sys.stderr)


terminal = ChannelKind(kind="terminal", settings=TerminalSettings, open=_open, page=(__doc__ or "").strip())
