"""What a wrong configuration is told: the file, the line, the key, and what to write instead. Never the value that was written."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from stead.app.yaml_file import Path_, Written
from stead.domain.errors import UserError

_WORDS = {
    "bool_type": "is not true or false",
    "bool_parsing": "is not true or false",
    "int_type": "is not a whole number",
    "int_parsing": "is not a whole number",
    "float_type": "is not a number",
    "string_type": "is not text",
    "tuple_type": "is not a list",
    "list_type": "is not a list",
    "dict_type": "is not a group of keys",
    "model_type": "is not a group of keys",
    "model_attributes_type": "is not a group of keys",
    "string_pattern_mismatch": "is not a name of lower-case letters, digits and dashes",
    "string_too_short": "is empty",
}
"""pydantic's error types (https://docs.pydantic.dev/latest/errors/validation_errors/) in words for a person."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, None where nothing is near."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), None)


def as_user_error(error: ValidationError, written: Written, model: type[BaseModel], under: Path_ = ()) -> UserError:
    """The first mistake as one sentence; the hint also says how many more there are. `under` is where `model` stands in the file."""
    found = sorted(error.errors(include_input=False, include_url=False), key=lambda e: written.line((*under, *_plain(e["loc"], model))))
    first = found[0]
    path = (*under, *_plain(first["loc"], model))
    what, hint = _sentence(first, path, model)
    if len(found) > 1:
        hint = "; ".join(part for part in (hint, f"{len(found) - 1} more after it") if part)
    return UserError(f"{written.name}:{written.line(path)}: {what}", hint=hint)


def _sentence(error: Any, path: Path_, model: type[BaseModel]) -> tuple[str, str]:
    key, kind = key_text(path), str(error["type"])
    if kind == "extra_forbidden":
        known = _keys_at(model, error["loc"][:-1])
        meant = nearest(str(path[-1]), known)
        return f"unknown key `{key}`", f"did you mean `{meant}`?" if meant else f"known here: {', '.join(known)}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        expected = str(error.get("ctx", {}).get("expected_tags", "")).replace("'", "`")
        return f"`{key}` needs a `kind` that Stead knows", f"one of {expected}" if expected else "name its kind"
    if kind == "missing":
        return f"`{key}` is missing", "add it"
    if kind == "literal_error":
        return f"`{key}` is not {str(error.get('ctx', {}).get('expected', 'a known word')).replace(chr(39), '`')}", ""
    if kind in ("value_error", "secret_reference"):
        return _split(key, str(error["msg"]).removeprefix("Value error, "))
    return f"`{key}` {_WORDS.get(kind) or _lower(str(error['msg']))}", "`stead config schema` describes every key"


def _split(key: str, message: str) -> tuple[str, str]:
    what, _, hint = message.partition("; ")
    return (f"`{key}` {what}" if key else what), hint


def _lower(message: str) -> str:
    text = message[:1].lower() + message[1:]
    return text.removeprefix("input ") if text.startswith("input should ") else f"is wrong: {text}"


def key_text(path: Path_) -> str:
    """`("estates", 0, "id")` → `estates[0].id`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _plain(loc: tuple[int | str, ...], model: type[BaseModel]) -> Path_:
    """pydantic's location without the tags of unions that it weaves in."""
    path: list[str | int] = []
    here: Any = model
    for part in loc:
        models = _models(here)
        if len(models) > 1 and (chosen := _tagged(models, part)) is not None:
            here = chosen
            continue
        path.append(part)
        here = _below(here, part)
    return tuple(path)


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that are known where `loc` points."""
    here: Any = model
    for part in loc:
        models = _models(here)
        chosen = _tagged(models, part) if len(models) > 1 else None
        here = chosen if chosen is not None else _below(here, part)
    known = [field.alias or name for found in _models(here) for name, field in found.model_fields.items()]
    return sorted(set(known))


def _below(here: Any, part: int | str) -> Any:
    """The type of what stands under `part` in a value of type `here`; None where nobody knows."""
    if isinstance(part, int):
        return next(iter(typing.get_args(_without_annotation(here))), None)
    if typing.get_origin(_without_annotation(here)) is dict:
        return typing.get_args(_without_annotation(here))[1]
    fields = [(name, field) for model in _models(here) for name, field in model.model_fields.items()]
    return next((field.annotation for name, field in fields if part in (name, field.alias)), None)


def _without_annotation(here: Any) -> Any:
    return typing.get_args(here)[0] if typing.get_origin(here) is typing.Annotated else here


def _models(here: Any) -> list[type[BaseModel]]:
    """The models that a type may stand for: itself, or the members of a union."""
    here = _without_annotation(here)
    if typing.get_origin(here) in (typing.Union, types.UnionType):
        return [model for member in typing.get_args(here) for model in _models(member)]
    return [here] if isinstance(here, type) and issubclass(here, BaseModel) else []


def _tagged(models: list[type[BaseModel]], tag: int | str) -> type[BaseModel] | None:
    """The member of a discriminated union whose `kind` is `tag`."""
    for model in models:
        field = model.model_fields.get("kind")
        if field is not None and tag in typing.get_args(field.annotation):
            return model
    return None
