"""`stead people`: who may answer from a chat, and the code by which a chat learns who somebody is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stead.cli.run import run
from stead.store import pairings
from stead.store.database import Store
from stead.store.pairings import CODE, Pairing


def people(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(["people", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_person_is_paired_shown_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STEAD_CONFIG", str(tmp_path / "stead.yaml"))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    (tmp_path / "stead.yaml").write_text("people:\n- name: ann\n  role: approver\n  identities: {webhook: 12}\n- name: ben\n")
    code, out, err = people(capsys, "pair", "ann")
    assert (code, bool(CODE.fullmatch(out.strip()))) == (0, True)
    assert "ann sends this code" in err
    assert people(capsys, "pair", "zoe") == (1, "", "error: the configuration names nobody `zoe`\nhint: known: ann, ben\n")

    store = Store(f"sqlite:///{tmp_path / 'stead.db'}")
    now = datetime(2026, 3, 1, tzinfo=UTC)
    with store.begin() as connection:
        assert pairings.redeem(connection, out, datetime.now(UTC)) == "ann"
        pairings.pair(connection, Pairing(kind="telegram", identity="7", person="ann", shown="Ann", at=now))
    store.close()
    assert "webhook: 12, telegram: 7 (Ann, paired)" in people(capsys, "list")[1]
    shown = json.loads(people(capsys, "list", "-o", "json")[1])
    assert [(p["name"], p["role"], len(p["paired"])) for p in shown] == [("ann", "approver", 1), ("ben", "viewer", 0)]
    assert people(capsys, "unpair", "ann") == (0, "ann is no longer known on 1 account\n", "")
    assert people(capsys, "unpair", "ann")[0] == 1
