"""A chat that only the environment names: it is the channel where none is configured, under the name of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stead.app.settings import ChannelSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """The variables that may hold the bot's token and its home, the first that is set counting; `home` is the key of the latter."""

    kind: str
    tokens: tuple[str, ...]
    home: str
    homes: tuple[str, ...]


DEFAULTS = (
    Default(
        kind="telegram",
        tokens=("STEAD_TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN"),
        home="chat",
        homes=("STEAD_TELEGRAM_CHAT", "TELEGRAM_CHAT_ID"),
    ),
    Default(
        kind="discord",
        tokens=("STEAD_DISCORD_TOKEN", "DISCORD_BOT_TOKEN"),
        home="channel",
        homes=("STEAD_DISCORD_CHANNEL", "DISCORD_CHANNEL_ID"),
    ),
)


def from_environment(environ: Mapping[str, str]) -> tuple[ChannelSettings, ...]:
    """The chats of which the environment holds a token and a home; the terminal where it holds none."""
    found = tuple(_found(environ))
    return found or (ChannelSettings(name="terminal", kind="terminal"),)


def _found(environ: Mapping[str, str]) -> Iterator[ChannelSettings]:
    for default in DEFAULTS:
        token = next((name for name in default.tokens if environ.get(name)), None)
        home = next((name for name in default.homes if environ.get(name)), None)
        if token is not None and home is not None:
            own = {"token": f"env:{token}", default.home: environ[home]}
            yield ChannelSettings.model_validate({"name": default.kind, "kind": default.kind, **own})
