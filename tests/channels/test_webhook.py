"""The webhook, against a receiver that checks the signature by itself and fails as real ones do."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from stead.channels.webhook import Webhook, WebhookSettings, webhook
from stead.clocks import SteppedClock
from stead.domain.errors import PermanentError, TemporaryError, UserError
from stead.testing.channel_conformance import RETRY_AFTER, ChannelConformance, Fault, delivery
from stead.testing.receiver import Answer, Receiver

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
KEY = "correct horse battery"


def open_webhook(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, **settings: object) -> Webhook:
    monkeypatch.setenv("HOOK_KEY", KEY)
    given = {"url": f"http://{receiver.address}/ops", "secret": "env:HOOK_KEY", **settings}
    channel = webhook.open("ops", WebhookSettings.model_validate(given), SteppedClock(NOW))
    assert isinstance(channel, Webhook)
    return channel


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as listening:
        yield listening


class WebhookRig:
    limit = 0
    tells = frozenset(Fault)

    def __init__(self, receiver: Receiver, channel: Webhook) -> None:
        self.receiver = receiver
        self.channel = channel

    def shown(self) -> list[str]:
        return [json.loads(request.body)["text"] for request in self.receiver.accepted]

    def fail(self, fault: Fault) -> None:
        self.receiver.script.append(
            {
                Fault.BUSY: Answer(429, headers={"Retry-After": str(int(RETRY_AFTER))}),
                Fault.GONE: Answer(410),
                Fault.CUT: Answer(cut=True),
            }[fault]
        )


class TestWebhook(ChannelConformance):
    @pytest.fixture
    def rig(self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> WebhookRig:
        return WebhookRig(receiver, open_webhook(receiver, monkeypatch))


async def test_a_receiver_can_tell_who_sent_it_and_when(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    await open_webhook(receiver, monkeypatch).send(delivery())
    (request,) = receiver.requests
    stamp = request.headers["X-Stead-Timestamp"]
    expected = hmac.new(KEY.encode(), f"{stamp}.".encode() + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Stead-Signature"] == f"sha256={expected}"
    assert int(stamp) == int(NOW.timestamp())
    assert KEY.encode() not in request.body


async def test_a_second_try_is_known_as_the_same_message(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    channel = open_webhook(receiver, monkeypatch)
    receiver.script.append(Answer(cut=True))
    with pytest.raises(TemporaryError):
        await channel.send(delivery())
    await channel.send(delivery())
    await channel.send(delivery(2))
    keys = [request.headers["Idempotency-Key"] for request in receiver.requests]
    assert keys[0] == keys[1] != keys[2]
    assert receiver.requests[0].body == receiver.requests[1].body


async def test_an_edit_names_what_it_replaces(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    channel = open_webhook(receiver, monkeypatch)
    receiver.script.append(Answer(201, body=b'{"id": "m-99"}'))
    first = await channel.send(delivery())
    assert first == "m-99"
    await channel.send(delivery(2, replaces=first))
    body = json.loads(receiver.requests[1].body)
    assert body["replaces"] == "m-99"
    assert body["message"]["buttons"][0] == {"label": "Roll back", "approval": "A-17", "decision": "approve"}


@pytest.mark.parametrize("answer", [b"", b"[1]", b'{"id": 7}', b"\xff\xfe", b"[" * 5000])
async def test_an_answer_that_makes_no_sense_is_still_a_yes(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, answer: bytes):
    receiver.script.append(Answer(200, body=answer))
    assert await open_webhook(receiver, monkeypatch).send(delivery()) == "stead-1-1772334000000"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Sun, 01 Mar 2026 03:01:00 GMT", 60.0),
        ("Sun, 01 Mar 2026 02:00:00 GMT", 0.0),
        ("99999999999999999999", 86400.0),
        ("soon", None),
        ("-5", None),
    ],
)
async def test_retry_after_is_understood(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, header: str, seconds: float | None):
    receiver.script.append(Answer(503, headers={"Retry-After": header}))
    with pytest.raises(TemporaryError) as caught:
        await open_webhook(receiver, monkeypatch).send(delivery())
    assert caught.value.retry_after == seconds


async def test_a_redirect_is_not_followed(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    receiver.script.append(Answer(307, headers={"Location": f"http://{receiver.address}/elsewhere"}))
    with pytest.raises(PermanentError, match="redirects are not followed"):
        await open_webhook(receiver, monkeypatch).send(delivery())
    assert len(receiver.requests) == 1


async def test_a_receiver_that_hangs_is_given_up_on_for_now(receiver: Receiver, monkeypatch: pytest.MonkeyPatch):
    receiver.script.append(Answer(hang=True))
    with pytest.raises(TemporaryError, match=r"no answer within 0\.05 s"):
        await open_webhook(receiver, monkeypatch, timeout=0.05).send(delivery())


async def test_errors_name_the_host_and_never_the_token_in_the_path(monkeypatch: pytest.MonkeyPatch, receiver: Receiver):
    monkeypatch.setenv("HOOK_URL", f"http://{receiver.address}/hooks/s3cr3t-t0k3n")
    receiver.script.extend([Answer(500), Answer(404), Answer(cut=True)])
    channel = open_webhook(receiver, monkeypatch, url="env:HOOK_URL")
    for _ in range(3):
        with pytest.raises((TemporaryError, PermanentError)) as caught:
            await channel.send(delivery())
        assert "s3cr3t" not in str(caught.value)
        assert "127.0.0.1" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "ftp://example.com",
        "https://",
        "https://user:pass@example.com/",
        "http://[zz]/",
        "http://example.com:99999/",
    ],
)
def test_a_url_that_is_none_is_refused_without_being_repeated(url: str):
    with pytest.raises(ValidationError) as caught:
        WebhookSettings.model_validate({"url": url, "secret": "env:HOOK_KEY"})
    assert "pass@" not in str(caught.value)


def test_a_literal_secret_is_refused_and_not_echoed():
    with pytest.raises(ValidationError) as caught:
        WebhookSettings.model_validate({"url": "https://example.com/hook", "secret": "hunter2-in-plain-text"})
    assert "hunter2" not in str(caught.value)
    assert "env:NAME" in str(caught.value)


def test_a_reference_that_holds_no_url_is_said_without_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOOK_KEY", KEY)
    monkeypatch.setenv("HOOK_URL", "s3cr3t")
    settings = WebhookSettings.model_validate({"url": "env:HOOK_URL", "secret": "env:HOOK_KEY"})
    with pytest.raises(UserError, match="`env:HOOK_URL` does not hold a web address") as caught:
        webhook.open("ops", settings, SteppedClock(NOW))
    assert "s3cr3t" not in caught.value.what + caught.value.hint
