"""`stead repl`: a conversation on the terminal, over a link that may break.

Promise: a question is put once. Lose the link, close the terminal, or be killed: the next start shows the answer to what was asked.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from stead.cli import ask
from stead.cli.client import Client
from stead.cli.conversation import Conversation
from stead.cli.options import Token, Url
from stead.cli.output import line
from stead.cli.repl_commands import COMMANDS, Leave, carry_out
from stead.cli.repl_state import Left, Memory
from stead.domain.errors import Exit, UserError
from stead.domain.ids import incident_number, parse_number

WELCOME = "Ask what you want to know. /help lists the commands, /quit leaves, Alt-Enter begins a new line."
LEFT = "\nIt goes on; /wait waits for the answer, /cancel ends it."


def repl(session: ask.Session = "", incident: ask.Incident = None, agent: ask.Agent = "", url: Url = None, token: Token = None) -> None:
    """Talk with Stead on this terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("a conversation needs a terminal", hint="`stead ask` answers one question, in a pipe too")
    Repl(Client.of(url, token), session, incident, agent).run()


class Repl:
    """The conversation and what is around it. `lines` gives what is typed next; EOFError ends it."""

    def __init__(self, client: Client, session: str = "", incident: str | None = None, agent: str = "") -> None:
        self.client = client
        self.memory = Memory(client.url, os.environ)
        self.keeps = self.memory.open()
        about = None if incident is None else incident_number(parse_number(incident, "I"))
        self.talk = self._talk(session, about, agent)
        self.waiting: dict[str, Any] | None = None

    def run(self) -> None:
        self.client.get("/api/status")
        print(WELCOME)
        self.take_up()
        prompt = self._prompt()
        while True:
            try:
                typed = prompt(self.sign).strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if not self.say(typed):
                return

    @property
    def sign(self) -> str:
        return f"{self.talk.incident or 'stead'}> "

    def say(self, typed: str) -> bool:
        """Carry out one line. False when it was the last."""
        if not typed:
            return True
        try:
            if typed.startswith("/"):
                carry_out(self, typed)
            else:
                self.put(typed)
        except Leave:
            return False
        except KeyboardInterrupt:
            print(LEFT if self.waiting else "")
        except UserError as error:
            print(f"{line(error.what)}" + (f"\n  {line(error.hint)}" if error.hint else ""))
        return True

    def take_up(self) -> None:
        """Show the answer to a question that was put before this terminal was closed, or the link lost for good."""
        left = self.memory.left()
        if not left.question or self.talk.incident or self.talk.session not in ("", left.session):
            return
        print(f"You had asked: {line(left.question)}")
        self.talk.session = left.session
        try:
            self._answer(self.talk.ask(left.question, key=left.key))
        except KeyboardInterrupt:
            print(LEFT)
        except UserError as error:
            print(line(error.what))
            self.memory.leave(Left())
            self.talk.session = ""

    def put(self, question: str) -> None:
        """Ask, and show the answer. A session that has ended meanwhile is followed by a new one."""
        import secrets

        if self.waiting is not None:
            raise UserError("your question before is still being answered", hint="/wait waits for it, /cancel ends it")
        key = secrets.token_hex(12)
        self._leave(question, key)
        try:
            answered = self.talk.ask(question, key=key)
        except UserError as error:
            if not self._has_ended(error):
                self.memory.leave(Left(session=self.talk.session))
                raise
            print("The session before has ended; this is a new one.")
            self.renew(self.talk.incident)
            self._leave(question, key)
            answered = self.talk.ask(question, key=key)
        self._answer(answered)

    def wait(self) -> None:
        if self.waiting is None:
            raise UserError("no answer is being waited for")
        self._answer(self.talk.wait_for(self.waiting))

    def renew(self, incident: str | None) -> None:
        """Begin a new session, about this incident where one is named."""
        self.waiting = None
        self.talk = self._talk("", incident, self.talk.agent)
        self.memory.leave(Left())

    def _talk(self, session: str, incident: str | None, agent: str) -> Conversation:
        return Conversation(self.client, session, incident, agent, steps=_step, lost=ask.say_once(), said=self._is_there)

    def _is_there(self, asked: dict[str, Any]) -> None:
        self.waiting = asked

    def _leave(self, question: str, key: str) -> None:
        self.memory.leave(Left(session=self.talk.begin(), question=question, key=key))

    def _answer(self, asked: dict[str, Any]) -> None:
        self.waiting = None
        self.memory.leave(Left(session=self.talk.session))
        print()
        ask.render(asked["answer"])
        print(f"\x1b[2m{ask.cost(asked)}\x1b[0m\n")

    def _has_ended(self, error: UserError) -> bool:
        """Whether it was refused because the session is over, or was deleted."""
        if error.code is Exit.NEGATIVE:
            return True
        return error.code is Exit.REFUSED and bool(self.client.get(f"/api/sessions/{self.talk.session}")["ended_at"])

    def _prompt(self) -> Any:
        """A function that asks for the next line: with history, completion of commands, and Alt-Enter for a new line."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import FileHistory, InMemoryHistory
        from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

        from stead.domain.redaction import redact

        class History(FileHistory):
            """A file in which no secret is kept."""

            def store_string(self, string: str) -> None:
                super().store_string(redact(string))

        keys = KeyBindings()

        @keys.add("escape", "enter")
        def _new_line(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text("\n")

        history = History(str(self.memory.history)) if self.keeps else InMemoryHistory()
        words = WordCompleter([f"/{name}" for name in COMMANDS], sentence=True)
        session: PromptSession[str] = PromptSession(history=history, completer=words, complete_while_typing=False, key_bindings=keys)
        return session.prompt


def _step(said: str) -> None:
    print(f"\x1b[2m{line(said)}\x1b[0m")
