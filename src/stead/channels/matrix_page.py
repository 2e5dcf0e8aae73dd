"""Parts of a message as the content of Matrix events: plain, and as the HTML that clients show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from stead.channels.fences import Piece

LIMIT = 5000
"""Characters of a part: with its HTML it stays below the 65,536 bytes of an event, whatever the script
(https://spec.matrix.org/latest/client-server-api/#size-limits)."""
OURS = "io.stead"
"""Under this key an event says that Stead sent it, and which answer each reaction stands for."""


def content(part: Sequence[Piece], keys: Mapping[str, str]) -> dict[str, Any]:
    """The content of an `m.room.message`. `m.mentions` is empty: it calls nobody, whatever the words are."""
    return {
        "msgtype": "m.text",
        "body": "\n".join(piece.text for piece in part),
        "format": "org.matrix.custom.html",
        "formatted_body": "".join(map(_html, part)),
        "m.mentions": {},
        OURS: {"buttons": dict(keys)},
    }


def _html(piece: Piece) -> str:
    if piece.code:
        return f"<pre><code>{escape(piece.text)}\n</code></pre>"
    words = escape(piece.text).replace("\n", "<br/>")
    return f"<p><strong>{words}</strong></p>" if piece.strong else f"<p>{words}</p>"
