"""Checks of one's own that are programs: run in a real sandbox, judged by their exit code, found anew when their folder changes."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.cli.run import run as stead
from stead.clocks import SteppedClock
from stead.domain.finding import Finding, Severity
from stead.domain.scan import Account
from stead.domain.subject import Subject
from stead.domain.trigger import Sightings
from stead.estate.beyond import own_addresses
from stead.estate.host.commands import LocalCommands
from stead.estate.own.estate import Manner, Own, OwnEstate
from stead.estate.own.scripts import scripts
from stead.estate.timed import Look
from stead.estate.timed_account import account


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "checks"
    made.mkdir()
    return made


def write(folder: Path, name: str, body: str, *, mode: int = 0o755) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(mode)
    return path


def estate(folder: Path, clock: SteppedClock, **manners: Manner) -> OwnEstate:
    own = Own(folders=(folder,), manners={f"{name}.sh": manner for name, manner in manners.items()})
    return OwnEstate("own-checks", own, LocalCommands(), clock)


async def looked(folder: Path, clock: SteppedClock, **manners: Manner) -> tuple[list[Finding], list[Finding]]:
    """(what fires, what is blind)."""
    found = await estate(folder, clock, **manners).scan()
    return list(found.findings), list(found.blind)


@pytest.mark.parametrize(
    ("body", "severity"),
    [
        ("echo fine; exit 0", None),
        ("echo 'BACKUP WARNING - 26 h old|age=26h;24;48'; exit 1", Severity.WARNING),
        ("echo gone; exit 2", Severity.CRITICAL),
    ],
)
async def test_the_exit_code_says_how_bad_it_is(folder: Path, clock: SteppedClock, body: str, severity: Severity | None) -> None:
    write(folder, "backup.sh", body)
    fires, blind = await looked(folder, clock)
    assert blind == []
    assert [(f.severity, str(f.subject), f.check) for f in fires] == ([(severity, "OwnCheck backup.sh", "backup.sh")] if severity else [])


async def test_words_and_measures_are_evidence_of_a_stranger(folder: Path, clock: SteppedClock) -> None:
    write(folder, "backup.sh", "echo 'BACKUP WARNING - 26 h old|age=26h;24;48'; echo more; exit 1")
    ((finding,), _) = await looked(folder, clock)
    assert finding.summary == "backup.sh: BACKUP WARNING - 26 h old"
    assert [one.value for one in finding.evidence] == ["BACKUP WARNING - 26 h old", "more", "age 26h (warning 24, critical 48)"]
    assert all(one.tainted for one in finding.evidence)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo cannot ask; exit 3", "unknown: cannot ask"),
        ("exit 42", "exit code 42, which means nothing"),
        ("kill -9 $$", "which means nothing"),
        ("sleep 600", "did not end within 1 s"),
        ("yes", "said more than"),
    ],
)
async def test_what_is_no_answer_is_blind(folder: Path, clock: SteppedClock, body: str, words: str) -> None:
    write(folder, "x.sh", body)
    fires, (blind,) = await looked(folder, clock, x=Manner(timeout=timedelta(seconds=1)))
    assert fires == []
    assert words in blind.summary


async def test_a_program_that_cannot_be_started_is_blind_and_not_a_warning(folder: Path, clock: SteppedClock) -> None:
    write(folder, "x.sh", "").write_text("#!/no/such/shell\n")
    fires, (blind,) = await looked(folder, clock)
    assert fires == []
    assert "could not be started" in blind.summary


async def test_it_sees_its_own_folder_and_nothing_of_ours(folder: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = folder.parent / "token"
    secret.write_text("s3cret")
    (folder / "data").write_text("own data")
    monkeypatch.setenv("STEAD_TOKEN", "s3cret")
    write(folder, "x.sh", f"cat data {secret} /etc/shadow ~/.kube/config; env; ls -A ~ /proc | head -40; touch data; id -u; exit 2")
    ((finding,), _) = await looked(folder, clock)
    said = finding.evidence[0].value + finding.evidence[1].value
    assert said.startswith("own data")
    assert "s3cret" not in said
    assert "root:" not in said
    assert (folder / "data").read_text() == "own data"
    assert "65534" in said


async def test_other_files_are_there_only_when_they_are_named(folder: Path, clock: SteppedClock) -> None:
    named = folder.parent / "named"
    named.write_text("named file")
    write(folder, "x.sh", f"cat {named} 2>/dev/null || echo blind; exit 2")
    ((without,), _) = await looked(folder, clock)
    ((allowed,), _) = await looked(folder, clock, x=Manner(reads=(named,)))
    assert (without.evidence[0].value, allowed.evidence[0].value) == ("blind", "named file")


CONNECTS = r"""#!/usr/bin/perl
use IO::Socket::INET;
open(my $routes, "<", "/proc/net/route"); my @routes = <$routes>;
print "routes ", (@routes > 1 ? "out" : "nowhere");
for my $at (@ARGV) { my $s = IO::Socket::INET->new(PeerAddr => $at, Timeout => 2); print ", ", $s ? "reached $at" : "refused" }
exit 2;
"""


async def test_with_the_network_nothing_that_listens_on_this_machine_can_be_reached(folder: Path, clock: SteppedClock) -> None:
    script = folder / "x.sh"
    script.write_text(CONNECTS)
    script.chmod(0o755)
    four, _ = own_addresses()
    with socket.create_server(("0.0.0.0", 0)) as server:
        targets = tuple(f"{address}:{server.getsockname()[1]}" for address in ("127.0.0.1", "127.0.0.2", *four))
        for target in targets:  # from outside of the sandbox each is there
            host, port = target.split(":")
            socket.create_connection((host, int(port)), timeout=2).close()
        ((without,), _) = await looked(folder, clock, x=Manner(arguments=targets))
        ((allowed,), blind) = await looked(folder, clock, x=Manner(network=True, arguments=targets))
    refused = ", ".join("refused" for _ in targets)
    assert blind == []
    assert (without.evidence[0].value, allowed.evidence[0].value) == (f"routes nowhere, {refused}", f"routes out, {refused}")


async def test_with_the_network_exit_codes_and_words_are_the_programs_own(folder: Path, clock: SteppedClock) -> None:
    write(folder, "x.sh", "grep nameserver /etc/resolv.conf; grep Cap /proc/self/status; echo trouble >&2; exit 1")
    ((finding,), _) = await looked(folder, clock, x=Manner(network=True))
    assert (finding.severity, finding.evidence[0].value) == (Severity.WARNING, "nameserver 169.254.1.1")
    assert "CapEff:\t0000000000000000" in finding.evidence[1].value
    write(folder, "x.sh", "kill -9 $$")
    _, (blind,) = await looked(folder, clock, x=Manner(network=True))
    assert "exit code 137" in blind.summary


async def test_where_the_network_cannot_be_kept_apart_only_the_programs_that_want_it_are_not_run(
    folder: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = folder.parent / "bin"
    tools.mkdir()
    for program in ("bwrap", "unshare"):
        (tools / program).symlink_to(shutil.which(program) or "")
    write(folder, "x.sh", f"touch {folder}/ran; exit 2")
    write(folder, "y.sh", "echo alone; exit 1")
    monkeypatch.setenv("PATH", str(tools))
    (fires,), (blind,) = await looked(folder, clock, x=Manner(network=True))
    assert fires.summary == "y.sh: alone"
    assert (blind.reason, blind.check) == ("NoNetwork", "x.sh")
    assert "because it wants the network: pasta is not installed (the package passt)" in blind.summary
    assert not (folder / "ran").exists()


async def test_without_a_sandbox_none_is_run_and_that_is_one_blind_finding(
    folder: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.sh", "b.sh"):
        write(folder, name, f"touch {folder}/ran; exit 2")
    monkeypatch.setenv("PATH", str(folder.parent))
    fires, (blind,) = await looked(folder, clock)
    assert (fires, blind.check, blind.reason) == ([], "reach", "NoSandbox")
    assert "bubblewrap is not installed" in blind.summary
    assert not (folder / "ran").exists()


def test_which_files_are_programs(folder: Path) -> None:
    for name in ("a.sh", "b", "c.py", "_helper.sh", ".hidden", "d.sh.bak", "check disk"):
        write(folder, name, "")
    write(folder, "not-executable.sh", "", mode=0o644)
    write(folder, "module.py", "").write_text("# imported, not run\n")
    (folder / "folder.sh").mkdir()
    assert list(scripts([folder, folder / "none"])) == ["a.sh", "b", "c.py"]


# Reloading


class Story:
    """The estate's sightings, one at a time, on a clock that runs as fast as it can."""

    def __init__(self, own: OwnEstate, clock: SteppedClock) -> None:
        self._sightings, self._clock = own.sightings(), clock

    async def next(self) -> tuple[list[str], int]:
        """What the next sightings say: (summaries seen, how many gone)."""

        async def following() -> Sightings:
            return await anext(self._sightings)

        waiting = asyncio.ensure_future(following())
        while not waiting.done():
            await asyncio.sleep(0)
            if (due := self._clock.next_due()) is not None:
                self._clock.advance_to(max(due, self._clock.now()))
        found = await waiting
        return [f.summary for f in found.seen], len(found.gone)

    async def end(self) -> None:
        await self._sightings.aclose()  # type: ignore[attr-defined]


@pytest.fixture
async def story(folder: Path, clock: SteppedClock) -> AsyncIterator[Story]:
    made = Story(estate(folder, clock), clock)
    yield made
    await made.end()


async def test_files_that_come_change_and_go_are_seen_without_a_restart(folder: Path, story: Story) -> None:
    assert await story.next() == ([], 0)
    write(folder, "new.sh", "echo one; exit 1")
    assert await story.next() == (["new.sh: one"], 0)
    write(folder, "other", "echo two, which is longer; exit 2").replace(folder / "new.sh")
    assert await story.next() == (["new.sh: two, which is longer"], 0)
    (folder / "new.sh").unlink()
    assert await story.next() == ([], 1)


# Why not


async def test_what_each_check_last_said_is_known_at_once(folder: Path, clock: SteppedClock) -> None:
    write(folder, "bad.sh", "echo full; exit 2")
    write(folder, "good.sh", "exit 0")
    write(folder, "unsure.sh", "echo cannot tell; exit 3")
    own = estate(folder, clock)
    assert own.account("", "", "bad.sh") is None, "nobody has looked yet"
    story = Story(own, clock)
    await story.next()
    told = {name: own.account("", "", name) for name in ("bad.sh", "good.sh", "unsure.sh", "own-checks", "none")}
    await story.end()

    def said(name: str) -> list[tuple[str, str, bool]]:
        account = told[name]
        assert account is not None
        return [(word.check, word.finding.summary if word.finding else "", word.blind) for word in account.words]

    assert said("bad.sh") == [("bad.sh", "bad.sh: full", False)]
    assert said("good.sh") == [("good.sh", "", False)]
    assert said("unsure.sh") == [("unsure.sh", "", True)]
    assert said("own-checks") == [*said("bad.sh"), *said("good.sh"), *said("unsure.sh")]
    assert told["none"] == Account()
    assert [str(one) for one in (told["good.sh"] or Account()).subjects] == ["OwnCheck good.sh"]
    assert own.account("owncheck", "", "good.sh") == told["good.sh"]
    assert own.account("pod", "", "good.sh") == own.account("", "payments", "good.sh") == Account()


SUBJECT = Subject(estate="own-checks", api_version="stead/v1", kind="OwnCheck", name="x")


async def _nothing(_: datetime) -> list[Finding]:
    return []


@given(st.sampled_from(["", "owncheck", "host"]) | st.text(), st.sampled_from(["x", "own-checks"]) | st.text())
def test_whatever_is_asked_there_is_an_account(kind: str, name: str) -> None:
    look = Look(name="x", check="x", every=timedelta(minutes=1), run=_nothing)
    found = {"x": {"f": Finding(check="x", subject=SUBJECT, reason="R", summary="s")}}
    assert account(SUBJECT, frozenset({"OwnCheck"}), {"x": look}, found, (kind, name)) is not None


# As a person uses it


def configured(tmp_path: Path, **checks: Any) -> list[str]:
    file = tmp_path / "stead.yaml"
    file.write_text(json.dumps({"checks": {"folders": ["checks"], **checks}}))
    return ["--config", str(file)]


def test_own_checks_are_run_once_from_the_command_line(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "x.sh", 'echo "given $1"; exit 1')
    (folder / "broken.py").write_text("import nothing_of_that_name\n")
    config = configured(tmp_path, own={"x.sh": {"arguments": ["me"], "every": "1h"}})
    assert stead(["check", "--estate", "own-checks", *config, "-o", "json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert [f["summary"] for f in found["findings"]] == ["x.sh: given me"]
    ((broken,), counts) = (found["blind"], found["scanned"]["counts"])
    assert "broken.py failed to load: ModuleNotFoundError" in broken["summary"]
    assert counts == {"OwnCheck": 2}
    (folder / "broken.py").unlink()
    assert stead(["check", "--estate", "own-checks", *configured(tmp_path, disabled=["x.sh"])]) == 0


@pytest.mark.parametrize(
    ("own", "words"), [({"every": "1ms"}, "at least 1s"), ({"networks": True}, "unknown key"), ({"timeout": 5}, "duration")]
)
def test_a_word_that_makes_no_sense_is_one_sentence(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str], own: Any, words: str
) -> None:
    assert stead(["config", "check", *configured(tmp_path, own={"x.sh": own})]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_doctor_tells_of_own_checks(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "x.sh", "exit 0")
    stead(["doctor", "--state", str(tmp_path / "state"), *configured(tmp_path)])
    assert "own checks: 1 programs, in the sandbox" in capsys.readouterr().out
    stead(["doctor", "--state", str(tmp_path / "state"), *configured(tmp_path, own={"y.sh": {}})])
    assert "names y.sh, which is no program" in capsys.readouterr().out


def test_doctor_tells_that_programs_with_the_network_cannot_run(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "x.sh", "exit 0")
    tools = tmp_path / "bin"
    tools.mkdir()
    for program in ("bwrap", "unshare"):
        (tools / program).symlink_to(shutil.which(program) or "")
    monkeypatch.setenv("PATH", str(tools))
    stead(["doctor", "--state", str(tmp_path / "state"), *configured(tmp_path, own={"x.sh": {"network": True}})])
    said = capsys.readouterr().out
    assert "own checks: x.sh is not run: pasta is not installed" in said
    assert "apt-get install passt" in said
