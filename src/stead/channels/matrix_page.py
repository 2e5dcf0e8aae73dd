"""Parts of a message as the content of Matrix events: plain, and as the HTML that clients show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from stead.channels.pieces import Look, Piece, Span, joined, spans

LIMIT = 5000
"""Characters of a part: with its HTML it stays below the 65,536 bytes of an event, whatever the script
(https://spec.matrix.org/latest/client-server-api/#size-limits)."""
OURS = "io.stead"
"""Under this key an event says that Stead sent it, and which answer each reaction stands for."""


def content(part: Sequence[Piece], keys: Mapping[str, str]) -> dict[str, Any]:
    """The content of an `m.room.message`. `m.mentions` is empty: it calls nobody, whatever the words are."""
    return {
        "msgtype": "m.text",
        "body": joined(part, lambda piece: piece.text),
        "format": "org.matrix.custom.html",
        "formatted_body": "".join(map(_html, part)),
        "m.mentions": {},
        OURS: {"buttons": dict(keys)},
    }


def size(piece: Piece) -> int:
    """Characters of its words."""
    return len(piece.text)


def _html(piece: Piece) -> str:
    if piece.look is Look.CODE:
        return f"<pre><code>{escape(piece.text)}\n</code></pre>"
    if piece.look is Look.TEXT:
        marks = {Span.WORDS: "{}", Span.CODE: "<code>{}</code>", Span.BOLD: "<strong>{}</strong>"}
        return f"<p>{''.join(marks[kind].format(_words(words)) for kind, words in spans(piece.text))}</p>"
    return f"<p><strong>{_words(piece.text)}</strong></p>"


def _words(text: str) -> str:
    return escape(text).replace("\n", "<br/>")
