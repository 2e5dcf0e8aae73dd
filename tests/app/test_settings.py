"""What a person may write into stead.yaml, what it means, and what a mistake in it is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.app.config import parse, settings_of
from stead.app.durations import duration_text, parse_duration
from stead.app.settings import Settings
from stead.app.yaml_file import parse_yaml
from stead.clocks import ScaledClock, SystemClock
from stead.domain.errors import UserError
from stead.domain.timing import Timing


def read(text: str) -> Settings:
    return parse(parse_yaml(text, "stead.yaml"), Path("/etc/stead"))


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(UserError) as refused:
        read(text)
    return refused.value.what, refused.value.hint


def test_nothing_written_means_the_safe_defaults() -> None:
    settings = read("")
    assert settings == Settings() == read("version: 1\njobs: {}\nmodels:\nbudgets: {}\n")
    assert settings.server.bind == "127.0.0.1:8642"
    assert settings.server.loopback
    assert settings.timing.timing() == Timing()
    assert isinstance(settings.timing.clock(), SystemClock)


def test_every_section_is_read() -> None:
    settings = read("""
version: 1
server: {bind: "[::1]:9000", hosts: [stead.example.com]}
store: {folder: /var/lib/stead, url: env:STEAD_DATABASE}
estates:
- {kind: kubernetes, id: home, kubeconfig: kube.yaml, context: admin, write_context: writer, namespaces: [payments]}
- {kind: host, id: node-3}
policy: policy.yaml
checks: {folders: [own], disabled: [disk], hygiene: true}
channels:
- {name: ops, kind: webhook, url: "env:OPS_URL"}
timing: {group_wait: 5s, verify_times: 2, speed: 60, origin: 0}
""")
    home, node = settings.estates
    assert (settings.server.host, settings.server.port) == ("::1", 9000)
    assert (home.kubeconfig, home.acts, node.id) == (Path("/etc/stead/kube.yaml"), True, "node-3")
    assert (settings.policy, settings.checks.folders) == (Path("/etc/stead/policy.yaml"), (Path("/etc/stead/own"),))
    assert settings.channels[0].own == {"url": "env:OPS_URL"}
    assert settings.timing.timing() == Timing(group_wait=timedelta(seconds=5), verify_times=2)
    assert isinstance(settings.timing.clock(), ScaledClock)


def test_reading_and_writing_share_an_identity_only_when_that_is_said() -> None:
    assert not read("estates: [{kind: kubernetes, id: home, context: admin}]").estates[0].acts
    assert read("estates: [{kind: kubernetes, id: home, context: admin, write_context: admin}]").estates[0].acts


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("version: 1\nsever: {}\n", "stead.yaml:2: unknown key `sever`", "did you mean `server`?"),
        ("server:\n\n  bnd: x\n", "stead.yaml:3: unknown key `server.bnd`", "did you mean `bind`?"),
        (
            "estates:\n- kind: host\n  id: a\n  contxt: b\n",
            "stead.yaml:4: unknown key `estates[0].contxt`",
            "known here: acts, certificates, id, kind, listeners, ssh, sudo",
        ),
        (
            "estates:\n- kind: kubernetes\n  id: a\n  contxt: b\n",
            "stead.yaml:4: unknown key `estates[0].contxt`",
            "did you mean `context`?",
        ),
        ("estates:\n- id: a\n", "stead.yaml:2: `estates[0]` needs a `kind` that Stead knows", "name its kind"),
        (
            "estates: [{kind: nomad, id: a}]",
            "stead.yaml:1: `estates[0]` needs a `kind` that Stead knows",
            "one of `kubernetes`, `host`, `probes`",
        ),
        ("estates:\n- kind: host\n", "stead.yaml:2: `estates[0].id` is missing", "add it"),
        (
            "estates: [{kind: host, id: Big House}]",
            "stead.yaml:1: `estates[0].id` is not a name of lower-case letters, digits and dashes",
            "`stead config schema` describes every key",
        ),
        ("estates: [{kind: host, id: a}, {kind: host, id: a}]", "stead.yaml:1: estates: `a` is named twice", ""),
        ("timing:\n  group_wait: 3\n", "stead.yaml:2: `timing.group_wait` is not a duration", "write 500ms, 3s, 30m, 1h30m or 7d"),
        ("timing: {verify_every: 0s}", "stead.yaml:1: `timing.verify_every` must be longer than nothing", ""),
        (
            "timing: {verify_times: '3'}",
            "stead.yaml:1: `timing.verify_times` is not a whole number",
            "`stead config schema` describes every key",
        ),
        ("server: {bind: 8642}", "stead.yaml:1: `server.bind` is not text", "`stead config schema` describes every key"),
        (
            "server: {bind: 'host:1'}",
            "stead.yaml:1: `server.bind` does not begin with an IP address",
            "write 127.0.0.1:8642 or 0.0.0.0:8642",
        ),
        ("checks: {hygiene: yes}", "stead.yaml:1: `checks.hygiene` is not true or false", "`stead config schema` describes every key"),
        ("policy: 3", "stead.yaml:1: `policy` is neither a file nor rules", "write a path, or `rules:` under it"),
        (
            "a: 1\nversion: 2\n",
            "stead.yaml:2: version 2 is of a newer Stead than this one, which knows 1",
            "install that version, or write `version: 1`",
        ),
        ("- a\n", "stead.yaml does not hold `key: value` lines", "begin with `version: 1`"),
        ("version: 1\nversion: 1\n", "stead.yaml:2 names `version` a second time", "keep one of the two"),
        (
            "a: 1\n---\nb: 2\n",
            "stead.yaml:2 is not YAML: but found another document",
            "often it is the indentation, a tab, or a missing quote",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_next_step(text: str, what: str, hint: str) -> None:
    assert refusal(text) == (what, hint)


def test_several_mistakes_are_counted_and_the_first_in_the_file_is_told() -> None:
    what, hint = refusal("timing:\n  group_wait: 3\nsever: {}\n")
    assert what.startswith("stead.yaml:2: `timing.group_wait`")
    assert hint.endswith("; 1 more after it")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("{name: a}", "needs a `folder` or a `url`, and not both"),
        ("{name: a, folder: /x, url: 'https://git.example.com/a.git'}", "needs a `folder` or a `url`, and not both"),
        ("{name: a, folder: /x, branch: main}", "has a `folder`, to which `branch`, `path` and `token` mean nothing"),
        ("{name: stead, folder: /x}", "is `stead`, which is what Stead itself wrote"),
        ("{name: a, url: 'https://me:secret@git.example.com/a.git'}", "holds a password"),
        ("{name: a, url: 'https://git.example.com/a.git', path: ../x}", "is not a folder in the repository"),
        ("{name: a, folder: /x, every: 1s}", "is more often than every 10s"),
    ],
)
def test_a_source_of_knowledge_is_a_folder_or_a_repository(keys: str, said: str) -> None:
    what, hint = refusal(f"knowledge:\n- {keys}\n")
    assert said in what
    assert "secret" not in f"{what} {hint}"


@pytest.mark.parametrize(
    "text",
    [
        "store: {url: 'postgresql://stead:hunter2secret@db.example.com/stead'}",
        "server: {bind: hunter2secret}",
        "hunter2secret: 1\nstore: {url: 'postgresql://a:hunter2secret@b/c'}",
        "timing: {group_wait: hunter2secret}",
        "estates: [{kind: host, id: a, kubeconfig: hunter2secret}]",
    ],
)
def test_an_error_never_repeats_a_value(text: str) -> None:
    what, hint = refusal(text)
    assert "hunter2secret" not in (what + hint).replace("`hunter2secret`", "")


def test_a_password_goes_by_reference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "file:/path or env:NAME" in refusal("store: {url: 'postgresql://stead:word@db.example.com/stead'}")[1]
    monkeypatch.setenv("STEAD_DATABASE", "postgresql://stead:word@db.example.com/stead")
    url = read("store: {url: 'env:STEAD_DATABASE'}").store.database_url(tmp_path)
    assert url == "postgresql://stead:word@db.example.com/stead"
    assert "word" not in repr(read("store: {url: 'env:STEAD_DATABASE'}"))
    assert Settings().store.database_url(tmp_path) == f"sqlite:///{tmp_path / 'stead.db'}"


def test_a_bomb_of_aliases_costs_a_sentence() -> None:
    levels = "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
    assert refusal("a0: &a0 [x]\n" + levels)[0].endswith("more than 50000 values")
    assert refusal("[" * 5000)[0] == "stead.yaml is not YAML: too deeply nested"
    assert "nested deeper" in refusal("{a: " * 60 + "1" + "}" * 60)[0]


@given(st.text(max_size=200))
def test_whatever_is_written_is_settings_or_one_sentence(text: str) -> None:
    try:
        assert isinstance(read(text), Settings)
    except UserError as error:
        assert "\n" not in error.what


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "id", "bind", "url", "x", "name"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(Settings.model_fields)), JSONISH, max_size=4))
def test_whatever_shape_it_has_it_is_settings_or_one_sentence(data: dict[str, Any]) -> None:
    try:
        assert isinstance(settings_of(data), Settings)
    except UserError as error:
        assert "\n" not in error.what


@given(st.integers(min_value=0, max_value=10**14).map(lambda ms: timedelta(milliseconds=ms)))
def test_a_duration_is_read_as_it_was_written(value: timedelta) -> None:
    assert parse_duration(duration_text(value)) == value


@pytest.mark.parametrize("text", ["", "3", "s", "-3s", "3 s", "1m1h", "1.5h", "3S", "٣s", "99999999999d", "999999999d999999999d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration|is longer than"):
        parse_duration(text)
