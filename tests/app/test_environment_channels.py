"""A bot that only the environment names is the channel where none is configured, until a named one goes on with what it began."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.engine.conftest import OnCall, broken, on_call

from stead.app.config import load
from stead.app.environment_channels import from_environment
from stead.app.settings import ChannelSettings
from stead.testing.scripted import Chat

__all__ = ["on_call"]

MINUTE = timedelta(minutes=1)
API, WEB = broken("Pod", "api"), broken("Pod", "web")


@pytest.mark.parametrize(
    ("environ", "channels"),
    [
        ({}, [("terminal", {})]),
        ({"TELEGRAM_BOT_TOKEN": "1:x"}, [("terminal", {})]),
        (
            {"TELEGRAM_BOT_TOKEN": "1:x", "TELEGRAM_CHAT_ID": "-7", "STEAD_TELEGRAM_TOKEN": "2:y"},
            [("telegram", {"token": "env:STEAD_TELEGRAM_TOKEN", "chat": "-7"})],
        ),
        (
            {"DISCORD_BOT_TOKEN": "x", "STEAD_DISCORD_CHANNEL": "300000000000000001"},
            [("discord", {"token": "env:DISCORD_BOT_TOKEN", "channel": "300000000000000001"})],
        ),
    ],
)
def test_it_takes_a_token_and_a_home(environ: dict[str, str], channels: list[tuple[str, dict[str, str]]]) -> None:
    assert [(channel.kind, channel.own) for channel in from_environment(environ)] == channels


def test_what_is_configured_counts_alone(tmp_path: Path) -> None:
    file = tmp_path / "stead.yaml"
    environ = {"HOME": str(tmp_path), "TELEGRAM_BOT_TOKEN": "1:x", "TELEGRAM_CHAT_ID": "-7"}
    file.write_text("version: 1\n")
    assert [channel.name for channel in load(file, environ=environ).settings.channels] == ["telegram"]
    file.write_text("channels: [{name: shell, kind: terminal}]\n")
    assert [channel.name for channel in load(file, environ=environ).settings.channels] == ["shell"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("on_call", [{"chats": ["telegram"], "channels": [{"name": "telegram", "kind": "telegram"}]}], indirect=True)
async def test_the_first_that_is_named_goes_on_with_its_messages_and_says_so_once(on_call: OnCall) -> None:
    await on_call.sees(API, WEB, after=MINUTE)
    first = {delivery.incident: f"m{delivery.id}" for delivery in on_call.chat.told}
    ops = Chat("ops")
    on_call.settings = on_call.settings.model_copy(update={"channels": (ChannelSettings(name="ops", kind="telegram"),)})
    on_call.chats = {"ops": ops}
    await on_call.restart()
    await on_call.sees(gone=[API], after=MINUTE)
    await on_call.restart()
    await on_call.sees(gone=[WEB], after=MINUTE)
    assert {delivery.incident: delivery.replaces for delivery in ops.told if delivery.incident} == first, "edited, not told anew"
    notices = [delivery.message.title for delivery in ops.told if not delivery.incident]
    assert notices == ["The channel `ops` goes on with what the telegram bot of the environment had begun"]
