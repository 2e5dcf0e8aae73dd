"""Words that are no command: a question, which goes on with the conversation that it answers, with its context."""

from __future__ import annotations

from collections.abc import Sequence

from stead.app.chat.asked import Asked
from stead.channels.text import render
from stead.domain import ids
from stead.domain.approval import Approval
from stead.domain.delivery import Attachment
from stead.domain.errors import UserError
from stead.domain.talk import Talk
from stead.engine import talking
from stead.store import actions, inbounds, talks

MOST_ATTACHED = 40_000
"""Characters of what came with a question, as over HTTP."""
_TEXTS = frozenset({"application/json", "application/yaml", "application/x-yaml", "application/xml", "application/toml"})


def ask(asked: Asked, text: str) -> None:
    """Ask an agent. Its answer comes when it is there; what is written meanwhile waits for its turn."""
    question = text.strip() or ("Look at what is attached." if asked.event.attachments else "")
    if not question:
        raise UserError("there is no question in it", hint="write it in words, or /help")
    talk, context = _conversation(asked)
    attached = "\n\n".join(part for part in (context, _attached(asked.event.attachments)) if part)[:MOST_ATTACHED]
    before = talks.turns(asked.connection, talk.id)
    if before and before[-1].answer is None:
        inbounds.wait(asked.connection, asked.event, talk.id, asked.journey.redact(attached))
        return
    event = inbounds.find(asked.connection, asked.event.channel, asked.event.id)
    if event is not None:
        talking.ask_in_chat(
            asked.connection, asked.journey, talk.id, event, by=asked.person.principal, question=question, attached=attached
        )


def waiting(asked: Asked) -> Sequence[Approval]:
    """The questions that wait for a person, of the incident under whose message this was written, or of all."""
    under = asked.under()
    incident = under[0].incident if under is not None and under[0].incident else None
    return actions.approvals(asked.connection, incident=incident, everything=False)


def _conversation(asked: Asked) -> tuple[Talk, str]:
    """The session to go on with, and what of the message that is answered its agent must be told besides."""
    under = asked.under()
    if under is None:
        return _session(asked, None), ""
    message, session = under
    talk = talks.find(asked.connection, session) if session else None
    if talk is not None and talk.ended_at is None:
        return talk, ""
    about = message.incident or (talk.incident if talk is not None else None) or None
    if about is not None and talk is None:
        return _session(asked, about), ""
    return _begin(asked, about), f"This answers a message of yours:\n{render(message.message)}"


def _session(asked: Asked, incident: int | None) -> Talk:
    """The one in which this person asked about the same here, while it goes on; else a new one."""
    found = inbounds.open_session(asked.connection, asked.event, asked.person.name, incident)
    talk = talks.find(asked.connection, found) if found else None
    return talk if talk is not None else _begin(asked, incident)


def _begin(asked: Asked, incident: int | None) -> Talk:
    agent = asked.desk.agents.get(asked.event.channel, ids.INVESTIGATOR)
    return talking.begin_session(asked.connection, asked.journey, by=asked.person.principal, agent=agent, estate="", incident=incident)


def _attached(files: Sequence[Attachment]) -> str:
    return "\n\n".join(_as_text(file) for file in files)


def _as_text(file: Attachment) -> str:
    """A text file as it is; of anything else, that it was there."""
    if file.media_type.startswith("text/") or file.media_type in _TEXTS:
        return f"{file.name}:\n{file.data.decode(errors='replace')}"
    return f"{file.name}: {file.media_type}, {len(file.data)} bytes, which nobody has looked at"
