"""Reads what `kubectl get … -o json|yaml` wrote, into a View: one object, a List, many documents, or a folder of such files.

Promise: a dump that is cut off, hostile or no dump is a UserError naming file and place, never a smaller dump; one odd object in
a good dump is blind evidence and the rest is read.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from stead.domain.errors import UserError
from stead.estate.kubernetes.custom_kinds import MOST as MOST_KINDS
from stead.estate.kubernetes.custom_kinds import is_custom
from stead.estate.kubernetes.decode import OddObject, decode_object
from stead.estate.kubernetes.enrich.events import About, Event, read_event
from stead.estate.kubernetes.errors import parse_status
from stead.estate.kubernetes.kinds import KINDS, Kind, custom_kind, kind_named, plural_of
from stead.estate.kubernetes.moments import Taken, newest_in
from stead.estate.kubernetes.revisions import REVISIONS
from stead.estate.kubernetes.slices import Object, Slice
from stead.estate.kubernetes.view import View

MOST_BYTES = 1 << 30
"""A gigabyte: a cluster of 100,000 pods."""
SUFFIXES = (".json", ".yaml", ".yml")
STDIN = "-"

_EVENTS = ("v1", "events.k8s.io/v1")

_ROLLOUTS = frozenset({*REVISIONS, *REVISIONS.values()})

_AT_BYTE = re.compile(r"\(byte (\d+)\)")
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")


class _Head(Slice, frozen=True):
    """What tells an object from a list."""

    api_version: str | None = None
    kind: str | None = None
    items: tuple[msgspec.Raw, ...] | None = None


class _Named(Slice, frozen=True):
    api_version: str | None = None
    kind: str | None = None


class _Meta(Slice, frozen=True):
    name: str = ""
    namespace: str = ""


class _Placed(Slice, frozen=True):
    metadata: _Meta = _Meta()


_PLACED: msgspec.json.Decoder[_Placed] = msgspec.json.Decoder(_Placed)
_HEAD: msgspec.json.Decoder[_Head] = msgspec.json.Decoder(_Head)
_NAMED: msgspec.json.Decoder[_Named] = msgspec.json.Decoder(_Named)


@dataclass(slots=True)
class Dump:
    """`view` what was read · `odd` objects that could not be · `other` objects of kinds that are not read, by kind · `bytes` read ·
    `events` by (kind, namespace, name) of what they are about · `rollouts` workloads and their revisions, by the same, as they came."""

    view: View
    taken: Taken
    odd: list[OddObject] = field(default_factory=list[OddObject])
    other: Counter[str] = field(default_factory=Counter[str])
    rollouts: dict[About, Any] = field(default_factory=dict[About, Any])
    events: dict[About, list[Event]] = field(default_factory=dict[About, list[Event]])
    bytes: int = 0
    objects: int = 0
    _custom: dict[tuple[str, str], Kind] = field(default_factory=dict[tuple[str, str], Kind])
    _single: Counter[type[Object]] = field(default_factory=Counter[type[Object]])

    def custom(self, api_version: str, name: str) -> Kind | None:
        """The kind of a custom resource, the same for all its versions; None for what is none, or one kind too many."""
        group = api_version.rpartition("/")[0]
        known = self._custom.get((group, name))
        if known is None and _sound(group, name) and is_custom(api_version, name) and len(self._custom) < MOST_KINDS:
            known = self._custom[group, name] = custom_kind(api_version, plural_of(name), name, True)
        return known

    def not_covered(self) -> tuple[str, ...]:
        """Kinds that the dump lacks, and kinds in it that Stead does not read; events are no kind of their own but evidence."""
        lacking = {kind.resource for kind in KINDS if not (kind.by_right or self.view.knows(kind.struct))}
        return tuple(sorted(lacking | (set(self.other) - {"Event", "Event.events.k8s.io"})))


def _silent(_name: str, _part: float) -> None:
    pass


def read_dump(source: str, estate: str, *, wall: datetime, progress: Callable[[str, float], None] = _silent) -> Dump:
    """The dump at `source` (a file, a folder, or `-` for stdin). `wall` is the present: times far ahead of it are not believed.

    `progress` hears which file is read, and which part of it has been (0 to 1): YAML takes its time.
    """
    dump = Dump(View(estate), Taken(wall))
    for name, raw in _inputs(source):
        before = dump.objects
        dump.bytes += len(raw)
        _add_text(dump, name, raw, progress)
        if dump.objects == before and source == name and not _is_empty_list(dump):
            raise UserError(f"{name} holds no Kubernetes object", hint="write it with `kubectl get … -A -o json`")
    if not dump.view.counts() and not dump.odd:
        kinds = ", ".join(sorted(dump.other)) or "no object"
        raise UserError(f"{source} holds nothing that Stead looks at ({kinds})", hint="try `kubectl get pods,nodes,deployments -A -o json`")
    # One lone object says nothing about others of its kind; two or a List do.
    for struct, count in dump._single.items():  # pyright: ignore[reportPrivateUsage]
        if count > 1:
            dump.view.mark_known(struct)
    return dump


def _is_empty_list(dump: Dump) -> bool:
    return any(dump.view.knows(kind.struct) for kind in KINDS)


# Files


def _inputs(source: str) -> Iterator[tuple[str, bytes]]:
    if source == STDIN:
        yield "stdin", _whole(sys.stdin.buffer.read(MOST_BYTES + 1), "stdin")
        return
    path = Path(source)
    if not path.is_dir():
        yield source, _file(path)
        return
    try:
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    except OSError as error:
        raise _unreadable(path, error) from error
    if not files:
        raise UserError(f"the folder {source} holds no {', '.join(SUFFIXES)} file", hint="write some with `kubectl get … -A -o json`")
    for file in files:
        yield str(file), _file(file)


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _whole(file.read(MOST_BYTES + 1), str(path))
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> UserError:
    return UserError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}", hint="check the path and who may read it")


def _whole(raw: bytes, name: str) -> bytes:
    if len(raw) > MOST_BYTES:
        raise UserError(f"{name} is larger than {MOST_BYTES >> 20} MiB", hint="write the kinds into several files of a folder")
    raw = raw.removeprefix(_BOM)
    if not raw.strip():
        raise UserError(f"{name} is empty", hint="did `kubectl get` fail? look at what it said")
    if (at := raw.find(b"\0")) >= 0:
        raise UserError(f"{name} is not text (byte {at} is zero)", hint="if it is packed, unpack it first")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{name} is not UTF-8 text (byte {error.start})", hint="if it is packed, unpack it first") from error
    return raw


# Documents


def _add_text(dump: Dump, name: str, raw: bytes, progress: Callable[[str, float], None]) -> None:
    if raw.lstrip(_SPACE)[:1] in (b"{", b"["):
        line, counted = 1, 0
        for at, document in _json_documents(raw, name):
            line, counted = line + raw.count(b"\n", counted, at), at
            _add_document(dump, document, f"{name}, line {line}" if at else name)
        return
    from stead.estate.kubernetes.yaml_events import documents

    if not raw.endswith(b"\n"):
        raise UserError(f"{name} looks cut off: its last line has no end", hint="if it is whole, add a line end")
    for number, plain in enumerate(documents(raw, name, progress), 1):
        if plain is not None:
            _add_document(dump, msgspec.json.encode(plain), f"{name}, document {number}")


def _json_documents(raw: bytes, name: str) -> Iterator[tuple[int, memoryview]]:
    """The JSON values of `raw`, one after the other (`---` lines between them are no matter), with the byte at which each starts."""
    at, view = 0, memoryview(raw)
    while (at := _skip(raw, at)) < len(raw):
        rest = view[at:]
        try:
            _HEAD.decode(rest)
        except (ValueError, RecursionError) as error:
            found = _AT_BYTE.search(str(error))
            if "trailing" not in str(error) or found is None:
                yield at, _judged(rest, error, raw, at, name)
                return
            end = int(found[1]) - 1  # it names the character after the first one that is too many
            yield at, rest[:end]
            at += end
        else:
            yield at, rest
            return


def _skip(raw: bytes, at: int) -> int:
    while at < len(raw):
        if raw[at : at + 1] in (b" ", b"\t", b"\r", b"\n", b","):
            at += 1
        elif raw.startswith(b"---", at):
            at += 3
        else:
            break
    return at


def _judged(rest: memoryview, error: Exception, raw: bytes, at: int, name: str) -> memoryview:
    """`rest` where it is sound JSON of another shape than an object or list; else the sentence about what is wrong with it."""
    said = str(error)
    if isinstance(error, msgspec.ValidationError):
        return rest
    if "truncated" in said:
        raise UserError(f"{name} is cut off: it ends within a value, after {len(raw)} bytes", hint="write it again; was the disk full?")
    if isinstance(error, RecursionError):
        raise UserError(f"{name} is nested too deeply", hint="is it what kubectl wrote?")
    found = _AT_BYTE.search(said)
    line = raw.count(b"\n", 0, at + int(found[1])) + 1 if found else 1
    raise UserError(
        f"{name}, line {line}: not JSON: {said.removeprefix('JSON is malformed: ')}", hint="is it whole, and what kubectl wrote?"
    )


def _add_document(dump: Dump, raw: bytes | memoryview, where: str) -> None:
    try:
        head = _HEAD.decode(raw)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not a Kubernetes object: {str(error)[:200]}", hint="write it with `kubectl get … -o json`") from error
    if head.items is not None and (head.kind is None or head.kind.endswith("List")):
        if head.kind is None:
            raise UserError(f"{where} is cut off: it has `items` and no `kind`", hint="write it again; was the disk full?")
        _add_list(dump, head, head.items)
    elif (head.api_version, head.kind) == ("v1", "Status"):
        said = parse_status(bytes(raw)).message[:200] or "no reason given"
        raise UserError(f"{where} is not objects but the API server's refusal: {said}", hint="write it again, with the rights to read")
    elif head.kind and head.api_version:
        _add_object(dump, raw, head.api_version, head.kind, single=True)
    else:
        raise UserError(f"{where} has no `apiVersion` and `kind`: it is no Kubernetes object", hint="write it with `kubectl get … -o json`")


def _add_list(dump: Dump, head: _Head, items: Sequence[msgspec.Raw]) -> None:
    """A `List` of anything, or a `PodList` whose items do not repeat what they are."""
    item_kind = (head.kind or "").removesuffix("List")
    typed = kind_named(head.api_version or "", item_kind)
    if typed is not None:
        dump.view.mark_known(typed.struct)
    for item in items:
        try:
            named = _NAMED.decode(item)
        except (ValueError, RecursionError):
            dump.other["(odd)"] += 1
            continue
        _add_object(dump, item, named.api_version or head.api_version or "", named.kind or item_kind, single=False)


def _add_object(dump: Dump, raw: bytes | memoryview | msgspec.Raw, api_version: str, name: str, *, single: bool) -> None:
    dump.objects += 1
    dump.taken.add(newest_in(raw))
    kind = kind_named(api_version, name) or dump.custom(api_version, name)
    if name == "Event" and api_version in _EVENTS and (event := read_event(raw)) is not None:
        dump.events.setdefault(event.about, []).append(event)
    if name in _ROLLOUTS:
        dump.rollouts[_place_of(name, raw)] = raw
    if kind is None:
        dump.other[_resource(api_version, name)] += 1
        return
    if single:
        dump._single[kind.struct] += 1  # pyright: ignore[reportPrivateUsage]
    else:
        dump.view.mark_known(kind.struct)
    try:
        dump.view.put(decode_object(kind.struct, raw))
    except OddObject as odd:
        dump.odd.append(odd)


def _place_of(kind: str, raw: bytes | memoryview | msgspec.Raw) -> About:
    try:
        meta = _PLACED.decode(raw).metadata
    except (ValueError, RecursionError):
        return (kind, "", "")
    return (kind, meta.namespace, meta.name)


def _resource(api_version: str, name: str) -> str:
    """A kind that is not read, as `Ingress.networking.k8s.io`; odd names are not repeated."""
    group = api_version.rpartition("/")[0]
    if not _sound(group, name):
        return "(odd)"
    return f"{name}.{group}" if group else name


def _sound(group: str, name: str) -> bool:
    return bool(_KIND.fullmatch(name)) and all(_KIND.fullmatch(part) or part.isdigit() for part in re.split(r"[.-]", group) if part)
