"""Units that have failed, as `stead failure UNIT` reports them, which systemd starts by `OnFailure=`.

A report is one failure of one unit, known by its own id: the same report once more, from the spool or over HTTP, is the same alert.
On a host that Stead watches it is part of what the check `failed_units` says of that unit, only sooner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from stead.declare import Read, SourceKind
from stead.domain.alert import Alert
from stead.domain.errors import MalformedError
from stead.sources.reading import json_object, key_of, moment, text, texts

NAME = "UnitFailed"


class SystemdSettings(BaseModel):
    """It has no keys of its own."""

    model_config = ConfigDict(extra="forbid")


def read(body: bytes, headers: Mapping[str, str]) -> Sequence[Alert]:  # noqa: ARG001
    """The report in the body. MalformedError for what is none."""
    given = json_object(body)
    unit, host, report = text(given, "unit"), text(given, "host"), text(given, "id")
    if not unit or not host or not report:
        raise MalformedError("a report has `id`, `unit` and `host`")
    facts = texts(given, "facts")
    why = ", ".join(part for part in (facts.get("Result", ""), _status(facts)) if part)
    return [
        Alert(
            key=key_of(report, {}),
            name=NAME,
            summary=f"{unit} has failed on {host}" + (f" ({why})" if why else ""),
            labels={"name": unit, "instance": host},
            said={**facts, "its last words": text(given, "log")[-1000:]},
            since=moment(given.get("at")),
            once=True,
            command=f"systemctl status --no-pager -- {unit}" if unit.isprintable() and " " not in unit else "",
        )
    ]


def _status(facts: Mapping[str, str]) -> str:
    status = facts.get("ExecMainStatus", "")
    return f"exit code {status}" if status not in ("", "0") else ""


def _open(settings: SystemdSettings) -> Read:  # noqa: ARG001
    return read


systemd = SourceKind(kind="systemd", settings=SystemdSettings, open=_open, page=(__doc__ or "").strip())
