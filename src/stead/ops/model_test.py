"""Does each model answer, how long does a cold one take, and does the next one step in when the first is away?"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stead.domain.model import NoModelError
from stead.domain.run import Message, Question, Reply, Speaker, ToolOffer
from stead.models.chain import Chain, Link

QUESTION = Question(
    system="You are being tested. Follow the instruction exactly.",
    messages=(Message(speaker=Speaker.STEAD, text="Call the tool `ready` with the word `yes`, and say nothing else."),),
    tools=(
        ToolOffer(
            name="ready",
            description="Say that you are ready.",
            schema={"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
        ),
    ),
)
PATIENCE = 150.0
"""Seconds for a cold model: a large one is read from the disk first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """`cold` and `warm` are seconds to the whole first and second answer, None where there was none. `why` says what is wrong with it."""

    name: str
    kind: str
    model: str
    cold: float | None = None
    warm: float | None = None
    tokens: int = 0
    money: float = 0.0
    why: str = ""


async def test_each(chain: Chain) -> list[Tested]:
    """Each model by itself, twice: once as it is found, and once warm. A slow first answer is measured, not refused."""
    return [await _test(link) for link in chain.links]


async def _test(link: Link) -> Tested:
    spec = link.spec
    patient = Link(replace(spec, first_byte=max(spec.first_byte, PATIENCE)), link.open)
    one = Chain([patient], seconds=PATIENCE)
    tested = Tested(name=spec.name, kind=spec.kind, model=spec.model)
    try:
        cold, warm = await one.ask(QUESTION), await one.ask(QUESTION)
    except NoModelError as error:
        return replace(tested, why=str(error).partition(": ")[2] or str(error))
    finally:
        await one.close()
    spent = cold.spent + warm.spent
    return replace(tested, cold=cold.spent.seconds, warm=warm.spent.seconds, tokens=spent.tokens, money=spent.money, why=_weak(cold, link))


def _weak(reply: Reply, link: Link) -> str:
    """What an answer shows that would spoil an investigation."""
    if not reply.message.calls:
        return "it answers, and does not call tools: it cannot investigate"
    if reply.spent.seconds > link.spec.first_byte:
        return f"its first answer took {reply.spent.seconds:.0f} s: give it a longer `first_byte` than {link.spec.first_byte:g} s"
    return ""


async def drill(chain: Chain) -> tuple[str, bool]:
    """The chain with its first model refusing every connection: who answered, and whether that is as it should be."""
    first, *others = chain.links
    with socket.socket() as held:  # bound and not listening: whoever connects is refused
        held.bind(("127.0.0.1", 0))
        away = replace(first.spec, base_url=f"http://127.0.0.1:{held.getsockname()[1]}/v1")
        drilled = Chain([Link(away, first.open), *(Link(link.spec, link.open) for link in others)])
        try:
            reply = await drilled.ask(QUESTION)
        except NoModelError as error:
            return _nobody(first, others, error), not others
        finally:
            await drilled.close()
    return f"with {first.spec.name} away, {reply.model} answered", True


def _nobody(first: Link, others: Sequence[Link], error: NoModelError) -> str:
    if not others:
        return f"with {first.spec.name} away there is no model: incidents are told as checks and playbooks know them"
    return f"with {first.spec.name} away nobody answered: {error}"
