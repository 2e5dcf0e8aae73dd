"""Any system that sends JSON, by a mapping of JMESPath expressions that the configuration holds.

What an expression looks at becomes the alert; every other key of an item is kept as evidence. What was to be there and is not, is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from stead.declare import Read, SourceKind
from stead.domain.alert import Alert, label_of, severity_of
from stead.domain.errors import MalformedError
from stead.domain.finding import Severity
from stead.sources.expressions import Expression, Mapped
from stead.sources.reading import json_value, key_of, moment, rest, shown, web_address

ROOT = "_root"
"""The whole body, for an expression that is asked of one item of it."""
MISSING = "not in what was sent"
_MILLISECONDS = 100_000_000_000
"""A greater number is a time in milliseconds since 1970: in seconds it would lie in the year 5138."""


class SubjectMapping(BaseModel):
    """What the alert is about: a kind with its name, or a host."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Mapped | None = None
    namespace: Mapped | None = None
    name: Mapped | None = None
    host: Mapped | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> SubjectMapping:
        if (self.kind is None) is not (self.name is None):
            raise ValueError("needs both `kind` and `name`, or neither")
        return self


class MapSettings(BaseModel):
    """Where what is said. `items` the alerts in the body (default: it is one); the others are asked of each of them.

    `name` what is wrong · `key` its identity, the same at each re-send · `severity`, through `severities` where a word of the sender's
    means something else here · `firing` or `resolved`, true or false · `summary` a sentence · `since` when it began · `link` shows it ·
    `labels` as Prometheus' rules name them · `subject` what it is about.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    items: Mapped | None = None
    name: Mapped
    key: Mapped | None = None
    severity: Mapped | None = None
    severities: dict[str, Severity] = Field(default={}, max_length=100)
    firing: Mapped | None = None
    resolved: Mapped | None = None
    summary: Mapped | None = None
    since: Mapped | None = None
    link: Mapped | None = None
    labels: dict[str, Mapped] = Field(default={}, max_length=50)
    subject: SubjectMapping = SubjectMapping()

    @field_validator("severities")
    @classmethod
    def _in_lower_case(cls, given: dict[str, Severity]) -> dict[str, Severity]:
        return {word.strip().lower(): severity for word, severity in given.items()}

    @model_validator(mode="after")
    def _says_once_whether_it_is_over(self) -> MapSettings:
        if self.firing is not None and self.resolved is not None:
            raise ValueError("has both `firing` and `resolved`; keep one")
        return self


class GenericSettings(BaseModel):
    """`map` says where in its JSON the sender says what."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    map: MapSettings


def read(body: bytes, headers: Mapping[str, str], mapping: MapSettings) -> Sequence[Alert]:  # noqa: ARG001
    """The alerts in the body. MalformedError when they are not where the mapping says."""
    given = json_value(body)
    return [_Item(mapping, item, given).alert() for item in _items(mapping, given)]


def _items(mapping: MapSettings, given: Any) -> list[Any]:
    if mapping.items is None:
        return [given]
    found = mapping.items.of(given)
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise MalformedError(f"`items` ({mapping.items.text}) gives no list, and no object")
    return cast("list[Any]", found)


@dataclass(slots=True)
class _Item:
    """One item on its way to an alert. `missing` names what the mapping looked for and did not find."""

    mapping: MapSettings
    item: Any
    given: Any
    missing: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        if isinstance(self.item, dict) and self.mapping.items is not None:
            self.item = {ROOT: self.given, **cast("dict[str, Any]", self.item)}

    def alert(self) -> Alert:
        name = self.text("name", self.mapping.name)
        firing = self.is_firing()
        labels = {label: text for label, way in self.mapping.labels.items() if (text := self.text(f"labels.{label}", way))}
        about, words = self.about()
        labels |= about
        found = Alert(
            key=key_of(self.text("key", self.mapping.key), {**labels, "alertname": name}),
            name=name or "alert",
            firing=firing,
            summary=self.text("summary", self.mapping.summary),
            severity=self.severity(),
            labels=labels,
            since=self.moment("since", self.mapping.since),
            command=web_address(self.text("link", self.mapping.link)),
        )
        missing = {MISSING: ", ".join(self.missing)} if self.missing else {}
        return replace(found, said={**words, **missing, **self.rest()})

    def value(self, key: str, way: Expression | None) -> Any:
        """What the expression gives, None where there is none or nothing; that is noted."""
        found = None if way is None else way.of(self.item)
        if way is not None and found in (None, ""):
            self.missing.append(f"{key} ({way.text})")
        return found

    def text(self, key: str, way: Expression | None) -> str:
        found = self.value(key, way)
        return "" if found is None else shown(found)

    def moment(self, key: str, way: Expression | None) -> datetime | None:
        found = self.value(key, way)
        if isinstance(found, str) and found.strip().isascii() and found.strip().isdecimal():
            found = int(found[:20])
        if isinstance(found, int | float) and found > _MILLISECONDS:
            found /= 1000
        read_as = moment(found)
        if found not in (None, "") and read_as is None and way is not None:
            self.missing.append(f"{key} ({way.text} is no time)")
        return read_as

    def is_firing(self) -> bool:
        """What says nothing of its end goes on."""
        key = "firing" if self.mapping.firing is not None else "resolved"
        way = self.mapping.firing or self.mapping.resolved
        found = self.value(key, way)
        if found is None or way is None:
            return True
        if not isinstance(found, bool):
            raise MalformedError(f"`{key}` ({way.text}) is neither true nor false: compare it, like `{way.text} == 'ok'`")
        return found if key == "firing" else not found

    def severity(self) -> Severity:
        word = self.text("severity", self.mapping.severity)
        return self.mapping.severities.get(word.strip().lower()) or severity_of(word)

    def about(self) -> tuple[dict[str, str], dict[str, str]]:
        """The subject as labels; what cannot be said by labels, as words."""
        way = self.mapping.subject
        kind, namespace = self.text("subject.kind", way.kind), self.text("subject.namespace", way.namespace)
        name, host = self.text("subject.name", way.name), self.text("subject.host", way.host)
        labels = {"namespace": namespace, "instance": host}
        label = label_of(kind)
        if label:
            labels[label] = name
        words = {"it is about": f"{kind} {name}"} if kind and name and not label else {}
        return {label: value for label, value in labels.items() if value}, words

    def rest(self) -> dict[str, str]:
        if not isinstance(self.item, dict):
            return {}
        return rest(cast("dict[str, Any]", self.item), [ROOT, *_looked_at(self.mapping)])


def _looked_at(mapping: MapSettings) -> Iterator[str]:
    """The keys of an item that some expression looks at: what they say is in the alert."""
    subject = mapping.subject
    ways = [mapping.name, mapping.key, mapping.severity, mapping.firing, mapping.resolved, mapping.summary, mapping.since, mapping.link]
    for way in (*ways, *mapping.labels.values(), subject.kind, subject.namespace, subject.name, subject.host):
        if way is not None:
            yield from way.fields


def _open(settings: GenericSettings) -> Read:
    return partial(read, mapping=settings.map)


generic = SourceKind(kind="generic", settings=GenericSettings, open=_open, page=(__doc__ or "").strip())
