"""From the settings to a chain of models: each entry with its kind, its address and its key, nothing opened yet."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from stead.app.config_errors import nearest
from stead.app.model_settings import ModelSettings, named_model
from stead.app.yaml_file import Written
from stead.declare import ModelKind
from stead.domain.errors import UserError
from stead.domain.model import ModelRole, ModelSpec
from stead.domain.redaction import Redactor
from stead.models.chain import Chain, Link

VARIABLE = "STEAD_MODEL"
"""`openai:gpt-5-mini`, several with commas: a chain without a file. No key in the environment sends anything anywhere by itself."""


def from_environment(environ: Mapping[str, str]) -> tuple[ModelSettings, ...]:
    """The models of `$STEAD_MODEL`; none where it is not set. UserError for a word that is no model."""
    words = [word.strip() for word in environ.get(VARIABLE, "").split(",") if word.strip()]
    return chain_of_words(words, f"${VARIABLE}")


def chain_of_words(words: Sequence[str], where: str) -> tuple[ModelSettings, ...]:
    """`KIND:MODEL` each; two of one kind get numbers behind their names."""
    made: list[ModelSettings] = []
    for word in words:
        try:
            model = named_model(word)
        except ValueError as error:
            what, _, hint = str(error).partition("; ")
            raise UserError(f"{where}: `{word[:60]}` {what}", hint=hint) from None
        twins = sum(1 for other in made if other.kind == model.kind)
        made.append(model if not twins else model.model_copy(update={"name": f"{model.name}-{twins + 1}"}))
    return tuple(made)


def models_of(
    models: Sequence[ModelSettings], kinds: Mapping[str, ModelKind], environ: Mapping[str, str], written: Written | None = None
) -> Chain | None:
    """The chain; None where no model is configured. UserError, with the line where `written` is the file, for an unknown kind."""
    links = [Link(spec, kind.open) for spec, kind in _specs(models, kinds, environ, written)]
    return Chain(links) if links else None


def _specs(
    models: Sequence[ModelSettings], kinds: Mapping[str, ModelKind], environ: Mapping[str, str], written: Written | None
) -> Iterator[tuple[ModelSpec, ModelKind]]:
    source = written or Written("configuration")
    for index, model in enumerate(models):
        kind = kinds.get(model.kind)
        if kind is None:
            meant = nearest(model.kind, kinds)
            raise UserError(
                f"{source.name}:{source.line(('models', index, 'kind'))}: there is no model of the kind `{model.kind[:60]}`",
                hint=f"did you mean `{meant}`?" if meant else f"one of {', '.join(sorted(kinds))}",
            )
        yield _spec(model, kind, environ), kind


def _spec(model: ModelSettings, kind: ModelKind, environ: Mapping[str, str]) -> ModelSpec:
    return ModelSpec(
        name=model.name,
        kind=model.kind,
        model=model.model,
        key=_key(model, kind, environ),
        base_url=model.base_url or _first(kind.url_variables, environ),
        role=ModelRole(model.role),
        agents=model.agents,
        goals=model.goals,
        context=model.context,
        price_in=model.price_in,
        price_out=model.price_out,
        price_cached=model.price_cached,
        connect=model.connect,
        first_byte=model.first_byte,
    )


def _key(model: ModelSettings, kind: ModelKind, environ: Mapping[str, str]) -> Callable[[], str]:
    """Reads the key at each opening. The variables' keys belong to the kind's own address: another endpoint is not sent them."""
    if model.api_key is not None:
        return model.api_key.resolve
    ours = {url.rstrip("/") for url in (kind.default_url, _first(kind.url_variables, environ))}
    own = model.base_url is None or model.base_url.rstrip("/") in ours
    return lambda: _first(kind.key_variables, environ) if own else ""


def _first(variables: Sequence[str], environ: Mapping[str, str]) -> str:
    return next((environ[name] for name in variables if environ.get(name)), "")


def redactor_of(chain: Chain | None) -> Redactor:
    """Hides secrets in what models are sent, and the models' own keys among them."""
    known: list[str] = []
    for spec in chain.specs if chain is not None else ():
        with contextlib.suppress(UserError):  # one that cannot be read cannot be told either
            known.append(spec.key())
    return Redactor([key for key in known if key])
