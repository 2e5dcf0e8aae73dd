"""Lives that move one step at a time: incidents, actions and their approvals."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stead.clocks import SteppedClock
from stead.domain.action import Action, ActionRequest, ActionState, Precondition
from stead.domain.approval import ApprovalState
from stead.domain.finding import Severity
from stead.domain.incident import Incident, IncidentState
from stead.domain.policy import Decision, Verdict
from stead.domain.subject import Subject
from stead.store import actions, events, incidents
from stead.store.database import Store

MINUTE = timedelta(minutes=1)


def opened(connection: sa.Connection, clock: SteppedClock, **changes: Any) -> Incident:
    given = {"estate": "home", "severity": Severity.WARNING, "title": "api: crashing", "cause": "f-1", "now": clock.now()}
    return incidents.opened(connection, **(given | changes))


# --- Incidents -------------------------------------------------------------------------------------------------------------


def test_an_incident_opens_moves_and_ends(store: Store, clock: SteppedClock):
    began = clock.now()
    with store.begin() as connection:
        incident = opened(connection, clock)
        assert incident == Incident(
            number=1,
            estate="home",
            state=IncidentState.OPEN,
            severity=Severity.WARNING,
            title="api: crashing",
            cause="f-1",
            episode=1,
            opened_at=began,
        )
        assert incidents.move(connection, 1, IncidentState.ESCALATED, began, "no rule allows it")
        assert not incidents.move(connection, 1, IncidentState.ESCALATED, began, "again")
        assert incidents.note(connection, 1) == "no rule allows it"
        assert [i.number for i in incidents.listed(connection)] == [1], "an escalated one waits for a person and is not over"
        assert incidents.move(connection, 1, IncidentState.RESOLVED, began + MINUTE)
        assert incidents.get(connection, 1).closed_at == began + MINUTE
        assert incidents.listed(connection) == []
        assert [i.number for i in incidents.listed(connection, everything=True)] == [1]
        assert not incidents.move(connection, 99, IncidentState.RESOLVED, began)
        assert incidents.find(connection, 99) is None
        with pytest.raises(KeyError):
            incidents.get(connection, 99)


def test_a_number_is_never_given_twice(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        assert [opened(connection, clock).number for _ in range(3)] == [1, 2, 3]
        connection.execute(sa.text("DELETE FROM incident"))
    store.close()
    with store.begin() as connection:
        assert opened(connection, clock).number == 4


def test_any_number_that_can_be_typed_can_be_asked_for(store: Store):
    with store.read() as connection:
        for number in (0, 2**31, 10**15 - 1, 2**70):
            assert incidents.find(connection, number) is None
            assert actions.find_approval(connection, number) is None
            assert events.after(connection, number) == []


def test_a_fault_that_returns_is_a_new_episode_of_its_incident(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        opened(connection, clock)
        assert [incidents.next_segment(connection, 1) for _ in range(2)] == [1, 2]
        clock.advance(MINUTE)
        incidents.move(connection, 1, IncidentState.RESOLVED, clock.now(), "quiet")
        incidents.reopen(connection, 1, now=clock.now() + MINUTE)
        again = incidents.restate(connection, 1, severity=Severity.CRITICAL, title="worse", cause="f-1", impact="it is worse")
        assert (again.number, again.episode, again.state, again.closed_at) == (1, 2, IncidentState.OPEN, None)
        assert (again.severity, again.title, again.opened_at) == (Severity.CRITICAL, "worse", clock.now() - MINUTE)
        assert (incidents.segment(connection, 1), incidents.note(connection, 1)) == (0, "")
        assert incidents.next_segment(connection, 1) == 1


def test_only_the_newest_incident_of_that_cause_and_time_returns(store: Store, clock: SteppedClock):
    now = clock.now()
    with store.begin() as connection:
        for cause, estate, closed in [("f-1", "home", 5), ("f-1", "home", 6), ("f-2", "home", 6), ("f-1", "cabin", 6)]:
            number = opened(connection, clock, cause=cause, estate=estate).number
            incidents.move(connection, number, IncidentState.RESOLVED, now + closed * MINUTE)
        opened(connection, clock)
        for since, number in [(0, 2), (6, 2), (7, None)]:
            returning = incidents.recently_resolved(connection, "home", "f-1", now + since * MINUTE)
            assert (returning and returning.number) == number
        assert incidents.recently_resolved(connection, "home", "f-9", now) is None


def test_a_better_cause_is_written_over(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        opened(connection, clock)
        opened(connection, clock)
        incidents.restate(connection, 1, severity=Severity.CRITICAL, title="node-3 is gone", cause="f-9", impact="")
        one, other = incidents.get(connection, 1), incidents.get(connection, 2)
        assert (one.severity, one.title, one.cause, other.cause) == (Severity.CRITICAL, "node-3 is gone", "f-9", "f-1")


# --- Actions and approvals -------------------------------------------------------------------------------------------------

API = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")
ROLLBACK = ActionRequest(
    verb="rollback_revision",
    subject=API,
    precondition=Precondition(uid="u-1", generation=12),
    check="deployment_not_progressing",
    fingerprint="f-1",
    reason="revision 12 is broken",
    proposer="rollback_release",
    parameters={"to": 11},
)
ASK = Decision(verdict=Verdict.NEEDS_APPROVAL, rules=("ask-before-rollback",))


def proposed(connection: sa.Connection, clock: SteppedClock, id: str = "1.1.1.1", state: ActionState = ActionState.PROPOSED) -> Action:
    action = Action(id=id, incident=1, request=ROLLBACK, state=state)
    actions.add(connection, action, 1, ASK, clock.now())
    return action


def asked(store: Store, clock: SteppedClock) -> int:
    with store.begin() as connection:
        action = proposed(connection, clock, state=ActionState.AWAITING)
        return actions.ask(connection, action, ASK, clock.now(), clock.now() + 30 * MINUTE)


def test_an_action_keeps_what_was_decided_and_when_each_step_was(store: Store, clock: SteppedClock):
    began = clock.now()
    with store.begin() as connection:
        action = proposed(connection, clock)
        for n, (before, after) in enumerate(
            [
                (ActionState.PROPOSED, ActionState.INTENDED),
                (ActionState.INTENDED, ActionState.APPLIED),
                (ActionState.APPLIED, ActionState.PROVEN),
            ],
            1,
        ):
            assert actions.move(connection, action.id, [before], after, began + n * MINUTE, f"step {n}")
        stored = actions.get(connection, action.id)
        assert stored.action == replace(action, state=ActionState.PROVEN, note="step 3")
        assert (stored.episode, stored.decision.verdict, stored.decision.rules) == (1, Verdict.NEEDS_APPROVAL, ("ask-before-rollback",))
        times = (stored.proposed_at, stored.intended_at, stored.applied_at, stored.ended_at)
        assert times == tuple(began + n * MINUTE for n in range(4))
        assert actions.of_incident(connection, 1) == [stored]
        assert actions.find(connection, "none") is None
        with pytest.raises(KeyError):
            actions.get(connection, "none")


def test_an_action_that_is_elsewhere_by_now_is_not_moved(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        action = proposed(connection, clock)
        assert not actions.move(connection, action.id, [ActionState.ALLOWED, ActionState.AWAITING], ActionState.INTENDED, clock.now(), "no")
        stored = actions.get(connection, action.id)
        assert (stored.action.state, stored.action.note, stored.intended_at) == (ActionState.PROPOSED, "", None)
        assert actions.move(connection, action.id, [ActionState.ALLOWED, ActionState.PROPOSED], ActionState.VOID, clock.now())
        assert actions.get(connection, action.id).ended_at == clock.now()


def test_an_action_that_was_denied_at_once_has_ended(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        proposed(connection, clock, state=ActionState.DENIED)
        assert actions.get(connection, "1.1.1.1").ended_at == clock.now()


def test_an_action_keeps_its_way_back_and_the_looks_at_it(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        proposed(connection, clock)
        back = replace(ROLLBACK, parameters={"to": 12})
        actions.set_undo(connection, "1.1.1.1", back)
        actions.set_quiet(connection, "1.1.1.1", 2)
        stored = actions.get(connection, "1.1.1.1")
        assert (stored.undo, stored.quiet) == (back, 2)
        actions.set_undo(connection, "1.1.1.1", None)
        assert actions.get(connection, "1.1.1.1").undo is None


def test_tries_are_counted_before_they_are_made(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        proposed(connection, clock, "a")
        proposed(connection, clock, "b")
        assert [actions.begin_try(connection, id) for id in ("a", "a", "b")] == [1, 2, 1]


def test_a_target_is_busy_while_a_change_of_it_is_under_way(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        proposed(connection, clock, "a")
        target = connection.execute(sa.text("SELECT target FROM action")).scalar_one()
        busy: list[ActionState] = []
        for state in ActionState:
            actions.move(connection, "a", list(ActionState), state, clock.now())
            if actions.busy_with(connection, target, besides="b") == "a":
                busy.append(state)
            assert actions.busy_with(connection, target, besides="a") is None
            assert actions.busy_with(connection, target.replace("payments", "shop"), besides="b") is None
        assert busy == [ActionState.INTENDED, ActionState.APPLIED]


def test_a_question_is_asked_and_answered(store: Store, clock: SteppedClock):
    number = asked(store, clock)
    with store.begin() as connection:
        approval = actions.find_approval(connection, number)
        assert approval is not None
        assert (approval.number, approval.digest, approval.rules) == (1, ROLLBACK.digest, ("ask-before-rollback",))
        assert (approval.state, approval.expires_at - approval.asked_at) == (ApprovalState.PENDING, 30 * MINUTE)
        assert actions.approval_of(connection, "1.1.1.1") == approval
        assert actions.approvals(connection, everything=False) == [approval]
        assert actions.settle(connection, number, ApprovalState.APPROVED, clock.now(), "person:sam", "go on")
        answered = actions.find_approval(connection, number)
        assert answered == replace(approval, state=ApprovalState.APPROVED, decided_by="person:sam", decided_at=clock.now(), reason="go on")
        assert actions.approvals(connection, everything=False) == []
        assert actions.approvals(connection, incident=1) == [answered]
        assert actions.approvals(connection, incident=2) == []
        assert actions.find_approval(connection, 99) is None
        assert actions.approval_of(connection, "none") is None


def test_one_action_is_asked_about_once(store: Store, clock: SteppedClock):
    number = asked(store, clock)
    with store.begin() as connection:
        action = actions.get(connection, "1.1.1.1").action
    with pytest.raises(sa.exc.IntegrityError), store.begin() as connection:
        actions.ask(connection, action, ASK, clock.now(), clock.now())
    with store.begin() as connection:
        assert [approval.number for approval in actions.approvals(connection)] == [number]


def test_of_two_answers_at_once_the_first_is_the_answer(store: Store, clock: SteppedClock):
    number = asked(store, clock)
    won: list[str] = []

    def answer(who: str, state: ApprovalState) -> Callable[[], None]:
        def settle() -> None:
            together.wait()
            with store.begin() as connection:
                if actions.settle(connection, number, state, clock.now(), who, ""):
                    won.append(who)

        return settle

    answers = [("sam", ApprovalState.APPROVED), ("kim", ApprovalState.DENIED), ("time", ApprovalState.EXPIRED)]
    together = threading.Barrier(len(answers))
    threads = [threading.Thread(target=answer(*one)) for one in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as connection:
        approval = actions.find_approval(connection, number)
    assert approval is not None
    assert won == [approval.decided_by]
    assert (approval.decided_by, approval.state) in answers
