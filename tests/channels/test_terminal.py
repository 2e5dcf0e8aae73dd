"""The terminal: lines on a stream, and what happens when the stream is not there."""

import errno
import io

import pytest

from stead.channels.terminal import Terminal, TerminalSettings, terminal
from stead.clocks import SystemClock
from stead.testing.channel_conformance import ChannelConformance, Fault, a_message, delivery


class Screen(io.StringIO):
    """A stream that fails once in the way that it is told to."""

    failure: Exception | None = None

    def write(self, text: str) -> int:
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        return super().write(text)


class TerminalRig:
    limit = 0
    tells = frozenset({Fault.GONE})

    def __init__(self) -> None:
        self.screen = Screen()
        self.channel = Terminal("ops", self.screen)

    def shown(self) -> list[str]:
        messages: list[str] = []
        for line in self.screen.getvalue().splitlines():
            if line and not line.startswith(" "):
                messages.append(line)
            elif messages:
                messages[-1] += "\n" + line
        return messages

    def fail(self, fault: Fault) -> None:
        self.screen.failure = {
            Fault.BUSY: OSError(errno.EAGAIN, "busy"),
            Fault.GONE: BrokenPipeError(errno.EPIPE, "gone"),
            Fault.CUT: OSError(errno.EIO, "input/output error"),
        }[fault]


class TestTerminal(ChannelConformance):
    @pytest.fixture
    def rig(self) -> TerminalRig:
        return TerminalRig()


async def test_a_message_is_read_from_top_to_bottom(capsys: pytest.CaptureFixture[str]):
    channel = terminal.open("ops", TerminalSettings(), SystemClock())
    first = await channel.send(delivery())
    await channel.send(delivery(2, replaces=first))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "CRITICAL I-41: Deployment payments/api: revision 12 does not become ready"
    order = ["Began with", "Seen:", "$ kubectl -n payments get pods", "What Stead did:", "You can:", "To answer:", "stead approve A-17"]
    places = [next(n for n, line in enumerate(lines) if wanted in line) for wanted in order]
    assert places == sorted(places)
    assert any(line.endswith("(update)") for line in lines)


async def test_an_old_terminal_gets_what_it_can_show():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    await Terminal("ops", stream).send(delivery(message=a_message(title="Störung")))
    assert b"I-41: St?rung" in raw.getvalue()


def test_the_stream_is_chosen_by_name():
    with pytest.raises(ValueError, match="stdout"):
        TerminalSettings.model_validate({"stream": "/dev/tty"})
