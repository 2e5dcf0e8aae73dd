"""`stead completion SHELL`: the lines that teach a shell to complete Stead's commands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Which shell.")]) -> None:
    """Print the completion script: `source <(stead completion bash)`, or put it where the shell looks."""
    # Typer's own option for this asks the parent process which shell it is, and so cannot be asked for another.
    from typer.completion import get_completion_script  # pyright: ignore[reportPrivateImportUsage]

    print(get_completion_script(prog_name="stead", complete_var="_STEAD_COMPLETE", shell=shell.value))
