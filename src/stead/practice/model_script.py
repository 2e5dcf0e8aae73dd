"""A model's answers, written down: what it asks for and concludes in each scenario, played by an endpoint that the real loop asks.

docs/reference/model-script.md describes every key, for people who write one.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from stead.app.config_errors import as_user_error
from stead.app.sections import Section
from stead.app.yaml_file import Written, read_yaml
from stead.domain.errors import UserError
from stead.practice.model_server import FAILURES, Answer, Json

_PLACE = re.compile(r"\$\{([^}]+)\}")


class Call(Section):
    """A tool that the model asks for. `with` are its arguments; a text in place of keys is sent as it is, JSON or not."""

    tool: str = Field(min_length=1, max_length=200)
    arguments: dict[str, Any] | str = Field(default_factory=dict, alias="with")


def _fail(given: object) -> object:
    if isinstance(given, int) and 400 <= given <= 599:
        return given
    if given in FAILURES:
        return given
    raise ValueError(f"is no way to fail; write a status like 429, or one of {', '.join(FAILURES)}")


class Turn(Section):
    """One answer: words, calls, a conclusion, or a failure of the endpoint. `times` says it again."""

    say: str = Field(default="", description="Words beside the calls, or alone.")
    call: Call | None = Field(default=None, description="One tool.")
    calls: tuple[Call, ...] = Field(default=(), description="Several at once.")
    conclude: dict[str, Any] | None = Field(default=None, description="The arguments of `conclude`.")
    fail: Annotated[int | str, BeforeValidator(_fail)] = Field(default="", validate_default=False, description="How the endpoint fails.")
    retry_after: int | None = Field(default=None, ge=0, le=3600, description="Seconds, with `fail: 429` or 503.")
    slow: float = Field(default=0.0, ge=0, le=300, strict=False, description="Seconds until it begins to answer.")
    times: int = Field(default=1, ge=1, le=1000, description="So often in a row.")

    @model_validator(mode="after")
    def _says_something(self) -> Turn:
        if not (self.say or self.call or self.calls or self.conclude is not None or self.fail):
            raise ValueError("says nothing; write `say`, `call`, `calls`, `conclude` or `fail`")
        return self

    def answer(self, told: str) -> Answer:
        """The answer to a request in which the model was told all this: `${PATTERN}` becomes the first place in it that matches."""
        calls = [*([self.call] if self.call else []), *self.calls]
        asked = [(call.tool, _filled(call.arguments, told)) for call in calls]
        if self.conclude is not None:
            asked.append(("conclude", _filled(self.conclude, told)))
        return Answer(text=self.say, calls=asked, fail=self.fail, retry_after=self.retry_after, slow=self.slow)


class Script(Section):
    """`scenarios`: name or pattern → the answers in their order. What a script does not know is concluded with confidence `low`."""

    version: Literal[1] = 1
    name: str = Field(default="", description="What this model is called in reports. Default: the file's name.")
    budget: dict[str, Any] = Field(default_factory=dict, description="`budgets.run` of the configuration in which it is played.")
    scenarios: dict[str, tuple[Turn, ...]]

    @field_validator("scenarios")
    @classmethod
    def _has_some(cls, value: dict[str, tuple[Turn, ...]]) -> dict[str, tuple[Turn, ...]]:
        if not value:
            raise ValueError("is empty; name a scenario, or `*` for all, with a list of answers under it")
        return value

    def turns(self, scenario: str) -> tuple[Turn, ...]:
        """The answers for this scenario: by its name, else by the first pattern that fits."""
        if scenario in self.scenarios:
            return self.scenarios[scenario]
        return next((turns for pattern, turns in self.scenarios.items() if fnmatchcase(scenario, pattern)), ())


class Player:
    """Plays the answers for one scenario, one for each request; after the last, it gives up politely."""

    def __init__(self, turns: tuple[Turn, ...]) -> None:
        self._left = [turn for turn in turns for _ in range(turn.times)]

    def __call__(self, body: Json) -> Answer:
        if not self._left:
            return Answer(calls=[("conclude", _NOTHING_MORE)])
        return self._left.pop(0).answer(_told(body))


_NOTHING_MORE: dict[str, Any] = {
    "cause": "The script has no more answers.",
    "at_fault": {"kind": "Unknown", "name": "unknown"},
    "confidence": "low",
    "evidence": [],
}


def load(path: Path) -> Script:
    """The script in this file. UserError with the line and the key of the first mistake."""
    written = read_yaml(path)
    if not isinstance(written.data, dict):
        raise UserError(f"{written.name} does not hold `key: value` lines", hint="begin with `scenarios:`")
    return _parsed(written, path.stem)


def _parsed(written: Written, stem: str) -> Script:
    try:
        made = Script.model_validate_json(json.dumps(written.data))
    except ValidationError as error:
        raise as_user_error(error, written, Script) from None
    except TypeError as error:
        raise UserError(f"{written.name} holds a value that JSON cannot ({error})", hint="put dates into quotes") from None
    return made if made.name else made.model_copy(update={"name": stem})


def _told(body: Json) -> str:
    said = [message.get("content") for message in body.get("messages", [])]
    return "\n".join(text if isinstance(text, str) else json.dumps(text) for text in said if text)


def _filled(given: Any, told: str) -> Any:
    if isinstance(given, str):
        return _PLACE.sub(lambda place: _first(place[1], told), given)
    if isinstance(given, dict):
        return {key: _filled(value, told) for key, value in cast("dict[str, Any]", given).items()}
    if isinstance(given, list):
        return [_filled(item, told) for item in cast("list[Any]", given)]
    return given


def _first(pattern: str, told: str) -> str:
    try:
        found = re.search(pattern, told)
    except re.error:
        return pattern
    return found[0] if found else pattern
