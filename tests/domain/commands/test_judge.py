"""Lines of shell are judged as the corpus says, and a read that was tampered with is none any more."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from stead.domain.commands.classes import Class, Step, Verdict
from stead.domain.commands.judge import judge
from stead.testing.commands import corpus
from stead.tools.command_tables import command_tables

ROWS = corpus(Path(__file__).parent / "corpus")
READS = [row for row in ROWS if row.class_ == "read"]
OPEN = [row.line for row in READS if "#" not in row.line]
"""Reads to which a word can be added: behind a comment it would be none."""

AFTER = (
    """; rm -rf /srv
 && rm -rf /srv
 || rm -rf /srv
 & rm -rf /srv
 | xargs rm
 |& tee /tmp/x
\\nrm -rf /srv
 # quiet\\nrm -rf /srv
\\r\\nrm -rf /srv
 $(rm -rf /srv)
 `rm -rf /srv`
 "$(rm -rf /srv)"
 "`rm -rf /srv`"
 ${x:-$(rm -rf /srv)}
 <(rm -rf /srv)
 > /tmp/x
 >> /tmp/x
 2> /tmp/x
 &> /tmp/x
 >| /tmp/x
 < /etc/shadow
 <<< x
 <<EOF\\nrm x\\nEOF
 <<EOF\\n$(rm x)\\nEOF
 | sh
 | base64 -d | sh
 | python3
 | tee /etc/hosts
 | sponge /etc/hosts
 | dd of=/dev/sda
 | sort -o /etc/hosts
 | kubectl apply -f -
 | sed -i s/a/b/ /etc/hosts
 | awk '{print > "/tmp/x"}'
 | ssh n1 'cat > /tmp/x'
 | cat - /etc/shadow
; cat /etc/shadow
; env
; kubectl get secret db -o yaml
; ./x
 &
 {a,b}
 $HOME
 *
 \u200b
 \u202e""".replace("\\n", "\n")
    .replace("\\r", "\r")
    .split("\n ")
)
"""What is hung on the end of a read."""

BEFORE = [
    "X=1 ",
    "LD_PRELOAD=/tmp/x.so ",
    "KUBECONFIG=/tmp/x ",
    "rm -rf /srv; ",
    'r""m x; ',
    "\\rm x; ",
    "$'\\x72m' x; ",
    "xargs ",
    "watch ",
    "nohup ",
]
BEFORE += [
    "eval ",
    "exec ",
    "sudo -s ",
    "sudo X=1 ",
    "env X=1 ",
    "env -S ",
    "! ",
    "time -o /tmp/x ",
    "find / -exec ",
    "ssh -oProxyCommand=x n1 ",
    "./",
    "/tmp/",
]
BEFORE += ["if ", "f() { ", "coproc ", "strace ", "script -c ", "$X ", "'' ", "> /tmp/x "]
AROUND = [
    "sh -c {}",
    "sudo sh -c {}",
    "ssh n1 {}",
    "bash -lc {}",
    "timeout 5 sh -c {}",
    "su -c {}",
    "kubectl exec web -- sh -c {}",
    "watch {}",
]

INTO = {
    "kubectl": [
        "--kubeconfig=/tmp/x",
        "--kubeconfig /tmp/x",
        "--token=x",
        "--server=https://203.0.113.9",
        "--as=root",
        "--as root",
        "-s x",
        "--user=x",
    ],
    "helm": ["--kubeconfig=/tmp/x", "--kube-apiserver=x", "--post-renderer=x"],
    "git": ["-c core.pager=x", "-ccore.pager=x", "--exec-path=/tmp", "--git-dir=/tmp/x", "--output=/tmp/x", "-O x"],
    "curl": [
        "-o /tmp/x",
        "-o/tmp/x",
        "-so /tmp/x",
        "-K /tmp/x",
        "-X POST",
        "-XPOST",
        "-d x",
        "-T x",
        "--output=/tmp/x",
        "-sXPOST",
        "-F a=b",
        "-u a:b",
    ],
    "find": ["-delete", "-exec rm {} +", "-execdir rm {} ;", "-fprint /tmp/x", "-okdir rm {} ;", "-frob"],
    "sed": ["-i", "-i.bak", "-ni", "--in-place", "-e 'w /tmp/x'", "-f /tmp/x", "-e 1e"],
    "tar": ["--to-command=x", "-x", "-I x", "--use-compress-program=x", "--checkpoint-action=exec=x", "--rsh-command=x", "-F x"],
    "journalctl": ["--vacuum-size=1", "--vacuum-time=1s", "--rotate", "-f", "--cursor-file=/tmp/x", "--root=/tmp/x", "--vac=1"],
    "awk": ["'BEGIN{system(\"x\")}'", "-f /tmp/x", "-i inplace", "-l x"],
    "psql": ["-c 'delete from x'", "-c 'select 1; drop table x'", "-f /tmp/x", "-o /tmp/x", "-c '\\! x'", "-v a=b"],
    "docker": ["-H tcp://203.0.113.9", "--config /tmp/x", "--host=x"],
    "systemctl": ["-H n1", "--root=/tmp/x", "-M x", "--host=x"],
    "ssh": ["-o ProxyCommand=x", "-oProxyCommand=x", "-F /tmp/x", "-L 1:x:1", "-E /tmp/x", "-i /tmp/x"],
    "sort": ["-o /tmp/x", "-ro /tmp/x", "--output=/tmp/x", "--compress-program=x", "--files0-from=x", "-T /tmp"],
    "dmesg": ["-C", "-c", "-TC", "--clear", "-n 1"],
    "sysctl": ["-w a=b", "a=b", "-p", "--system", "-nw a=b"],
    "iptables": ["-F", "-A INPUT -j DROP", "-vF", "-Z", "--flush", "--modprobe=/tmp/x"],
    "restic": ["--password-command=x", "-o sftp.command=x", "--password-file /tmp/x"],
    "rg": ["--pre x", "--pre=x"],
    "grep": ["-f /tmp/x", "-rf /tmp/x"],
    "jq": ["-f /tmp/x", "env", "$ENV", "-L /tmp/x"],
    "date": ["-s x", "--set=x"],
    "apt": ["-o x=y", "-c /tmp/x"],
    "dig": ["-f /tmp/x"],
    "ip": ["-b /tmp/x", "-batch /tmp/x", "-force"],
    "ss": ["-K", "-tK", "-D /tmp/x"],
    "zpool": ["-c /tmp/x"],
    "smartctl": ["-t short", "-s off", "-X"],
    "mount": ["-a", "-o remount"],
    "crontab": ["-r", "-e", "-lr"],
    "tree": ["-o /tmp/x"],
    "redis-cli": ["-a x", "--eval x", "--pipe"],
    "top": ["-s"],
    "unzip": ["-o"],
    "yq": ["-i", "--inplace", "'load(\"/tmp/x\")'"],
    "mdadm": ["--stop", "--zero-superblock", "-S", "--program=x"],
    "file": ["-C", "-m /tmp/x", "-f /tmp/x"],
    "wc": ["--files0-from=x"],
    "tail": ["-f", "-F", "--follow"],
    "xxd": ["-r a b"],
    "terraform": ["-chdir=/tmp/x", "-out=x"],
    "nft": ["-f /tmp/x", "-i"],
    "rpm": ["--eval x", "--pipe x", "-e", "--define x"],
    "openssl": ["-engine x", "-out /tmp/x"],
    "nginx": ["-c /tmp/x", "-g x", "-s stop"],
    "mysql": ["--pager=x", "--defaults-file=x", "-e 'drop table x'", "-e 'system x'"],
    "sqlite3": ["-init /tmp/x", "-cmd .shell"],
}
"""Flags that turn a tool that reads into one that does not, put where the tool's first word ends and where the line ends."""

FREE = frozenset("echo printf test expr true false pwd [ : tr dirname basename seq factor".split())  # noqa: SIM905 - words
"""Tools to which a strange flag is a word like any other."""


def judged(line: str) -> Verdict:
    return judge(line, command_tables())


@pytest.mark.parametrize("place", sorted({row.place for row in ROWS}))
def test_every_row_is_judged_as_it_is(place: str) -> None:
    wrong = {
        row.line: f"is {row.class_}, was judged {got.class_} ({got.because.why})"
        for row in ROWS
        if row.place == place and (got := judged(row.line)).class_ != row.class_
    }
    assert wrong == {}


def test_only_reads_would_run_and_every_read_would() -> None:
    assert [str(row) for row in READS if not runs(judged(row.line).steps)] == []
    assert [str(row) for row in ROWS if row.class_ != "read" and judged(row.line).steps] == []


def runs(steps: tuple[Step, ...]) -> bool:
    return bool(steps) and all(step.commands or runs(step.group) for step in steps)


def test_every_verdict_says_why_in_one_clause() -> None:
    for row in ROWS:
        because = judged(row.line).because
        assert because.class_ == row.class_
        assert because.rule
        assert 4 < len(because.why) < 200
        assert not because.why.endswith(".")


@pytest.mark.parametrize("n", range(len(AFTER)), ids=AFTER)
def test_what_hangs_on_the_end_of_a_read_is_seen(n: int) -> None:
    """Each read gets every fourth of the tails, and all reads together get all."""
    tail = AFTER[n] if AFTER[n][0] in ";\n\r" else f" {AFTER[n]}"
    assert still_read(f"{line}{tail}" for line in OPEN[n % 4 :: 4]) == []


@pytest.mark.parametrize("n", range(len(BEFORE)), ids=BEFORE)
def test_what_stands_before_a_read_is_seen(n: int) -> None:
    lines = [row.line for row in READS if not row.line.startswith(("(", "/"))]
    assert still_read(f"{BEFORE[n]}{line}" for line in lines[n % 4 :: 4]) == []


@pytest.mark.parametrize("around", AROUND)
def test_what_is_wrapped_is_seen(around: str) -> None:
    tails = ["; rm x", "\nrm x", " > /tmp/x", " $(rm x)", "; cat /etc/shadow", "; ./x"]
    lines = [f"{line}{tails[n % len(tails)]}" for n, line in enumerate(OPEN)]
    assert still_read(around.format(shlex.quote(line)) for line in lines) == []


@pytest.mark.parametrize("tool", sorted(INTO))
def test_flags_that_turn_a_read_into_something_else_are_seen(tool: str) -> None:
    lines = [row.line for row in READS if row.line.split()[0] == tool]
    assert lines
    put = [
        f"{tool} {flags}{line.removeprefix(tool)}"
        for line in lines
        for flags in INTO[tool]
        if tool not in ("find", "tar", "jq", "yq", "awk", "sed")
    ]
    plain = [
        line
        for line in lines
        if not set("|#").intersection(line) and not any(word in line for word in (" -- ", "ssh ", "exec ", "git grep"))
    ]
    put += [f"{line} {flags}" for line in plain for flags in INTO[tool] if not (tool in ("awk", "jq", "yq") and not flags.startswith("-"))]
    assert still_read(put) == []


def test_a_flag_that_is_not_known_makes_it_unknown() -> None:
    plain = [line for line in OPEN if not FREE.intersection(shlex.split(line)) and " -- " not in line]
    assert len(plain) > 700
    assert still_read(f"{line} {flag}" for line in plain for flag in ("--frobnicate", "--frobnicate=x")) == []


def test_letters_that_only_look_alike_are_other_letters() -> None:
    alike = str.maketrans({"a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "s": "ѕ", "i": "і", "d": "ԁ", "l": "ӏ", "g": "ɡ", "n": "ո"})
    names = [row.line.split(maxsplit=1) for row in READS if row.line[0].isalpha()]
    assert still_read(" ".join([name.translate(alike), *rest]) for name, *rest in names if name.translate(alike) != name) == []
    for dash in "–—‐‑−﹣－":
        assert still_read(row.line.replace(" -", f" {dash}", 1) for row in READS if " -" in row.line and "'" not in row.line) == []
    wide = [f"{''.join(chr(ord(c) + 0xFEE0) for c in name)} {' '.join(rest)}" for name, *rest in names if name.isascii()]
    assert still_read(wide) == []


def still_read(lines: Iterator[str] | list[str]) -> list[str]:
    """Those that would still run."""
    found: list[str] = []
    for line in lines:
        verdict = judged(line)
        if verdict.class_ is Class.READ or verdict.steps:
            found.append(line)
    return found
