"""Reading what anybody may have sent: whatever is missing or of another type is empty, and what is no JSON object is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from stead.domain.errors import MalformedError

Json = Mapping[str, Any]

LONGEST_KEY = 200
MOST_WORDS = 20
"""Further words of one alert that are kept, each by its name."""


def json_object(body: bytes) -> Json:
    """The JSON object that a body is. MalformedError for anything else."""
    found = json_value(body)
    if not isinstance(found, dict):
        raise MalformedError("the body is not a JSON object")
    return cast(Json, found)


def json_value(body: bytes) -> Any:
    """Whatever JSON a body is. MalformedError for anything else."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError("the body is not JSON") from error


def text(given: Json, key: str) -> str:
    """The text under the key, "" where there is none."""
    found = given.get(key)
    return found if isinstance(found, str) else ""


def texts(given: Json, key: str) -> dict[str, str]:
    """The names and values under the key; what is no text is written as JSON."""
    found = given.get(key)
    return {name: shown(value) for name, value in cast(Json, found).items()} if isinstance(found, dict) else {}


def objects(given: Json, key: str) -> list[Json]:
    """The objects of the list under the key. MalformedError where there is no list, or something else in it."""
    found = given.get(key)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in cast("list[Any]", found)):
        raise MalformedError(f"`{key}` is not a list of objects")
    return cast("list[Json]", found)


def moment(value: Any) -> datetime | None:
    """A time in RFC 3339, or in seconds since 1970; None for anything else, and for Go's zero time (the year 1)."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value, UTC)
        elif isinstance(value, str):
            found = datetime.fromisoformat(value)
            found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year >= 1970 else None


def shown(value: Any) -> str:
    """A value as a person reads it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def rest(given: Json, known: Sequence[str]) -> dict[str, str]:
    """What is said under other names than the known ones: it is kept, though nobody here knows what it means."""
    unknown = [(name, shown(value)) for name, value in given.items() if name not in known and value not in (None, "", [], {})]
    return dict(unknown[:MOST_WORDS])


def key_of(given: str, labels: Mapping[str, str]) -> str:
    """The sender's own identity of an alert, else one made of its labels; never longer than LONGEST_KEY letters."""
    if 0 < len(given) <= LONGEST_KEY:
        return given
    whole = given or "\x1f".join(f"{name}\x1e{value}" for name, value in sorted(labels.items()))
    return hashlib.sha256(whole.encode(errors="replace")).hexdigest()


def web_address(url: str) -> str:
    """The URL, when a person may follow it; "" for anything else."""
    return url if url.startswith(("http://", "https://")) and url.isprintable() and " " not in url else ""
