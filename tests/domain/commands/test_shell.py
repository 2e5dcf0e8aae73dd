"""What a line is made of: the words that a shell would make of it, and whatever it would do beyond running them."""

from __future__ import annotations

import subprocess

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stead.domain.commands.classes import Class, strictest
from stead.domain.commands.judge import judge
from stead.domain.commands.shell import MOST_CHARACTERS, parse
from stead.tools.command_tables import command_tables

SHELL = [
    "'",
    '"',
    "\\",
    "$",
    "`",
    "{",
    "}",
    ",",
    "..",
    "*",
    "?",
    "[",
    "]",
    "~",
    "#",
    "=",
    "!",
    ":",
    "@",
    "%",
    "^",
    "+",
    "/",
    ".",
    "\\'",
    '\\"',
    "\\\\",
    "''",
    '""',
    "$x",
    "${x}",
    "$'a'",
    '$"a"',
    "{a,b}",
    "{1..2}",
]
PIECES = [*SHELL, " ", "  ", "\t", "a", "b", "ab", "1", "-x", "--y=z", "a b", "'a b'", '"a b"', "\\ ", "é", "ä b", "a#b", "x="]
texts = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, min_size=1, max_size=20))
@example(["a\\ b", "'a'\\''b'", 'a"b"c', "\\a", '"\\a"', '"a\\"b"', "a#b", "~", "=a", "a=b"])
def test_words_that_are_taken_for_plain_are_what_bash_makes_of_them(written: list[str]) -> None:
    """Bash is asked by a builtin, with nothing to run in its PATH."""
    plain: list[str] = []
    expected: list[list[str]] = []
    for text in written:
        steps = parse(f"printf '%s\\0' {text}").steps
        if len(steps) == 1 and len(steps[0].commands) == 1:
            plain.append(text)
            expected.append(list(steps[0].commands[0][2:]))
    script = "\n".join(f"printf '%s\\0' {text}\nprintf '\\1'" for text in plain)
    environment = {"PATH": "", "HOME": "~", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["/bin/bash", "--norc", "-c", script], capture_output=True, check=True, env=environment)
    made = [one.split("\0")[:-1] for one in done.stdout.decode().split("\1")[:-1]]
    assert made == [words or [""] for words in expected]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80) | st.text(alphabet="ab '\"\\$`(){}[];|&<>\n\t#!*?~=-/.,rmls", max_size=60))
@example("(" * 3000)
@example("$(" * 500)
@example('"$(' * 300)
@example("ls " * 2000)
@example("sh -c " * 100 + "ls")
@example("sudo " * 100 + "ls")
@example("ls\0")
@example("{}")
@example("ls; {}")
@example("\ud800")
def test_any_text_is_judged_and_twice_the_same(line: str) -> None:
    tables = command_tables()
    verdict = judge(line, tables)
    assert verdict == judge(line, tables)
    assert verdict.because.why
    if verdict.steps:
        assert verdict.class_ is Class.READ


commands = st.sampled_from(
    [
        "uptime",
        "ls -la /srv",
        "kubectl get pods",
        "df -h",
        "rm x",
        "reboot",
        "cat /etc/shadow",
        "env",
        "frob",
        "ls $x",
        "kubectl delete pod x",
        "tail -f x",
    ]
)
joined = st.recursive(
    commands,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["; ", " && ", " || ", " | ", "\n"]), inner).map("".join),
        inner.map(lambda line: f"({line})"),
        inner.map(lambda line: f"{{ {line}; }}"),
        inner.map(lambda line: f"sudo {line}"),
        inner.map(lambda line: f"echo $({line})"),
        inner.filter(lambda line: "'" not in line).map(lambda line: f"sh -c '{line}'"),
        inner.filter(lambda line: "'" not in line).map(lambda line: f"ssh n1 '{line}'"),
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(joined, joined)
def test_a_line_is_never_milder_than_what_it_is_made_of(one: str, other: str) -> None:
    tables = command_tables()
    alone = [judge(line, tables).class_ for line in (one, other)]
    for mark in ("; ", " && ", " || ", " | ", "\n"):
        if not (mark == " | " and "\n" in one + other):
            together = judge(f"{one}{mark}{other}", tables)
            assert together.class_.strictness >= strictest(alone).strictness


def test_a_line_that_is_too_long_or_too_deep_is_unknown() -> None:
    tables = command_tables()
    assert judge("ls " + "x" * MOST_CHARACTERS, tables).because.rule == "too-long"
    assert "too-deep" in {reason.rule for reason in judge("(" * 100 + "ls" + ")" * 100, tables).reasons}
    assert judge("sudo " * 20 + "ls", tables).because.rule == "too-deep"


def test_what_runs_is_told_in_its_order() -> None:
    steps = parse("uptime; df -h | sort && (ls || true)\nfree").steps
    assert [(step.joined, step.commands or step.group) for step in steps][:2] == [(";", (("uptime",),)), (";", (("df", "-h"), ("sort",)))]
    assert steps[2].joined == "&&"
    assert [(inner.joined, inner.commands) for inner in steps[2].group] == [(";", (("ls",),)), ("||", (("true",),))]
    assert steps[3].joined == ";"
