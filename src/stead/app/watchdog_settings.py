"""What a person may write about the watchdog."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from stead.app.durations import Duration
from stead.app.sections import FilePath, Section


class WatchdogSettings(Section):
    """What `stead watchdog` looks at, for a timer of its own, which works while Stead is down."""

    url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+$", description="Where the service answers. Default: `server.bind`.")
    backup: FilePath | None = Field(
        default=None, description="Where backups lie: the newest file counts. Default: nobody asks for a backup."
    )
    backup_age: Duration = Field(default=timedelta(hours=26), description="A backup that is older than this is a fault.")
    most_full: int = Field(default=90, ge=1, le=99, description="Per cent of the state folder's disk above which that is a fault.")
    channels: tuple[str, ...] = Field(default=(), description="Who is told, by name. Default: every channel.")
