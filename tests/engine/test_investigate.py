"""The loop of an investigation against models that are good, lazy, lying, looping, confused or away: each comes to an end with a name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stead.app.souls import shipped
from stead.clocks import SteppedClock
from stead.declare import Toolset
from stead.domain.conclusion import Confidence
from stead.domain.model import ModelSpec
from stead.domain.redaction import redact
from stead.domain.run import Brief, Budget, Ending, Run, Speaker
from stead.engine.investigate import Outcome, Segment
from stead.engine.toolbox import Toolbox
from stead.models.chain import Chain, Link
from stead.models.openai import openai
from stead.practice.model_server import Answer, Json, ModelServer, model_server
from stead.store.codec import plain
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import broken_release
from stead.tools.kubernetes import kubernetes

LIST = ("k8s_list", {"kind": "rs", "namespace": "payments"})
AWS = "IOSFODNN7EXAMPLE"
"""The rest of Amazon's own example of a key."""
CONCLUDES: Json = {
    "cause": "The release does not start.",
    "at_fault": {"kind": "Deployment", "namespace": "payments", "name": "api"},
    "confidence": "high",
    "evidence": [{"claim": "pods are not ready", "by": ["E1"]}],
}


class Lab:
    """A cluster with something broken in it, and runs of the loop against an endpoint that answers as it is told."""

    def __init__(self, stack: AsyncExitStack, cluster: BareCluster, clock: SteppedClock) -> None:
        self.stack, self.cluster, self.clock = stack, cluster, clock
        self.steps: dict[str, Any] = {}
        self.over = ""
        self.toolsets: list[Toolset] = [kubernetes]
        self.server: ModelServer | None = None

    async def play(self, answer: Callable[[Json], Answer], *, budget: Budget | None = None, context: int = 32768, **brief: Any) -> Outcome:
        self.server = await self.stack.enter_async_context(model_server(answer))
        spec = ModelSpec(name="m", kind="openai", model="x", key=lambda: "", base_url=self.server.url, context=context, price_in=1e6)
        chain = Chain([Link(replace(spec, first_byte=0.5), openai.open)], clock=self.clock, seconds=30, pauses=())
        self.stack.push_async_callback(chain.close)
        usual = {"system": shipped()["investigator"].text, "opening": "Goal: find the cause.", "collected": {"F1": "not ready"}}
        given = Brief(**{**usual, "budget": budget or Budget(), **brief})
        run = Run(number=1, incident=1, episode=1, segment=1, agent="investigator", nonce="ab12cd34", began_at=self.clock.now())
        toolbox = Toolbox.of(self.cluster.estate(), self.toolsets, redact, run.nonce, 12_000, given.kinds)

        async def over() -> str:
            return self.over

        return await Segment(run, given, toolbox, chain, self.once, over).play()

    async def once(self, key: str, kind: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        if key not in self.steps:
            self.steps[key] = json.loads(json.dumps(plain(await work())))
        return self.steps[key]

    @property
    def asked(self) -> list[Json]:
        assert self.server is not None
        return self.server.requests

    def told(self) -> str:
        """All that the model was sent last."""
        return json.dumps(self.asked[-1]["messages"])


@pytest.fixture
async def lab(tmp_path: Path, clock: SteppedClock) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(BareCluster(tmp_path, clock))
        broken_release(cluster)
        made = Lab(stack, cluster, clock)
        yield made


def after(*answers: Answer) -> Callable[[Json], Answer]:
    """One answer for each request, the last for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def concludes(**changed: Any) -> Answer:
    return Answer(calls=[("conclude", {**CONCLUDES, **changed})])


def config(name: str, **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "payments"}, "data": data}


async def test_a_good_one_looks_and_concludes(lab: Lab) -> None:
    outcome = await lab.play(after(Answer(text="I look.", calls=[LIST]), concludes()))

    assert (outcome.ending, outcome.note) == (Ending.CONCLUDED, "")
    assert outcome.conclusion is not None and outcome.conclusion.confidence is Confidence.HIGH
    assert (outcome.spent.calls, len(lab.asked)) == (3, 2)
    assert outcome.spent.tokens == outcome.spent.tokens_in + outcome.spent.tokens_out > 0
    assert outcome.spent.money == pytest.approx(outcome.spent.tokens_in), "a token in costs one here"
    seen = lab.steps["tool:call_1_1"]
    assert seen["evidence"] == "E1" and seen["command"] == "kubectl get replicasets.apps -n payments"
    assert "E1\\n<<ab12cd34\\nNAME" in lab.told()


async def test_a_lying_one_is_struck_and_loses_its_confidence(lab: Lab) -> None:
    lies = [{"claim": "the disk is full", "by": ["E4"]}, {"claim": "nobody knows", "by": []}]
    outcome = await lab.play(after(concludes(evidence=lies)))

    assert outcome.ending is Ending.CONCLUDED and outcome.conclusion is not None
    assert outcome.conclusion.evidence == ()
    assert [claim.claim for claim in outcome.conclusion.struck] == ["the disk is full", "nobody knows"]
    assert outcome.conclusion.confidence is Confidence.LOW


async def test_what_was_known_before_may_be_cited(lab: Lab) -> None:
    outcome = await lab.play(after(concludes(evidence=[{"claim": "not ready", "by": ["f1"]}])))
    assert outcome.conclusion is not None and outcome.conclusion.struck == ()


async def test_a_lazy_one_is_asked_to_go_on_and_ends_stuck(lab: Lab) -> None:
    outcome = await lab.play(after(Answer(text="Let me think about it.")))

    assert (outcome.ending, len(lab.asked)) == (Ending.STUCK, 5)
    assert outcome.note == "5 answers in a row brought nothing new"
    assert lab.told().count("Call a tool to look, or `conclude`.") == 4


async def test_a_looping_one_ends_stuck(lab: Lab) -> None:
    outcome = await lab.play(after(Answer(calls=[LIST])))
    assert (outcome.ending, outcome.note, len(lab.asked)) == (Ending.STUCK, "5 answers in a row brought nothing new", 6)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("kubectl_delete", {"pod": "api"}), "there is no tool `kubectl_delete`; known: k8s_can_i"),
        (("k8s_list", '{"kind": '), "the arguments of `k8s_list` are not JSON"),
        (("k8s_list", {"namespace": "payments"}), "do not fit: Object missing required field `kind`"),
        (("k8s_list", {"kind": "pods", "force": True}), "do not fit: Object contains unknown field `force`"),
        (("k8s_get", {"kind": "pod", "namespace": "payments", "name": "nobody"}), "there is no Pod payments/nobody"),
        (("k8s_list", {"kind": "unicorns"}), "the cluster has no kind `unicorns`"),
        (("page", {"evidence": "E9"}), "there is no evidence `E9` to read on in; known: F1"),
        (("conclude", {"cause": "x"}), "do not fit: Object missing required field `at_fault`"),
        (("conclude", {**CONCLUDES, "cause": " "}), "`cause` is empty"),
    ],
    ids=["wrong name", "broken JSON", "missing", "unknown", "no object", "no kind", "no page", "no conclusion", "empty"],
)
async def test_a_confused_one_is_told_what_is_wrong_and_may_correct_itself(lab: Lab, call: Any, told: str) -> None:
    outcome = await lab.play(after(Answer(calls=[call]), concludes(evidence=[{"claim": "not ready", "by": ["F1"]}])))
    assert told in lab.told()
    assert outcome.ending is Ending.CONCLUDED


async def test_the_same_failing_call_five_times_is_the_end(lab: Lab) -> None:
    two = [("kubectl_delete", {"pod": "api"}), LIST]
    outcome = await lab.play(after(Answer(calls=two)))
    assert (outcome.ending, len(lab.asked)) == (Ending.STUCK, 5)
    assert outcome.note == "it made the same failing call of kubectl_delete 5 times"


@pytest.mark.parametrize(
    ("budget", "note"),
    [
        (Budget(calls=5, repeats=99), "6 of 5 calls are made"),
        (Budget(tokens=6000, repeats=99), "of 6000 tokens are spent"),
        (Budget(money=4000.0, repeats=99), "of 4000.0000 is spent"),
        (Budget(seconds=0.0), "of 0 seconds are gone"),
    ],
    ids=["calls", "tokens", "money", "time"],
)
async def test_a_greedy_one_ends_with_its_budget(lab: Lab, budget: Budget, note: str) -> None:
    outcome = await lab.play(after(Answer(calls=[LIST])), budget=budget)
    assert outcome.ending is Ending.OUT_OF_BUDGET
    assert note in outcome.note


async def test_it_is_told_in_time_that_its_budget_ends(lab: Lab) -> None:
    await lab.play(after(Answer(calls=[LIST])), budget=Budget(calls=6, repeats=99))
    assert "Your budget is nearly spent" in lab.told()


@pytest.mark.parametrize("fail", [500, 401, "hang", "garbage", "empty", "break"])
async def test_without_an_answer_it_ends_as_no_model(lab: Lab, fail: int | str) -> None:
    outcome = await lab.play(after(Answer(calls=[LIST]), Answer(fail=fail)))
    assert outcome.ending is Ending.NO_MODEL
    assert outcome.note.startswith("m: ") and outcome.conclusion is None


async def test_when_it_is_over_nobody_is_asked(lab: Lab) -> None:
    lab.over = "the fault went away by itself"
    outcome = await lab.play(after(concludes()))
    assert (outcome.ending, outcome.note, lab.asked) == (Ending.CANCELLED, "the fault went away by itself", [])


async def test_what_was_written_down_is_not_done_again(lab: Lab) -> None:
    answers = after(Answer(calls=[LIST, ("k8s_events", {"namespace": "payments"})]), concludes())
    first = await lab.play(answers)
    looked = len(lab.cluster.requests)
    again = await lab.play(after(Answer(fail=500)))
    assert lab.asked == [] and len(lab.cluster.requests) == looked
    assert again == first


async def test_calls_without_ids_or_with_the_same_ones_are_kept_apart(lab: Lab) -> None:
    """Some endpoints count their calls anew in every answer."""
    await lab.play(after(Answer(calls=[LIST]), Answer(calls=[("k8s_list", {"kind": "deploy", "namespace": "payments"})]), concludes()))
    lab.steps.clear()

    def same(body: Json) -> Answer:
        lab.asked.clear()  # the server numbers its calls by its requests
        return answers(body)

    answers = after(Answer(calls=[LIST]), Answer(calls=[("k8s_list", {"kind": "deploy", "namespace": "payments"})]), concludes())
    outcome = await lab.play(same)
    assert outcome.ending is Ending.CONCLUDED
    looks = {key: body["arguments"] for key, body in lab.steps.items() if key.startswith("tool:")}
    assert len(looks) == 2 and len(set(looks.values())) == 2


async def test_secrets_reach_neither_the_model_nor_the_record(lab: Lab) -> None:
    copy = '{"data":{"password":"aHVudGVyMnNlY3JldA=="}}'
    secret = {
        "name": "db",
        "namespace": "payments",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": copy},
    }
    lab.cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": secret, "data": {"password": "aHVudGVyMnNlY3JldA=="}})
    lab.cluster.put(config("cfg", url="postgres://app:hunter2secret@db/x"))
    objects = [("secret", "db"), ("cm", "cfg")]
    reads = [(tool, {"kind": k, "namespace": "payments", "name": n}) for tool in ("k8s_get", "k8s_describe") for k, n in objects]
    repeats = Answer(text=f"The key is AKIA{AWS}, password=hunter2secret", calls=[LIST])
    await lab.play(after(Answer(calls=reads), repeats, concludes()))

    everything = json.dumps(lab.steps) + json.dumps(lab.asked)
    assert "hunter2secret" not in everything and "aHVudGVyMnNlY3JldA" not in everything and f"AKIA{AWS}" not in everything
    assert "never shown" in everything


async def test_what_is_long_is_cut_by_meaning_and_can_be_read_on_in(lab: Lab) -> None:
    lines = [f"{n} all is well, nothing to see here, really nothing at all in this line" for n in range(3000)]
    lines[1500] = "fatal: the schema is newer than this program"
    lab.cluster.put(config("long", log="\n".join(lines) + "\x1b[31m\u202eevil"))
    get = ("k8s_get", {"kind": "cm", "namespace": "payments", "name": "long"})
    await lab.play(after(Answer(calls=[get]), Answer(calls=[("page", {"evidence": "E1", "from_line": 1000})]), concludes()))
    told = [message["content"] for message in lab.asked[-1]["messages"] if message["role"] == "tool"]
    assert all(len(text) < 12_500 for text in told)
    assert "fatal: the schema is newer" in told[0] and "lines left out" in told[0] and "`page` reads on in E1" in told[0]
    assert "\x1b" not in told[0] and "\u202e" not in told[0]
    assert "\n    993 all is well" in told[1]


async def test_a_small_context_is_never_overrun(lab: Lab) -> None:
    for n in range(6):
        lab.cluster.put(config(f"c{n}", x=f"{n} and more\n" * 700))
    reads = [Answer(calls=[("k8s_get", {"kind": "cm", "namespace": "payments", "name": f"c{n}"})]) for n in range(6)]
    await lab.play(after(*reads, concludes()), context=8192)
    assert lab.server is not None
    assert max(lab.server.sizes) < 8192 * 4
    assert "left out, to make room" in lab.told()


async def test_it_goes_on_from_what_was_said_before(lab: Lab) -> None:
    first = await lab.play(after(Answer(calls=[LIST]), concludes()))
    lab.steps.clear()
    await lab.play(after(Answer(calls=[("k8s_events", {"namespace": "payments"})]), concludes()), history=first.messages)
    roles = [message["role"] for message in lab.asked[0]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "tool", "user"]
    assert {body["evidence"] for key, body in lab.steps.items() if key.startswith("tool:")} == {"E3"}, "a name is not used twice"
    assert [m.speaker for m in first.messages][-1] is Speaker.TOOL


async def test_looks_are_made_at_once(lab: Lab) -> None:
    order: list[str] = []
    once = lab.once

    async def slowly(key: str, kind: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        order.append(f"begin {key}")
        await asyncio.sleep(0)
        done = await once(key, kind, work)
        order.append(f"end {key}")
        return done

    lab.once = slowly  # type: ignore[method-assign]
    await lab.play(after(Answer(calls=[LIST, LIST]), concludes()))
    looks = [step for step in order if "tool:" in step]
    assert [step.split()[0] for step in looks] == ["begin", "begin", "end", "end"]
