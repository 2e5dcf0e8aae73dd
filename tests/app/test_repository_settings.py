"""An address that Stead cannot push to is refused when it is read, in a sentence that says what to write."""

from __future__ import annotations

from typing import Any

import pytest

from stead.app.config import settings_of
from stead.domain.errors import Exit, UserError

GOOD = "https://git.example.com/ops/infra.git"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("git@git.example.com:ops/infra.git", "is an address of SSH"),
        ("ssh://git@git.example.com:22/ops/infra.git", "is an address of SSH"),
        ("git+ssh://git@git.example.com/ops/infra.git", "is an address of SSH"),
        ("https://ada:secret@git.example.com/ops/infra.git", "holds a user or a password"),
        ("git.example.com/ops/infra", "is not the address of a Git repository over HTTP"),
        ("https://[::1/ops/infra", "is not the address of a Git repository"),
    ],
)
def test_what_cannot_be_pushed_to_is_refused(url: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        settings_of({"repositories": [{"name": "infra", "url": url, "forge": {"url": "https://git.example.com"}}]})
    assert says in caught.value.what
    assert "secret" not in f"{caught.value.what}{caught.value.hint}"
    assert caught.value.code is Exit.USAGE


def test_what_can_be_is_taken() -> None:
    settings = settings_of({"repositories": [{"name": "infra", "url": GOOD, "forge": {"url": "https://git.example.com"}}]})
    assert settings.repositories[0].url == GOOD


CLAUDE = {"name": "claude", "kind": "anthropic", "model": "claude-x"}


def _with_coder(coder: dict[str, Any], *models: dict[str, Any]) -> dict[str, Any]:
    one = {"name": "infra", "url": GOOD, "forge": {"url": "https://git.example.com"}, "coder": coder}
    return {"models": [*models], "repositories": [one]}


@pytest.mark.parametrize(
    ("coder", "says"),
    [
        ({"command": ["claude"], "model": "gone"}, "there is no model `gone` under `models` for its coder"),
        ({"command": ["claude"], "model": "home"}, "speaks to models of the kind `anthropic`, and `home` is of `ollama`"),
        ({"command": "claude -p", "model": "claude"}, "command"),
        ({"command": [], "model": "claude"}, "command"),
        ({"command": ["-p"], "model": "claude"}, "is not the command line of a program"),
        ({"command": ["a\0b"], "model": "claude"}, "is not the command line of a program"),
        ({"command": ["claude"], "model": "claude", "minutes": 90}, "minutes"),
        ({"command": ["claude"], "model": "claude", "shell": True}, "shell"),
    ],
)
def test_a_coding_program_that_cannot_be_is_refused(coder: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError) as caught:
        settings_of(_with_coder(coder, CLAUDE, {"name": "home", "kind": "ollama", "model": "x"}))
    assert says in caught.value.what
    assert caught.value.code is Exit.USAGE


def test_a_coding_program_that_can_be_is_taken() -> None:
    coder = settings_of(_with_coder({"command": ["claude", "-p"], "model": "claude"}, CLAUDE)).repositories[0].coder
    assert coder is not None
    assert (coder.command, coder.minutes) == (("claude", "-p"), 10)
