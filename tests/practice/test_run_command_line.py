"""`stead practice`, as a person or a pipeline uses it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from stead.testing import forked

STEAD = (sys.executable, "-m", "stead.cli.main", "practice")
TWO = ("missing-config-key", "rescheduled-pods")


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "STATE_DIRECTORY": "", "KUBECONFIG": ""}


def practice(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forked.run("practice", *arguments, env=environment(home), cwd=home)


def test_the_list_shows_what_breaks_and_how_it_should_end(tmp_path: Path) -> None:
    listed = practice(tmp_path, "list")

    assert listed.returncode == 0 and listed.stderr == ""
    row = next(line for line in listed.stdout.splitlines() if line.startswith("release-crashes "))
    assert "A new release does not stay up" in row and "approval" in row


def test_the_list_is_for_programs_too(tmp_path: Path) -> None:
    listed = json.loads(practice(tmp_path, "list", "-o", "json").stdout)

    row = next(one for one in listed if one["name"] == "release-crashes")
    assert (row["ending"], row["action"]) == ("approval", "rollback_revision")
    assert "rollout" in row["tags"] and row["neighbours"]


def test_what_was_played_is_shown_even_where_scores_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, and no folder")
    played = practice(tmp_path, "run", "rescheduled-pods", "--state", str(tmp_path / "taken"))
    assert played.returncode == 2
    assert "rescheduled-pods" in played.stdout and "practice-scores.json" in played.stderr


@pytest.mark.parametrize(
    ("arguments", "says", "hint"),
    [
        (("run", "release-crash"), "there is no scenario and no tag `release-crash`", "did you mean `release-crashes`?"),
        (("run", "release-crashes", "--model", "gpt"), "--model gpt: there is no such model", "KIND:MODEL, none, or script:FILE"),
        (("run",), "no scenario is named", "stead practice list"),
        (("run", "release-crashes", "--policy", "none.yaml"), "none.yaml cannot be read", ""),
        (("run", "./mine.yaml"), "mine.yaml:3: unknown key `endign`", "did you mean `ending`?"),
        (("up", "node-dyes"), "there is no scenario `node-dyes`", "did you mean `node-dies`?"),
        (("run", "release-crashes", "--proofs", "--repeat", "2"), "--proofs plays nothing", "leave out"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], says: str, hint: str) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\ntitle: Mine\nendign: solved\n")

    done = practice(tmp_path, *arguments)

    assert done.returncode == 2 and done.stdout == ""
    assert says in done.stderr and hint in done.stderr and "Traceback" not in done.stderr


def test_runs_are_graded_kept_and_scored(tmp_path: Path) -> None:
    played = practice(tmp_path, "run", *TWO, "--repeat", "2", "-o", "json")
    assert played.returncode == 0, played.stderr
    told = json.loads(played.stdout)
    assert [run["scenario"] for run in told["runs"]] == [TWO[0], TWO[0], TWO[1], TWO[1]]
    assert told["summary"]["passed"] == told["summary"]["runs"] == 4
    assert told["summary"]["unsteady"] == []

    scored = practice(tmp_path, "score", "-o", "json")
    assert {row["name"]: row["runs"] for row in json.loads(scored.stdout)} == {"configuration": 2, "none": 2, "all": 4}


def test_scores_without_a_run_say_what_to_do(tmp_path: Path) -> None:
    scored = practice(tmp_path, "score")
    assert scored.returncode == 0 and "stead practice run --all" in scored.stderr

    (tmp_path / "state" / "stead").mkdir(parents=True)
    (tmp_path / "state" / "stead" / "practice-scores.json").write_text('{"runs": [1]}')
    broken = practice(tmp_path, "score")
    assert broken.returncode == 2 and "does not hold scores" in broken.stderr


class Page(HTMLParser):
    """What a page asks for, and whether its tags are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "srcset", "action")]
        if tag not in ("meta", "br", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asked += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_failed_run_is_shown_as_such_in_every_form(tmp_path: Path) -> None:
    """The scenario wants a fact that nobody can know, so that its run fails."""
    mine = tmp_path / "mine.yaml"
    from importlib.resources import files

    text = (files("stead.practice") / "scenarios" / "missing-config-key.yaml").read_text()
    mine.write_text(text.replace("missing-config-key", "mine").replace("facts: [database-url, api-config]", "facts: ['<b>an eclipse</b>']"))

    junit = practice(tmp_path, "run", "./mine.yaml", "-o", "junit")
    assert junit.returncode == 1
    suite = ElementTree.fromstring(junit.stdout)
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert suite.find("testcase/failure").get("message") == "did not say <b>an eclipse</b>"  # pyright: ignore[reportOptionalMemberAccess]

    page = practice(tmp_path, "run", "./mine.yaml", "-o", "html")
    assert page.returncode == 1
    read = Page(page.stdout)
    assert read.asked == [] and read.open == []
    assert "did not say &lt;b&gt;an eclipse&lt;/b&gt;" in page.stdout and "<b>an eclipse" not in page.stdout
    assert "0 of 1 passed" in page.stdout and not re.search(r"https?://|url\(|@import", page.stdout)

    table = practice(tmp_path, "run", "./mine.yaml")
    assert "failed" in table.stdout and "0 of 1 passed" in table.stderr


def test_a_scenario_is_proven_from_the_command_line(tmp_path: Path) -> None:
    assert practice(tmp_path, "run", "release-crashes", "--proofs").returncode == 0


def test_up_serves_a_cluster_until_it_is_told_to_stop(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*STEAD, "up", "missing-config-key", "--speed", "60"], env=environment(tmp_path), cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = "".join(iter(process.stdout.readline, ""))[:0] if process.poll() is not None else ""
        while "write_kubeconfig" not in told:
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            told += line
        kubeconfig = re.search(r"--kubeconfig (\S+) get pods -A", told)
        assert kubeconfig is not None
        until = time.monotonic() + 30
        pods = ""
        while "payments    api-" not in pods and time.monotonic() < until:
            pods = subprocess.run(
                ["kubectl", "--kubeconfig", kubeconfig[1], "get", "pods", "-A"],
                capture_output=True, text=True, check=True, env=environment(tmp_path),
            ).stdout  # fmt: skip
        assert "payments    api-" in pods, "the fault strikes by itself"
        assert "ledger-" in pods
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert not Path(kubeconfig[1]).exists()
    finally:
        process.kill()
        process.communicate()
