"""What an answer of Anthropic's Messages API has cost, read from it as it passes, whole or streamed.

Source: https://docs.claude.com/en/docs/build-with-claude/streaming: `message_start` has the tokens in, and each `message_delta` the tokens
out so far.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from stead.domain.model import ModelSpec
from stead.domain.run import Spent

_BYTES_A_TOKEN = 4
"""How tokens are guessed where an answer broke off before it said: English is about 4 bytes a token."""
_MOST_KEPT = 8 * 1024 * 1024
_IN = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class Usage:
    """`asked` is the length of the question in bytes."""

    def __init__(self, asked: int) -> None:
        self._asked, self._length = asked, 0
        self._kept = bytearray()
        self._said: dict[str, int] = {}
        self._whole = False

    def heard(self, part: bytes) -> None:
        """A part of the answer; lines are read as soon as they are whole."""
        self._length += len(part)
        self._kept += part
        *lines, rest = self._kept.split(b"\n")
        for line in lines:
            self._line(line)
        self._kept = rest if len(rest) <= _MOST_KEPT else bytearray()

    def spent(self, spec: ModelSpec, seconds: float) -> Spent:
        """What it comes to; what the answer did not say is guessed from its length."""
        self._line(self._kept)
        tokens_in = sum(self._said.get(name, 0) for name in _IN) or self._asked // _BYTES_A_TOKEN
        guess = 0 if self._whole else self._length // _BYTES_A_TOKEN
        tokens_out = max(self._said.get("output_tokens", 0), guess)
        cached = min(self._said.get(_IN[2], 0), tokens_in)
        money = spec.cost(tokens_in, tokens_out, cached)
        return Spent(tokens_in=tokens_in, tokens_out=tokens_out, cached=cached, money=money, calls=1, seconds=round(seconds, 3))

    def _line(self, line: bytes | bytearray) -> None:
        try:
            found = json.loads(bytes(line).removeprefix(b"data:"))
        except (ValueError, RecursionError):
            return
        if not isinstance(found, dict):
            return
        event = cast("Mapping[str, Any]", found)
        message = event.get("message")
        self._take(event.get("usage"))
        self._take(cast("Mapping[str, Any]", message).get("usage") if isinstance(message, Mapping) else None)
        self._whole = self._whole or event.get("type") in ("message_stop", "message")

    def _take(self, usage: object) -> None:
        for name, value in cast("Mapping[str, Any]", usage).items() if isinstance(usage, Mapping) else ():
            if type(value) is int and value >= 0:
                self._said[name] = max(self._said.get(name, 0), value)
