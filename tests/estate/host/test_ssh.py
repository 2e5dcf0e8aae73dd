"""Commands over SSH, against a real sshd: trust, refusal, what a shell must not touch, and a host that dies and comes back."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.cli.run import run as stead
from stead.clocks import SteppedClock
from stead.declare import HostCheck, host_check
from stead.domain.errors import BlindError, UnreachableError
from stead.domain.finding import Finding
from stead.estate.host.estate import HostEstate
from stead.estate.host.ssh import SshCommands, command_line
from stead.ports import HostCommands


@pytest.fixture
async def commands(sshd: Any, clock: SteppedClock) -> AsyncIterator[SshCommands]:
    made = SshCommands(sshd.target, clock)
    yield made
    await made.close()


async def test_a_command_says_there_what_it_says_here(commands: SshCommands) -> None:
    found = await commands.run(["sh", "-c", "echo $LC_ALL; echo no >&2; exit 3"], 10)
    assert (found.code, found.stdout, found.stderr) == (3, "C.UTF-8\n", "no\n")


async def test_no_word_of_a_command_is_read_by_a_shell(commands: SshCommands) -> None:
    words = ["$(id)", "`id`", "a b", "'", '"', "*", ";", "&& false", "-n", "ü", "\\"]
    found = await commands.run(["printf", r"%s\n", *words], 10)
    assert found.stdout.splitlines() == words


async def test_a_missing_program_is_an_answer(commands: SshCommands) -> None:
    assert (await commands.run(["no-such-program-here"], 10)).code == 127


async def test_one_connection_carries_many_commands(commands: SshCommands) -> None:
    found = await asyncio.gather(*(commands.run(["sh", "-c", "echo $SSH_CONNECTION"], 10) for _ in range(30)))
    assert len({one.stdout for one in found}) == 1


async def test_what_takes_too_long_is_ended_and_the_connection_stays(commands: SshCommands, tmp_path: Path) -> None:
    with pytest.raises(BlindError, match=r"did not end within 0.5 s") as caught:
        await commands.run(["sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 600"], 0.5)
    assert (caught.value.reason, isinstance(caught.value, UnreachableError)) == ("Timeout", False)
    pid = int((tmp_path / "pid").read_text())
    for _ in range(10_000):  # sshd passes the signal on in its own time
        if not Path(f"/proc/{pid}").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text():
            break
        await commands.run(["true"], 10)
    else:
        pytest.fail("the command still runs")


async def test_too_long_an_answer_is_no_answer(sshd: Any, clock: SteppedClock) -> None:
    commands = SshCommands(sshd.target, clock, limit=1000)
    with pytest.raises(BlindError, match="said more than 1000 bytes"):
        await commands.run(["yes"], 10)
    assert (await commands.run(["echo", "on"], 10)).stdout == "on\n"
    await commands.close()


@pytest.mark.parametrize("stranger", ["another key", "no key", "no file"])
async def test_a_host_that_is_not_known_is_told_nothing(sshd: Any, clock: SteppedClock, stranger: str) -> None:
    if stranger == "another key":
        sshd.trust((sshd.folder / "client_key.pub").read_text())
    elif stranger == "no key":
        (sshd.folder / "known_hosts").write_text("")
    else:
        (sshd.folder / "known_hosts").unlink()
    with pytest.raises(UnreachableError, match="ssh-keyscan") as caught:
        await SshCommands(sshd.target, clock).run(["true"], 10)
    assert caught.value.reason == "Unauthorized"


async def test_trusted_keys_that_cannot_be_read_are_a_sentence(sshd: Any, clock: SteppedClock) -> None:
    (sshd.folder / "known_hosts").write_bytes(b"127.0.0.1 ssh-ed25519 AAAA\n\xff\n@what ever\n")
    with pytest.raises(UnreachableError, match=r"cannot be reached|not in"):
        await SshCommands(sshd.target, clock).run(["true"], 10)


async def test_what_was_closed_stays_closed(commands: SshCommands) -> None:
    running = asyncio.ensure_future(commands.run(["sleep", "60"], 60))
    await commands.run(["true"], 10)
    await commands.close()
    with pytest.raises(UnreachableError, match="was closed"):
        await running


async def test_a_key_that_is_not_welcome_or_not_there_is_a_sentence(sshd: Any, clock: SteppedClock) -> None:
    for identity, words in (("host_key", "refuses this user or key"), ("nothing", "cannot be used: ")):
        target = dataclasses.replace(sshd.target, identity=sshd.folder / identity)
        with pytest.raises(UnreachableError, match=words):
            await SshCommands(target, clock).run(["true"], 10)


async def test_what_the_user_configured_for_ssh_is_not_done(sshd: Any, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = sshd.folder / "home" / ".ssh"
    folder.mkdir(parents=True)
    (folder / "config").write_text(f"Host *\n  ProxyCommand touch {sshd.folder}/proxied\n  ForwardAgent yes\n  Ciphers 3des-cbc\n")
    monkeypatch.setenv("HOME", str(sshd.folder / "home"))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(sshd.folder / "agent"))
    commands = SshCommands(sshd.target, clock)
    assert (await commands.run(["sh", "-c", "echo $SSH_AUTH_SOCK"], 10)).stdout == "\n"
    assert not (sshd.folder / "proxied").exists()
    await commands.close()


async def test_a_key_by_reference_is_read_at_each_connection(sshd: Any, clock: SteppedClock) -> None:
    target = dataclasses.replace(sshd.target, identity=None, key=(sshd.folder / "client_key").read_text)
    commands = SshCommands(target, clock)
    assert (await commands.run(["true"], 10)).code == 0
    await commands.close()


async def test_a_host_that_comes_back_is_reached_again_after_a_pause(sshd: Any, clock: SteppedClock, commands: SshCommands) -> None:
    assert (await commands.run(["true"], 10)).code == 0
    await sshd.stop()
    with pytest.raises(UnreachableError):
        await commands.run(["true"], 10)
    with pytest.raises(UnreachableError, match="cannot be reached: Connection refused"):
        await commands.run(["true"], 10)
    await sshd.start()
    with pytest.raises(UnreachableError):
        await commands.run(["true"], 10)
    clock.advance(timedelta(seconds=5))
    assert (await commands.run(["true"], 10)).code == 0


@pytest.mark.parametrize("word", ["a\nb", "a\0b", "\x1b[2J"])
def test_what_no_shell_carries_unchanged_is_not_sent(word: str) -> None:
    with pytest.raises(BlindError, match="cannot be sent"):
        command_line(["echo", word], 10)


@given(st.lists(st.text(), max_size=4))
def test_every_word_is_quoted_or_refused(words: list[str]) -> None:
    import shlex

    try:
        assert shlex.split(command_line(["echo", *words], 10))[5:] == ["echo", *words]
    except BlindError:
        assert any(not word.isprintable() for word in words)


# The estate


def asks(name: str, every: timedelta) -> HostCheck:
    async def run(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
        await commands.run(["true"], 10)
        return []

    run.__name__ = name
    return host_check(every=every)(run)


async def test_a_dead_host_is_one_blind_finding_and_its_return_ends_it(sshd: Any, clock: SteppedClock, commands: SshCommands) -> None:
    checks = [asks("often", timedelta(minutes=1)), asks("seldom", timedelta(hours=6))]
    estate = HostEstate("nas", commands, checks, clock)
    await sshd.stop()
    sightings = estate.sightings()
    first = await anext(sightings)
    (blind,) = first.seen
    assert (blind.check, str(blind.subject), first.blind_checks) == ("reach", "Host nas", {"often", "seldom"})
    await sshd.start()
    following = asyncio.ensure_future(anext(sightings))
    while clock.next_due() is None:
        await asyncio.sleep(0)
    clock.advance(timedelta(minutes=1))
    second = await following
    assert (second.complete, second.seen, second.blind_checks) == (True, (), frozenset())
    await estate.close()
    await sightings.aclose()


def test_a_host_is_looked_at_once_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stead(["check", "--ssh", "nas lan"]) == 2
    assert "write it like" in capsys.readouterr().err
    assert stead(["check", "--ssh", "x", "--host"]) == 2
    assert stead(["check", "--estate", "x", "--from", "y"]) == 2
    capsys.readouterr()
    file = tmp_path / "stead.yaml"
    file.write_text(
        json.dumps({"estates": [{"kind": "host", "id": "nas", "ssh": {"host": "127.0.0.1", "port": 1, "known_hosts": "none"}}]})
    )
    assert stead(["check", "--estate", "nsa", "--config", str(file)]) == 2
    assert "did you mean `nas`?" in capsys.readouterr().err
    assert stead(["check", "--estate", "nas", "--config", str(file), "-o", "json"]) == 3
    (blind,) = json.loads(capsys.readouterr().out)["blind"]
    assert "nas cannot be looked at: no host is trusted" in blind["summary"]
