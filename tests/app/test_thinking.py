"""`models:` in the configuration, and the one variable that stands in for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stead.app.config import load
from stead.app.config_check import check
from stead.domain.errors import UserError


def loaded(folder: Path, text: str = "", **environ: str):
    file = folder / "stead.yaml"
    file.write_text(text)
    return load(file, state=folder, environ={"HOME": str(folder), **environ})


def refusal(folder: Path, text: str) -> tuple[str, str]:
    with pytest.raises(UserError) as refused:
        check(loaded(folder, text))
    return refused.value.what.removeprefix(f"{folder}/"), refused.value.hint


def test_without_models_a_key_in_the_environment_means_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path, OPENAI_API_KEY="sk-x").settings.models == ()
    assert "models: none" in check(loaded(tmp_path, OPENAI_API_KEY="sk-x"))


def test_one_variable_names_a_chain(tmp_path: Path) -> None:
    models = loaded(tmp_path, STEAD_MODEL="ollama:qwen3:8b, openai:gpt-5-mini,openai:gpt-5").settings.models
    assert [(m.name, m.kind, m.model) for m in models] == [
        ("ollama", "ollama", "qwen3:8b"),
        ("openai", "openai", "gpt-5-mini"),
        ("openai-2", "openai", "gpt-5"),
    ]
    with pytest.raises(UserError) as refused:
        loaded(tmp_path, STEAD_MODEL="gpt-5")
    assert (refused.value.what, refused.value.hint) == (
        "$STEAD_MODEL: `gpt-5` is not a model",
        "write KIND:MODEL, like openai:gpt-5-mini or ollama:qwen3:8b",
    )


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("kind: opnai", "there is no model of the kind `opnai`", "did you mean `openai`?"),
        ("api_key: sk-1234", "`models[0].api_key` is given by reference", "write `env:NAME`"),
        ("base_url: litellm", "`models[0].base_url` is not an address", "write https://host/v1"),
        ("base_url: https://a:b@c/v1", "`models[0].base_url` holds a password", "give it as `api_key`"),
        ("context: 100", "`models[0].context`", ""),
        ("temperature: 1", "unknown key `models[0].temperature`", "known here"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, line: str, what: str, hint: str) -> None:
    kind = "" if line.startswith("kind") else "\n  kind: openai"
    said, next_step = refusal(tmp_path, f"models:\n- name: m\n  model: x{kind}\n  {line}\n")
    assert said.partition(": ")[2].startswith(what), said
    assert said.startswith("stead.yaml:") and "sk-1234" not in said + next_step
    assert hint in next_step


def test_two_models_of_one_name_are_refused(tmp_path: Path) -> None:
    one = "- {name: m, kind: openai, model: x}\n"
    assert "`m` is named twice" in refusal(tmp_path, f"models:\n{one}{one}")[0]
