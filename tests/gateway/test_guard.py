"""What is refused before anything looks at it: foreign names, foreign pages, large bodies."""

from __future__ import annotations

from typing import Any

import pytest

from stead.gateway.guard import host_name


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example.com", "10.0.0.1", "", "localhost.evil.example.com", "[::2]"])
async def test_a_foreign_name_is_refused(listening: Any, host: str) -> None:
    status, said = await listening.get("/api/incidents", Host=host)
    assert (status, said["hint"]) == (421, "name it in server.hosts")
    assert (await listening.get("/healthz", Host=host))[0] == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8642", "[::1]:8642", "127.0.0.1", "stead.example.com", "Stead.example.com:443"])
async def test_our_own_names_are_let_in(listening: Any, host: str) -> None:
    assert (await listening.get("/api/incidents", Host=host))[0] == 200


async def test_a_foreign_page_is_refused_and_our_own_is_not(listening: Any) -> None:
    for origin in ("https://evil.example.com", "null", "http://127.0.0.1:1", ""):
        assert (await listening.get("/api/incidents", Origin=origin))[0] == 403
    assert (await listening.get("/api/incidents", Origin=listening.gateway.url))[0] == 200


async def test_a_large_body_is_refused_with_and_without_its_length(listening: Any) -> None:
    async def in_pieces() -> Any:
        for _ in range(20):
            yield b"x" * 8192

    url = listening.gateway.url + "/api/approvals/1/decision"
    headers = {"Authorization": f"Bearer {listening.all_powerful}", "Content-Type": "application/json"}
    for body in (b"x" * 100_000, in_pieces()):
        async with listening.http.post(url, data=body, headers=headers) as answer:
            assert (answer.status, (await answer.json())["error"]) == (413, "the request is larger than 65536 bytes")


async def test_answers_are_neither_kept_nor_guessed_at(listening: Any) -> None:
    async with listening.http.get(listening.gateway.url + "/healthz") as answer:
        assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert "Server" not in answer.headers


@pytest.mark.parametrize(
    ("host", "name"),
    [("Stead.example.com:8642", "stead.example.com"), ("[::1]:8642", "::1"), ("[::1", "::1"), ("a.", "a"), (":80", ""), ("", "")],
)
def test_the_name_in_a_host_header(host: str, name: str) -> None:
    assert host_name(host) == name
