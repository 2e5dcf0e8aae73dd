"""Objects and tables as few characters as they can be read in: every one of them is paid for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from stead.domain.redaction import redact

_DULL = frozenset(
    ["uid", "resourceVersion", "selfLink", "managedFields", "generateName", "terminationMessagePath", "dnsPolicy", "schedulerName"]
)
"""Fields that explain no fault."""


def compact(given: Any) -> str:
    """YAML-like lines without quotes, without empty and dull fields, and without what its place in the object tells to be a secret."""
    return "\n".join(_lines(redact.object(given), ""))


def _lines(given: Any, indent: str) -> Iterator[str]:
    if isinstance(given, Mapping):
        for key, value in cast("Mapping[str, Any]", given).items():
            if key not in _DULL and value not in (None, "", [], {}):
                yield from _field(str(key), value, indent)
    elif isinstance(given, list):
        for item in cast("list[Any]", given):
            inner = list(_lines(item, f"{indent}  ")) if isinstance(item, Mapping | list) else [f"{indent}  {item}"]
            if inner:
                yield f"{indent}- {inner[0].strip()}"
                yield from inner[1:]
    else:
        yield f"{indent}{given}"


def _field(key: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        inner = list(_lines(value, f"{indent}  " if isinstance(value, Mapping) else indent))
        if isinstance(value, Mapping) and len(inner) == 1 and len(inner[0]) < 100:
            yield f"{indent}{key}: {{{inner[0].strip()}}}"
        elif inner:
            yield f"{indent}{key}:"
            yield from inner
    elif "\n" in str(value):
        yield f"{indent}{key}: |"
        yield from (f"{indent}  {line}" for line in str(value).splitlines())
    else:
        yield f"{indent}{key}: {value}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows as columns, two spaces apart."""
    if not rows:
        return ""
    widths = [max(len(row[n]) for row in rows if n < len(row)) for n in range(max(len(row) for row in rows))]
    return "\n".join("  ".join(cell.ljust(widths[n]) for n, cell in enumerate(row)).rstrip() for row in rows)
