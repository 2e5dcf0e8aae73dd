"""What may be believed of a conclusion, and what a model's proposal may do by itself."""

from __future__ import annotations

import pytest

from stead.domain.conclusion import Claim, Conclusion, Confidence, Target, agrees, doubt, strike
from stead.domain.finding import Finding
from stead.domain.policy import ActionFacts, Autonomy, Condition, Decision, Policy, Rule, Verdict
from stead.domain.subject import Subject

ALLOW, ASK, DENY = Verdict.ALLOW, Verdict.NEEDS_APPROVAL, Verdict.DENY
POD = Subject(estate="home", api_version="v1", kind="Pod", namespace="payments", name="api-1")
OWNER = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")
CONFIG = Subject(estate="home", api_version="v1", kind="ConfigMap", namespace="payments", name="api-config")
CRASH = Finding(
    check="container_crash", subject=POD, top=OWNER, reason="Error", summary="crash", depends_on=(CONFIG,), instances=("api-1", "api-2")
)


def concluded(*claims: Claim, confidence: Confidence = Confidence.HIGH, kind: str = "Deployment", name: str = "api") -> Conclusion:
    target = Target(kind=kind, namespace="payments", name=name)
    return Conclusion(cause="it crashes", at_fault=target, confidence=confidence, evidence=claims)


def test_a_claim_needs_evidence_and_all_of_it() -> None:
    good, half, none = Claim(claim="a", by=("e1",)), Claim(claim="b", by=("E1", "E9")), Claim(claim="c")
    made = strike(concluded(good, half, none), ["E1", "F1"])
    assert [claim.claim for claim in made.evidence] == ["a"]
    assert [claim.claim for claim in made.struck] == ["b", "c"]
    assert made.confidence is Confidence.HIGH


def test_without_any_evidence_nobody_is_confident() -> None:
    made = strike(concluded(Claim(claim="b", by=("E9",))), ["E1"])
    assert made.confidence is Confidence.LOW
    assert doubt(made, CRASH) == "its evidence was not collected"


@pytest.mark.parametrize(
    ("kind", "name", "same"),
    [
        ("Deployment", "api", True),
        ("deployment", "api", True),
        ("Pod", "api-1", True),
        ("Pod", "api-2", True),
        ("ConfigMap", "api-config", True),
        ("Deployment", "web", False),
        ("Node", "node-1", False),
    ],
)
def test_models_and_checks_agree_when_they_blame_the_same_object(kind: str, name: str, same: bool) -> None:
    made = concluded(Claim(claim="a", by=("E1",)), kind=kind, name=name)
    assert agrees(made.at_fault, CRASH) is same
    assert bool(doubt(made, CRASH)) is not same


def test_one_that_is_not_sure_is_doubted_even_when_it_agrees() -> None:
    assert doubt(concluded(Claim(claim="a", by=("E1",)), confidence=Confidence.LOW), CRASH) == "the model is not sure"
    assert doubt(concluded(Claim(claim="a", by=("E1",)), confidence=Confidence.MEDIUM), CRASH) == ""


@pytest.mark.parametrize(
    ("autonomy", "policy", "verdict"),
    [
        (Autonomy.ACT, ALLOW, ALLOW),
        (Autonomy.ACT, ASK, ASK),
        (Autonomy.ASK, ALLOW, ASK),
        (Autonomy.ASK, ASK, ASK),
        (Autonomy.PROPOSE, ALLOW, DENY),
        (Autonomy.OBSERVE, ASK, DENY),
        *((autonomy, DENY, DENY) for autonomy in Autonomy),
    ],
)
def test_autonomy_only_makes_a_decision_stricter(autonomy: Autonomy, policy: Verdict, verdict: Verdict) -> None:
    capped = autonomy.cap(Decision(verdict=policy, rules=("r",)))
    assert (capped.verdict, capped.rules) == (verdict, ("r",))


@pytest.mark.parametrize(
    ("tainted", "doubtful", "even_if_tainted", "verdict"),
    [
        (False, False, False, ALLOW),
        (True, False, False, ASK),
        (True, False, True, ALLOW),
        (False, True, False, ASK),
        (False, True, True, ASK),
        (True, True, True, ASK),
    ],
)
def test_taint_and_doubt_turn_a_yes_into_a_question(tainted: bool, doubtful: bool, even_if_tainted: bool, verdict: Verdict) -> None:
    facts = ActionFacts(
        verb="rollback_revision",
        estate="home",
        kind="Deployment",
        namespace="payments",
        name="api",
        check="container_crash",
        proposer="investigator",
        risk="medium",
        reversible=True,
        tainted=tainted,
        doubtful=doubtful,
    )
    rule = Rule(id="r", verdict=ALLOW, when=Condition(), even_if_tainted=even_if_tainted)
    assert Policy((rule,)).decide(facts).verdict is verdict
