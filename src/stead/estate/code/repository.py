"""A repository to which changes may be proposed: where it is, who hosts it, what in it may be touched, and what it is the source of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from stead.domain.code.scope import Scope
from stead.estate.code.coder import Coder
from stead.estate.rest import RestServer
from stead.secrets import SecretRef

REPOSITORIES = "repositories"
"""The estate of all repositories."""

API = "code.stead/v1"
"""Of the kinds Repository and PullRequest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owns:
    """What a repository is the source of, beyond what applications say themselves: names, with `*`."""

    applications: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """`url` to clone and push · `base` the branch that changes are proposed to · `forge` its API, and `slug` its name there (`ops/infra`).

    `token` may push branches and open pull requests, None where neither needs one · `validators` are command lines that must not fail ·
    `author` signs the commits · `folder` is Stead's own, for the copy · `coder` may be asked for the edits, None where nobody is.
    """

    name: str
    url: str
    base: str
    slug: str
    forge: RestServer
    folder: Path
    token: SecretRef | None = None
    scope: Scope = field(default_factory=Scope)
    validators: tuple[tuple[str, ...], ...] = ()
    owns: Owns = field(default_factory=Owns)
    author: str = "Stead <stead@localhost>"
    coder: Coder | None = None
