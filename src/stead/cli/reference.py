"""The reference pages that are made from code: `python -m stead.cli.reference docs/reference` writes them, a test holds them equal."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

MADE = "<!-- Made from the code by `python -m stead.cli.reference docs/reference`; edit that instead. -->"


def pages() -> dict[str, str]:
    """The text of each page by file name."""
    made = {"configuration.md": _configuration(), "api.md": _api(), "commands.md": _commands()}
    return {name: "\n".join(lines).rstrip() + "\n" for name, lines in made.items()}


def _configuration() -> Iterator[str]:
    from stead.app.settings import settings_schema

    schema = settings_schema()
    yield from ("# Configuration", "", MADE, "")
    yield from _CONFIGURATION.splitlines()
    yield from ("", "## Example", "", "```yaml", *_EXAMPLE.splitlines(), "```", "", "## Keys", "")
    yield from _section("", schema, schema)


_CONFIGURATION = """\
One YAML file, read from the first of these that is there: `--config`, `$STEAD_CONFIG`, `./stead.yaml`,
`~/.config/stead/stead.yaml`, `/etc/stead/stead.yaml`. Without any, Stead watches the kubeconfig's current context and uses the
defaults below. An unknown key is an error that names the line and the nearest known key. `stead config check` checks a file,
`stead config show` prints it with every default filled in, and `stead config schema` prints the JSON Schema for editors.

Durations are written as `500ms`, `3s`, `30m`, `1h30m` or `7d`. A relative path starts at the folder of the file. A secret is
never written here, only where it lies: `env:NAME`, `file:/path` (readable by its owner alone) or `cred:NAME` (a systemd
credential)."""

_API = """\
The service listens on `127.0.0.1:8642` unless `server.bind` says otherwise. Every route under `/api` wants a token
(`Authorization: Bearer …`, from `stead token add`), on loopback too; the `stead` commands use one that the running service
leaves for its own user. Scopes are `read`, `approve` and `admin`, which has both. `/api/openapi.json` describes all of this to
programs.

A refusal is JSON with two keys, `error` (what happened) and `hint` (the next step):

| status | what it means |
|---|---|
| 400 | the request is wrong |
| 401 | no token, or one that is not good (any more) |
| 403 | the token lacks the scope, or a page of another origin asks |
| 404 | there is no such thing |
| 409 | it cannot be done any more, as with an approval that was decided |
| 413 | the request is too large |
| 421 | the host name is not in `server.hosts` |
| 503 | the service starts or stops |
"""

_COMMANDS = """\
Answers go to stdout, everything else to stderr; `-o json` gives programs what the API gives. The exit codes are in the
[overview](index.md#exit-codes).

Where something unexpected happens, a command says so in one sentence and keeps the details in a file; `STEAD_DEBUG=1` shows
them at once."""

_EXAMPLE = """\
version: 1
estates:
- kind: kubernetes
  id: home
  context: stead-read          # may only read
  write_context: stead-write   # may also act, as the policy allows
- kind: host
  id: node-3
policy: policy.yaml
channels:
- name: ops
  kind: webhook
  url: https://example.com/hooks/stead
  secret: env:OPS_WEBHOOK_SECRET
models:
- name: local
  kind: ollama
  model: qwen3:8b
timing:
  approval_expires: 1h"""


_PLURAL = {"array": "[]", "object": ".NAME"}
"""How the keys below a list, and below names of one's own, are written."""


def _section(prefix: str, model: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """A table of the model's own keys, then one section for each group below it."""
    groups: list[tuple[str, dict[str, Any]]] = []
    rows: list[str] = []
    for name, field in model["properties"].items():
        below = [each for each in _models(field, schema) if each is not model]
        key = f"{prefix}{name}"
        if below:
            groups += [(f"{key}{_PLURAL.get(str(field.get('type')), '')}." if field.get("type") else f"{key}.", each) for each in below]
        if not below or field.get("type"):
            rows.append(
                f"| `{name}` | {_type(field)} | {_default(field, name in model.get('required', ()))} | {field.get('description', '')} |"
            )
    if rows:
        yield from ("| key | type | default | meaning |", "|---|---|---|---|", *rows, "")
    for key, each in groups:
        kind = each["properties"].get("kind", {}).get("const")
        title = key.rstrip(".") + (f" of kind `{kind}`" if kind else "")
        yield from (f"### {title}", "", each.get("description", ""), "")
        yield from _section(key, each, schema)


def _models(field: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The models that a value of this field may be."""
    named = field.get("additionalProperties")
    below = cast(dict[str, Any], named) if isinstance(named, dict) else {}
    for place in (
        field,
        below,
        field.get("items", {}),
        *field.get("anyOf", []),
        *field.get("items", {}).get("oneOf", []),
    ):
        if "$ref" in place:
            yield schema["$defs"][place["$ref"].rpartition("/")[2]]


def _type(field: dict[str, Any]) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(each) for each in field["anyOf"] if each.get("type") != "null"))
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}" if "type" in field["items"] else "list"
    if "(\\d+h)?" in str(field.get("pattern", "")):
        return "duration"
    return {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "keys"}.get(str(field.get("type")), "number")


def _default(field: dict[str, Any], required: bool) -> str:
    if required:
        return "required"
    value = field.get("default")
    return "" if value in (None, [], {}, "") else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _api() -> Iterator[str]:
    description = _openapi()
    yield from ("# HTTP API", "", MADE, "")
    yield from _API.splitlines()
    yield ""
    for path, methods in description["paths"].items():
        for method, route in methods.items():
            yield from (f"## {method.upper()} {path}", "", route["description"], "")
            yield from _parameters(route)
            yield from _body(route, description)
    yield from _STREAM.splitlines()


_STREAM = """\
## Following events

With `Accept: text/event-stream`, `/api/events` sends what was and goes on with what comes (server-sent events): `id:` is the event's
`seq`, `event:` its name, `data:` the same JSON as in a page. After a cut, send the last `id:` as `Last-Event-ID` and nothing is lost or
repeated. A comment every 15 seconds shows that a silent stream lives; the stream ends with the service.

```sh
curl -N -H "Authorization: Bearer $STEAD_TOKEN" -H "Accept: text/event-stream" http://127.0.0.1:8642/api/events
```"""


def _openapi() -> dict[str, Any]:
    from stead.app.config import settings_of
    from stead.app.wiring import Stead
    from stead.gateway.api import application
    from stead.gateway.stream import Streams

    with tempfile.TemporaryDirectory() as folder:
        stead = Stead.build(settings_of({"store": {"folder": folder}}))
        try:
            return application(stead, Streams(stead)).openapi()
        finally:
            stead.store.close()


def _parameters(route: dict[str, Any]) -> Iterator[str]:
    shown = [each for each in route.get("parameters", []) if each["in"] != "path"]
    for each in shown:
        limits = each["schema"]
        default = f", default `{str(limits['default']).lower()}`" if "default" in limits else ""
        yield f"- `{each['name']}` ({each['in']}{default}): {each.get('description', 'How many at most.')}"
    if shown:
        yield ""


def _body(route: dict[str, Any], description: dict[str, Any]) -> Iterator[str]:
    content = route.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    model = description["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    yield from ("The body is JSON:", "")
    for name, field in model["properties"].items():
        words = _value(next((one for one in field.get("anyOf", ()) if one.get("type") != "null"), field))
        optional = "" if name in model.get("required", ()) else " (may be left out)"
        yield f"- `{name}`{optional}: {words}. {field.get('description', '')}".rstrip()
    yield ""


def _value(field: dict[str, Any]) -> str:
    """What may stand in a field of a body."""
    if "enum" in field:
        return " or ".join(f"`{word}`" for word in field["enum"])
    if field.get("type") == "array":
        return f"a list of at most {field['maxItems']}"
    return f"at most {field['maxLength']} letters" if "maxLength" in field else str(field.get("type", "anything"))


def _commands() -> Iterator[str]:
    import typer.main

    from stead.cli.commands import build

    root: Any = typer.main.get_command(build([]))
    yield from ("# Commands", "", MADE, "")
    yield from _COMMANDS.splitlines()
    yield ""
    yield from _command(root, "stead")


def _command(command: Any, name: str) -> Iterator[str]:
    """The page's part about one command, and about those below it."""
    below: dict[str, Any] = getattr(command, "commands", {})
    if not below:
        arguments = [each for each in command.params if each.param_type_name == "argument"]
        words = " ".join(_metavar(each) if each.required else f"[{_metavar(each)}]" for each in arguments)
        yield from (f"## `{' '.join(f'{name} {words}'.split())}`", "", " ".join(str(command.help or "").split()), "")
        yield from _options(command)
    for each, inner in below.items():
        yield from _command(inner, f"{name} {each}")


def _options(command: Any) -> Iterator[str]:
    rows = [each for each in command.params if each.name != "help"]
    for each in rows:
        if each.param_type_name == "argument":
            yield f"- `{_metavar(each)}`: {each.help or ''}"
        else:
            env = f" (`{each.envvar}`)" if isinstance(each.envvar, str) else ""
            yield f"- `{', '.join([*each.opts, *each.secondary_opts])}`{env}: {each.help or ''}"
    if rows:
        yield ""


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def main() -> None:
    """Write the pages into the folder that the first argument names."""
    folder = Path(sys.argv[1])
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
