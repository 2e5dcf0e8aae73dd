"""How the service stands, in a few lines. Without Typer, so that plain `stead status` stays quick."""

from __future__ import annotations

import sys
from typing import Any

from stead.cli.client import Client
from stead.cli.output import Form, coloured, line, say_json

_PAINT = {"green": "\x1b[32m", "amber": "\x1b[33m", "red": "\x1b[1;31m", "blind": "\x1b[35m"}


def tell(url: str | None, token: str | None, form: Form = Form.TABLE) -> None:
    """Ask the service and print what it says."""
    client = Client.of(url, token)
    found: dict[str, Any] = client.get("/api/status")
    if form is Form.JSON:
        say_json(found)
        return
    for text in lines(found, client.url, colour=coloured(sys.stdout)):
        print(text)


def lines(found: dict[str, Any], url: str, *, colour: bool) -> list[str]:
    """The status as lines."""
    shade = str(found["colour"])
    painted = f"{_PAINT.get(shade, '')}{shade}\x1b[0m" if colour else shade
    ready = "" if found["ready"] else ", not ready yet"
    shown = [f"{painted}  stead {line(str(found['version']))} at {line(url)}{ready}"]
    stop: dict[str, Any] = found.get("stop") or {}
    if stop.get("stopped"):
        why = f": {line(stop['reason'])}" if stop["reason"] else ""
        shown.append(f"stopped by {line(stop['by'])}{why} (stead resume)")
    if found.get("policy_error"):
        shown.append(f"the policy file cannot be used, the last good one stays in force: {line(found['policy_error'])}")
    for estate in found["estates"]:
        shown.append(f"estate {line(estate['id'])} ({line(estate['kind'])}): {'partly blind' if estate['blind'] else 'in sight'}")
        shown += [f"  {line(item['summary'])}" for item in estate["blind"]]
    incidents, deliveries = found["incidents"], found["deliveries"]
    shown.append(f"incidents: {incidents['open']} open, {incidents['awaiting_approval']} waiting for an approval")
    if found["approvals_pending"]:
        shown.append(f"approvals: {found['approvals_pending']} pending (stead approvals)")
    shown.append(f"messages: {deliveries['queued']} queued, {deliveries['dead']} given up on")
    shown += [f"  {line(each['id'])} to {line(each['channel'])}: {line(each['error'])}" for each in found.get("dead") or ()]
    if deliveries["dead"]:
        shown.append("  stead outbox list shows them, stead outbox retry tries one again")
    shown += [f"models: {text}" for text in spent_lines(found.get("models") or {})]
    return shown


def spent_lines(spent: dict[str, Any]) -> list[str]:
    """What models have cost, and of how much; nothing where nothing was spent and nobody set a limit."""
    parts = [_spent(spent[name], name) for name in ("day", "month") if name in spent]
    out = [f"the budget of the {name} has run out: {spent[name]['spent_out']}" for name in ("day", "month") if _out(spent, name)]
    return ["; ".join(part for part in parts if part), *out] if any(parts) else []


def _out(spent: dict[str, Any], name: str) -> bool:
    return bool(spent.get(name, {}).get("spent_out"))


def _spent(part: dict[str, Any], name: str) -> str:
    limit = part["limit"]
    if not part["calls"] and not any(value is not None for value in limit.values()):
        return ""
    tokens = f"{part['tokens']} tokens" + (f" of {limit['tokens']}" if limit["tokens"] is not None else "")
    money = f"{part['money']:.4f}" + (f" of {limit['money']:.2f}" if limit["money"] is not None else "")
    waited = f", {part['seconds']:.0f} of {limit['seconds']:.0f} s" if limit["seconds"] is not None else ""
    return f"{tokens}, {money}{waited} this {name}"
