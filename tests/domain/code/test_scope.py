"""What may come out of a change: ordinary text files within the scope, and nothing that Git, a forge or Stead itself obeys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.code.scope import FILE, LINK, MODULE, NONE, PROGRAM, Entry, Scope, refusal
from stead.domain.redaction import redact

OPEN = Scope(allowed=("**",), denied=())
PLAIN = Entry(path="apps/api.yaml", before=FILE, after=FILE, size=40, added=("memory: 128Mi",), removed=1)


def judged(entry: Entry, scope: Scope = OPEN) -> str:
    return refusal([entry], scope, redact)


def test_an_ordinary_change_is_nothing_to_object_to() -> None:
    assert judged(PLAIN) == ""
    assert judged(PLAIN, Scope(allowed=("apps/**",))) == ""
    assert judged(replace(PLAIN, after=NONE, size=0, added=())) == ""
    assert judged(replace(PLAIN, before=PROGRAM, after=PROGRAM)) == ""


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".git/hooks/pre-push",
        "apps/.git/hooks/post-checkout",
        ".GIT/config",
        ".git ",
        ".git./config",
        "git~1/config",
        ".gitmodules",
        "deep/.gitattributes",
        ".githooks/pre-commit",
        "stead.yaml",
        "hosts/attic/stead.yaml",
        "apps/Stead-Policy.yaml",
        "../outside",
        "/etc/passwd",
        "a/./b",
        "C:evil",
        "a\\b",
        "look\u202egnp.yaml",
    ],
)
def test_what_no_configuration_opens(path: str) -> None:
    assert judged(replace(PLAIN, path=path)) != ""


@pytest.mark.parametrize(
    "path", [".github/workflows/ci.yml", ".gitea/workflows/a.yaml", ".gitlab-ci.yml", ".woodpecker.yml", "sub/Jenkinsfile", "CODEOWNERS"]
)
def test_what_runs_on_a_forge_is_denied_unless_somebody_opens_it(path: str) -> None:
    assert "denied" in judged(replace(PLAIN, path=path), Scope())
    assert judged(replace(PLAIN, path=path)) == ""


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (replace(PLAIN, after=LINK), "link"),
        (replace(PLAIN, before=LINK, after=FILE), "link"),
        (replace(PLAIN, before=NONE, after=MODULE), "submodule"),
        (replace(PLAIN, after=PROGRAM), "program"),
        (replace(PLAIN, before=NONE, after=PROGRAM), "program"),
        (replace(PLAIN, before=PROGRAM), "no longer"),
        (replace(PLAIN, after="100664"), "no ordinary file"),
        (replace(PLAIN, binary=True), "no text"),
        (replace(PLAIN, size=300_000), "bytes"),
        (replace(PLAIN, added=("token: ghp_" + "a1B2" * 9,)), "secret"),
        (replace(PLAIN, added=("  password: hunter2-and-more",)), "secret"),
        (replace(PLAIN, added=("-----BEGIN " + "PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC")), "secret"),
        (replace(PLAIN, added=("if access_level != 'user\u202e \u2066// check':",)), "nobody sees"),
        (replace(PLAIN, added=("x",) * 301), "301|302"),
    ],
)
def test_what_is_no_ordinary_change_is_refused_and_named(entry: Entry, said: str) -> None:
    import re

    assert re.search(said, judged(entry))


def test_nothing_and_too_much_are_refused() -> None:
    assert refusal([], OPEN, redact) == "it changes nothing"
    many = [replace(PLAIN, path=f"apps/{n}.yaml") for n in range(21)]
    assert "21 files" in refusal(many, OPEN, redact)


def test_globs_keep_to_folders() -> None:
    scope = Scope(allowed=("apps/*/values.yaml", "docs/**"), denied=("docs/secret/**",))
    assert scope.keeps_out("apps/web/values.yaml") == ""
    assert scope.keeps_out("docs/a/b/c.md") == ""
    assert "not within" in scope.keeps_out("apps/web/deep/values.yaml")
    assert "not within" in scope.keeps_out("appsy/web/values.yaml")
    assert "denied" in scope.keeps_out("docs/secret/a.md")


@given(st.text(max_size=40), st.sampled_from(["apps/{}", "{}/.git/hooks/{}", ".git/{}"]))
def test_no_name_gets_a_path_into_git(name: str, form: str) -> None:
    path = form.format(name, name)
    if not Scope(denied=()).keeps_out(path):
        assert ".git" not in [part.casefold() for part in path.split("/")]
        assert ".." not in path.split("/")
