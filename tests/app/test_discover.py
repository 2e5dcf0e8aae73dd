"""Shelves: what is shipped comes by the visitors' door, and a visitor's mistakes cost one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from stead.app.discover import shelves
from stead.domain.errors import UserError

OWN = """
from stead.declare import check
from stead.estate.kubernetes.slices import Pod

@check(watches=[Pod])
def {name}(pod, view, now):
    "Mine."
    return None
"""


def test_what_is_shipped_is_found_under_the_name_of_its_file() -> None:
    found = shelves()
    assert {"container_crash", "node_not_ready", "certificate_expiry"} <= set(found.checks)
    assert {"disk", "memory_pressure", "failed_units", "reboot_required"} <= set(found.host_checks)
    assert {"node_cpu_high", "node_memory_high", "volume_filling"} <= set(found.gauge_checks)
    assert {"probe_http", "probe_tcp", "probe_tls", "probe_dns", "probe_ping"} == set(found.probe_checks)
    assert all(found.places[name].rpartition(".")[2] == name for name in found.every_check)
    assert all(check.page for check in found.every_check.values())


def test_a_folder_of_ones_own_is_a_shelf_too(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN.format(name="mine"))
    (tmp_path / "_helper.py").write_text("raise RuntimeError('not imported')")
    found = shelves([tmp_path])
    assert found.checks["mine"].page == "Mine."
    assert found.places["mine"] == str(tmp_path / "mine.py")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OWN.format(name="node_not_ready"), "`node_not_ready` is declared twice"),
        (OWN.format(name="disk"), "`disk` is declared twice"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("def broken(:\n", "SyntaxError"),
        ("x = 1\n\nraise ValueError('no')", r"ValueError: no \(line 3 of mine.py\)"),
    ],
)
def test_a_visitors_mistake_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(UserError, match=said):
        shelves([tmp_path])


def test_a_folder_that_is_not_there_is_said() -> None:
    with pytest.raises(UserError, match="does not exist"):
        shelves(["/nonexistent/checks"])
