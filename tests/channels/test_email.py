"""E-mail through a real SMTP server on loopback: threads, both bodies, what is attached, TLS, and who was refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from pydantic import ValidationError

from stead.channels.email import Email, EmailSettings, email
from stead.clocks import SystemClock
from stead.domain.delivery import Message
from stead.domain.errors import PermanentError, TemporaryError, UserError
from stead.domain.finding import Severity
from stead.practice.api.certificates import make
from stead.testing.channel_conformance import ChannelConformance, Fault, a_message, delivery
from stead.testing.two_way_conformance import FILE, PICTURE

PASSWORD = "correct-horse"


class PostOffice:
    """A mail server that keeps what it took. `script` holds its next replies to DATA; `refuses` addresses, each with its reply."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.receivers: list[list[str]] = []
        self.script: list[str] = []
        self.refuses: dict[str, str] = {}
        self.cuts = 0
        self.port = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if reply := self.refuses.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.cuts:
            self.cuts -= 1
            server.transport.abort()
            return "421 gone"
        if self.script and (reply := self.script.pop(0)):
            return reply
        self.letters.append(BytesParser(EmailMessage, policy=policy.default).parsebytes(envelope.content))
        self.receivers.append(list(envelope.rcpt_tos))
        return "250 taken"

    def pages(self) -> list[str]:
        texts = [f"{letter['Subject']}\n{letter.get_body(('plain',)).get_content()}" for letter in self.letters]
        return [text.replace("\r\n", "\n") for text in texts]


async def serve(office: PostOffice, **options: Any) -> asyncio.Server:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(office, enable_SMTPUTF8=True, **options), "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    return server


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    made = PostOffice()
    server = await serve(made)
    yield made
    server.close()
    await server.wait_closed()


def opened(port: int, **settings: Any) -> Email:
    given = {"server": "127.0.0.1", "port": port, "security": "none", "sender": "stead@example.com", "to": "ops@example.com", **settings}
    channel = email.open("mail", EmailSettings.model_validate(given), SystemClock())
    assert isinstance(channel, Email)
    return channel


class EmailRig:
    limit = 0
    tells = frozenset({Fault.GONE})

    def __init__(self, office: PostOffice) -> None:
        self.office = office
        self.channel = opened(office.port)

    def shown(self) -> Sequence[str]:
        return self.office.pages()

    def fail(self, fault: Fault) -> None:
        if fault is Fault.CUT:
            self.office.cuts = 1
        else:
            self.office.script.append("451 come back later" if fault is Fault.BUSY else "554 no such service here")


class TestEmail(ChannelConformance):
    @pytest.fixture
    def rig(self, office: PostOffice) -> EmailRig:
        return EmailRig(office)


async def test_what_is_said_of_one_incident_is_one_thread_and_a_second_try_is_the_same_letter(office: PostOffice) -> None:
    channel = opened(office.port)
    first = await channel.send(delivery())
    assert await channel.send(delivery()) == first
    over = await channel.send(delivery(2, message=a_message(resolved=True), replaces=first))
    one, again, last = office.letters
    assert one["Message-ID"] == again["Message-ID"] == first != over
    assert last["In-Reply-To"] == first
    assert last["References"].split()[0] == one["References"].split()[0]
    assert first in last["References"].split()
    assert one["Auto-Submitted"] == "auto-generated"


async def test_the_page_shows_pictures_escapes_what_others_wrote_and_asks_no_other_host(office: PostOffice) -> None:
    evil = a_message(title="<img src=http://evil.example.com>", attachments=(PICTURE, FILE))
    await opened(office.port).send(delivery(message=evil))
    (letter,) = office.letters
    page = letter.get_body(("html",)).get_content()
    assert "<img src=http" not in page
    assert "https://" not in page
    assert "cid:p0" in page
    parts = {part.get_filename(): part.get_content() for part in letter.walk() if part.get_filename()}
    assert parts["load.png"] == PICTURE.data
    assert parts["pods.txt"].encode() == FILE.data


async def test_a_title_cannot_add_a_header_and_an_answer_without_a_title_has_a_subject(office: PostOffice) -> None:
    channel = opened(office.port)
    await channel.send(delivery(message=a_message(title="down\r\nBcc: thief@example.com")))
    answer = Message(title="", severity=Severity.INFO, number="", state="", plain=True, blocks=a_message().blocks[:1])
    await channel.send(delivery(2, message=answer))
    told, said = office.letters
    assert told["Bcc"] is None
    assert "down Bcc: thief@example.com" in told["Subject"]
    assert said["Subject"] == "Began with revision 12, 4 minutes ago."


async def test_only_those_who_lack_it_are_tried_again_and_who_is_refused_is_named(office: PostOffice) -> None:
    channel = opened(office.port, to=["ann@example.com", "bob@example.com"])
    office.refuses = {"bob@example.com": "450 mailbox busy"}
    with pytest.raises(TemporaryError, match=r"450 for bob@example\.com: mailbox busy"):
        await channel.send(delivery())
    office.refuses = {"bob@example.com": "550 no such user"}
    with pytest.raises(PermanentError, match=r"550 for bob@example\.com: no such user"):
        await channel.send(delivery())
    office.refuses = {}
    await channel.send(delivery())
    assert office.receivers == [["ann@example.com"], ["bob@example.com"]]


async def test_a_password_goes_over_tls_alone_to_a_server_that_proves_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ca, context = make(tmp_path)
    office = PostOffice()
    seen: list[bytes] = []

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        seen.append(data.password)
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    server = await serve(office, tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
    login = {"security": "starttls", "user": "stead", "password": "env:MAIL_PASSWORD"}
    try:
        await opened(office.port, ca=str(ca), **login).send(delivery())
        with pytest.raises(PermanentError, match="a certificate that does not hold"):
            await opened(office.port, **login).send(delivery())
        monkeypatch.setenv("MAIL_PASSWORD", "wrong")
        with pytest.raises(PermanentError, match="answered 535") as caught:
            await opened(office.port, ca=str(ca), **login).send(delivery())
    finally:
        server.close()
        await server.wait_closed()
    assert seen[0] == PASSWORD.encode()
    assert set(seen[1:]) == {b"wrong"}, "it is offered in each way that the server takes"
    assert "wrong" not in str(caught.value)
    assert len(office.letters) == 1


async def test_a_server_that_offers_no_tls_gets_no_letter(office: PostOffice) -> None:
    with pytest.raises(PermanentError, match="STARTTLS"):
        await opened(office.port, security="starttls").send(delivery())
    assert not office.letters


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"to": "ops"}, "no e-mail address"),
        ({"to": ["ops@example.com\nBcc: x@example.com"]}, "no e-mail address"),
        ({"server": "mail.example.com"}, "on this machine alone"),
        ({"user": "stead"}, "only one of `user` and `password`"),
    ],
)
def test_what_cannot_work_is_said_when_it_is_read(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        opened(25, **wrong)


def test_a_missing_authority_is_named() -> None:
    with pytest.raises(UserError, match="there is no file"):
        opened(25, ca="/nowhere/ca.pem")
