"""What Discord's objects look like (https://discord.com/developers/docs/resources)."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from typing import Any

BOT, GUILD, HOME, DIRECT = "100000000000000001", "200000000000000001", "300000000000000001", "400000000000000001"
EVERYTHING = "2248473465835073"
_EPOCH = 1420070400000
_numbers = itertools.count()


def snowflake(at: datetime | None = None) -> str:
    """An id that was made now, or then."""
    seconds = time.time() if at is None else at.timestamp()
    return str(((int(seconds * 1000) - _EPOCH) << 22) | (next(_numbers) & 0xFFF))


def now() -> str:
    return datetime.now(UTC).isoformat()


def user(number: str, name: str, *, bot: bool = False) -> dict[str, Any]:
    return {"id": number, "username": name, "discriminator": "0", "global_name": name, "avatar": None, "bot": bot, "public_flags": 0}


def member() -> dict[str, Any]:
    return {"roles": [], "joined_at": now(), "deaf": False, "mute": False, "flags": 0, "pending": False, "permissions": EVERYTHING}


def channel(number: str) -> dict[str, Any]:
    if number == DIRECT:
        return {"id": DIRECT, "type": 1, "recipients": [user("1001", "Ann")], "last_message_id": None, "flags": 0}
    return {
        "id": number,
        "type": 0,
        "guild_id": GUILD,
        "position": 0,
        "permission_overwrites": [],
        "name": "ops",
        "topic": None,
        "nsfw": False,
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "parent_id": None,
        "flags": 0,
    }


def guild() -> dict[str, Any]:
    role = {"id": GUILD, "name": "@everyone", "color": 0, "hoist": False, "position": 0, "permissions": EVERYTHING, "managed": False}
    colours = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
    return {
        "id": GUILD,
        "name": "homelab",
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "owner_id": "42",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": [{**role, "mentionable": False, "icon": None, "unicode_emoji": None, "flags": 0, "colors": colours}],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "max_members": 1000,
        "vanity_url_code": None,
        "description": None,
        "banner": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "nsfw_level": 0,
        "premium_progress_bar_enabled": False,
        "joined_at": now(),
        "large": False,
        "unavailable": False,
        "member_count": 2,
        "voice_states": [],
        "members": [{**member(), "user": user(BOT, "stead", bot=True)}],
        "channels": [channel(HOME)],
        "threads": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def numbered(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Discord numbers every component that came without an id."""
    numbers = itertools.count(1)
    return [{"id": next(numbers), **row, "components": [{"id": next(numbers), **b} for b in row["components"]]} for row in components]
