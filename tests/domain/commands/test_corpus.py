"""The corpus itself: labelled as it should be, wide enough, and no line twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from stead.testing.commands import CLASSES, Row, corpus, lines

ROWS: list[Row] = corpus(Path(__file__).parent / "corpus")

TOOLS = frozenset(
    [
        "kubectl",
        "helm",
        "argocd",
        "flux",
        "systemctl",
        "nixos-rebuild",
        "nomad",
        "consul",
        "vault",
        "terraform",
        "ansible",
        "docker",
        "podman",
        "zfs",
        "zpool",
        "lvs",
        "btrfs",
        "etcdctl",
        "k3s",
        "rm",
        "find",
        "dd",
        "psql",
        "journalctl",
        "restic",
        "velero",
        "crictl",
        "git",
        "curl",
        "iptables",
        "ip",
        "apt",
        "crontab",
        "kill",
        "reboot",
        "mount",
        "mdadm",
        "smartctl",
        "sysctl",
        "modprobe",
        "ssh",
        "tar",
        "sed",
        "awk",
        "tee",
    ]
)
"""Every tool that an operator uses daily."""


def test_every_row_has_a_class_and_stands_there_once() -> None:
    assert {row.class_ for row in ROWS} == set(CLASSES)
    assert [line for line, times in Counter(row.line for row in ROWS).items() if times > 1] == []


def test_it_is_wide_enough() -> None:
    counts = Counter(row.class_ for row in ROWS)
    assert len(ROWS) >= 1500
    assert min(counts.values()) >= 200


def test_every_tool_has_rows_that_read_and_rows_that_do_not() -> None:
    named = {tool: {row.class_ for row in ROWS if tool in row.line.split()} for tool in sorted(TOOLS)}
    assert {tool: classes for tool, classes in named.items() if not classes} == {}
    harmful = {"rm", "kill", "reboot", "modprobe", "tee"}
    assert {tool for tool, classes in named.items() if "read" not in classes} <= harmful
    assert [tool for tool, classes in named.items() if not classes - {"read"}] == []


def test_a_line_may_go_on() -> None:
    assert lines("a\nb\n  c\nd\n") == ["a", "b\n  c", "d"]
    assert lines(["a\nb"]) == ["a\nb"]
