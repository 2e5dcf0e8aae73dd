"""`stead doctor` on the forge: a token that is unknown, may too little or too much is one sentence each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.estate.code.forge import TOKEN, forge_server

from stead.app.config import Loaded, settings_of
from stead.domain.errors import UserError
from stead.ops.doctor import examine
from stead.ops.doctor_code import examine_coder

PUSH = {"archived": False, "permissions": {"admin": False, "push": True}}


@pytest.mark.parametrize(
    ("token", "about", "state", "says"),
    [
        (TOKEN, PUSH, "ok", "ops/infra answers, and its token may push branches there"),
        ("wrong", PUSH, "fail", "refuses to answer (401): token is required"),
        (TOKEN, {"permissions": {"push": False, "pull": True}}, "fail", "its token may not push branches to ops/infra"),
        (TOKEN, {"permissions": {"push": True, "admin": True}}, "warn", "which is more than a draft needs"),
        (TOKEN, {"archived": True}, "fail", "is archived"),
    ],
)
async def test_what_a_token_may_do_on_its_forge(tmp_path: Path, token: str, about: dict[str, Any], state: str, says: str) -> None:
    (tmp_path / "token").write_text(token)
    (tmp_path / "token").chmod(0o600)
    with forge_server(tmp_path) as forge:
        forge.about = about
        one = {"name": "infra", "url": f"{forge.url}/ops/infra.git", "forge": {"url": forge.url}, "token": f"file:{tmp_path / 'token'}"}
        loaded = Loaded(
            settings=settings_of({"server": {"bind": "127.0.0.1:0"}, "repositories": [one]}), file=None, folder=tmp_path / "state"
        )
        line = {line.about: line async for line in examine(loaded)}["repository infra"]
    assert (line.state, says in line.what) == (state, True), line.what
    assert TOKEN not in line.what + line.hint
    assert {method for method, _ in forge.asked} == {"GET"}


@pytest.mark.parametrize(("taken", "more"), [("repositories", True), ("own-checks", False)])
def test_an_estate_may_not_have_the_id_of_another_thing(tmp_path: Path, taken: str, more: bool) -> None:
    one = {"name": "infra", "url": "https://git.example.com/ops/infra.git", "forge": {"url": "https://git.example.com"}}
    given: dict[str, Any] = {"repositories": [one]} if more else {"checks": {"folders": [str(tmp_path)]}}
    with pytest.raises(UserError, match=f"estates: `{taken}` is the id of what stands under"):
        settings_of({"estates": [{"kind": "host", "id": taken}], **given})
    assert settings_of({"estates": [{"kind": "host", "id": taken}]}).estates[0].id == taken


@pytest.mark.parametrize(
    ("program", "key", "state", "says"),
    [
        ("git", "file:{folder}/key", "ok", "git is there, and the model claude has a key"),
        ("no-such-coder", "file:{folder}/key", "fail", "the sandbox has no program no-such-coder"),
        ("git", "file:{folder}/gone", "fail", "the key of the model claude cannot be read"),
    ],
)
async def test_whether_a_coding_program_can_be_started(tmp_path: Path, program: str, key: str, state: str, says: str) -> None:
    (tmp_path / "key").write_text("sk-x")
    (tmp_path / "key").chmod(0o600)
    model = {"name": "claude", "kind": "anthropic", "model": "claude-x", "api_key": key.format(folder=tmp_path)}
    one = {"name": "infra", "url": "http://127.0.0.1:9/ops/infra.git", "forge": {"url": "http://127.0.0.1:9"}}
    coder = {"command": [program, "-p"], "model": "claude"}
    settings = settings_of({"server": {"bind": "127.0.0.1:0"}, "models": [model], "repositories": [{**one, "coder": coder}]})
    found = await examine_coder("infra", settings.repositories[0].coder or pytest.fail("no coder"), settings.models)
    assert (found.about, found.state, says in found.what) == ("coder of infra", state, True), found.what
    assert "sk-x" not in found.what + found.hint
