"""An idle service on SQLite holds no driver of another database and nothing that only draws, and whoever wants those still finds them."""

from __future__ import annotations

import subprocess
import sys

ASKS = """
import sys
from stead.app import lean
lean.begin()
import stead.app.wiring
print([name for name in sys.modules if name.partition(".")[0] in ("psycopg", "rich", "twisted")])
import dbos._sys_db, dbos._utils
held = dbos._utils.psycopg.OperationalError, dbos._sys_db.pg_errors.UniqueViolation
import psycopg
print(held == (psycopg.OperationalError, psycopg.errors.UniqueViolation))
import rich.console
import gc
lean.settled()
print(gc.get_freeze_count() > 100_000)
"""


def test_what_a_service_loads_and_keeps() -> None:
    done = subprocess.run([sys.executable, "-c", ASKS], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "True", "True"]
