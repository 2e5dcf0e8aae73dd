"""A goal: named instructions, the agent that serves it, what it is about, and the looks that are taken before a model is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

INCIDENT = "incident"
"""The goal of every incident that Stead itself has investigated."""


DEBRIEF = "debrief"
"""The goal whose conclusion is a runbook."""


class About(StrEnum):
    """INCIDENT: one that is open. PAST: any incident, over or not. ESTATE: what is watched as a whole; an incident may be named besides."""

    INCIDENT = "incident"
    PAST = "past"
    ESTATE = "estate"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackLook:
    """One look of a context pack: a tool with its arguments."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """`looks` are those of its packs, in their order; `scripts`: also every script under `tools: packs`, where it names `*`.

    `script_names` are the scripts that it names itself.
    """

    name: str
    description: str
    agent: str
    about: About
    text: str
    looks: tuple[PackLook, ...] = ()
    scripts: bool = False
    script_names: tuple[str, ...] = ()
