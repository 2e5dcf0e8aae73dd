"""Messages by e-mail, through a mail server of yours. Nobody can answer them: a sender's address proves nothing."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from stead.channels.email_page import letter
from stead.declare import ChannelKind
from stead.domain.delivery import Capabilities, Delivery
from stead.domain.errors import PermanentError, TemporaryError, UserError
from stead.ports import Clock
from stead.secrets import SecretRef

_ADDRESS = r"^[^\s<>()\[\],;:@\"\\\x00-\x1f\x7f]+@[^\s<>()\[\],;:@\"\\\x00-\x1f\x7f]+$"
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""Message submission (RFC 6409, 8314), and SMTP itself."""


class EmailSettings(BaseModel):
    """`server` its name · `port` · `security` starttls, tls or none (this machine alone) · `ca` a PEM file, where a CA of your own signs ·
    `user`, `password` its reference · `sender` and `to` addresses · `timeout` of one step, in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    server: str = Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")
    port: int = Field(default=0, ge=0, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca: Path | None = None
    user: str = ""
    password: SecretRef | None = None
    sender: str = Field(pattern=_ADDRESS, max_length=254)
    to: tuple[str, ...] = Field(min_length=1, max_length=50)
    timeout: float = Field(default=30.0, gt=0, le=120, allow_inf_nan=False)

    @field_validator("to", mode="before")
    @classmethod
    def _one_or_several(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @field_validator("to")
    @classmethod
    def _are_addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for address in given:
            if re.match(_ADDRESS, address) is None:
                raise ValueError("holds something that is no e-mail address; write ops@example.com")
        return tuple(dict.fromkeys(given))

    @model_validator(mode="after")
    def _fits_together(self) -> EmailSettings:
        if (self.password is None) != (not self.user):
            raise ValueError("has only one of `user` and `password`; give both, or neither")
        if self.security == "none" and not _is_this_machine(self.server):
            raise ValueError("`security: none` is for a server on this machine alone; use `starttls` or `tls`")
        return self


class Email:
    """One letter a message and receiver, those of one incident in one thread. A letter cannot be edited: what is new is sent anew."""

    capabilities = Capabilities(thread=True, pictures=True, files=True)

    def __init__(self, name: str, settings: EmailSettings, password: str, clock: Clock) -> None:
        self.name = name
        self._settings = settings
        self._password = password
        self._clock = clock
        self._taken: dict[int, set[str]] = {}
        self._closed = False

    async def send(self, delivery: Delivery) -> str:
        """Hand the letter to the server; return its Message-ID, the same at each try, by which mail programs drop a second copy.

        A try again goes to those alone whose copy the server has not taken yet.
        """
        if self._closed:
            raise PermanentError(f"channel `{self.name}` is closed")
        written = letter(delivery, self._settings.sender, self._settings.to, self._clock.now())
        taken = self._taken.setdefault(delivery.id, set())
        missing = [address for address in self._settings.to if address not in taken]
        refused = await asyncio.to_thread(self._hand_over, written, missing)
        taken.update(address for address in missing if address not in refused)
        self._judge(refused)
        del self._taken[delivery.id]
        return str(written["Message-ID"])

    async def close(self) -> None:
        self._closed = True

    def _hand_over(self, written: EmailMessage, to: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Those of `to` that the server refuses, with its reply (RFC 5321, 4.2)."""
        try:
            with self._connected() as server:
                return server.send_message(written, from_addr=self._settings.sender, to_addrs=list(to))
        except smtplib.SMTPRecipientsRefused as error:
            return error.recipients
        except smtplib.SMTPNotSupportedError as error:
            raise PermanentError(f"{self._said()} cannot do what is asked of it: {error}") from error
        except smtplib.SMTPResponseException as error:
            raise self._failure(error.smtp_code, error.smtp_error) from error
        except ssl.SSLCertVerificationError as error:
            raise PermanentError(f"{self._said()} shows a certificate that does not hold: {error.verify_message}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise TemporaryError(f"{self._said()} could not be reached ({type(error).__name__})") from error

    def _connected(self) -> smtplib.SMTP:
        given = self._settings
        port = given.port or _PORTS[given.security]
        if given.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(given.server, port, timeout=given.timeout, context=self._trust())
        else:
            server = smtplib.SMTP(given.server, port, timeout=given.timeout)
        try:
            if given.security == "starttls":
                # Without TLS it raises: a server, or someone between, that does not offer it gets no letter.
                server.starttls(context=self._trust())
            if given.user:
                server.login(given.user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca)

    def _judge(self, refused: dict[str, tuple[int, bytes]]) -> None:
        """What keeps being refused ends it only once nobody else is to be tried again."""
        for again in (True, False):
            for address, (code, said) in refused.items():
                if (code < 500) is again:
                    raise self._failure(code, said, f" for {address}")

    def _failure(self, code: int, said: bytes | str, about: str = "") -> TemporaryError | PermanentError:
        words = said.decode(errors="replace") if isinstance(said, bytes) else said
        told = f"{self._said()} answered {code}{about}: {' '.join(words.split())[:200]}"
        # 4yz may work later, 5yz will not (RFC 5321, 4.2.1).
        return TemporaryError(told) if code < 500 else PermanentError(told)

    def _said(self) -> str:
        return f"channel `{self.name}`: the mail server {self._settings.server}"


def _is_this_machine(server: str) -> bool:
    if server == "localhost":
        return True
    try:
        return ipaddress.ip_address(server).is_loopback
    except ValueError:
        return False


def _open(name: str, settings: EmailSettings, clock: Clock) -> Email:
    if settings.ca is not None and not settings.ca.is_file():
        raise UserError(f"channel `{name}`: there is no file {settings.ca}", hint="`ca` is the PEM file of the authority that signs")
    return Email(name, settings, settings.password.resolve() if settings.password else "", clock)


email = ChannelKind(kind="email", settings=EmailSettings, open=_open, page=(__doc__ or "").strip())
