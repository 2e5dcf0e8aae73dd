"""What a person may write under `repositories: coder:`: the coding program that edits a repository in the sandbox, and its bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field, field_validator

from stead.app.model_settings import ModelSettings
from stead.app.sections import FilePath, Section
from stead.app.thinking import models_of
from stead.declare import ModelKind
from stead.estate.code.coder import Coder

KIND = "anthropic"
"""The kind of models whose API such a program speaks."""


class CoderSettings(Section):
    """A coding program, like Claude Code, that edits the files in the sandbox when a model gives it a task instead of exact edits."""

    command: tuple[str, ...] = Field(
        min_length=1,
        description="Its words, run without a shell and told the task on stdin: `[claude, -p, --permission-mode, acceptEdits]`.",
    )
    model: str = Field(description="The model that it is given, by its name under `models`: one of the kind `anthropic`.")
    minutes: int = Field(default=10, ge=1, le=30, description="After these it is ended, and nothing of it is used.")
    tokens: int = Field(default=400_000, ge=1000, description="Tokens in and out that it may spend at a time.")
    reads: tuple[FilePath, ...] = Field(default=(), description="Folders that it may read besides the system's programs: where it is.")

    @field_validator("command")
    @classmethod
    def _are_words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any("\0" in each for each in value) or not value[0].strip() or value[0].startswith("-"):
            raise ValueError("is not the command line of a program; write [claude, -p]")
        return value

    def coder(self, models: Sequence[ModelSettings], kinds: Mapping[str, ModelKind], environ: Mapping[str, str]) -> Coder:
        """The program with its model, whose key is read when it is asked."""
        chain = models_of([one for one in models if one.name == self.model], kinds, environ)
        if chain is None:  # the configuration was not loaded with it
            raise LookupError(self.model)
        spec = chain.specs[0]
        return Coder(
            command=self.command,
            spec=spec,
            url=spec.base_url or kinds[spec.kind].default_url,
            seconds=self.minutes * 60.0,
            tokens=self.tokens,
            reads=self.reads,
        )


def wrong_coder(coder: CoderSettings, models: Sequence[ModelSettings]) -> str:
    """What is wrong with the model that it names, "" when nothing is."""
    named = next((one for one in models if one.name == coder.model), None)
    if named is None:
        return f"there is no model `{coder.model[:60]}` under `models` for its coder"
    return "" if named.kind == KIND else f"its coder speaks to models of the kind `{KIND}`, and `{named.name}` is of `{named.kind[:60]}`"
