"""How `stead jobs` shows jobs and their runs to a person."""

from __future__ import annotations

from typing import Any

from stead.cli.output import clean, line, table


def show_list(found: list[dict[str, Any]]) -> None:
    rows = [[each["name"], each["kind"], each["schedule"], _next(each), _last(each), _origin(each)] for each in found]
    table(("NAME", "KIND", "SCHEDULE", "NEXT", "LAST", "FROM"), rows, empty="There are no jobs.", widest=4)


def show_job(found: dict[str, Any]) -> None:
    for key, value in found["spec"].items():
        print(line(f"{key}: {_value(value)}"))
    print(line(f"from: {_origin(found)}{' (' + found['source'] + ')' if found['source'] else ''}"))
    print(line(f"next: {_next(found)}"))
    print(line(f"last: {_last(found)}"))
    for each in found["drift"]:
        print(line(f"differs from {found['source']}: {_change(each)}"))


def show_next(found: dict[str, Any]) -> None:
    if found.get("paused"):
        print(line(f"{found['name']} is paused: `stead jobs resume {found['name']}`"))
    for each in found["times"]:
        print(each.replace("T", " "))
    if not found["times"]:
        print("It never comes again.")


def show_history(found: list[dict[str, Any]], *, whole: bool) -> None:
    if whole:
        for each in found:
            _show_run(each)
        return
    rows = [
        [
            each["id"],
            _moment(each["due"]),
            _state(each),
            _took(each),
            _text(each["exit"]),
            _cost(each),
            each["silent"] or _first(each["output"]),
        ]
        for each in found
    ]
    table(("ID", "DUE", "STATE", "TOOK", "EXIT", "TOKENS", "TOLD, OR WHY NOT"), rows, empty="It has not run yet.", widest=6)


def show_changes(found: list[dict[str, Any]]) -> None:
    for each in found:
        print(line(f"{each['name']}: {'would be ' if each['change'] != 'unchanged' else ''}{each['change']}"))
        for field in each["fields"] if each["change"] == "changed" else ():
            print(line(f"  {_change(field)}"))


def _show_run(each: dict[str, Any]) -> None:
    took = _took(each)
    print(line(f"{each['id']} of {_moment(each['due'])}: {_state(each)}" + (f" after {took}" if took else "")))
    if each["output"]:
        print(clean(each["output"]))
    for words in (each["note"], f"nothing is told: {each['silent']}" if each["silent"] else ""):
        if words:
            print(line(words))
    if each["run"]:
        print(line(f"the agent's run is {each['run']}: {each['tokens']} tokens"))


def _state(each: dict[str, Any]) -> str:
    return each["state"].replace("_", " ")


def _next(each: dict[str, Any]) -> str:
    if each["running"]:
        return "now"
    return "paused" if each["paused_at"] else _moment(each["next_at"]) or "never"


def _last(each: dict[str, Any]) -> str:
    last = each["last"]
    return "" if last is None else f"{_state(last)} {_moment(last['due'])}"


def _origin(each: dict[str, Any]) -> str:
    return each["origin"] + (" (differs)" if each["drift"] else "")


def _change(field: dict[str, Any]) -> str:
    return f"{field['key']}: {_value(field['old'])} → {_value(field['new'])}"


def _value(value: Any) -> str:
    if value is None:
        return "(default)"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _moment(text: str | None) -> str:
    """`2026-12-01T20:00:00Z` → `2026-12-01 20:00:00 UTC`."""
    return f"{text[:19].replace('T', ' ')} UTC" if text else ""


def _took(each: dict[str, Any]) -> str:
    return "" if each["seconds"] is None else f"{each['seconds']:.1f} s"


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _cost(each: dict[str, Any]) -> str:
    return str(each["tokens"]) if each["tokens"] else ""


def _first(text: str) -> str:
    return next(iter(text.splitlines()), "")[:120]
