"""`knowledge:` of the configuration: the folders and repositories in which runbooks, edge cases, skills and pages stand."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field, field_validator, model_validator

from stead.app.durations import Duration
from stead.app.sections import NAME, FilePath, Section
from stead.domain.knowledge import OWN
from stead.estate.git import ref_text, url_text
from stead.secrets import SecretRef


class KnowledgeSettings(Section):
    """A folder of Markdown, or a Git repository with it. What a file is for, its front matter says."""

    name: str = Field(pattern=NAME, description="Its name where an entry says where it stands.")
    folder: FilePath | None = Field(default=None, description="A folder on this machine; or else a `url`.")
    url: str | None = Field(default=None, description="A Git repository over https, http, ssh or file; or else a `folder`.")
    branch: str = Field(default="", description="A branch or tag of the repository. Default: its own choice.")
    path: str = Field(default="", description="The folder of the repository that is read. Default: all of it.")
    token: SecretRef | None = Field(default=None, description="A token to read the repository, by reference (`env:`, `file:`, `cred:`).")
    every: Duration = Field(default=timedelta(minutes=15), description="How often it is looked whether there is something new.")
    kind: Literal["page", "runbook", "skill"] = Field(default="page", description="What a file is whose front matter does not say it.")

    @field_validator("name")
    @classmethod
    def _is_not_ours(cls, value: str) -> str:
        if value == OWN:
            raise ValueError(f"is `{OWN}`, which is what Stead itself wrote; choose another name")
        return value

    @field_validator("url")
    @classmethod
    def _is_a_repository(cls, value: str | None) -> str | None:
        return value if value is None else url_text(value)

    @field_validator("branch")
    @classmethod
    def _is_a_branch(cls, value: str) -> str:
        return ref_text(value)

    @field_validator("path")
    @classmethod
    def _is_inside(cls, value: str) -> str:
        parts = PurePosixPath(value).parts
        if value.startswith("/") or ".." in parts or re.search(r"[\0\n]", value):
            raise ValueError("is not a folder in the repository; write docs/runbooks")
        return "/".join(parts)

    @field_validator("every")
    @classmethod
    def _is_not_all_the_time(cls, value: timedelta) -> timedelta:
        if value < timedelta(seconds=10):
            raise ValueError("is more often than every 10s; write 15m")
        return value

    @model_validator(mode="after")
    def _is_one_of_both(self) -> KnowledgeSettings:
        if (self.folder is None) is (self.url is None):
            raise ValueError("needs a `folder` or a `url`, and not both; write one of them")
        if self.folder is not None and (self.branch or self.path or self.token):
            raise ValueError("has a `folder`, to which `branch`, `path` and `token` mean nothing; leave them out")
        return self
