"""Pushes as Gitea and GitHub send them, and what else comes in their name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stead.domain.change import Done
from stead.domain.errors import MalformedError
from stead.domain.push import change_of, repository_name
from stead.sources.git import git

READ = git.open(git.settings())
COMMIT: dict[str, Any] = {
    "id": "4f2a9c1" + "0" * 33,
    "message": "Less memory\n\nIt never needed that much.",
    "author": {"name": "Ann", "email": "ann@example.com"},
    "added": ["apps/payments/limits.yaml"],
    "removed": [],
    "modified": ["apps/payments/values.yaml"],
}
PUSH: dict[str, Any] = {
    "ref": "refs/heads/main",
    "before": "1" * 40,
    "after": COMMIT["id"],
    "commits": [COMMIT],
    "head_commit": COMMIT,
    "repository": {"full_name": "Ann/Infra", "default_branch": "main", "clone_url": "https://git.example.com/Ann/Infra.git"},
    "pusher": {"login": "ann"},
}


def read(body: Any, **headers: str) -> Any:
    return READ(json.dumps(body).encode(), {name.replace("_", "-"): value for name, value in headers.items()})


def test_a_push_says_what_was_changed_by_whom_and_where() -> None:
    (push,) = read(PUSH, x_gitea_event="push")
    assert (push.repository, push.branch, push.author, push.title, push.commits) == ("Ann/Infra", "main", "ann", "Less memory", 1)
    assert dict(push.paths) == {"apps/payments/limits.yaml": Done.CREATED, "apps/payments/values.yaml": Done.CHANGED}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"zen": "Keep it simple."}, {"x_github_event": "ping"}),
        (PUSH, {"x_gitea_event": "create"}),
        ({**PUSH, "ref": "refs/tags/v1"}, {}),
        ({**PUSH, "after": "0" * 40}, {}),
    ],
)
def test_other_events_tags_and_deleted_branches_say_nothing(body: Any, headers: dict[str, str]) -> None:
    assert read(body, **headers) == []


@pytest.mark.parametrize("body", [{}, {**PUSH, "repository": "infra"}, {**PUSH, "ref": 7}])
def test_what_is_no_push_is_refused(body: Any) -> None:
    with pytest.raises(MalformedError, match=r"a push has `ref`, `after` and `repository.full_name`"):
        read(body)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://git.example.com/ann/infra.git", "ann/infra"),
        ("http://gitea.git.svc:3000/Ann/Infra", "ann/infra"),
        ("ssh://git@git.example.com:22/ann/infra.git", "ann/infra"),
        ("git@git.example.com:ann/infra.git", "ann/infra"),
        ("oci://registry.example.com/charts/web", "charts/web"),
        ("", ""),
    ],
)
def test_a_repository_is_known_by_its_owner_and_name(url: str, name: str) -> None:
    assert repository_name(url) == name


JSON = st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from([*PUSH, "x"]), JSON), st.dictionaries(st.sampled_from([*COMMIT]), JSON))
def test_whatever_anybody_sends_is_read_or_refused(given_: dict[str, Any], commit: dict[str, Any]) -> None:
    try:
        found = read({**PUSH, "commits": [{**COMMIT, **commit}], **given_})
    except MalformedError:
        return
    for push in found:
        assert change_of(push, "home", datetime(2026, 1, 5, 9, tzinfo=UTC)).what
