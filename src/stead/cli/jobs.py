"""`stead jobs`: what runs at its time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from stead.cli.client import Client
from stead.cli.jobs_shown import show_changes, show_history, show_job, show_list, show_next
from stead.cli.options import Output, Token, Url
from stead.cli.output import Form, line, say_json
from stead.domain.errors import Exit, UserError

app = typer.Typer(help="What runs at its time: checks, scripts, prompts and reports.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The job's name.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="YAML files, each with a job or a list of them; `-` reads stdin.")]


@app.command("list")
def list_(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Every job: when it comes next, how it last ended, and whether it differs from the configuration."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/jobs")
    say_json(found) if output is Form.JSON else show_list(found)


@app.command("show")
def show(name: Name, url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """One job as it is in force, its last run, and in what it differs from the configuration."""
    found: dict[str, Any] = Client.of(url, token).get(f"/api/jobs/{_safe(name)}")
    say_json(found) if output is Form.JSON else show_job(found)


@app.command("next")
def next_(
    name: Annotated[str, typer.Argument(metavar="NAME|SCHEDULE", help="A job, or a schedule in quotes: 'every 15m', '0 9 * * mon-fri'.")],
    count: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many times.")] = 10,
    timezone: Annotated[str, typer.Option("--timezone", help="Of a schedule: its zone, like Europe/Berlin.")] = "UTC",
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """When a job, or a schedule that you try, comes next. A schedule needs no service."""
    found = (
        _of_schedule(name, timezone, count) if _is_schedule(name) else Client.of(url, token).get(f"/api/jobs/{_safe(name)}/next", n=count)
    )
    say_json(found) if output is Form.JSON else show_next(found)


@app.command("run")
def run(
    name: Name,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything, and tell nobody.")] = False,
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> int:
    """Run a job now and wait for its end. Exit code 1 when it failed, 3 when it was blind."""
    client = Client.of(url, token)
    begun: dict[str, Any] = client.post(f"/api/jobs/{_safe(name)}/run", {"dry_run": dry_run})
    ended = _wait(client, begun["id"])
    if output is Form.JSON:
        say_json(ended)
    else:
        show_history([ended], whole=True)
    return {"done": Exit.DONE, "blind": Exit.BLIND}.get(ended["state"], Exit.NEGATIVE)


@app.command("pause")
def pause(name: Name, url: Url = None, token: Token = None) -> None:
    """Have a job not run by itself."""
    Client.of(url, token).post(f"/api/jobs/{_safe(name)}/pause", {})
    print(line(f"{name} is paused; `stead jobs resume {name}` has it run again"))


@app.command("resume")
def resume(name: Name, url: Url = None, token: Token = None) -> None:
    """Have a paused job run by its schedule again; what came in between is not made up for."""
    found: dict[str, Any] = Client.of(url, token).post(f"/api/jobs/{_safe(name)}/resume", {})
    print(line(f"{name} comes next at {found['next_at'] or 'no time'}"))


@app.command("history")
def history(
    name: Name,
    limit: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many runs.")] = 20,
    full: Annotated[bool, typer.Option("--full", help="With all that each said.")] = False,
    url: Url = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """How a job's runs ended, newest first: exit code, cost, and why nothing was told."""
    found: list[dict[str, Any]] = Client.of(url, token).get(f"/api/jobs/{_safe(name)}/runs", limit=limit)
    say_json(found) if output is Form.JSON else show_history(found, whole=full)


@app.command("apply")
def apply(files: Files, url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Make each job what the files say, by its name. Applying them again changes nothing."""
    done: dict[str, str] = Client.of(url, token).post("/api/jobs", {"jobs": _read(files)})
    if output is Form.JSON:
        say_json(done)
        return
    for name, change in done.items():
        print(line(f"{name}: {change}"))


@app.command("diff")
def diff(files: Files, url: Url = None, token: Token = None, output: Output = Form.TABLE) -> int:
    """What applying the files would change; nothing is changed. Exit code 1 when it would change something."""
    found: list[dict[str, Any]] = Client.of(url, token).post("/api/jobs/diff", {"jobs": _read(files)})
    say_json(found) if output is Form.JSON else show_changes(found)
    return Exit.DONE if all(each["change"] == "unchanged" for each in found) else Exit.NEGATIVE


@app.command("export")
def export(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Which jobs. Default: all.")] = None,
    url: Url = None,
    token: Token = None,
) -> None:
    """Print jobs as they are in force, as a file that `apply` takes."""
    found: list[dict[str, Any]] = Client.of(url, token).get("/api/jobs")
    there = {each["name"]: each["spec"] for each in found}
    unknown = [name for name in names or [] if name not in there]
    if unknown:
        raise UserError(f"there is no job `{unknown[0]}`", hint="`stead jobs list` lists them", code=Exit.NEGATIVE)
    print(_yaml([there[name] for name in names or there]), end="")


@app.command("delete")
def delete(name: Name, url: Url = None, token: Token = None) -> None:
    """Delete a job; its history stays for its time."""
    Client.of(url, token).delete(f"/api/jobs/{_safe(name)}")
    print(line(f"{name} is deleted"))


def _wait(client: Client, number: str) -> dict[str, Any]:
    """The run, once it has ended."""
    import asyncio
    from datetime import timedelta

    from stead.clocks import SystemClock

    clock = SystemClock()
    while True:
        found: dict[str, Any] = client.get(f"/api/job-runs/{number}")
        if found["ended_at"] is not None:
            return found
        asyncio.run(clock.sleep_until(clock.now() + timedelta(seconds=0.3)))


def _read(files: list[Path]) -> list[dict[str, Any]]:
    """The jobs of these files, as plain values with whole paths. UserError, with file and line, for the first mistake."""
    from stead.app.job_settings import jobs_in
    from stead.app.yaml_file import parse_yaml, read_yaml

    told: list[dict[str, Any]] = []
    for file in files:
        stdin = str(file) == "-"
        written = parse_yaml(sys.stdin.read(), "stdin") if stdin else read_yaml(file)
        folder = (Path() if stdin else file.parent).absolute()
        told += [settings.model_dump(mode="json", exclude_unset=True) for settings, _ in jobs_in(written, folder)]
    if not told:
        raise UserError("these files hold no jobs", hint="write one with `name:`, `kind:` and `schedule:`")
    return told


def _safe(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


def _is_schedule(word: str) -> bool:
    """A job's name has no space and no `@`."""
    return " " in word.strip() or word.startswith("@")


def _of_schedule(text: str, timezone: str, count: int) -> dict[str, Any]:
    from stead.app.jobs_told import times
    from stead.clocks import SystemClock
    from stead.domain.schedule import parse_schedule

    try:
        return times(parse_schedule(text, timezone), SystemClock().now(), count)
    except ValueError as error:
        what, _, hint = str(error).partition("; ")
        raise UserError(f"`{text[:200]}` {what}", hint=hint) from None


def _yaml(specs: list[dict[str, Any]]) -> str:
    from io import StringIO

    from ruamel.yaml import YAML

    stream, yaml = StringIO(), YAML()
    yaml.default_flow_style = False
    yaml.width = 120
    yaml.dump(specs, stream)  # pyright: ignore[reportUnknownMemberType]
    return stream.getvalue()
