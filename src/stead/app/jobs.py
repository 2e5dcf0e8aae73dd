"""The jobs of the configuration: those in `stead.yaml` and those in the folders, read at the start and whenever a file changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import structlog

from stead.app.job_settings import JobSettings, JobsSettings, jobs_in
from stead.app.own_settings import OWN
from stead.app.settings import Settings
from stead.app.souls import Souls
from stead.app.yaml_file import read_yaml
from stead.domain.errors import UserError
from stead.domain.job import Job, JobKind, Origin
from stead.engine.scheduling import Declared
from stead.estate.own.programs import Programs
from stead.ports import Clock, Completed

CONFIGURATION = "stead.yaml"
EVERY = timedelta(seconds=10)
"""How often the folders are looked at for files that are new, changed or gone."""

log = structlog.get_logger("stead.jobs")

Stamp = dict[str, tuple[int, int, int]]


def declared(settings: JobsSettings, broken: dict[str, str] | None = None) -> list[Declared]:
    """Every job of the configuration. UserError for the first mistake; with `broken`, a file that has one is written there and left out."""
    found: dict[str, Declared] = {}
    for each in settings.declared:
        _add(found, each, CONFIGURATION, settings.timezone)
    for file in files_of(settings):
        try:
            for each, _ in jobs_in(read_yaml(file), file.parent):
                _add(found, each, str(file), settings.timezone)
        except UserError as error:
            if broken is None:
                raise
            broken[str(file)] = error.what
    return list(found.values())


def check_jobs(found: Iterable[Declared], settings: Settings, checks: Collection[str]) -> None:
    """UserError for the first job that names what the configuration has not, or a check that is none of `checks`."""
    channels = {channel.name for channel in settings.channels}
    estates = {*(estate.id for estate in settings.estates), *((OWN,) if settings.checks.folders else ())}
    agents = Souls.of(settings.agents)()
    for each in found:
        job, source = each.job, each.source
        for what, named, known in (
            ("channel", job.deliver, channels),
            ("estate", (job.estate,) if job.estate else (), estates),
            ("check", tuple(name.partition("/")[0] for name in job.checks), checks),
            ("agent", (job.agent,) if job.kind is JobKind.PROMPT else (), agents),
        ):
            for name in named:
                if name not in known:
                    hint = f"known: {', '.join(sorted(known)[:20]) or 'none'}"
                    raise UserError(f"{source}: the job `{job.name}` names the {what} `{name[:60]}`, which is not there", hint=hint)


def _add(found: dict[str, Declared], settings: JobSettings, source: str, zone: str) -> None:
    if settings.name in found:
        raise UserError(f"{source} has the job `{settings.name}`, and so has {found[settings.name].source}", hint="keep one of the two")
    origin = Origin.SEEDED if settings.seeded else Origin.DECLARED
    found[settings.name] = Declared(job=settings.job(zone), origin=origin, source=source)


def files_of(settings: JobsSettings) -> Iterator[Path]:
    """The YAML files in the folders of jobs."""
    for folder in settings.folders:
        yield from sorted(path for path in folder.glob("*") if path.suffix in (".yaml", ".yml") and path.is_file())


async def follow(settings: JobsSettings, clock: Clock, reconcile: Callable[[], Awaitable[None]]) -> None:
    """Call `reconcile` whenever a file of jobs is new, differs, or is gone. Until cancelled."""
    before = _stamp(settings)
    while True:
        await clock.sleep_until(clock.now() + EVERY)
        now = _stamp(settings)
        if now != before:
            await reconcile()
            before = now


def programs_of(settings: JobsSettings) -> Callable[[Job], Awaitable[Completed]] | None:
    """What runs the program of a job; None where no folder is named."""
    if not settings.folders:
        return None
    from stead.estate.host.commands import LocalCommands

    return Programs([folder.absolute() for folder in settings.folders], LocalCommands()).run


def tell_broken(broken: Mapping[str, str]) -> None:
    for file, why in broken.items():
        log.error("a file of jobs cannot be used: what it declared before stays in force", file=file, why=why)


def _stamp(settings: JobsSettings) -> Stamp:
    found: Stamp = {}
    for file in files_of(settings):
        try:
            about = file.stat()
        except OSError:
            continue
        found[str(file)] = (about.st_ino, about.st_mtime_ns, about.st_size)
    return found
