"""A host as an estate: real commands, checks by the clock, and what cannot be asked is blind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stead.clocks import SteppedClock
from stead.declare import HostCheck, host_check
from stead.domain.errors import BlindError, PermanentError, UnreachableError
from stead.domain.finding import Finding, FindingState
from stead.domain.subject import Subject
from stead.estate.host.commands import LocalCommands
from stead.estate.host.estate import HostEstate
from stead.ports import HostCommands, Seen

HOST = Subject(estate="nas", api_version="host.stead/v1", kind="Host", name="nas")

# Commands


async def test_a_command_answers_in_the_c_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_MESSAGES", "de_DE.UTF-8")
    found = await LocalCommands().run(["sh", "-c", "echo $LC_ALL $LC_MESSAGES; echo no >&2; exit 3"], 10)
    assert (found.code, found.stdout, found.stderr) == (3, "C.UTF-8\n", "no\n")


async def test_a_command_is_handed_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEAD_TOKEN", "s3cret")
    found = await LocalCommands().run(["sh", "-c", "cat /proc/$$/environ"], 10)
    assert "PATH=" in found.stdout
    assert "s3cret" not in found.stdout


async def test_a_missing_program_is_an_answer() -> None:
    assert (await LocalCommands().run(["no-such-program-here"], 10)).code == 127


async def test_a_program_that_may_not_be_run_is_an_answer(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    assert (await LocalCommands().run([str(tmp_path / "tool")], 10)).code == 126


async def test_what_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(BlindError, match=r"did not end within 0.3 s") as caught:
        await LocalCommands().run(["sh", "-c", f"sleep 600 & echo $! > {pid}; wait"], 0.3)
    assert caught.value.reason == "Timeout"
    child = int(pid.read_text())
    for _ in range(100_000):  # the kernel kills at once; whoever adopted the child may take a moment to bury it
        if not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text():
            break
        await asyncio.sleep(0)
    else:
        pytest.fail("the child still runs")


async def test_too_long_an_answer_is_no_answer() -> None:
    with pytest.raises(BlindError, match="said more than 1000 bytes") as caught:
        await LocalCommands(limit=1000).run(["yes"], 10)
    assert caught.value.reason == "Malformed"


async def test_an_answer_that_is_no_text_is_still_an_answer() -> None:
    assert (await LocalCommands().run(["printf", r"\377ok"], 10)).stdout == "\ufffdok"


# The estate


def marker(folder: Path) -> HostCheck:
    """A check that asks the host: one finding for each file in a folder; no folder, no look."""

    @host_check(every=timedelta(minutes=1))
    async def files(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
        answer = await commands.run(["ls", str(folder)], 10)
        if answer.code:
            raise BlindError(answer.stderr.strip(), reason="Unreachable", command=f"ls {folder}")
        subject = Subject(estate=estate, api_version="host.stead/v1", kind="Host", name=estate)
        return [Finding(check="files", subject=subject, container=name, reason="There", summary=name) for name in answer.stdout.split()]

    return files


class Story:
    """The estate's sightings, one at a time, on a clock that moves when asked."""

    def __init__(self, estate: HostEstate, clock: SteppedClock) -> None:
        self.estate, self._clock = estate, clock
        self._sightings = estate.sightings()

    async def after(self, **time: float) -> tuple[list[str], int, bool]:
        """Let time pass; what the next sightings say: (summaries seen, how many gone, complete)."""
        task = asyncio.ensure_future(anext(self._sightings))
        if time:
            while self._clock.next_due() is None:
                await asyncio.sleep(0)
            self._clock.advance(timedelta(**time))
        found = await task
        return [f.summary for f in found.seen], len(found.gone), found.complete

    async def end(self) -> None:
        await self.estate.close()
        with pytest.raises(StopAsyncIteration):
            await anext(self._sightings)


async def test_checks_run_when_they_are_due_and_say_what_changed(tmp_path: Path, clock: SteppedClock) -> None:
    (tmp_path / "a").touch()
    story = Story(HostEstate("nas", LocalCommands(), [marker(tmp_path)], clock), clock)
    assert await story.after() == (["a"], 0, True)
    (tmp_path / "b").touch()
    (tmp_path / "a").unlink()
    assert await story.after(minutes=1) == (["b"], 1, False)
    await story.end()


async def test_a_check_that_cannot_look_is_blind_and_forgets_nothing(tmp_path: Path, clock: SteppedClock) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").touch()
    story = Story(HostEstate("nas", LocalCommands(), [marker(folder)], clock), clock)
    assert await story.after() == (["a"], 0, True)
    folder.rename(tmp_path / "moved")
    (blind,), gone, _ = await story.after(minutes=1)
    assert "could not look" in blind
    assert gone == 0
    (tmp_path / "moved").rename(folder)
    assert await story.after(minutes=1) == (["a"], 0, True)
    await story.end()


async def test_a_host_that_is_back_and_does_not_let_one_look_is_told_as_that(tmp_path: Path, clock: SteppedClock) -> None:
    trouble: list[BlindError] = [UnreachableError("nobody answers", reason="Unreachable")]

    @host_check(every=timedelta(minutes=1))
    async def asks(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
        raise trouble[-1]

    story = Story(HostEstate("nas", LocalCommands(), [asks], clock), clock)
    assert await story.after() == (["nas cannot be looked at: nobody answers"], 0, True)
    trouble.append(BlindError("may not be asked", reason="Forbidden"))
    assert await story.after(minutes=1) == (["`asks` could not look: may not be asked"], 1, False)
    await story.end()


async def test_a_check_that_stumbles_costs_no_other(tmp_path: Path, clock: SteppedClock) -> None:
    @host_check(every=timedelta(minutes=1))
    async def stumbles(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
        raise KeyError("MemTotal")

    (tmp_path / "a").touch()
    found = await HostEstate("nas", LocalCommands(), [stumbles, marker(tmp_path)], clock).scan()
    assert [f.summary for f in found.findings] == ["a"]
    (blind,) = found.blind
    assert (blind.check, blind.reason, blind.state) == ("stumbles", "CheckFailed", FindingState.BLIND)
    assert found.counts == {"Host": 1}


async def test_a_fresh_look(tmp_path: Path, clock: SteppedClock) -> None:
    estate = HostEstate("nas", LocalCommands(), [marker(tmp_path)], clock)
    (tmp_path / "a").touch()
    fingerprint = (await estate.scan()).findings[0].fingerprint
    assert (await estate.observe("files", fingerprint, HOST)).seen is Seen.FIRING
    (tmp_path / "a").unlink()
    found = await estate.observe("files", fingerprint, HOST)
    assert (found.seen, found.present) == (Seen.QUIET, True)
    tmp_path.rename(tmp_path.with_name("gone"))
    assert (await estate.observe("files", fingerprint, HOST)).seen is Seen.BLIND
    assert (await estate.observe("nothing", fingerprint, HOST)).seen is Seen.BLIND


SYSTEMCTL = """#!/bin/sh
case "$5$4" in *gone*) echo LoadState=not-found; echo ActiveState=inactive ;; *broken*) echo no bus >&2; exit 1 ;;
*) echo Id=nginx.service; echo LoadState=loaded; echo ActiveState=failed; echo InvocationID=i1 ;; esac
"""


async def test_what_a_host_is_made_of(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    estate = HostEstate("nas", LocalCommands(), [], clock)
    assert await estate.list("host.stead/v1", "Host") == [await estate.read(HOST)]

    def unit(name: str) -> Subject:
        return Subject(estate="nas", api_version="host.stead/v1", kind="Unit", name=name)

    found = await estate.read(unit("nginx.service"))
    assert found is not None
    assert (found["metadata"]["uid"], found["status"]["ActiveState"]) == ("i1", "failed")
    assert await estate.read(unit("gone.service")) is None
    with pytest.raises(BlindError, match="no bus"):
        await estate.read(unit("broken.service"))
    with pytest.raises(BlindError):
        await estate.list("v1", "Pod")
    with pytest.raises(PermanentError, match="has no write identity: nothing on this host can be changed"):
        estate.hands()
