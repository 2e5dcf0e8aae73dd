"""The installation's own key, and asking the history by what people call things."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stead.app.history import installation_key, is_about
from stead.domain.change import Change
from stead.domain.errors import UserError
from stead.domain.subject import Subject

API = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")
CHANGE = Change(subject=API, at=datetime(2026, 1, 5, 9, tzinfo=UTC))


def test_the_key_of_an_installation_is_made_once_and_for_its_user_alone(tmp_path: Path) -> None:
    key = installation_key(tmp_path / "state")
    assert len(key) == 32
    assert installation_key(tmp_path / "state") == key
    assert installation_key(tmp_path / "other") != key
    assert (tmp_path / "state" / "installation.key").stat().st_mode & 0o077 == 0


def test_a_key_that_is_cut_off_or_out_of_reach_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "installation.key").write_bytes(b"short")
    with pytest.raises(UserError, match="is cut off"):
        installation_key(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be had"):
        installation_key(tmp_path / "file")


@pytest.mark.parametrize(
    "words", ["", "payments/api", "api", "payments", "deployment/api", "Deployment payments/api", "deployments api", "home"]
)
def test_a_change_is_found_by_what_people_call_its_object(words: str) -> None:
    assert is_about(CHANGE, words)


@pytest.mark.parametrize("words", ["payments/web", "ap", "service api", "payments/api/x"])
def test_a_change_of_something_else_is_not_meant(words: str) -> None:
    assert not is_about(CHANGE, words)
