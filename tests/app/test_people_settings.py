"""People in the configuration: who may answer from which chat, and what a mistake in it is told."""

import pytest

from stead.app.config import load, parse
from stead.app.config_check import check
from stead.app.yaml_file import parse_yaml
from stead.domain.errors import UserError
from stead.domain.people import Role, person_behind

ANN = """
people:
- name: ann
  role: approver
  identities: {webhook: 123456789, ops: "@ann:example.org"}
- name: ben
"""


def people(text: str):
    return [person.person() for person in parse(parse_yaml(text, "stead.yaml")).people]


def test_people_have_a_role_and_are_known_by_channel_before_kind() -> None:
    ann, ben = people(ANN)
    assert (ann.role, ben.role, str(ann.principal)) == (Role.APPROVER, Role.VIEWER, "person:ann")
    assert person_behind([ann, ben], "ops", "matrix", "@ann:example.org") is ann
    assert person_behind([ann, ben], "other", "webhook", "123456789") is ann
    assert person_behind([ann, ben], "ops", "webhook", "123456789") is None
    assert person_behind([ann, ben], "ops", "matrix", "") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("people: [{name: ann}, {name: ann}]", "`ann` is named twice"),
        (
            "people: [{name: ann, identities: {telegram: 1}}, {name: ben, identities: {telegram: 1}}]",
            "`telegram: 1` is the identity of two",
        ),
        ("people: [{name: ann, role: boss}]", "role"),
        ("people: [{name: Ann B}]", "name"),
    ],
)
def test_a_mistake_is_named(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        people(text)


def test_an_identity_of_no_channel_is_named_with_the_nearest(tmp_path) -> None:
    file = tmp_path / "stead.yaml"
    file.write_text("people:\n- name: ann\n  identities:\n    webhok: 1\n")
    with pytest.raises(UserError, match=r"stead.yaml:4: `webhok` is neither") as refused:
        check(load(file, state=tmp_path, environ={"HOME": str(tmp_path)}))
    assert refused.value.hint == "did you mean `webhook`?"
