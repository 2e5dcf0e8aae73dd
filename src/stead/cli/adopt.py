"""`stead adopt`: what was broken when Stead came, and what is to become of each."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from stead.app.durations import parse_duration
from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, is_terminal, line, say_json, table
from stead.domain.errors import UserError

_KEYS = "[f]ix it  [k]nown for a while  [i]gnore it  [s]kip (Enter)  [q]uit"


def adopt(
    numbers: Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="Open incidents, like I-3.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait for a choice.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Treat them as new: tell, and work on them.")] = False,
    known: Annotated[str | None, typer.Option("--known-until", help="Known: a while like 30d, or a date like 2026-12-31.")] = None,
    ignore: Annotated[bool, typer.Option("--ignore", help="Hear nothing of them, for good.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the choice.")] = "",
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """What was broken when Stead came: list it, or choose for each."""
    client = Client.of(url, token)
    if fix or known is not None or ignore:
        if [fix, known is not None, ignore].count(True) > 1:
            raise UserError("choose one of --fix, --known-until and --ignore", hint="run it once for each")
        if everything is bool(numbers):
            raise UserError("a choice is for some incidents or for --all", hint="stead adopt I-3 I-4 --fix")
        choice = "fix" if fix else "ignore" if ignore else "known"
        _say(_choose(client, choice, numbers or [], everything=everything, known=known or "", reason=reason), output)
        return
    if numbers or everything or reason:
        raise UserError("no choice is given", hint="add --fix, --known-until 30d or --ignore")
    waiting: list[dict[str, Any]] = client.get("/api/adoption")
    if output is Form.JSON:
        say_json(waiting)
    elif waiting and is_terminal() and sys.stdin.isatty():
        _ask_for_each(client, waiting)
    else:
        rows = [[i["id"], i["severity"], i["title"], i["opened_at"][:10]] for i in waiting]
        table(("ID", "SEVERITY", "WHAT", "SINCE"), rows, empty="Nothing waits for a choice.", widest=2)


def _choose(client: Client, choice: str, numbers: list[str], *, everything: bool, known: str, reason: str) -> list[dict[str, Any]]:
    body: dict[str, Any] = {"choice": choice, "incidents": numbers, "all": everything, "reason": reason}
    if choice == "known":
        body |= _until(known)
    return client.post("/api/adoption", body)


def _until(text: str) -> dict[str, str]:
    """`30d` or `2026-12-31` as the service wants it. UserError for anything else."""
    known = text.strip()
    try:
        if known[4:5] == "-":
            datetime.fromisoformat(known)
            return {"until": known}
        parse_duration(known)
    except ValueError:
        raise UserError(f"`{known[:40]}` is no while and no date", hint="write 30d, 2026-12-31 or the like") from None
    return {"for": known}


def _say(chosen: list[dict[str, Any]], output: Form) -> None:
    if output is Form.JSON:
        say_json(chosen)
        return
    for incident in chosen:
        print(line(f"{incident['id']} {_standing(incident)}: {incident['title']}"))


def _standing(incident: dict[str, Any]) -> str:
    if not incident["muted"]:
        return "is told and worked on"
    until = incident["muted"][0]["until"]
    return f"is known until {until[:10]}" if until else "is ignored"


def _ask_for_each(client: Client, waiting: list[dict[str, Any]]) -> None:
    print(f"{len(waiting)} {'thing was' if len(waiting) == 1 else 'things were'} broken before Stead came. What is to become of each?\n")
    for incident in waiting:
        print(line(f"{incident['id']}  {incident['severity']}  {incident['title']}"))
        seen: list[dict[str, Any]] = incident["cause"]["evidence"] if incident["cause"] else []
        for evidence in [one for one in seen if one["value"] not in incident["title"]][:2]:
            print(line(f"    {evidence['what']}: {evidence['value']}")[:200])
        if not _ask(client, incident["id"]):
            return
        print()


def _ask(client: Client, number: str) -> bool:
    """Ask until there is an answer that can be. False for the one that ends it all."""
    while True:
        answer = typer.prompt(f"  {_KEYS}", default="s", show_default=False).strip().lower()[:1]
        if answer in ("s", "q"):
            return answer == "s"
        choice = {"f": "fix", "k": "known", "i": "ignore"}.get(answer)
        if choice is None:
            print("  press f, k, i, s or q")
            continue
        known = _ask_until() if choice == "known" else ""
        reason = "" if choice == "fix" else _ask_why(needed=choice == "ignore")
        try:
            _say(_choose(client, choice, [number], everything=False, known=known, reason=reason), Form.TABLE)
        except UserError as error:
            _explain(error)
            continue
        return True


def _ask_until() -> str:
    while True:
        known: str = typer.prompt("  known until (30d, 2026-12-31)", default="30d")
        try:
            _until(known)
        except UserError as error:
            _explain(error)
        else:
            return known


def _ask_why(*, needed: bool) -> str:
    while True:
        reason: str = typer.prompt("  why" if needed else "  why (Enter: no word)", default="", show_default=False)
        if reason.strip() or not needed:
            return reason
        print("  what is ignored for good needs a reason")


def _explain(error: UserError) -> None:
    print(line(f"  {error.what}" + (f"; {error.hint}" if error.hint else "")))
