"""Who thinks in a run of a scenario: nobody, a configured model, one named as KIND:MODEL, or a script that stands in for one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stead.domain.errors import UserError
from stead.practice.model_script import Player, Script, load
from stead.practice.model_server import model_server

SCRIPT = "script:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinker:
    """`name` is what reports say. `models` is what stands under `models:`, `script` the file that is played instead."""

    name: str
    models: tuple[dict[str, Any], ...] = ()
    script: Path | None = None

    @contextlib.asynccontextmanager
    async def settings(self, scenario: str) -> AsyncGenerator[dict[str, Any]]:
        """The configuration of a Stead that thinks so, for as long as the block is open."""
        if self.script is None:
            yield {"models": list(self.models)}
            return
        script = load(self.script)
        async with model_server(Player(script.turns(scenario))) as server:
            model = {"name": "script", "kind": "openai", "model": "script", "base_url": server.url, "first_byte": 5.0}
            yield {"models": [model], **({"budgets": {"run": script.budget}} if script.budget else {})}


NOBODY = Thinker(name="none")


def thinker(word: str) -> Thinker:
    """`none`, `script:FILE`, a model's name in stead.yaml, or KIND:MODEL. UserError for anything else, or a script with a mistake."""
    if word == "none":
        return NOBODY
    if word.startswith(SCRIPT):
        script = _script(word)
        return Thinker(name=script.name, script=Path(word.removeprefix(SCRIPT)).absolute())
    return Thinker(name=word, models=_models(word))


def _script(word: str) -> Script:
    return load(Path(word.removeprefix(SCRIPT)))


def _models(word: str) -> tuple[dict[str, Any], ...]:
    from stead.app.config import load as load_configuration
    from stead.app.discover import shelves
    from stead.app.thinking import chain_of_words, models_of

    configured = load_configuration().settings.models
    chosen = [model for model in configured if model.name == word]
    if not chosen:
        known = ", ".join(model.name for model in configured) or "none"
        if ":" not in word:
            raise UserError(
                f"--model {word}: there is no such model", hint=f"configured: {known}; or write KIND:MODEL, none, or script:FILE"
            )
        chosen = list(chain_of_words([word], "--model"))
    models_of(chosen, shelves().models, os.environ)
    return tuple(model.model_dump(mode="json", exclude_none=True) for model in chosen)
