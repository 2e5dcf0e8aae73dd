"""Rules of your own, from YAML files in the folders that the configuration names: they come before those that are shipped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec

from stead.checks.custom import custom_resource as shipped
from stead.checks.custom.rules import UNKNOWN, Family, Rule, read, rule_of, wrong_spans
from stead.declare import Check
from stead.domain.errors import UserError
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import Custom
from stead.estate.kubernetes.view import View

MOST_BYTES = 1_000_000


def with_rules(files: Iterable[Path]) -> Check:
    """The check `custom_resource` with the rules of these files. UserError that names the file and the place for what is no rule."""
    families = [_family(file) for file in files]

    def find(group: str, kind: str) -> Rule:
        own = next((rule for family in families if (rule := family.rule(group, kind)) is not UNKNOWN), None)
        return own or rule_of(group, kind)

    def look(obj: Custom, view: View, now: datetime) -> Finding | Progressing | None:
        return shipped.examine(obj, view, now, find)

    return replace(shipped.custom_resource, run=look)


def _family(file: Path) -> Family:
    try:
        with file.open("rb") as opened:
            family = read(opened.read(MOST_BYTES), str(file))
    except OSError as error:
        raise UserError(f"{file} cannot be read: {(error.strerror or str(error)).lower()}", hint="check who may read it") from error
    except msgspec.ValidationError as error:
        raise UserError(
            f"{file} holds no rules for custom kinds: {error}", hint="docs/how-to/own-kinds.md says how they are written"
        ) from error
    if wrong := wrong_spans(family):
        raise UserError(f"{file}: `{wrong[0][:40]}` is not a time", hint="write it like 90s, 15m, 2h or 3d")
    return family
