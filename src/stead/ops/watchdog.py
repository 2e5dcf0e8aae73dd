"""The watchdog: whether Stead itself is there, looked at by a timer of its own, and told without it.

Promise: each fault is told once when it begins and once when it is over, however often the timer comes; what could not be told is tried
again the next time. It needs no service, no database and no model.
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import shutil
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stead.domain.delivery import Because, Block, BlockKind, Delivery, Message
from stead.domain.errors import SteadError
from stead.domain.finding import Severity
from stead.ports import Channel

STATE = "watchdog.json"
"""In the state folder: what was told and is not over."""
SECONDS = 5.0
"""That the service may take to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The service at `url`, the newest file under `backup` (None: no backup), not older than `age`, and the disk of `folder`."""

    url: str
    folder: Path
    backup: Path | None = None
    age: timedelta = timedelta(hours=26)
    most_full: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A fault that was told: since when, in which words, and the messages that told it, by channel."""

    since: str
    words: str
    messages: dict[str, str]


def faults(watched: Watched, now: datetime) -> dict[str, str]:
    """What is wrong: fault → one sentence."""
    looks = (("service", _service(watched.url)), ("backup", _backup(watched, now)), ("disk", _disk(watched)))
    return {name: words for name, words in looks if words}


def _service(url: str) -> str:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"Stead does not answer at {url}: {_why(error)}"
    finally:
        connection.close()
    return "" if status == 200 else f"Stead answers at {url}, and is not ready ({status})"


def _why(error: OSError | http.client.HTTPException) -> str:
    match error:
        case ConnectionRefusedError():
            return "nothing listens there; look whether it runs"
        case TimeoutError():
            return f"no answer within {SECONDS:g} s; look into its log"
        case socket.gaierror():
            return "no machine of that name is known; look at `watchdog.url`"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message})"
        case OSError():
            return (error.strerror or str(error) or type(error).__name__).lower()
        case _:
            return "what answers there speaks no HTTP; look at `watchdog.url`"


def _backup(watched: Watched, now: datetime) -> str:
    if watched.backup is None:
        return ""
    newest = max(_times(watched.backup), default=None)
    if newest is None:
        return f"there is no backup in {watched.backup}"
    age = now - newest
    return f"the last backup in {watched.backup} is {age.total_seconds() / 3600:.0f} hours old" if age > watched.age else ""


def _times(place: Path) -> Iterator[datetime]:
    """When each file there was written; of a file, its own."""
    try:
        for path in [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]:
            yield datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return


def _disk(watched: Watched) -> str:
    try:
        usage = shutil.disk_usage(watched.folder)
    except OSError as error:
        return f"the state folder {watched.folder} cannot be looked at: {error.strerror}"
    part = 100 * usage.used / usage.total if usage.total else 0
    return f"the disk of the state folder {watched.folder} is {part:.0f} % full" if part > watched.most_full else ""


async def tell(found: Mapping[str, str], folder: Path, channels: Sequence[Channel], now: datetime) -> list[str]:
    """Say what is new and what is over; what was said, as lines. What no channel took is not written down, and said the next time."""
    known = read(folder)
    said: list[str] = []
    for name, words in found.items():
        if name not in known:
            messages = await _send(channels, name, words, now, {})
            said.append(f"{'told' if messages else 'could not be told'}: {words}")
            known |= {name: Told(since=now.isoformat(), words=words, messages=messages)} if messages else {}
    for name, told in list(known.items()):
        if name not in found:
            over = await _send(channels, name, told.words, now, told.messages)
            said.append(f"{'told' if over else 'could not be told'}: over: {told.words}")
            if over:
                del known[name]
    write(folder, known)
    return said


async def _send(channels: Sequence[Channel], name: str, words: str, now: datetime, before: Mapping[str, str]) -> dict[str, str]:
    """The remote ids by channel, of those that took it. `before` names the messages that told the fault: this is its end."""
    message = Message(
        title=f"over: {words}" if before else words,
        severity=Severity.INFO if before else Severity.CRITICAL,
        number="",
        state="resolved" if before else "open",
        blocks=(Block(kind=BlockKind.TEXT, text="Stead's watchdog looked, besides Stead itself."),),
        resolved=bool(before),
    )
    taken: dict[str, str] = {}
    for channel in channels:
        identity = hashlib.sha256(f"{name} {now.isoformat()} {channel.name}".encode()).hexdigest()[:12]
        delivery = Delivery(
            id=int(identity, 16),
            incident=0,
            channel=channel.name,
            conversation=f"{channel.name}:watchdog:{name}",
            position=2 if before else 1,
            because=Because.RESOLVED if before else Because.FIRST,
            message=message,
            created_at=now,
            replaces=before.get(channel.name, "") if channel.capabilities.edit else "",
        )
        try:
            async with asyncio.timeout(30):
                taken[channel.name] = await channel.send(delivery)
        except (SteadError, TimeoutError, OSError):
            continue
    return taken


def read(folder: Path) -> dict[str, Told]:
    """What was told and is not over; nothing where that cannot be read."""
    try:
        held: dict[str, Any] = json.loads((folder / STATE).read_text())
        return {name: Told(**told) for name, told in held.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write(folder: Path, known: Mapping[str, Told]) -> None:
    """Whole or not at all. OSError where it cannot be: then it is told again the next time."""
    half = folder / f"{STATE}.new"
    half.write_text(json.dumps({name: asdict(told) for name, told in known.items()}))
    half.replace(folder / STATE)
