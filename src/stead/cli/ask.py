"""`stead ask "why is the blog slow?"` and `journalctl … | stead ask`: one question, its whole answer."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from stead.cli import piped
from stead.cli.client import Client
from stead.cli.conversation import Conversation, silent
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, clean, coloured, is_terminal, line, say_json
from stead.domain.errors import Exit, UserError

WHAT_IS_THIS = "What does this say is wrong, and what should I do about it?"
"""Asked where something is piped in and nothing is asked."""

Question = Annotated[list[str] | None, typer.Argument(metavar="[QUESTION]", help="In your own words. What is piped in goes along.")]
Session = Annotated[str, typer.Option("--session", help="Go on with this session (`stead sessions list`).")]
Incident = Annotated[str | None, typer.Option("--incident", help="It is about this incident, like I-41.")]
Agent = Annotated[str, typer.Option("--agent", help="Who answers.", show_default="investigator")]


def ask(
    question: Question = None,
    session: Session = "",
    incident: Incident = None,
    agent: Agent = "",
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> int:
    """Ask a question; Stead looks, and answers."""
    text, attached = " ".join(question or []).strip(), piped.from_stdin()
    if not text and not attached:
        raise UserError("nothing is asked", hint='stead ask "why is the blog slow?", or pipe a log into it')
    asked = Conversation(
        Client.of(url, token), session, incident, agent, steps=_step if sys.stderr.isatty() else silent, lost=say_once(), said=_note
    ).ask(text or WHAT_IS_THIS, attached)
    show(asked, output)
    return Exit.NEGATIVE if asked["ending"] == "cancelled" else Exit.DONE


def show(asked: dict[str, Any], output: Form) -> None:
    """The answer: rendered on a terminal, as Markdown in a pipe, or with everything around it as JSON."""
    if output is Form.JSON:
        say_json(asked)
    elif is_terminal():
        render(asked["answer"])
    else:
        print(clean(asked["answer"]))
    if sys.stderr.isatty():
        print(_dim(f"{cost(asked)} · stead ask --session {asked['session']} goes on"), file=sys.stderr)


def render(markdown: str) -> None:
    """Markdown on this terminal."""
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(clean(markdown), hyperlinks=False))


def cost(asked: dict[str, Any]) -> str:
    if not asked["run"]:
        return "without a model"
    money = f", {asked['money']:.4f}" if asked["money"] else ""
    return f"{asked['run']} {asked['ending']}, {asked['tokens']} tokens{money}"


def say_once() -> Any:
    """Says on stderr that the link is lost, once for each time that it is."""
    told: list[str] = []

    def lost(why: str) -> None:
        if not told:
            print(f"{line(why)}; trying again, the question is asked only once", file=sys.stderr)
        told.append(why)

    return lost


def _note(asked: dict[str, Any]) -> None:
    """Where the answer will be, should this command be interrupted."""
    if asked["run"] and sys.stderr.isatty():
        print(_dim(f"{asked['run']} looks for the answer; `stead sessions show {asked['session']}` has it, too"), file=sys.stderr)


def _step(said: str) -> None:
    print(_dim(line(said)), file=sys.stderr)


def _dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m" if coloured(sys.stderr) else text
