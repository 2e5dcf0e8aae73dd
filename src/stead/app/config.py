"""Finding, reading and checking the configuration: one file, or the defaults where there is none."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from stead.app import environment_channels
from stead.app.config_errors import as_user_error
from stead.app.estate_settings import KubernetesEstate
from stead.app.settings import Settings, split_bind
from stead.app.thinking import from_environment
from stead.app.yaml_file import Written, read_yaml
from stead.domain.errors import UserError

IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
"""Where a pod finds its service account's token
(https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The settings, and where they came from: `file` and `written` are None for the defaults; `folder` is the state folder."""

    settings: Settings
    file: Path | None
    folder: Path
    written: Written | None = None

    @property
    def database_url(self) -> str:
        return self.settings.store.database_url(self.folder)

    def make_folder(self) -> None:
        """Make the state folder where there is none, for this user alone. UserError when that cannot be."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"the state folder {self.folder} cannot be made: {(error.strerror or str(error)).lower()}", hint="name another with --state"
            ) from error


def load(
    config: Path | None = None, *, state: Path | None = None, bind: str | None = None, environ: Mapping[str, str] | None = None
) -> Loaded:
    """The configuration that `--config`, `--state` and `--bind` and the environment name. UserError when anything is wrong.

    `settings.store.folder` is always set afterwards. Where no file says otherwise, `settings.estates` holds the kubeconfig's current
    context, and messages go to the chat that the environment names, or the terminal: a service that tells nobody would be no service.
    """
    env = os.environ if environ is None else environ
    file = find(config, env)
    written = None if file is None else read_yaml(file)
    settings = Settings() if written is None or file is None else parse(written, file.parent)
    if not settings.estates:
        settings = settings.model_copy(update={"estates": default_estates(env)})
    if not settings.channels:
        settings = settings.model_copy(update={"channels": environment_channels.from_environment(env)})
    if not settings.models:
        settings = settings.model_copy(update={"models": from_environment(env)})
    folder = state_folder(settings, state, env)
    store = settings.store.model_copy(update={"folder": folder})
    server = settings.server if bind is None else settings.server.model_copy(update={"bind": _bind(bind)})
    return Loaded(settings=settings.model_copy(update={"store": store, "server": server}), file=file, folder=folder, written=written)


def find(config: Path | None, environ: Mapping[str, str]) -> Path | None:
    """`--config`, `$STEAD_CONFIG`, ./stead.yaml, ~/.config/stead/stead.yaml, /etc/stead/stead.yaml; None when there is none of them."""
    named = config or (Path(environ["STEAD_CONFIG"]) if environ.get("STEAD_CONFIG") else None)
    if named is not None:
        return named.expanduser()
    return next((place for place in _places(environ) if place.is_file()), None)


def _places(environ: Mapping[str, str]) -> tuple[Path, ...]:
    own = Path(environ.get("XDG_CONFIG_HOME") or _home(environ) / ".config")
    return (Path("stead.yaml"), own / "stead" / "stead.yaml", Path("/etc/stead/stead.yaml"))


def parse(written: Written, folder: Path = Path()) -> Settings:
    """What the file says, checked; relative paths in it start at `folder`. UserError with the line of the first mistake."""
    if not isinstance(written.data, dict | None):
        raise UserError(f"{written.name} does not hold `key: value` lines", hint="begin with `version: 1`")
    data = cast(dict[str, Any], written.data or {})
    if isinstance(data.get("version"), int) and data["version"] > 1:
        raise UserError(
            f"{written.name}:{written.line(('version',))}: version {data['version']} is of a newer Stead than this one, which knows 1",
            hint="install that version, or write `version: 1`",
        )
    # A key with nothing under it (`models:`) says nothing.
    data = {key: value for key, value in data.items() if value is not None}
    try:
        # As JSON: pydantic's strict mode then takes a list for a tuple and a word for a literal, and still no text for a number.
        return Settings.model_validate_json(json.dumps(data), context={"folder": folder})
    except ValidationError as error:
        raise as_user_error(error, written, Settings) from None


def settings_of(data: Mapping[str, Any], folder: Path = Path()) -> Settings:
    """Settings from plain values, as a file with them would give."""
    return parse(Written("configuration", dict(data)), folder)


def state_folder(settings: Settings, state: Path | None, environ: Mapping[str, str]) -> Path:
    """`--state`, store.folder, `$STATE_DIRECTORY` (the first of systemd's list), `$XDG_STATE_HOME/stead`, ~/.local/state/stead."""
    given = environ.get("STATE_DIRECTORY", "").split(":")[0]
    named = state or settings.store.folder or (Path(given) if given else None)
    if named is not None:
        return named.expanduser()
    return Path(environ.get("XDG_STATE_HOME") or _home(environ) / ".local" / "state") / "stead"


def default_estates(environ: Mapping[str, str]) -> tuple[KubernetesEstate, ...]:
    """The kubeconfig's current context, or the cluster of the pod that Stead runs in; nothing where there is neither."""
    listed = [Path(part) for part in environ.get("KUBECONFIG", "").split(":") if part]
    there = any(part.is_file() for part in (listed or [_home(environ) / ".kube" / "config"])) or IN_CLUSTER.is_file()
    return (KubernetesEstate(kind="kubernetes", id="cluster"),) if there else ()


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def _bind(bind: str) -> str:
    try:
        split_bind(bind)
    except ValueError as error:
        what, _, hint = str(error).partition("; ")
        raise UserError(f"--bind {bind} {what}", hint=hint) from None
    return bind
