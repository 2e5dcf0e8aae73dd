"""Domain values ⇄ JSON text: the one place that knows how a value lies in a column, a journal or an answer."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec

from stead.domain.typed import known

T = TypeVar("T")

_encoder = msgspec.json.Encoder(order="sorted")


def dumps(value: object) -> str:
    """JSON text of any domain value, keys sorted, so that equal values are equal texts.

    Half a surrogate pair, which JSON lets anybody send (`"\\ud800"`) and no encoding carries, becomes a question mark.
    """
    try:
        return _encoder.encode(value).decode()
    except UnicodeEncodeError:
        return _encoder.encode(_encodable(msgspec.to_builtins(value, str_keys=True))).decode()


def loads(text: str, kind: type[T]) -> T:
    """The domain value of type `kind` that `dumps` wrote. msgspec.ValidationError when it is none."""
    return msgspec.json.decode(text, type=known(kind))


def plain(value: object) -> Any:
    """The same value as dicts, lists, strings and numbers only."""
    return msgspec.to_builtins(value, str_keys=True)


def load_plain(value: Any, kind: type[T]) -> T:
    return msgspec.convert(value, type=known(kind))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in cast("list[Any]", value)]
    return value
