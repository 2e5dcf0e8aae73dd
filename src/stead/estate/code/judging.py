"""Whether a change of a repository may be proposed at all: its scope, its YAML, what is never changed, and the owner's validators."""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from stead.domain.code.manifests import touches_never
from stead.domain.code.scope import NONE, refusal
from stead.domain.errors import BlindError
from stead.domain.redaction import redact
from stead.estate import sandbox
from stead.estate.code.workshop import Change, Workshop
from stead.estate.code.yaml_edit import documents
from stead.ports import HostCommands

SECONDS = 40.0
"""How long one validator may take."""
_YAML = (".yaml", ".yml", ".json")
_PATHS = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_LEFT = re.compile(
    r"^\s*kind:\s*[\"']?((?:Cluster)?Role(?:Binding)?|Secret|ServiceAccount|Namespace|CustomResourceDefinition|\w+WebhookConfiguration"
    r"|APIService|PersistentVolume|CertificateSigningRequest)\b",
    re.MULTILINE,
)
"""In a template, which is no YAML before somebody fills it in, the kinds of which `domain.never` leaves all to people."""


async def against(workshop: Workshop, change: Change, own: Collection[str]) -> str:
    """Why the change is not proposed, "" when nothing speaks against it. `own` are Stead's own namespaces."""
    if why := refusal(change.entries, workshop.repository.scope, redact):
        return why
    for entry in change.entries:
        if entry.path.casefold().endswith(_YAML):
            before = await workshop.text(change.base, entry.path) if entry.before != NONE else None
            after = await workshop.text(change.tree, entry.path) if entry.after != NONE else None
            if why := _yaml(before, after, own):
                return f"{entry.path}: {why}"
    return ""


def _yaml(before: str | None, after: str | None, own: Collection[str]) -> str:
    old, was_wrong = _parsed(before)
    new, is_wrong = _parsed(after)
    if is_wrong and not (was_wrong or "{{" in (after or "")):
        return is_wrong
    if was_wrong or is_wrong:
        found = _LEFT.search(f"{before or ''}\n{after or ''}")
        return f"a template of a {found[1]} is left to people" if found else ""
    return touches_never(old, new, own)


def _parsed(text: str | None) -> tuple[Sequence[object], str]:
    try:
        return (documents(text) if text is not None else []), ""
    except ValueError as error:
        return [], str(error)


async def validated(workshop: Workshop, change: Change, commands: HostCommands) -> tuple[str, tuple[str, ...]]:
    """Run the owner's validators on the files as they would be, in the sandbox, without a network.

    Why the change is not proposed, "" when nothing speaks against it, and a sentence on each validator. One that fails without the
    change too says nothing about it; one that is not installed is not run, and that is said.
    """
    if not workshop.repository.validators:
        return "", ()
    if trouble := await sandbox.trouble(commands):
        return "", (f"no validator was run: {trouble}",)
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="checked-", dir=workshop.repository.folder) as made:
        after, before = Path(made) / "after", Path(made) / "before"
        for folder, tree in ((after, change.tree), (before, change.base)):
            folder.mkdir(mode=0o755)
            await workshop.checked_out(tree, folder)
        for argv in workshop.repository.validators:
            line = shlex.join(argv)
            if shutil.which(argv[0], path=_PATHS) is None and "/" not in argv[0]:
                notes.append(f"`{line}` was not run: {argv[0]} is not installed")
            elif not (said := await _failure(commands, argv, after)):
                notes.append(f"`{line}` is content")
            elif await _failure(commands, argv, before):
                notes.append(f"`{line}` fails, with the change and without it")
            else:
                return f"`{line}` fails with it: {said}", tuple(notes)
    return "", tuple(notes)


async def _failure(commands: HostCommands, argv: Sequence[str], folder: Path) -> str:
    """What a validator said that is not content, "" when it is."""
    try:
        done = await commands.run(sandbox.Sandbox(folder=folder).command(argv), SECONDS)
    except BlindError as error:
        return str(error)[:300]
    if done.code == 0:
        return ""
    return redact(" ".join((done.stderr or done.stdout).split()))[-400:] or f"exit code {done.code}"
