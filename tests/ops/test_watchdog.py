"""The watchdog tells of each fault once, without the service, and when it is over."""

from __future__ import annotations

import configparser
import os
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from stead.app.yaml_file import read_yaml
from stead.clocks import SteppedClock
from stead.ops.watchdog import Watched, faults, read, tell
from stead.testing.scripted import Chat


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Ready)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def backup(folder: Path, at: datetime) -> Path:
    place = folder / "backups"
    place.mkdir(exist_ok=True)
    file = place / "stead.tar.age"
    file.write_text("")
    os.utime(file, (at.timestamp(), at.timestamp()))
    return place


def test_what_is_well_is_no_fault(tmp_path: Path, clock: SteppedClock, url: str) -> None:
    place = backup(tmp_path, clock.now() - timedelta(hours=20))
    assert faults(Watched(url=url, folder=tmp_path, backup=place, most_full=99), clock.now()) == {}


def test_each_fault_is_one_sentence(tmp_path: Path, clock: SteppedClock) -> None:
    place = backup(tmp_path, clock.now() - timedelta(hours=50))
    found = faults(Watched(url="http://127.0.0.1:9", folder=tmp_path / "gone", backup=place), clock.now())
    assert found["service"] == "Stead does not answer at http://127.0.0.1:9: nothing listens there; look whether it runs"
    assert found["backup"] == f"the last backup in {place} is 50 hours old"
    assert found["disk"] == f"the state folder {tmp_path / 'gone'} cannot be looked at: No such file or directory"
    nothing = Watched(url="http://127.0.0.1:9", folder=tmp_path, backup=tmp_path / "none", most_full=99)
    assert faults(nothing, clock.now())["backup"] == f"there is no backup in {tmp_path / 'none'}"


async def test_a_fault_is_told_once_and_so_is_its_end(tmp_path: Path, clock: SteppedClock) -> None:
    chat, wrong = Chat(), {"service": "Stead does not answer"}
    for _ in range(3):
        await tell(wrong, tmp_path, [chat], clock.now())
        clock.advance(timedelta(minutes=15))
    assert [delivery.message.title for delivery in chat.told] == ["Stead does not answer"]
    await tell({}, tmp_path, [chat], clock.now())
    await tell({}, tmp_path, [chat], clock.now())
    assert [delivery.message.title for delivery in chat.told[1:]] == ["over: Stead does not answer"]
    assert chat.last.resolved
    assert len(chat.messages) == 1
    assert read(tmp_path) == {}


async def test_what_no_channel_took_is_told_the_next_time(tmp_path: Path, clock: SteppedClock) -> None:
    wrong = {"disk": "the disk is full"}
    assert await tell(wrong, tmp_path, [], clock.now()) == ["could not be told: the disk is full"]
    (tmp_path / "watchdog.json").write_text("not what was written")
    chat = Chat()
    assert await tell(wrong, tmp_path, [chat], clock.now()) == ["told: the disk is full"]


def test_the_timer_that_is_shipped_is_one_for_systemd() -> None:
    units = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
    read = {file.name: configparser.ConfigParser(interpolation=None, strict=False) for file in units.iterdir()}
    for name, unit in read.items():
        unit.read(units / name)
    assert read["stead-watchdog.service"]["Service"]["Type"] == "oneshot"
    assert " watchdog " in read["stead-watchdog.service"]["Service"]["ExecStart"]
    assert read["stead-watchdog.timer"]["Timer"]["OnCalendar"] == "*:0/15"
    assert read["stead-watchdog.timer"]["Install"]["WantedBy"] == "timers.target"


def test_the_cronjob_that_is_shipped_runs_it_every_quarter_of_an_hour() -> None:
    manifest = read_yaml(Path(__file__).resolve().parents[2] / "deploy" / "kubernetes" / "watchdog.yaml").data
    assert (manifest["kind"], manifest["spec"]["schedule"]) == ("CronJob", "*/15 * * * *")
    (container,) = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"][-1].startswith("stead watchdog ")
