"""A real Matrix homeserver (synapse) on loopback, which knows no other server, with people on it; and what stands before it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yarl
from aiohttp import ClientSession, web

from stead.testing.receiver import Answer

SECRET = "only-for-tests"
_numbers = itertools.count(1)


class Homeserver:
    """`Homeserver(folder)` starts it and waits until it answers; `stop()` ends it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        fast: dict[str, Any] = {"per_second": 10000, "burst_count": 10000}
        settings = {
            "server_name": "localhost",
            "listeners": [{"port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "resources": [{"names": ["client"]}]}],
            "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
            "log_config": str(folder / "log.yaml"),
            "media_store_path": str(folder / "media"),
            "signing_key_path": str(folder / "signing.key"),
            "registration_shared_secret": SECRET,
            "macaroon_secret_key": SECRET,
            "report_stats": False,
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "bcrypt_rounds": 4,
            "presence": {"enabled": False},
            "rc_message": fast,
            "rc_registration": fast,
            "rc_joins": {"local": fast, "remote": fast},
            "rc_invites": {"per_room": fast, "per_user": fast, "per_issuer": fast},
            "rc_room_creation": fast,
            "rc_login": {"address": fast, "account": fast, "failed_attempts": fast},
        }
        (folder / "log.yaml").write_text(json.dumps({"version": 1, "root": {"level": "ERROR"}}))
        config = folder / "homeserver.yaml"
        config.write_text(json.dumps(settings))
        words = [sys.executable, "-m", "synapse.app.homeserver", "-c", str(config)]
        subprocess.run([*words, "--generate-keys"], check=True, capture_output=True, cwd=folder)
        # It says so by systemd's protocol when it is ready (sd_notify(3)).
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(folder / "ready"))
            ready.settimeout(120)
            environment = {**os.environ, "NOTIFY_SOCKET": str(folder / "ready")}
            quiet = subprocess.DEVNULL
            self._process = subprocess.Popen(words, stdout=quiet, stderr=quiet, cwd=folder, env=environment)
            assert b"READY=1" in ready.recv(1000)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    def call(self, method: str, path: str, body: Any = None, token: str = "", data: bytes | None = None) -> Any:
        """What it answers, as JSON where it is. RuntimeError when it refuses."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            connection.request(method, path, json.dumps(body).encode() if body is not None else data, headers)
            response = connection.getresponse()
            found = response.read()
            if response.status >= 300:
                raise RuntimeError(f"{method} {path}: {response.status} {found.decode()[:300]}")
            return json.loads(found) if "json" in response.headers.get("Content-Type", "") else found
        finally:
            connection.close()

    def register(self, name: str, shown: str) -> Account:
        """A new account; its id has a number of its own, so that no two tests share one."""
        user = f"{name}-{next(_numbers)}"
        nonce = self.call("GET", "/_synapse/admin/v1/register")["nonce"]
        given = "\0".join((nonce, user, "password", "notadmin")).encode()
        mac = hmac.new(SECRET.encode(), given, hashlib.sha1).hexdigest()
        about = {"nonce": nonce, "username": user, "displayname": shown, "password": "password", "admin": False, "mac": mac}
        made = self.call("POST", "/_synapse/admin/v1/register", about)
        return Account(self, made["user_id"], made["access_token"])


class Account:
    """Somebody on the homeserver."""

    def __init__(self, server: Homeserver, user: str, token: str) -> None:
        self.server = server
        self.id = user
        self.token = token

    def call(self, method: str, path: str, body: Any = None, data: bytes | None = None) -> Any:
        return self.server.call(method, path, body, self.token, data)

    def makes_room(self, *invited: Account, encrypted: bool = False) -> str:
        state = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}] if encrypted else []
        about = {"invite": [other.id for other in invited], "preset": "private_chat", "initial_state": state}
        room = str(self.call("POST", "/_matrix/client/v3/createRoom", about)["room_id"])
        for other in invited:
            other.call("POST", f"/_matrix/client/v3/rooms/{quote(room, safe='')}/join", {})
        return room

    def sends(self, room: str, content: dict[str, Any], kind: str = "m.room.message") -> str:
        path = f"/_matrix/client/v3/rooms/{quote(room, safe='')}/send/{kind}/{next(_numbers)}"
        return str(self.call("PUT", path, content)["event_id"])

    def sees(self, room: str) -> list[dict[str, Any]]:
        """The events of the room, the oldest first."""
        found = self.call("GET", f"/_matrix/client/v3/rooms/{quote(room, safe='')}/messages?dir=b&limit=500")
        return list(reversed(found["chunk"]))


class Gate:
    """Stands before the homeserver: `script` holds what the next messages that are sent meet; `cut()` breaks every connection."""

    def __init__(self, port: int) -> None:
        self.script: deque[Answer] = deque()
        self._to = f"http://127.0.0.1:{port}"
        self._open: set[Any] = set()
        self._runner: web.AppRunner | None = None
        self._session: ClientSession | None = None
        self.address = ""

    async def __aenter__(self) -> Gate:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        self._session = ClientSession(auto_decompress=False)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        assert self._session is not None
        await self._runner.cleanup()
        await self._session.close()

    def cut(self) -> None:
        for transport in list(self._open):
            transport.abort()

    async def _pass_on(self, request: web.Request) -> web.Response:
        assert self._session is not None
        self._open.add(request.transport)
        try:
            answer = self.script.popleft() if self.script and "/send/m.room.message/" in request.raw_path else Answer()
            if answer.status != 200:
                return web.Response(status=answer.status, headers=answer.headers, body=answer.body, content_type="application/json")
            headers = {k: v for k, v in request.headers.items() if k.lower() in ("authorization", "content-type")}
            url = yarl.URL(self._to + request.raw_path, encoded=True)
            async with self._session.request(request.method, url, headers=headers, data=await request.read()) as response:
                body = await response.read()
                if answer.cut and request.transport is not None:
                    request.transport.abort()
                return web.Response(status=response.status, body=body, headers={"Content-Type": response.headers["Content-Type"]})
        finally:
            self._open.discard(request.transport)
