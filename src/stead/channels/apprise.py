"""One-way messages to the hundred-odd services that the apprise library speaks to (`stead[apprise]`)."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field

from stead.channels.splitting import SMALLEST, split
from stead.channels.text import body, headline
from stead.declare import ChannelKind
from stead.domain.delivery import Capabilities, Delivery, Message
from stead.domain.errors import PermanentError, TemporaryError, UserError
from stead.domain.finding import Severity
from stead.ports import Clock
from stead.secrets import SecretRef

_KINDS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}


class AppriseSettings(BaseModel):
    """`url` a reference to the service's apprise URL (it holds its token) · `limit` characters of one message, 0 for the service's own."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: SecretRef
    limit: int = Field(default=0, ge=0)


class Apprise:
    """One service. The library tells only whether a message went, so every failure may be tried again."""

    capabilities = Capabilities()

    def __init__(self, name: str, service: Any, *, limit: int) -> None:
        self.name = name
        self._service = service
        self._limit = max(SMALLEST, limit)
        self._sent: dict[int, int] = {}
        self._closed = False

    async def send(self, delivery: Delivery) -> str:
        """Send in as many parts as the service needs; a try again goes on after the last part that went. There is no remote id."""
        if self._closed:
            raise PermanentError(f"channel `{self.name}` is closed")
        title = headline(delivery.message)
        parts = split(body(delivery.message) or title, self._limit)
        for part in parts[self._sent.get(delivery.id, 0) :]:
            if not await asyncio.to_thread(self._notify, title, part, _kind(delivery.message)):
                raise TemporaryError(f"channel `{self.name}`: the service did not take the message")
            self._sent[delivery.id] = self._sent.get(delivery.id, 0) + 1
        del self._sent[delivery.id]
        return ""

    async def close(self) -> None:
        self._closed = True

    def _notify(self, title: str, text: str, kind: str) -> bool:
        try:
            return bool(self._service.notify(title=title, body=text, notify_type=kind, body_format="text"))
        except Exception as error:  # A plugin of any of a hundred services may raise anything; its text may hold the token.
            raise TemporaryError(f"channel `{self.name}`: the service's plugin failed ({type(error).__name__})") from error


def _kind(message: Message) -> str:
    return "success" if message.resolved else _KINDS[message.severity]


def _open(name: str, settings: AppriseSettings, _clock: Clock) -> Apprise:
    service = _service(name, settings.url)
    if service is None:
        raise UserError(f"channel `{name}`: `{settings.url}` does not hold an apprise URL", hint="see the library's list of services")
    return Apprise(name, service, limit=settings.limit or _own_limit(service))


def _service(name: str, url: SecretRef) -> Any:
    """The library's object for the service at `url`, None where it knows none."""
    with warnings.catch_warnings():
        # Some of the plugins that the library loads import modules that Python has deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            import apprise as library
        except ImportError as error:
            raise UserError(
                f"channel `{name}` needs the apprise library, which is not installed", hint="pip install 'stead[apprise]'"
            ) from error
        # In memory only: its cache on disk would hold what services answered. A redirect would carry the message elsewhere.
        asset = library.AppriseAsset(
            app_id="Stead", app_desc="Stead", app_url="", storage_mode=library.PersistentStoreMode.MEMORY, http_redirects=False
        )
        return cast("Any", library.Apprise).instantiate(url.resolve(), asset=asset, suppress_exceptions=True)


def _own_limit(service: Any) -> int:
    """Characters of a body that the service takes, less its title where it has no field for one."""
    taken = 0 if service.title_maxlen > 0 else 250
    return max(SMALLEST, int(service.body_maxlen) - taken)


apprise = ChannelKind(kind="apprise", settings=AppriseSettings, open=_open, page=(__doc__ or "").strip())
