"""Diagnostics in a container: commands that you have listed, and no others. Off until `tools: exec` is written and its role applied.

A command is compared word by word with the list; it is never given to a shell. `*` in a listed command stands for one word that is no
option. What it says is other people's words.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta
from pydantic import Field, field_validator

from stead.declare import Looked, Tool, Toolset, ToolsetKind
from stead.domain.errors import BlindError
from stead.estate.kubernetes.reader import exec_command
from stead.ports import Clock, Completed, Estate
from stead.tools.clusters import is_cluster, pod_named, reader_of
from stead.tools.section import ToolSection

USUAL = (
    "cat /etc/hosts",
    "cat /etc/resolv.conf",
    "cat /proc/loadavg",
    "cat /proc/meminfo",
    "date",
    "df -h",
    "df -i",
    "getent hosts *",
    "id",
    "ls -la *",
    "nslookup *",
    "ps",
    "ps aux",
)
"""Commands that only look, and show no file's content that is not the system's."""

_RUNS_OTHERS = re.compile(
    r"(?:.*/)?(?:(?:ba|da|a|z|k|fi|c|tc)?sh|busybox|env|xargs|find|nsenter|chroot|unshare|su|sudo|doas|nohup|timeout|watch|ssh|awk|sed|vi|vim"
    r"|python[\d.]*|perl|ruby|node|php|lua|kubectl|docker|crictl|ctr|script|tee|dd)"
)
"""Programs that run what they are told to, or write."""


class ExecSettings(ToolSection):
    """`commands` that may run in containers."""

    commands: tuple[str, ...] = Field(default=USUAL)

    @field_validator("commands")
    @classmethod
    def _only_look(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for line in value:
            try:
                words = shlex.split(line)
            except ValueError as error:
                raise ValueError("holds a command whose quotes do not close") from error
            if not words or "*" in words[0]:
                raise ValueError("holds a command without a program; write `df -h`")
            if _RUNS_OTHERS.fullmatch(words[0]):
                raise ValueError("holds a program that can run or write anything (a shell, an interpreter); list the command itself")
        return value


class Exec(msgspec.Struct, forbid_unknown_fields=True):
    namespace: str
    pod: Annotated[str, Meta(description="Name, or how it begins")]
    command: str
    container: str = ""


def _open(settings: ExecSettings, _: Clock, __: Path) -> Toolset:
    listed = tuple(tuple(shlex.split(line)) for line in settings.commands)

    async def run(estate: Estate, asked: Exec) -> Looked:
        argv = _allowed(asked.command, listed, settings.commands)
        reader = reader_of(estate)
        pod = await pod_named(reader, asked.namespace, asked.pod)
        try:
            done = await reader.execute(asked.namespace, pod, asked.container, argv)
        except BlindError as error:
            raise _explained(error) from error
        return Looked(text=_told(done), command=exec_command(asked.namespace, pod, asked.container, argv), tainted=True)

    page = f"Run a diagnostic command in a container. Allowed: {', '.join(settings.commands)} (`*` is one word)."
    return Toolset(
        name="exec",
        fits=is_cluster,
        kinds=frozenset(),
        tools=(Tool(name="k8s_exec", arguments=Exec, run=run, page=page),),
        page="Diagnostic commands in a container.",
    )


def _allowed(command: str, listed: Sequence[Sequence[str]], told: Sequence[str]) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"the command cannot be read: {error}") from error
    if not any(_same(words, pattern) for pattern in listed):
        raise ValueError(f"`{command[:200]}` is not allowed; allowed are: {', '.join(told)}")
    return words


def _same(words: Sequence[str], pattern: Sequence[str]) -> bool:
    if len(words) != len(pattern):
        return False
    return all(word == part or (part == "*" and bool(word) and not word.startswith("-")) for word, part in zip(words, pattern, strict=True))


def _told(done: Completed) -> str:
    said = "\n".join(part.rstrip("\n") for part in (done.stdout, done.stderr) if part)
    return (said or "(it said nothing)") + (f"\nexit code {done.code}" if done.code else "")


def _explained(error: BlindError) -> BlindError:
    """What is missing, where the server's refusal does not say it."""
    if "(501)" in str(error):
        return BlindError("commands in containers cannot be run here: the server does not offer it", reason=error.reason)
    if error.reason == "Forbidden":
        why = f"{error}; the read identity needs the role in deploy/kubernetes/exec.yaml"
        return BlindError(why, reason=error.reason, command=error.command)
    return error


exec_ = ToolsetKind(name="exec", settings=ExecSettings, open=_open, page=(__doc__ or "").strip())
