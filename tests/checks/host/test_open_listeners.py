"""Who listens for others, and is not on the list."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.open_listeners import open_listeners, parse_listeners
from stead.declare import HostWishes
from stead.domain.finding import FindingState
from stead.estate.host.commands import LocalCommands

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

SS = """\
udp   UNCONN 0      0      127.0.0.53%lo:53        0.0.0.0:*
udp   UNCONN 0      0            0.0.0.0:5353      0.0.0.0:*
udp   UNCONN 0      0            0.0.0.0:41234     0.0.0.0:*
tcp   LISTEN 0      128          0.0.0.0:22        0.0.0.0:*
tcp   LISTEN 0      128             [::]:22           [::]:*
tcp   LISTEN 0      4096           [::1]:6379         [::]:*
tcp   LISTEN 0      4096 [::ffff:127.0.0.1]:8125         *:*
tcp   LISTEN 0      4096               *:2375            *:*
"""


async def test_what_is_not_on_the_list_is_told_once(says: Any) -> None:
    found = await open_listeners.run(says({"ss": SS}), "nas", NOW, wishes=HostWishes(listeners=("tcp/22",)))
    assert [f.container for f in found] == ["tcp/2375", "udp/5353"]


async def test_without_a_list_nothing_is_judged_and_an_empty_one_allows_nothing(says: Any) -> None:
    assert await open_listeners.run(says({"ss": SS}), "nas", NOW) == ()
    assert len(await open_listeners.run(says({"ss": SS}), "nas", NOW, wishes=HostWishes(listeners=()))) == 3


async def test_a_cut_line_is_blind_beside_what_was_read(says: Any) -> None:
    found = await open_listeners.run(says({"ss": SS + "tcp   LIST"}), "nas", NOW, wishes=HostWishes(listeners=("tcp/22", "udp/5353")))
    assert [f.state for f in found] == [FindingState.FIRING, FindingState.BLIND]


async def test_a_real_listener_is_seen_and_one_on_loopback_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as inside:
        port = inside.getsockname()[1]
        said = await LocalCommands().run(["ss", "-H", "-l", "-n", "-t", "-u"], 10)
        listeners, odd = parse_listeners(said.stdout)
        assert (odd, [one.is_open for one in listeners if one.port == port]) == ([], [False])


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    listeners, odd = parse_listeners(text)
    assert len(listeners) + len(odd) <= len(text.splitlines())
