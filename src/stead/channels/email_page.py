"""A message as a letter: plain text, the same as a small page, and what is attached. The page asks no other host for anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

from stead.channels.text import body, disarmed, headline, render
from stead.domain.delivery import Attachment, Block, BlockKind, Delivery, Message
from stead.domain.finding import Severity
from stead.domain.ids import approval_number

_COLOURS = {Severity.CRITICAL: "#b3261e", Severity.WARNING: "#9a6700", Severity.INFO: "#57606a"}
_GOOD = "#1a7f37"
_CODE = "background:#f3f4f6;border-radius:4px;padding:6px 8px;margin:4px 0;white-space:pre-wrap;font:13px/1.4 monospace"
_HEADINGS = {BlockKind.EVIDENCE: "Seen", BlockKind.STEP: "What Stead did", BlockKind.COMMAND: "You can"}


def letter(delivery: Delivery, sender: str, to: Sequence[str], now: datetime) -> EmailMessage:
    """The letter of this delivery. All of one conversation name the same root, and each the one before it, so that they are one thread
    (RFC 5322, 3.6.4); `Auto-Submitted` keeps holiday notices from answering (RFC 3834, 5)."""
    written, domain = EmailMessage(), sender.rpartition("@")[2]
    message = delivery.message
    written["From"] = f"Stead <{sender}>"
    written["To"] = ", ".join(to)
    written["Subject"] = _subject(message)
    written["Date"] = format_datetime(now)
    written["Message-ID"] = f"<stead-{delivery.id}-{int(delivery.created_at.timestamp() * 1000)}@{domain}>"
    root = f"<{''.join(c if c.isascii() and c.isalnum() else '-' for c in delivery.conversation)}.stead@{domain}>"
    written["References"] = f"{root} {delivery.replaces}".strip()
    if delivery.replaces:
        written["In-Reply-To"] = delivery.replaces
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(render(message))
    pictures = [a for a in message.attachments if a.picture]
    written.add_alternative(_page(message, pictures), subtype="html")
    page = written.get_payload(1)
    for number, picture in enumerate(pictures):
        kind, _, subtype = picture.media_type.partition("/")
        page.add_related(picture.data, kind, subtype, cid=f"<p{number}>", filename=picture.name, disposition="inline")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    for file in message.attachments:
        if not file.picture:
            kind, _, subtype = file.media_type.partition("/")
            written.add_attachment(file.data, maintype=kind, subtype=subtype, filename=file.name)
    return written


def _subject(message: Message) -> str:
    """What a list of letters shows; an answer without a title is named by its first words."""
    return headline(message) or " ".join(body(message).split())[:80] or "Stead"


def _page(message: Message, pictures: Sequence[Attachment]) -> str:
    safe = disarmed(message)
    colour = _GOOD if safe.resolved else _COLOURS[safe.severity]
    top = f"border-left:4px solid {'#57606a' if safe.plain else colour};padding-left:12px"
    parts = [
        f'<h2 style="font-size:17px;margin:0 0 12px;{top}">{escape(headline(message))}</h2>' if headline(message) else "",
        *_blocks(safe.blocks),
        *(f'<p><img src="cid:p{n}" alt="{escape(p.name, quote=True)}" style="max-width:100%"></p>' for n, p in enumerate(pictures)),
        *_answers(safe),
    ]
    return (
        '<!doctype html><html><head><meta charset="utf-8"></head>'
        f'<body style="font:15px/1.45 system-ui,sans-serif;color:#1f2328;max-width:46em">{"".join(parts)}</body></html>'
    )


def _blocks(blocks: Sequence[Block]) -> Iterator[str]:
    before: BlockKind | None = None
    for block in blocks:
        if block.kind is not before and block.kind in _HEADINGS:
            yield f'<p style="margin:14px 0 4px;color:#57606a"><b>{_HEADINGS[block.kind]}</b></p>'
        before = block.kind
        if block.kind is BlockKind.CODE:
            yield f'<pre style="{_CODE}">{escape(block.text)}</pre>'
        elif block.text:
            yield f'<p style="margin:4px 0;white-space:pre-wrap">{escape(block.text.strip())}</p>'
        if block.command:
            yield f'<pre style="{_CODE}">{escape(block.command.strip())}</pre>'


def _answers(message: Message) -> Iterator[str]:
    if message.buttons and not message.resolved:
        yield '<p style="margin:14px 0 4px;color:#57606a"><b>To answer</b> (a reply to this letter decides nothing)</p>'
        for button in message.buttons:
            line = f"stead {button.decision} {approval_number(button.approval)}"
            yield f'<pre style="{_CODE}">{escape(line)}    # {escape(button.label)}</pre>'
    if message.number and not message.resolved and not message.plain:
        yield f'<p style="color:#57606a">More: <code>stead show {escape(message.number)}</code></p>'
