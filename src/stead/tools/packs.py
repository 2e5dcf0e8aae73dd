"""Context from scripts of your own: each runs in the sandbox, sees only what you name, and what it says is packed into runs.

A goal names the scripts that it begins with; a model may ask for one again. What a script says is other people's words.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import msgspec
from pydantic import Field, field_validator

from stead.declare import Looked, Tool, Toolset, ToolsetKind
from stead.domain.errors import BlindError
from stead.estate import sandbox
from stead.estate.host.commands import LocalCommands
from stead.ports import Clock, Estate, HostCommands
from stead.tools.section import LocalFile, ToolSection

PREFIX = "pack_"


class ScriptSettings(ToolSection):
    """A program, and what it may see besides its own folder and the system's programs."""

    path: LocalFile
    arguments: tuple[str, ...] = ()
    timeout: float = Field(default=30.0, gt=0, le=50)
    reads: tuple[LocalFile, ...] = ()
    network: bool = False


class PacksSettings(ToolSection):
    """Scripts by name."""

    scripts: Mapping[str, ScriptSettings]

    @field_validator("scripts")
    @classmethod
    def _are_names(cls, value: Mapping[str, ScriptSettings]) -> Mapping[str, ScriptSettings]:
        for name in value:
            if not name.isascii() or not name.replace("_", "").isalnum() or name != name.lower() or len(name) > 40:
                raise ValueError("holds a name that is no lower-case word; write `backups` or `nas_pools`")
        return value


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No arguments."""


def _open(settings: PacksSettings, _: Clock, __: Path) -> Toolset:
    commands = LocalCommands()
    tools = tuple(_tool(name, script, commands) for name, script in sorted(settings.scripts.items()))
    return Toolset(name="packs", fits=lambda _: True, kinds=frozenset(), tools=tools, page="Scripts of this house's owner.")


def _tool(name: str, script: ScriptSettings, commands: HostCommands) -> Tool:
    async def run(_: Estate, __: Nothing) -> Looked:
        argv = [str(script.path), *script.arguments]
        boxed = sandbox.Sandbox(folder=script.path.parent, reads=script.reads, network=script.network).command(argv)
        done = await commands.run(boxed, script.timeout)
        if done.code == 127 and (why := await sandbox.trouble(commands)):
            raise BlindError(f"the script `{name}` was not run: {why}", reason="Unreachable")
        said = "\n".join(part.rstrip("\n") for part in (done.stdout, done.stderr if done.code else "") if part)
        ended = f"\nexit code {done.code}" if done.code else ""
        return Looked(text=(said or "(it said nothing)") + ended, command=shlex.join(argv), tainted=True)

    return Tool(name=PREFIX + name, arguments=Nothing, run=run, page=f"Run the owner's script `{name}` and read what it says.")


packs = ToolsetKind(name="packs", settings=PacksSettings, open=_open, page=(__doc__ or "").strip())
