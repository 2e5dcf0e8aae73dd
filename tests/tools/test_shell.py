"""The shell tool with a real sandbox: reads run, and nothing else does; what holds secrets is not there, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tools.conftest import look

from stead.app.estate_settings import HostEstate as HostSettings
from stead.clocks import SteppedClock
from stead.domain.errors import BlindError
from stead.domain.run import Seen
from stead.estate import sandbox_view
from stead.estate.host.commands import LocalCommands
from stead.estate.host.estate import HostEstate
from stead.estate.host.sudo import SudoCommands
from stead.estate.pipeline import pipeline
from stead.estate.sandbox import Sandbox
from stead.ops.doctor_host import examine_host
from stead.testing.commands import corpus
from stead.testing.scripted_host import ScriptedHost
from stead.tools.shell import shell

CORPUS = Path(__file__).parents[1] / "domain" / "commands" / "corpus"


@pytest.fixture
def here(clock: SteppedClock) -> HostEstate:
    return HostEstate("attic", LocalCommands(), (), clock)


async def run(estate: HostEstate, line: str) -> Seen:
    return await look(estate, shell, "shell", line=line)


async def test_a_read_runs_and_its_output_is_marked_as_others_words(here: HostEstate) -> None:
    seen = await run(here, "head -n 1 /etc/passwd")
    assert seen.text.startswith("root:") and seen.tainted and not seen.failed
    assert seen.command == "head -n 1 /etc/passwd"


async def test_pipes_are_laid_without_a_shell(here: HostEstate) -> None:
    assert (await run(here, "cat /etc/passwd | cut -d: -f1 | grep -c '^root$'")).text == "1"
    assert (await run(here, "seq 1 99999 | sort -rn | head -1")).text == "99999"


async def test_lists_run_as_a_shell_would(here: HostEstate) -> None:
    assert (await run(here, "echo a && echo b || echo c; (false || echo d)")).text == "a\nb\n(exit status 1)\nd"
    assert (await run(here, "false && echo a")).text == "(exit status 1)"


async def test_what_a_program_complains_of_is_told(here: HostEstate) -> None:
    assert "No such file" in (await run(here, "cat /etc/no-such-file")).text
    assert (await run(here, "zpool status")).failed


async def test_words_reach_the_program_as_they_are(here: HostEstate) -> None:
    assert (await run(here, "echo '$(id) `id` ; rm -rf / > x *' \\$HOME")).text == "$(id) `id` ; rm -rf / > x * $HOME"


REFUSED = ["rm -rf /srv", "cat /etc/shadow", "frobnicate", "ls > /tmp/x", "ls $(id)", "ls *", "sh -c ls", "X=1 ls", "ls\nrm x", ""]


@pytest.mark.parametrize("line", REFUSED)
async def test_what_is_no_plain_read_does_not_run(here: HostEstate, line: str) -> None:
    seen = await run(here, line)
    assert seen.failed and "it was not run" in seen.text


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("kubectl get pods -A", "k8s_get"),
        ("ps aux", "host_processes"),
        ("ss -tlnp | head", "host_sockets"),
        ("systemctl status nginx", "host_unit"),
        ("sudo ls /srv", "leave the wrapper out"),
        ("cd /var/log && ls", "none is run here"),
    ],
)
async def test_a_read_of_what_the_sandbox_lacks_is_sent_elsewhere(here: HostEstate, line: str, instead: str) -> None:
    seen = await run(here, line)
    assert seen.failed and "it reads, but asks" in seen.text and instead in seen.text


async def test_nothing_but_reads_of_the_whole_corpus_would_run(here: HostEstate) -> None:
    """The tool itself is asked: of each line that is none it must say so."""
    others = [row.line for row in corpus(CORPUS) if row.class_ != "read"]
    assert [line for line in others if not (await run(here, line)).text.startswith("error: it was not run")] == []


async def test_the_sandbox_has_no_secret_no_network_no_key_and_no_right() -> None:
    async def inside(*argv: str) -> str:
        done = await pipeline([sandbox_view.boxed(argv)], 10)
        return f"{done.stdout}{done.stderr}"

    assert "root:" not in await inside("cat", "/etc/shadow")
    assert "root:" in await inside("cat", "/etc/passwd")
    assert (await inside("ls", "-A", "/etc/ssl/private")).strip() in ("", "ls: cannot access '/etc/ssl/private': No such file or directory")
    assert "Read-only file system" in await inside("touch", "/etc/x")
    assert "No such file" in await inside("ls", "/home")
    assert "No such file" in await inside("ls", "/var/lib/stead")
    assert (await inside("cat", "/proc/net/dev")).count(":") == 1
    assert "0000000000000000" in await inside("grep", "CapEff", "/proc/self/status")


async def test_no_environment_of_this_process_is_in_any_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even that of bwrap, which this process started."""
    monkeypatch.setenv("STEAD_TOKEN", "SECRET_OF_THE_TEST")
    looks = ["cat", "/proc/1/environ", "/proc/self/environ"]
    shown = await pipeline([sandbox_view.boxed(looks)], 10)
    own = await LocalCommands().run(Sandbox(folder=Path("/usr")).command(looks), 10)
    assert "PATH=" in shown.stdout and "PATH=" in own.stdout
    assert "SECRET_OF_THE_TEST" not in shown.stdout + own.stdout


async def test_a_link_to_a_secret_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "harmless.log").symlink_to("/etc/shadow")
    done = await pipeline([sandbox_view.boxed(["cat", str(tmp_path / "harmless.log")])], 10)
    assert done.code != 0 and "root:" not in done.stdout


async def test_what_does_not_end_is_ended() -> None:
    with pytest.raises(BlindError, match=r"did not end within 0\.2 s"):
        await pipeline([["sleep", "60"], ["cat"]], 0.2)


async def test_more_than_is_kept_is_cut_and_said(here: HostEstate) -> None:
    assert "(it said more than is kept)" in (await run(here, "seq 1 1000000")).text


async def test_it_is_offered_where_a_sandbox_is_and_nowhere_else(here: HostEstate, clock: SteppedClock) -> None:
    assert shell.fits(here)
    assert shell.fits(HostEstate("attic", SudoCommands(LocalCommands(), ["smartctl"]), (), clock))
    assert not shell.fits(HostEstate("far", ScriptedHost(), (), clock))


async def test_without_a_sandbox_it_is_not_offered_and_doctor_says_so(here: HostEstate, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = HostSettings(kind="host", id="attic")
    try:
        told = {line.about: line async for line in examine_host(settings)}["estate attic, shell"]
        assert told.state == "ok"
        monkeypatch.setenv("PATH", "/nowhere")
        sandbox_view.works.cache_clear()
        told = {line.about: line async for line in examine_host(settings)}["estate attic, shell"]
        assert told.state == "warn" and "not offered the tool `shell`" in told.what and "bubblewrap" in told.hint
        assert not shell.fits(here)
    finally:
        sandbox_view.works.cache_clear()
