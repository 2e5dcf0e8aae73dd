"""`stead why I-41` and `stead why-not payments/api`: why Stead spoke, acted or stayed silent, from what it stored."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json
from stead.domain.ids import parse_number

Json = dict[str, Any]


def why(
    number: Annotated[str, typer.Argument(metavar="ID", help="The incident's number, like I-41.")],
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Why an incident is one, and why Stead told, acted, or did not."""
    found: Json = Client.of(url, token).get(f"/api/incidents/{parse_number(number, 'I')}/why")
    if output is Form.JSON:
        say_json(found)
        return
    print(line(f"{found['id']}  {found['state']}  {found['title']}"))
    for part in found["why"]:
        print(f"\n{line(part['question'])}")
        for answer in part["answers"]:
            at = f"{answer['at'][:19].replace('T', ' ')}  " if answer["at"] else ""
            print(f"  {at}{line(answer['text'])}")


def why_not(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="deployment/payments/api, payments/api, node/n1.")],
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """Why Stead says nothing of something."""
    found: Json = Client.of(url, token).get("/api/why-not", subject=subject)
    if output is Form.JSON:
        say_json(found)
        return
    print(line(f"{found['subject']}: {', '.join(found['subjects']) or 'not seen'}"))
    for sentence in found["because"]:
        print(f"  {line(sentence)}")
    _part("What the checks say", [_check(check) for check in found["checks"]])
    _part(
        "What it had before",
        [f"{past['opened_at'][:16]} to {past['closed_at'][:16]}  {past['check']}: {past['summary']}" for past in found["past"]],
    )
    _part("Not covered", [", ".join(found["not_covered"])] if found["not_covered"] else [])


def _check(check: Json) -> str:
    until = f", until {check['until'][:16]}" if check["until"] else ""
    many = f" ({check['looked_at']} of them)" if check["looked_at"] > 1 else ""
    return f"{check['check']:<28} {check['kind']}{many}: {check['says']}{until}"


def _part(title: str, texts: list[str]) -> None:
    if texts:
        print(f"\n{title}")
        for text in texts:
            print(f"  {line(text)}")
