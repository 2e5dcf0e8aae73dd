"""What a person may write under `repositories:`: to what changes may be proposed, where, and what in it may be touched."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from stead.app.coder_settings import CoderSettings
from stead.app.sections import NAME, FilePath, Section
from stead.domain.code.scope import FORGE, Scope
from stead.estate.code.repository import Owns, Repository
from stead.estate.rest import RestServer
from stead.secrets import SecretRef

_BRANCH = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_./-]{0,199}[A-Za-z0-9_-])?")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9_.-]{1,100}")
_GLOB = re.compile(r"[^\x00-\x1f\\]{1,200}")
_AUTHOR = re.compile(r"[^<>\n]{1,100} <[^<>\s]{1,200}>")


_SSH = re.compile(r"(git\+)?ssh://.*|[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:.*")


def _an_address(given: str) -> str:
    if _SSH.fullmatch(given):
        raise ValueError("is an address of SSH, and changes are pushed over HTTP with a token; write https://git.example.com/ops/infra.git")
    try:
        parts = urlsplit(given)
    except ValueError as error:
        raise ValueError("is not the address of a Git repository") from error
    if parts.username or parts.password:
        raise ValueError("holds a user or a password; give a `token` by reference")
    if parts.scheme not in ("https", "http", "file") or (parts.scheme != "file" and not parts.hostname) or not parts.path.strip("/"):
        raise ValueError("is not the address of a Git repository over HTTP; write https://git.example.com/ops/infra.git")
    return given


def _globs(given: tuple[str, ...]) -> tuple[str, ...]:
    for one in given:
        if not _GLOB.fullmatch(one) or one.startswith("/") or ".." in one.split("/"):
            raise ValueError("holds what is no path inside the repository; write apps/** or docs/*.md")
    return given


Globs = Annotated[tuple[str, ...], AfterValidator(_globs)]


class ForgeSettings(Section):
    """Who hosts it: Gitea or Forgejo."""

    kind: Literal["gitea"] = Field(default="gitea", description="Gitea, or Forgejo, which answers the same.")
    url: str = Field(description="Its address, without `/api/v1`: `https://git.example.com`.")
    repository: str = Field(default="", description="`owner/name` there. Default: the end of the repository's `url`.")
    ca_file: FilePath | None = Field(default=None, description="An authority of your own that its certificate is signed by.")

    @field_validator("url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        parts = urlsplit(_an_address(value + "/x"))
        if parts.scheme == "file":
            raise ValueError("is not an http:// or https:// address")
        return value.rstrip("/")

    @field_validator("repository")
    @classmethod
    def _is_slug(cls, value: str) -> str:
        if value and not _SLUG.fullmatch(value):
            raise ValueError("is not owner/name")
        return value


class OwnsSettings(Section):
    """What it is the source of, beyond what Argo CD and Flux say themselves."""

    applications: tuple[str, ...] = Field(default=(), description="Names of Argo CD applications or Flux objects, with `*`.")
    namespaces: tuple[str, ...] = Field(default=(), description="Namespaces whose GitOps objects come from it, with `*`.")


class RepositorySettings(Section):
    """A repository of manifests or documentation to which Stead may propose changes, as draft pull requests."""

    name: str = Field(pattern=NAME, description="What people and models call it.")
    url: Annotated[str, AfterValidator(_an_address)] = Field(description="Where it is cloned from and pushed to, over HTTP.")
    base: str = Field(default="main", description="The branch that changes are proposed to. It is never pushed to.")
    forge: ForgeSettings
    token: SecretRef | None = Field(
        default=None, description="Of a user who may push branches and open pull requests there, and not to `base`; by reference."
    )
    allowed: Globs = Field(default=("**",), description="Globs of the paths that may be touched: `apps/**`.")
    denied: Globs = Field(
        default=FORGE, description="Globs of those that may not, whatever `allowed` says. Default: what runs on a forge, and who reviews."
    )
    most_files: int = Field(default=20, ge=1, le=100, description="How many files one change may touch.")
    most_lines: int = Field(default=200, ge=1, le=2000, description="How many lines one change may add and remove: all are shown.")
    validators: tuple[str, ...] = Field(
        default=(), description="Command lines that must not fail with the change, run in the sandbox: `kubectl kustomize apps/web`."
    )
    owns: OwnsSettings = Field(default=OwnsSettings(), description="What it is the source of.")
    coder: CoderSettings | None = Field(default=None, description="A coding program that may be given a task there. Default: none.")
    author: str = Field(default="Stead <stead@localhost>", description="Who the commits are by.")

    @field_validator("base")
    @classmethod
    def _is_branch(cls, value: str) -> str:
        if not _BRANCH.fullmatch(value) or ".." in value or "//" in value or value.startswith("stead/"):
            raise ValueError("is not the name of a branch that changes can be proposed to")
        return value

    @field_validator("author")
    @classmethod
    def _is_author(cls, value: str) -> str:
        if not _AUTHOR.fullmatch(value):
            raise ValueError("is not written like `Stead <stead@example.com>`")
        return value

    @field_validator("validators")
    @classmethod
    def _are_lines(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for line in value:
            if not _words(line):
                raise ValueError("holds what is no command line")
        return value

    @model_validator(mode="after")
    def _has_a_slug(self) -> RepositorySettings:
        if not _SLUG.fullmatch(self._slug()):
            raise ValueError("does not end with owner/name; give `forge.repository`")
        return self

    def repository(self, folder: Path) -> Repository:
        """`folder` is the state folder."""
        ca_file = "" if self.forge.ca_file is None else str(self.forge.ca_file)
        scope = Scope(allowed=self.allowed, denied=self.denied, files=self.most_files, lines=self.most_lines)
        return Repository(
            name=self.name,
            url=self.url,
            base=self.base,
            slug=self._slug(),
            forge=RestServer(name="Gitea", url=self.forge.url, token=self.token, token_prefix="token ", ca_file=ca_file),
            folder=folder / "repositories" / self.name,
            token=self.token,
            scope=scope,
            validators=tuple(_words(line) for line in self.validators),
            owns=Owns(applications=self.owns.applications, namespaces=self.owns.namespaces),
            author=self.author,
        )

    def _slug(self) -> str:
        return self.forge.repository or "/".join(urlsplit(self.url).path.removesuffix(".git").strip("/").split("/")[-2:])


def _words(line: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(line))
    except ValueError:
        return ()
