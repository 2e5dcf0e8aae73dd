"""`models:` in the configuration, and the one variable that stands in for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stead.app.config import load
from stead.app.config_check import check
from stead.app.discover import shelves
from stead.app.thinking import models_of
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


def test_a_limit_of_money_where_nothing_costs_any_is_told(tmp_path: Path) -> None:
    model = "models: [{name: a, kind: ollama, model: m%s}]\n"
    budgets = "budgets:\n  day: {tokens: 5}\n  month: {money: 5}\n"
    assert refusal(tmp_path, model % "" + budgets) == (
        "stead.yaml:4: `budgets.month.money` limits what is never counted: no model has a price",
        "give the models `price_in` and `price_out`, or limit tokens",
    )
    assert check(loaded(tmp_path, model % ", price_out: 1" + budgets))
    assert refusal(tmp_path, "budgets: {agents: {investigater: {tokens: 5}}}")[0] == "stead.yaml:1: there is no agent `investigater`"


@pytest.mark.parametrize(("prices", "cost"), [("price_in: 2", 2.0), ("price_in: 2, price_cached: 0.5", 1.25)])
def test_what_the_cache_had_may_have_a_price_of_its_own(tmp_path: Path, prices: str, cost: float) -> None:
    settings = loaded(tmp_path, f"models: [{{name: a, kind: ollama, model: m, {prices}}}]").settings
    chain = models_of(settings.models, shelves().models, {})
    assert chain is not None and chain.specs[0].cost(1_000_000, 0, cached=500_000) == cost


def test_a_model_for_an_agent_that_there_is_not_is_told(tmp_path: Path) -> None:
    text = "models:\n- {name: a, kind: ollama, model: m}\n- name: b\n  kind: ollama\n  model: m\n  agents: [reviewer, reveiwer]\n"
    assert refusal(tmp_path, text) == ("stead.yaml:6: there is no agent `reveiwer`", "did you mean `reviewer`?")
