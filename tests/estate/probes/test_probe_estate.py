"""Probes as an estate: how many failures make a fault, one blindness for one cause, and how a person configures them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stead.app.discover import shelves
from stead.cli.run import run as stead
from stead.clocks import SteppedClock
from stead.domain.finding import FindingState
from stead.domain.trigger import Sightings
from stead.estate.host.commands import LocalCommands
from stead.estate.probes.estate import ProbeEstate
from stead.estate.probes.targets import Target, TcpTarget, TlsTarget
from stead.ports import Seen


class Port:
    """A port on loopback that can be opened and closed."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.number: int = self.server.getsockname()[1]

    def shut(self) -> None:
        self.server.close()

    def open(self) -> None:
        self.server = socket.create_server(("127.0.0.1", self.number), reuse_port=False)


@pytest.fixture
def port() -> Iterator[Port]:
    made = Port()
    yield made
    made.shut()


def estate(clock: SteppedClock, *targets: Target) -> ProbeEstate:
    return ProbeEstate("outside", targets, list(shelves().probe_checks.values()), LocalCommands(), clock)


async def passing(clock: SteppedClock, waiting: asyncio.Future[Any]) -> Any:
    """Let time pass until this is done."""
    while not waiting.done():
        await asyncio.sleep(0)
        if (due := clock.next_due()) is not None:
            clock.advance_to(max(due, clock.now()))
    return await waiting


async def test_it_takes_three_failures_in_a_row(clock: SteppedClock, port: Port) -> None:
    watched = estate(clock, TcpTarget(name="db", host="127.0.0.1", port=port.number))
    sightings = watched.sightings()
    assert (await anext(sightings)).seen == ()
    port.shut()
    began = clock.now()

    async def following() -> Sightings:
        return await anext(sightings)

    states = []
    while not states or states[-1] is FindingState.PROGRESSING:
        found: Sightings = await passing(clock, asyncio.ensure_future(following()))
        states.append(found.seen[0].state)
    assert states == [FindingState.PROGRESSING, FindingState.FIRING]
    assert clock.now() - began == timedelta(minutes=3)
    port.open()
    assert len((await passing(clock, asyncio.ensure_future(following()))).gone) == 1
    await watched.close()
    await sightings.aclose()


async def test_a_first_look_tries_until_it_knows(clock: SteppedClock, port: Port) -> None:
    port.shut()
    watched = estate(clock, TcpTarget(name="db", host="127.0.0.1", port=port.number, failures=4))
    began = clock.now()
    found = await passing(clock, asyncio.ensure_future(watched.scan()))
    (finding,) = found.findings
    assert (finding.reason, finding.state, str(finding.subject)) == ("Refused", FindingState.FIRING, "Probe db")
    assert (found.counts, clock.now() - began) == ({"Probe": 1}, timedelta(seconds=3))
    again = await watched.observe("probe_tcp", finding.fingerprint, finding.subject)
    assert again.seen is Seen.FIRING
    port.open()
    assert (await watched.observe("probe_tcp", finding.fingerprint, finding.subject)).seen is Seen.QUIET


async def test_a_dead_resolver_is_one_blind_finding(clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dead(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", dead)
    targets = [TcpTarget(name=f"t{n}", host="shop.example", port=443) for n in range(5)]
    found = await estate(clock, *targets).scan()
    (blind,) = found.blind
    assert (blind.check, blind.reason, found.findings) == ("reach", "NoResolver", ())


async def test_a_fresh_look_is_at_its_subject_alone(clock: SteppedClock, port: Port, tmp_path: Path) -> None:
    blind = TlsTarget(name="blind", host="127.0.0.1", port=1, ca=tmp_path / "none")
    shut = TlsTarget(name="shut", host="127.0.0.1", port=port.number, failures=1)
    port.shut()
    watched = estate(clock, blind, shut)
    found = await watched.scan()
    assert ([f.subject.name for f in found.findings], [f.subject.name for f in found.blind]) == (["shut"], ["blind"])
    (finding,) = found.findings
    assert (await watched.observe("probe_tls", finding.fingerprint, finding.subject)).seen is Seen.FIRING
    unseen = replace(finding, reason="Other")
    assert (await watched.observe("probe_tls", unseen.fingerprint, finding.subject)).seen is Seen.QUIET


# Configured


def configured(folder: Path, *probes: Any) -> list[str]:
    file = folder / "stead.yaml"
    file.write_text(json.dumps({"estates": [{"kind": "probes", "id": "outside", "probes": list(probes)}]}))
    return ["--config", str(file)]


def test_probes_are_made_once_from_the_command_line(tmp_path: Path, port: Port, capsys: pytest.CaptureFixture[str]) -> None:
    probe = {"name": "db", "kind": "tcp", "host": "127.0.0.1", "port": port.number, "failures": 1}
    assert stead(["check", "--estate", "outside", *configured(tmp_path, probe)]) == 0
    port.shut()
    capsys.readouterr()
    assert stead(["check", "--estate", "outside", *configured(tmp_path, probe), "-o", "json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["check"], finding["reason"]) == ("probe_tcp", "Refused")


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        ({"kind": "http", "url": "example.com"}, "is not a web address"),
        ({"kind": "http", "url": "https://u:p@example.com/"}, "holds a password"),
        ({"kind": "http", "url": "https://example.com/", "body": "("}, "is not a regular expression"),
        ({"kind": "http", "url": "https://example.com/", "body": "x", "method": "HEAD"}, "needs an answer with a body"),
        ({"kind": "tcp", "host": "-oProxy", "port": 1}, "is not the name or address of a host"),
        ({"kind": "tcp", "host": "a", "port": 0}, "port"),
        ({"kind": "dns", "query": "a", "server": "one.one"}, "is not an IP address"),
        ({"kind": "smtp", "host": "a"}, "kind"),
        ({"kind": "ping", "host": "a", "every": "0s"}, "must be longer than nothing"),
    ],
)
def test_a_probe_that_makes_no_sense_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], probe: Any, words: str) -> None:
    assert stead(["config", "check", *configured(tmp_path, {"name": "x", **probe})]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_every_kind_of_probe_is_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    probes = [
        {"kind": "http", "url": "https://example.com/health", "status": [200, 204], "body": "ok", "latency": "500ms"},
        {"kind": "http", "url": "http://example.com/", "redirect": "https://example.com/"},
        {"kind": "tcp", "host": "db.lan", "port": 5432},
        {"kind": "tls", "host": "mail.lan", "port": 993, "server_name": "mail.example.com", "days": 14},
        {"kind": "dns", "query": "example.com", "type": "A", "answer": ["192.0.2.7"], "server": "192.0.2.53"},
        {"kind": "ping", "host": "fe80::1", "loss": 40},
    ]
    assert stead(["config", "check", *configured(tmp_path, *({"name": f"p{n}", **each} for n, each in enumerate(probes)))]) == 0
    assert stead(["config", "check", *configured(tmp_path, {"name": "a", **probes[2]}, {"name": "a", **probes[2]})]) == 2
    assert "names `a` twice" in capsys.readouterr().err
