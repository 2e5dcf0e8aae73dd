"""A forge as Gitea answers, over a real Git server: what it hosts is served by `git http-backend`, what its API says is checked by type.

Contract: Gitea's `/swagger.v1.json`, repoGetPullRequestByBaseHead, repoCreatePullRequest (201; 409 for a second one that is open; 422 for a
branch that there is not), repoEditPullRequest. It can lose its answers, as a network does.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "forge-" + "9f3b1c" * 4


class ForgeServer(ThreadingHTTPServer):
    """`pulls` as the API shows them · `lose` holds `POST`, `PATCH` or `push`: the next such request is done, and its answer is lost;
    `refuse` the same, and it is not done · `asked` are the requests of the API."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.pulls: list[dict[str, Any]] = []
        self.lose: set[str] = set()
        self.refuse: set[str] = set()
        self.struck: Callable[[], None] = lambda: None
        self.asked: list[tuple[str, str]] = []
        self.about: dict[str, Any] = {"archived": False, "permissions": {"admin": False, "push": True, "pull": True}}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def sha(self, branch: str) -> str:
        argv = ["git", "--git-dir", str(self.folder / "ops" / "infra.git"), "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()

    def close(self, number: int, *, merged_by: str = "") -> None:
        """A person merges it, or closes it."""
        self.pulls[number - 1] |= {"state": "closed", "merged": bool(merged_by), "merged_by": {"login": merged_by} if merged_by else None}


class _Handler(BaseHTTPRequestHandler):
    server: ForgeServer  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        if ".git/" in self.path:
            self._git(b"")
        else:
            self._api("GET", None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if ".git/" in self.path:
            self._git(body)
        else:
            self._api("POST", json.loads(body))

    def do_PATCH(self) -> None:
        self._api("PATCH", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def _git(self, body: bytes) -> None:
        wanted = base64.b64encode(f"stead:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {wanted}":
            self._say(401, b"", ("WWW-Authenticate", 'Basic realm="Gitea"'))
            return
        parts = urlsplit(self.path)
        pushes = parts.path.endswith("/git-receive-pack") and self.command == "POST"
        if pushes and "push" in self.server.refuse:
            self.server.refuse.discard("push")
            self.server.struck()
            self._say(502, b"")
            return
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": unquote(parts.path),
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "stead",
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
        if pushes and "push" in self.server.lose:
            self.server.lose.discard("push")
            self.server.struck()
            self._say(502, b"")
            return
        head, _, said = done.stdout.partition(b"\r\n\r\n")
        lines = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
        status = next((value.split()[0] for name, value in lines if name == "Status"), "200")
        self._say(int(status), said, *[(name, value) for name, value in lines if name != "Status"])

    def _api(self, method: str, body: Any) -> None:
        self.server.asked.append((method, self.path))
        if self.headers.get("Authorization") != f"token {TOKEN}":
            self._json(401, {"message": "token is required"})
            return
        if method in self.server.refuse:
            self.server.refuse.discard(method)
            self._json(502, {})
            return
        code, said = self._answer(method, unquote(self.path), body)
        if method in self.server.lose:
            self.server.lose.discard(method)
            self.server.struck()
            code, said = 502, {}
        self._json(code, said)

    def _answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        pulls = self.server.pulls
        if method == "POST" and path == "/api/v1/repos/ops/infra/pulls":
            if any(one["state"] == "open" and one["head"]["ref"] == body["head"] for one in pulls):
                return 409, {"message": "pull request already exists for these targets"}
            if not self.server.sha(body["head"]) or body["head"] == body["base"]:
                return 422, {"message": "head or base is wrong"}
            number = len(pulls) + 1
            made = {"number": number, "html_url": f"{self.server.url}/ops/infra/pulls/{number}", "state": "open", "merged": False}
            made |= {"title": body["title"], "body": body["body"], "draft": body["title"].startswith("WIP:"), "merged_by": None}
            pulls.append(made | {"base": {"ref": body["base"]}, "head": {"ref": body["head"]}})
            return 201, self._shown(pulls[-1])
        if method == "PATCH" and (found := re.fullmatch(r"/api/v1/repos/ops/infra/pulls/(\d+)", path)):
            one = pulls[int(found[1]) - 1]
            one |= {key: body[key] for key in ("title", "body") if key in body}
            return 201, self._shown(one)
        if (method, path) == ("GET", "/api/v1/repos/ops/infra"):
            return 200, {"full_name": "ops/infra", **self.server.about}
        found = re.fullmatch(r"/api/v1/repos/ops/infra/pulls/([^/]+)/(.+)", path)
        for one in reversed(pulls):
            if method == "GET" and found and (one["base"]["ref"], one["head"]["ref"]) == (found[1], found[2]):
                return 200, self._shown(one)
        return 404, {"message": "not found"}

    def _shown(self, one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "head": {**one["head"], "sha": self.server.sha(one["head"]["ref"])}}

    def _json(self, code: int, said: Any) -> None:
        self._say(code, json.dumps(said).encode(), ("Content-Type", "application/json"))

    def _say(self, code: int, said: bytes, *headers: tuple[str, ...]) -> None:
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)


@contextmanager
def forge_server(folder: Path) -> Generator[ForgeServer]:
    """Serving the repositories under `folder`, on loopback, until the end."""
    with ForgeServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
