"""Numbers for people, waiting times, roles, what an approval binds, and what two sightings of one object share."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain import ids
from stead.domain.action import ActionRequest, ActionState, Precondition
from stead.domain.errors import Exit, UserError
from stead.domain.people import SYSTEM, Principal, PrincipalKind, Role
from stead.domain.subject import Subject
from stead.domain.timing import Timing

# --- Numbers ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "number"), [("I-41", 41), ("i-41", 41), ("41", 41), (" I-7\n", 7), ("I-0041", 41)])
def test_a_number_is_read_as_people_write_it(text: str, number: int):
    assert ids.parse_number(text, "I") == number


@pytest.mark.parametrize("text", ["", "I-", "I", "A-41", "I-I-41", "-41", "4 1", "0x29", "4.1", "٤١", "²", "1" * 16, "I-41; rm"])
def test_what_is_no_number_is_told_with_the_command_that_lists_them(text: str):
    with pytest.raises(UserError, match="is not a number like I-41") as told:
        ids.parse_number(text, "I")
    assert (told.value.code, told.value.hint) == (Exit.USAGE, "`stead incidents` lists the open ones")


def test_approvals_are_listed_elsewhere():
    with pytest.raises(UserError) as told:
        ids.parse_number("I-1", "A")
    assert "`stead approvals`" in told.value.hint


@given(st.text() | st.from_regex(r"\s*[iIaA]?-?[0-9]{0,17}\s*"), st.sampled_from("AI"))
def test_any_text_is_a_number_or_one_sentence(text: str, letter: str):
    try:
        assert 0 <= ids.parse_number(text, letter) < 10**15
    except UserError as told:
        assert len(told.what.splitlines()) == 1
        assert len(told.what) < 100


@given(st.integers(0, 10**15 - 1))
def test_what_is_shown_can_be_typed(number: int):
    assert ids.parse_number(ids.incident_number(number), "I") == number
    assert ids.parse_number(ids.approval_number(number), "A") == number


def test_each_piece_of_work_has_a_workflow_id_of_its_own():
    made = [
        ids.trigger_workflow("1"),
        ids.segment_workflow(1, 1, 1),
        ids.segment_workflow(1, 1, 2),
        ids.segment_workflow(1, 2, 1),
        ids.segment_workflow(11, 1, 1),
        ids.action_workflow("1"),
        ids.delivery_workflow(1, 1),
        ids.delivery_workflow(1, 2),
        ids.due_workflow(1),
    ]
    assert len(set(made)) == len(made)


# --- Waiting ---------------------------------------------------------------------------------------------------------------


def test_tries_come_at_growing_distances_up_to_a_bound():
    waits = [Timing().retry_after(attempt).total_seconds() for attempt in range(1, 13)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]


@given(
    st.integers(1, 10**9),
    st.timedeltas(timedelta(milliseconds=1), timedelta(days=1)),
    st.timedeltas(timedelta(seconds=1), timedelta(days=7)),
)
def test_no_wait_is_longer_than_the_longest_and_none_is_shorter_than_the_one_before(attempts: int, first: timedelta, most: timedelta):
    timing = Timing(retry_first=first, retry_most=most)
    assert timedelta(0) < timing.retry_after(attempts) <= timing.retry_after(attempts + 1) <= most


# --- People ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.VIEWER, {Role.VIEWER}), (Role.APPROVER, {Role.VIEWER, Role.APPROVER}), (Role.ADMIN, set(Role))],
)
@pytest.mark.parametrize("kind", [PrincipalKind.PERSON, PrincipalKind.TOKEN, PrincipalKind.SYSTEM])
def test_a_role_includes_the_ones_before_it(kind: PrincipalKind, role: Role, may: set[Role]):
    who = Principal(kind=kind, name="sam", role=role)
    assert {wanted for wanted in Role if who.may(wanted)} == may


@pytest.mark.parametrize("role", Role)
def test_an_agent_approves_nothing_whatever_role_it_was_given(role: Role):
    agent = Principal(kind=PrincipalKind.AGENT, name="investigator", role=role)
    assert not any(agent.may(wanted) for wanted in (Role.APPROVER, Role.ADMIN))


def test_a_principal_is_written_with_its_kind():
    assert str(Principal(kind=PrincipalKind.TOKEN, name="phone")) == "token:phone"
    assert str(SYSTEM) == "system:stead"


# --- What an approval binds ------------------------------------------------------------------------------------------------

API = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")


def request(**changes: Any) -> ActionRequest:
    given = {
        "verb": "rollback_revision",
        "subject": API,
        "precondition": Precondition(uid="u-1", generation=12),
        "check": "deployment_not_progressing",
        "fingerprint": "f",
        "reason": "revision 12 is broken",
        "proposer": "rollback_release",
        "parameters": {"to": 11, "why": {"a": 1, "b": [1, 2]}},
    }
    return ActionRequest(**(given | changes))


@pytest.mark.parametrize(
    "other",
    [
        request(verb="restart_rollout"),
        request(subject=replace(API, estate="cabin")),
        request(subject=replace(API, api_version="example.com/v1")),
        request(subject=replace(API, kind="StatefulSet")),
        request(subject=replace(API, namespace="shop")),
        request(subject=replace(API, name="web")),
        request(precondition=Precondition(uid="u-2", generation=12)),
        request(precondition=Precondition(uid="u-1", generation=13)),
        request(parameters={"to": 10, "why": {"a": 1, "b": [1, 2]}}),
        request(parameters={"to": "11", "why": {"a": 1, "b": [1, 2]}}),
        request(parameters={}),
        request(reason="revision 12 is slow"),
    ],
)
def test_an_approval_is_void_for_anything_but_what_was_shown(other: ActionRequest):
    assert other.digest != request().digest


@pytest.mark.parametrize(
    "same",
    [
        request(parameters={"why": {"b": (1, 2), "a": 1}, "to": 11}),
        request(subject=replace(API, api_version="apps/v1beta2", uid="u-1")),
        request(command="kubectl rollout undo", undo="kubectl rollout undo", tainted=True, guess=True),
    ],
    ids=["order", "API version", "how it is told"],
)
def test_an_approval_binds_no_more_than_that(same: ActionRequest):
    assert same.digest == request().digest


def test_a_digest_is_the_same_in_every_process():
    """Pinned: approvals that were asked before an upgrade are still good after it."""
    assert request().digest == "b9da3c9fd3c2cfe2b20678f24cbaf53f016dfcd833638a61f0b465548e83e90d"


def test_every_action_has_a_named_end():
    under_way = {ActionState.PROPOSED, ActionState.AWAITING, ActionState.ALLOWED, ActionState.INTENDED, ActionState.APPLIED}
    assert {state for state in ActionState if not state.ended} == under_way


# --- Subjects --------------------------------------------------------------------------------------------------------------


def test_two_sightings_of_one_object_share_a_key_whatever_its_uid_and_version():
    assert API.key == ("home", "apps", "Deployment", "payments", "api")
    assert replace(API, uid="u-2", api_version="apps/v1beta1").key == API.key


def test_the_core_group_has_no_name():
    assert Subject(estate="home", api_version="v1", kind="Node", name="node-3").key == ("home", "", "Node", "", "node-3")


def test_a_subject_is_written_as_people_say_it():
    assert str(API) == "Deployment payments/api"
    assert str(Subject(estate="home", api_version="v1", kind="Node", name="node-3")) == "Node node-3"
