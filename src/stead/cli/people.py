"""`stead people list|pair|unpair`: who may answer from a chat. Works on the store itself, so it needs no service, and no token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stead.cli.options import Config, Output, State
from stead.cli.output import Form, say_json, table
from stead.domain.errors import Exit, UserError

if TYPE_CHECKING:
    from stead.domain.people import Person
    from stead.store.pairings import Pairing

app = typer.Typer(help="Who is told, and who may answer from a chat.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Their name under `people` in the configuration.")]


@app.command("list")
def list_(config: Config = None, state: State = None, output: Output = Form.TABLE) -> None:
    """The people of the configuration, their roles, and how each chat knows them."""
    from stead.cli.token import transaction
    from stead.store import pairings

    found = _people(config)
    with transaction(config, state) as connection:
        paired = pairings.listed(connection)
    if output is Form.JSON:
        say_json([_plain(person, paired) for person in found])
        return
    rows = [[person.name, person.role.value, ", ".join(_known(person, paired)) or "nowhere yet"] for person in found]
    empty = "Nobody may answer yet: name people in the configuration, then stead people pair NAME."
    table(("NAME", "ROLE", "KNOWN AS"), rows, empty=empty, widest=2)


@app.command("pair")
def pair(name: Name, config: Config = None, state: State = None) -> None:
    """Make a one-time code for somebody; they send it to the bot from their own account. Good for ten minutes, shown this once."""
    from stead.cli.token import transaction
    from stead.clocks import SystemClock
    from stead.store import pairings

    _person(name, _people(config))
    with transaction(config, state) as connection:
        code = pairings.make_code(connection, name, SystemClock().now())
    print(code)
    typer.echo(f"{name} sends this code, alone, to the bot within ten minutes; then the chat knows them.", err=True)


@app.command("unpair")
def unpair(
    name: Name,
    kind: Annotated[str | None, typer.Option("--kind", help="Only on this kind of channel.", show_default="all")] = None,
    config: Config = None,
    state: State = None,
) -> None:
    """Forget how chats know somebody. What the configuration says stays."""
    from stead.cli.token import transaction
    from stead.store import pairings

    with transaction(config, state) as connection:
        count = pairings.unpair(connection, name, kind)
    if not count:
        raise UserError(f"nothing is paired with `{name}`", hint="stead people list shows what is", code=Exit.NEGATIVE)
    print(f"{name} is no longer known on {count} account{'' if count == 1 else 's'}")


def _people(config: Any) -> Sequence[Person]:
    from stead.app.config import load

    return [person.person() for person in load(config).settings.people]


def _person(name: str, people: Sequence[Person]) -> None:
    if name not in {person.name for person in people}:
        known = ", ".join(person.name for person in people)
        raise UserError(
            f"the configuration names nobody `{name[:60]}`",
            hint=f"known: {known}" if known else "write `people: [{name: …, role: approver}]` into it",
            code=Exit.NEGATIVE,
        )


def _known(person: Person, paired: Sequence[Pairing]) -> list[str]:
    written = [f"{where}: {identity}" for where, identity in person.identities.items()]
    return [*written, *(f"{p.kind}: {p.identity} ({p.shown or 'no name'}, paired)" for p in paired if p.person == person.name)]


def _plain(person: Person, paired: Sequence[Pairing]) -> dict[str, Any]:
    pairs = [{"kind": p.kind, "identity": p.identity, "shown": p.shown, "at": p.at.isoformat()} for p in paired if p.person == person.name]
    return {"name": person.name, "role": person.role.value, "identities": dict(person.identities), "paired": pairs}
