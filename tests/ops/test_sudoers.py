"""What sudo must let Stead do on a host is what its verbs run, and no more."""

import pytest

from stead.ops.sudoers import main, sudoers


def test_each_line_is_a_whole_command_or_ends_in_one_name():
    lines = sudoers("stead").splitlines()
    assert "stead ALL=(root) NOPASSWD: /usr/bin/systemctl restart -- *" in lines
    assert "stead ALL=(root) NOPASSWD: /usr/bin/journalctl --rotate --vacuum-size=200M" in lines
    assert all(line.startswith("stead ALL=(root) NOPASSWD: /usr/bin/") for line in lines)
    assert not [line for line in lines if "*" in line.removesuffix(" -- *")]


def test_the_command_prints_them_for_a_user(capsys: pytest.CaptureFixture[str]):
    assert main(["hands"]) == 0
    assert capsys.readouterr().out == sudoers("hands")
    assert main(["a", "b"]) == 2
