"""A host made of words: what each command would say there. What it was not given is a program that is not installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from stead.domain.errors import BlindError
from stead.ports import Completed

Answer = str | Completed | BlindError


class Host:
    """Answers the command that begins with the longest known words."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:
        said = " ".join(argv)
        self.asked.append(said)
        known = [begin for begin in self.answers if said.startswith(begin)]
        answer = self.answers[max(known, key=len)] if known else Completed(code=127, stdout="", stderr="not found")
        if isinstance(answer, BlindError):
            raise answer
        return Completed(code=0, stdout=answer, stderr="") if isinstance(answer, str) else answer

    async def close(self) -> None:
        """It holds nothing."""


@pytest.fixture
def says() -> Callable[[Mapping[str, Answer]], Host]:
    return Host


@pytest.fixture
def fails() -> Callable[..., Completed]:
    """A command that failed with these words."""

    def failed(words: str, code: int = 1, stdout: str = "") -> Completed:
        return Completed(code=code, stdout=stdout, stderr=words)

    return failed
