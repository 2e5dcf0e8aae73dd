"""A file of knowledge: Markdown, with front matter that says what it is and when it fits.

---
kind: edge-case
title: The NAS restarts on Sundays
strategy: Wait until 03:15; do nothing.
checks: [probe_ping]
names: [nas-*]
---
It installs its updates then.

Front matter that names no `kind` is somebody else's (a site generator's, an agent's), and only its `title` or `name` is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import PurePosixPath
from typing import Any, Literal, cast

from pydantic import Field, ValidationError, field_validator, model_validator

from stead.app.config_errors import as_user_error
from stead.app.front_matter import split_front_matter
from stead.app.sections import Section
from stead.app.yaml_file import Written as Yaml
from stead.domain.errors import UserError
from stead.domain.excerpt import visible
from stead.domain.knowledge import MOST_TEXT, Fits, KnowledgeKind, Written

SUFFIXES = (".md", ".markdown")
MOST_TITLE = 200
_SKILL = "skill.md"
"""The name of a skill's file, in lower case (https://agentskills.io/specification)."""
_HEADING = re.compile(r"^#\s+(.+?)\s*#*$", re.MULTILINE)
_PATTERN = re.compile(r"[^\s\0]{1,253}")


class Matter(Section):
    """The front matter of a file of knowledge."""

    kind: Literal["runbook", "edge-case", "skill", "page"] = Field(description="What it is.")
    title: str = Field(default="", max_length=MOST_TITLE, description="Default: the first heading, or the file's name.")
    strategy: str = Field(default="", max_length=500, description="What to do, in a sentence. An edge case needs one.")
    checks: tuple[str, ...] = Field(default=(), description="Checks (or names of alerts) that it is about; patterns like `pvc_*`.")
    reasons: tuple[str, ...] = Field(default=(), description="Reason codes that it is about.")
    kinds: tuple[str, ...] = Field(default=(), description="Kinds of the object, or of its owner.")
    namespaces: tuple[str, ...] = Field(default=(), description="Namespaces.")
    names: tuple[str, ...] = Field(default=(), description="Names of the object, or of its owner.")
    expires: str = Field(default="", description="The day (2027-03-01) after which it is told to nobody.")

    @field_validator("checks", "reasons", "kinds", "namespaces", "names")
    @classmethod
    def _are_patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) > 50 or not all(_PATTERN.fullmatch(one) for one in value):
            raise ValueError("does not hold patterns without spaces, 50 at most; write [payments, team-*]")
        return value

    @field_validator("expires")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        try:
            return date.fromisoformat(value).isoformat() if value else ""
        except ValueError:
            raise ValueError("is not a day; write 2027-03-01") from None

    @model_validator(mode="after")
    def _edge_cases_say_when_and_what(self) -> Matter:
        if self.kind == "edge-case" and not self.strategy:
            raise ValueError("is an edge case without a `strategy`; say in a sentence what to do then")
        if self.kind == "edge-case" and not self.fits().asked:
            raise ValueError("is an edge case that says nothing of when it fits; write `checks:`, `reasons:` or `names:`")
        return self

    def fits(self) -> Fits:
        return Fits(checks=self.checks, reasons=self.reasons, kinds=self.kinds, namespaces=self.namespaces, names=self.names)


def read_file(raw: bytes, path: str, default: str = "page") -> Written:
    """What the file at `path` says. UserError, with its line where there is one, for whatever is wrong with it."""
    if len(raw) > MOST_TEXT:
        raise UserError(f"{path} has {len(raw)} bytes; the most is {MOST_TEXT}", hint="split it")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start})", hint="save it as UTF-8") from error
    try:
        written, body = split_front_matter(text, path)
    except UserError:
        if re.match(r"---\s*\n(?:.*\n)*?kind\s*:", text.replace("\r\n", "\n")):
            raise
        written, body = Yaml(path), text.strip()  # a rule of dashes, or somebody else's header
    body = visible(body).strip()
    if not body:
        raise UserError(f"{path} says nothing", hint="write in it what to do")
    data = cast("dict[str, Any]", written.data or {})
    matter = _matter(written, data) if "kind" in data else _foreign(data, path, default)
    return Written(
        kind=KnowledgeKind(matter.kind),
        title=" ".join(visible(matter.title or _title(body, path)).split())[:MOST_TITLE],
        text=body,
        strategy=" ".join(visible(matter.strategy).split()),
        fits=matter.fits(),
        expires_at=datetime.combine(date.fromisoformat(matter.expires), time.max, UTC) if matter.expires else None,
    )


def _matter(written: Yaml, data: Mapping[str, Any]) -> Matter:
    lists = ("checks", "reasons", "kinds", "namespaces", "names")
    plain = {key: [value] if key in lists and isinstance(value, str) else value for key, value in data.items()}
    try:
        return Matter.model_validate_json(json.dumps(plain, default=str))
    except ValidationError as error:
        raise as_user_error(error, written, Matter) from None


def _foreign(data: Mapping[str, Any], path: str, default: str) -> Matter:
    kind = "skill" if PurePosixPath(path).name.lower() == _SKILL else default
    title = next((str(data[key]) for key in ("title", "name") if isinstance(data.get(key), str)), "")
    return Matter.model_construct(kind=cast(Any, kind), title=title[:MOST_TITLE])


def _title(body: str, path: str) -> str:
    heading = _HEADING.search(body)
    return heading[1] if heading else PurePosixPath(path).stem.replace("-", " ").replace("_", " ")


def file_text(of: Written) -> str:
    """The entry as a file that `read_file` reads again: to be put into a repository."""
    said: dict[str, Any] = {"kind": of.kind.value, "title": of.title, "strategy": of.strategy}
    said |= {name: list(getattr(of.fits, name)) for name in ("checks", "reasons", "kinds", "namespaces", "names")}
    said["expires"] = of.expires_at.date().isoformat() if of.expires_at else ""
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in said.items() if value]
    return "\n".join(["---", *lines, "---", of.text, ""])
