"""`stead adopt` as a person at a terminal uses it: key by key, and asked again until an answer can be."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
from pathlib import Path

import pytest
from tests.journey.test_kill_quiet import INVENTORY, House

KEYS = ("x", "k", "2 weeks", "30d", "", "i", "", "a toy", "q")


async def types(house: House, *keys: str) -> str:
    """What stands on the screen at the end."""
    ours, theirs = pty.openpty()
    url = f"http://127.0.0.1:{(house.folder / 'port').read_text()}"
    environment = {**os.environ, "HOME": str(house.folder), "XDG_RUNTIME_DIR": "", "STEAD_URL": url, "TERM": "xterm"}
    argv = [sys.executable, "-m", "stead.cli.main", "adopt"]
    process = await asyncio.create_subprocess_exec(*argv, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    os.write(ours, "".join(f"{key}\n" for key in keys).encode())
    assert await process.wait() == 0
    screen = b""
    try:
        while part := os.read(ours, 65536):
            screen += part
    except OSError:  # Linux says so that the other end is closed
        pass
    os.close(ours)
    return screen.decode()


@pytest.fixture
async def house(tmp_path: Path, sqlite_url: str) -> object:
    async with House(tmp_path, sqlite_url) as made:
        yield made


async def test_each_is_decided_by_a_key_and_what_cannot_be_is_asked_again(house: House) -> None:
    house.is_broken(*(f"thing-{n}" for n in range(INVENTORY)))
    await house.start()
    await house.told(1)
    screen = await types(house, *KEYS)
    for words in (
        f"{INVENTORY} things were broken before Stead came",
        "press f, k, i, s or q",
        "`2 weeks` is no while and no date; write 30d, 2026-12-31 or the like",
        "I-1 is known until",
        "what is ignored for good needs a reason",
        "I-2 is ignored",
    ):
        assert words in screen
    assert "it says: thing-0 says 2" not in screen, "the title says that already"
    assert len(await house.get("/api/adoption")) == INVENTORY - 2
