"""`stead token add|list|revoke`: works on the store itself, so it needs no service, and no token."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stead.cli.options import Config, Output, State
from stead.cli.output import Form, say_json, table
from stead.domain.errors import Exit, UserError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from stead.store.tokens import Token

app = typer.Typer(help="Who may ask the service for what.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose it is; decisions are written down under it.")]


LONGEST = timedelta(days=36_500)


@app.command("add")
def add(
    name: Name,
    scopes: Annotated[str, typer.Option("--scopes", help="read, approve, admin; several with commas.")] = "read",
    expires: Annotated[str | None, typer.Option("--expires", help="How long it is good, like 30d.", show_default="until revoked")] = None,
    config: Config = None,
    state: State = None,
) -> None:
    """Make a token and show it: this once, on stdout."""
    from stead.clocks import SystemClock
    from stead.store import tokens

    wanted = tokens.parse_scopes(scopes)
    now = SystemClock().now()
    lasts = _duration(expires)
    with transaction(config, state) as connection:
        plain = tokens.add(connection, name, wanted, now=now, expires_at=None if lasts is None else now + lasts)
    print(plain)


@app.command("list")
def list_(config: Config = None, state: State = None, output: Output = Form.TABLE) -> None:
    """The tokens that are good, and those that have expired. Never the tokens themselves."""
    from stead.clocks import SystemClock
    from stead.store import tokens

    with transaction(config, state) as connection:
        found = tokens.listed(connection)
    now = SystemClock().now()
    if output is Form.JSON:
        say_json([_plain(t) for t in found])
        return
    rows = [[t.name, ",".join(sorted(t.scopes)), _ends(t, now), (_at(t.used_at) or "never")[:19]] for t in found]
    table(("NAME", "SCOPES", "EXPIRES", "USED"), rows, empty="No token yet: stead token add NAME.", widest=0)


@app.command("revoke")
def revoke(name: Name, config: Config = None, state: State = None) -> None:
    """End a token. It is refused from the next request on."""
    from stead.store import tokens

    with transaction(config, state) as connection:
        if not tokens.revoke(connection, name):
            raise UserError(f"there is no token `{name}`", hint="stead token list shows them", code=Exit.NEGATIVE)
    print(f"revoked {name}")


def _duration(text: str | None) -> timedelta | None:
    from stead.app.durations import parse_duration

    if text is None:
        return None
    try:
        found = parse_duration(text)
    except ValueError as error:
        what, _, hint = str(error).partition("; ")
        raise UserError(f"--expires {text} {what}", hint=hint) from None
    if not timedelta(0) < found <= LONGEST:
        raise UserError(f"--expires {text} is not between now and a hundred years", hint="write 30d")
    return found


@contextlib.contextmanager
def transaction(config: Path | None, state: Path | None) -> Generator[sa.Connection]:
    """One transaction on the store, which is made where there is none yet."""
    from stead.app.config import load
    from stead.store.database import Store
    from stead.store.migrations import migrate

    loaded = load(config, state=state)
    if loaded.settings.store.url is None:
        loaded.make_folder()
    store = Store(loaded.database_url)
    try:
        with store.begin() as connection:
            migrate(connection)
            yield connection
    finally:
        store.close()


def _ends(token: Token, now: datetime) -> str:
    return "expired" if token.expired(now) else (_at(token.expires_at) or "never")[:19]


def _plain(token: Token) -> dict[str, Any]:
    return {
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": _at(token.created_at),
        "expires_at": _at(token.expires_at),
        "used_at": _at(token.used_at),
    }


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
