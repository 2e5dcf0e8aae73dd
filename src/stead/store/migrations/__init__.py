"""Schema migrations by Alembic, from the first day. Run at every start; a database that is newer than the program is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import sqlalchemy as sa

from stead.domain.errors import UserError
from stead.store.tables import OURS


def migrate(connection: sa.Connection) -> None:
    """Bring Stead's tables to the newest revision, in the caller's transaction. UserError when the database is newer."""
    _without_lexers()
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    directory = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_revision()
    if present == directory.get_current_head():
        return
    if present is not None and present not in {script.revision for script in directory.walk_revisions()}:
        raise UserError(
            f"the database is of a newer Stead (revision {present}): nothing was changed",
            hint="install that version, or restore a backup that fits this one",
        )
    command.upgrade(config, "head")


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Alembic's `include_name`: Stead's tables only. It is never to drop the durable engine's, or the indexes by which text is searched."""
    if kind == "index":
        return not (name or "").endswith("_search")
    return kind != "table" or name in OURS


def _without_lexers() -> None:
    """Alembic brings Mako, for writing scripts, and Mako brings every lexer of Pygments, to colour its errors: 3 MB that a service would
    hold for ever. A module that cannot be imported is what Mako has a fallback for."""
    cast("dict[str, object]", sys.modules).setdefault("mako.ext.pygmentplugin", None)
