"""A contract fake of Telegram's Bot API: it refuses what the real one refuses, and keeps what people see.

After https://core.telegram.org/bots/api (getUpdates, setWebhook, sendMessage, editMessageText, deleteMessage, sendPhoto, sendDocument,
answerCallbackQuery, getFile). It is driven by two clients, python-telegram-bot and
pyTelegramBotAPI.
"""

from __future__ import annotations

import asyncio
import html
import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import ClientSession, web

from stead.domain.delivery import Attachment
from stead.domain.inbound import Sender

TOKEN = "123456:AAE-a-fake-of-a-token"
BOT = {"id": 123456, "is_bot": True, "first_name": "Stead", "username": "stead_bot"}
HOME = -1001
DATE = 1_772_334_000
"""2026-03-01 03:00 UTC: when everything is sent."""

_TAGS = ("b", "code", "pre")


class RefusedError(Exception):
    """What the Bot API answers with `ok: false`."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def visible(text: str, mode: str) -> str:
    """What a person sees of HTML; RefusedError for tags that are not closed in their order, or that Telegram does not know."""
    if mode != "HTML":
        return text
    open_: list[str] = []
    seen = ""
    for piece in re.split(r"(<[^>]*>)", text):
        if not piece.startswith("<"):
            if "<" in piece or ">" in piece:
                raise RefusedError(400, "Bad Request: can't parse entities: unexpected character")
            seen += html.unescape(piece)
            continue
        name = piece.strip("</>")
        if name not in _TAGS or (piece.startswith("</") and (not open_ or open_.pop() != name)):
            raise RefusedError(400, f"Bad Request: can't parse entities: unsupported or unmatched tag {piece}")
        if not piece.startswith("</"):
            open_.append(name)
    if open_:
        raise RefusedError(400, "Bad Request: can't parse entities: can't find end tag")
    return seen


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@dataclass
class TelegramServer:
    """Runs on loopback from `start` to `stop`. `busy`, `gone` and `cut` are how many of the next sends meet that fault."""

    busy: int = 0
    gone: int = 0
    cut: int = 0
    migrated: int = 0
    cut_poll: int = 0
    cut_after: int = -2
    """So many sends pass, and the next is cut; below that none is."""
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict[tuple[int, int], dict[str, Any]])
    shown: list[str] = field(default_factory=list[str])
    toasts: list[str] = field(default_factory=list[str])
    files: list[Attachment] = field(default_factory=list[Attachment])
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    webhook: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._updates: list[dict[str, Any]] = []
        self._update_ids = itertools.count(9000)
        self._news = asyncio.Event()
        self._presses: dict[str, bool] = {}
        self._kept: dict[str, Attachment] = {}
        self._polls = 0
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._called)
        app.router.add_get("/file/bot{token}/{path:.*}", self._file)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def waiting(self) -> int:
        """Updates that the bot has not acknowledged."""
        return len(self._updates)

    # --- people ---

    async def write(
        self, text: str, *, by: Sender, under: str = "", files: Sequence[Attachment] = (), group: bool = False, thread: int = 0
    ) -> dict[str, Any]:
        """Somebody writes to the bot; `under` is `chat:message`."""
        message: dict[str, Any] = self._message(HOME if group else int(by.id), by, thread)
        if under:
            chat, _, number = under.rpartition(":")
            message["reply_to_message"] = self.messages[int(chat), int(number)]
            message["chat"] = message["reply_to_message"]["chat"]
        if not files:
            message["text"] = text
        for file in files:
            message |= {"caption": text} if text else {}
            unique = f"f{next(self._numbers)}"
            self._kept[unique] = file
            known = {"file_id": unique, "file_unique_id": unique, "file_size": len(file.data)}
            if file.picture:
                message["photo"] = [{**known, "width": 1, "height": 1}]
            else:
                message["document"] = {**known, "file_name": file.name, "mime_type": file.media_type}
        return await self._push({"message": message})

    async def press(self, remote: str, decision: str, *, by: Sender) -> dict[str, Any]:
        """Somebody presses the button of this decision. LookupError where there is none (any more)."""
        chat, _, number = remote.rpartition(":")
        message = self.messages[int(chat), int(number)]
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        data = next((b["callback_data"] for row in rows for b in row if f":{decision}:" in b["callback_data"]), None)
        if data is None:
            raise LookupError(decision)
        query = str(next(self._numbers))
        self._presses[query] = False
        pressed = {"id": query, "from": _user(by), "message": message, "chat_instance": "1", "data": data}
        return await self._push({"callback_query": pressed})

    def answers(self) -> list[str]:
        """What the bot said to whoever pressed, or under what somebody wrote."""
        mine = [m for m in self.messages.values() if m["from"]["id"] == BOT["id"] and "reply_to_message" in m]
        return [*self.toasts, *(m["text"] for m in mine if "text" in m)]

    async def push(self, update: dict[str, Any]) -> int:
        """Bring this update to the webhook (again); the status that it was answered with."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
        async with ClientSession() as http, http.post(self.webhook["url"], json=update, headers=headers) as answer:
            return answer.status

    def _message(self, chat: int, by: Sender, thread: int) -> dict[str, Any]:
        number = next(self._numbers)
        made: dict[str, Any] = {"message_id": number, "date": DATE, "chat": _chat(chat), "from": _user(by)}
        if thread:
            made |= {"message_thread_id": thread, "is_topic_message": True}
        return made

    async def _push(self, update: dict[str, Any]) -> dict[str, Any]:
        if "message" in update:
            message = update["message"]
            self.messages[message["chat"]["id"], message["message_id"]] = message
        made = {"update_id": next(self._update_ids), **update}
        self._updates.append(made)
        self._news.set()
        return made

    # --- the bot ---

    async def _called(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != TOKEN:
            return _refusal(RefusedError(401, "Unauthorized"))
        method = request.match_info["method"].lower()
        given = await _parameters(request)
        self.calls.append((method, given))
        try:
            self._fail(method, request)
            result = await getattr(self, f"on_{method}", _unknown)(given)
        except RefusedError as refused:
            return _refusal(refused)
        return web.json_response({"ok": True, "result": result})

    def _fail(self, method: str, request: web.Request) -> None:
        if method == "getupdates" and self.cut_poll:
            self.cut_poll -= 1
            _cut(request)
        if not method.startswith(("send", "edit")):
            return
        if self.busy:
            self.busy -= 1
            raise RefusedError(429, "Too Many Requests: retry after 7", retry_after=7)
        if self.gone:
            self.gone -= 1
            raise RefusedError(403, "Forbidden: bot was blocked by the user")
        if self.migrated:
            new, self.migrated = self.migrated, 0
            raise RefusedError(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-new)
        self.cut_after -= 1
        if self.cut or self.cut_after == -1:
            self.cut = max(self.cut - 1, 0)
            _cut(request)

    async def on_getme(self, _given: dict[str, Any]) -> dict[str, Any]:
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    async def on_deletewebhook(self, _given: dict[str, Any]) -> bool:
        self.webhook = {}
        return True

    async def on_setwebhook(self, given: dict[str, Any]) -> bool:
        if not str(given["url"]).startswith("https://"):
            raise RefusedError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", given.get("secret_token", "")):
            raise RefusedError(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = given
        return True

    async def on_getupdates(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise RefusedError(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        self._polls += 1
        mine = self._polls
        self._news.set()
        offset = int(given.get("offset", 0))
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        while not self._updates and int(given.get("timeout", 0)):
            self._news.clear()
            await self._news.wait()
            if mine != self._polls:
                raise RefusedError(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
        return self._updates[: int(given.get("limit", 100))]

    async def on_sendmessage(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._keep(given, {"text": self._checked(given)})

    async def on_editmessagetext(self, given: dict[str, Any]) -> dict[str, Any]:
        text = self._checked(given)
        message = self.messages.get((int(given["chat_id"]), int(given["message_id"])))
        if message is None:
            raise RefusedError(400, "Bad Request: message to edit not found")
        markup = given.get("reply_markup")
        if (message["text"], message.get("reply_markup")) == (text, markup):
            raise RefusedError(
                400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
            )
        message |= {"text": text, "edit_date": DATE}
        message.pop("reply_markup", None)
        message |= {"reply_markup": markup} if markup else {}
        self.shown.append(text)
        return message

    async def on_deletemessage(self, given: dict[str, Any]) -> bool:
        if self.messages.pop((int(given["chat_id"]), int(given["message_id"])), None) is None:
            raise RefusedError(400, "Bad Request: message to delete not found")
        return True

    async def on_sendphoto(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._keep_file(given, given["photo"], "photo")

    async def on_senddocument(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._keep_file(given, given["document"], "document")

    async def on_answercallbackquery(self, given: dict[str, Any]) -> bool:
        if len(given.get("text", "")) > 200:
            raise RefusedError(400, "Bad Request: MESSAGE_TOO_LONG")
        if self._presses.get(given["callback_query_id"], True):
            raise RefusedError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self._presses[given["callback_query_id"]] = True
        self.toasts.append(given.get("text", ""))
        return True

    async def on_getfile(self, given: dict[str, Any]) -> dict[str, Any]:
        file = self._kept[given["file_id"]]
        known = {"file_id": given["file_id"], "file_unique_id": given["file_id"], "file_size": len(file.data)}
        return {**known, "file_path": f"documents/{given['file_id']}"}

    async def _file(self, request: web.Request) -> web.Response:
        return web.Response(body=self._kept[request.match_info["path"].removeprefix("documents/")].data)

    def _checked(self, given: dict[str, Any]) -> str:
        text = visible(given.get("text", ""), given.get("parse_mode", ""))
        if not text.strip():
            raise RefusedError(400, "Bad Request: message text is empty")
        if units(text) > 4096:
            raise RefusedError(400, "Bad Request: message is too long")
        for row in (given.get("reply_markup") or {}).get("inline_keyboard", []):
            if any(not 1 <= len(button["callback_data"].encode()) <= 64 for button in row):
                raise RefusedError(400, "Bad Request: BUTTON_DATA_INVALID")
        return text

    def _keep(self, given: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        chat = int(given["chat_id"])
        stead = Sender(id=str(BOT["id"]), name=str(BOT["first_name"]), bot=True)
        message = self._message(chat, stead, int(given.get("message_thread_id") or 0)) | more
        if given.get("reply_markup"):
            message["reply_markup"] = given["reply_markup"]
        replied = given.get("reply_parameters") or {}
        if (chat, int(replied.get("message_id", 0))) in self.messages:
            message["reply_to_message"] = self.messages[chat, int(replied["message_id"])]
        self.messages[chat, message["message_id"]] = message
        self.shown.extend([more["text"]] if "text" in more else [])
        return message

    def _keep_file(self, given: dict[str, Any], file: Attachment, kind: str) -> dict[str, Any]:
        self.files.append(file)
        known: dict[str, Any] = {"file_id": "x", "file_unique_id": "x", "file_size": len(file.data)}
        photo = [{**known, "width": 1, "height": 1}]
        return self._keep(given, {kind: photo if kind == "photo" else {**known, "file_name": file.name}})


async def _unknown(_given: dict[str, Any]) -> None:
    raise RefusedError(404, "Not Found")


async def _parameters(request: web.Request) -> dict[str, Any]:
    """Of a form, a form with files, or JSON; JSON in a form's field is read."""
    if request.content_type == "application/json":
        return cast("dict[str, Any]", await request.json())
    made: dict[str, Any] = dict(request.query)
    # Telegram reads a form also of a GET, which aiohttp does not.
    form = request.clone(method="POST") if request.method == "GET" else request
    for key, value in (await form.post()).items():
        if isinstance(value, web.FileField):
            made[key] = Attachment(name=value.filename, media_type=value.content_type, data=value.file.read())
        else:
            text = value.decode() if isinstance(value, bytes | bytearray) else value
            made[key] = json.loads(text) if text.startswith(("{", "[")) and key != "text" else text
    for key in ("photo", "document"):  # `attach://name` names another field of the form
        if isinstance(made.get(key), str) and made[key].startswith("attach://"):
            made[key] = made[made[key].removeprefix("attach://")]
    return made


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
    raise RefusedError(500, "the connection is cut")


def _refusal(refused: RefusedError) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.json_response(body, status=refused.code)


def _user(by: Sender) -> dict[str, Any]:
    user: dict[str, Any] = {"id": int(by.id), "is_bot": by.bot, "first_name": by.name}
    return {**user, "username": BOT["username"]} if by.id == str(BOT["id"]) else user


def _chat(chat: int) -> dict[str, Any]:
    return {"id": chat, "type": "private", "first_name": "somebody"} if chat > 0 else {"id": chat, "type": "supergroup", "title": "Home"}
