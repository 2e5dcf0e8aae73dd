"""What a person may write under `estates:`, a model for each kind of what is watched."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from stead.app.probe_settings import ProbesEstate
from stead.app.sections import NAME, FilePath, HostName, Section
from stead.secrets import SecretRef

_LISTENER = re.compile(r"(tcp|udp)/\d{1,5}")
_PROGRAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.@-]{0,63}[$]?")


class PrometheusSettings(Section):
    """A Prometheus server (or what speaks its query API) that scrapes the cluster's kubelets."""

    url: str = Field(description="Its address, without `/api/v1`: `http://prometheus.example.com:9090`.")
    token: SecretRef | None = Field(default=None, description="A bearer token, by reference.")
    ca_file: FilePath | None = Field(default=None, description="An authority of your own that its certificate is signed by.")

    @field_validator("url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
        except ValueError as error:
            raise ValueError("is not an http:// or https:// address") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("is not an http:// or https:// address")
        if parts.username or parts.password:
            raise ValueError("holds a user or password; give a `token` by reference")
        return value


class KubernetesEstate(Section):
    """A Kubernetes cluster that is watched."""

    kind: Literal["kubernetes"]
    id: str = Field(pattern=NAME, description="Its name in every finding and message.")
    kubeconfig: FilePath | None = Field(default=None, description="Default: `$KUBECONFIG`, `~/.kube/config`, or the pod's service account.")
    context: str | None = Field(default=None, min_length=1, description="Default: the kubeconfig's current context.")
    write_kubeconfig: FilePath | None = Field(default=None, description="The kubeconfig of the identity that acts. Default: `kubeconfig`.")
    write_context: str | None = Field(
        default=None,
        min_length=1,
        description="The context of the identity that acts. Without this and `write_kubeconfig`, nothing is changed.",
    )
    namespaces: tuple[str, ...] = Field(default=(), description="Only these. Default: all.")
    exclude_namespaces: tuple[str, ...] = Field(default=(), description="Not these.")

    prometheus: PrometheusSettings | None = Field(default=None, description="Where the fill of volumes is read from, with a forecast.")
    kubelet_stats: bool = Field(
        default=False, description="Read the fill of volumes from the kubelets. Needs the right to `nodes/proxy`, which reaches far."
    )

    @property
    def acts(self) -> bool:
        """Whether an identity that may write was named: reading and writing never share one by accident."""
        return self.write_kubeconfig is not None or self.write_context is not None


class SshSettings(Section):
    """How a host is reached over SSH. Its key must be known beforehand; no agent, no proxy command and no `~/.ssh/config` is used."""

    host: HostName = Field(description="Its name or address.")
    port: int = Field(default=22, ge=1, le=65535, description="Where its SSH server listens.")
    user: str | None = Field(default=None, description="Who to be there. Default: the user that Stead runs as.")
    identity: FilePath | None = Field(default=None, description="A file with the private key. Default: `~/.ssh/id_ed25519` and its like.")
    key: SecretRef | None = Field(default=None, description="The private key itself, by reference, in place of `identity`.")
    passphrase: SecretRef | None = Field(default=None, description="What opens the private key, by reference.")
    known_hosts: FilePath | None = Field(default=None, description="The keys of hosts that are trusted. Default: `~/.ssh/known_hosts`.")

    @field_validator("user")
    @classmethod
    def _is_user(cls, value: str | None) -> str | None:
        if value is not None and not _USER.fullmatch(value):
            raise ValueError("is not the name of a user")
        return value

    @model_validator(mode="after")
    def _one_key(self) -> SshSettings:
        if self.identity is not None and self.key is not None:
            raise ValueError("`identity` and `key` both name the private key; leave one out")
        return self


class ActSettings(Section):
    """Who acts on a host. Reading and writing never share a right by accident: without this nothing is changed there."""

    user: str | None = Field(default=None, description="Who to be there to act, over SSH. Default: the user who looks.")
    sudo: bool = Field(default=True, description="Run what changes something by `sudo -n`. False where that user is root.")

    @field_validator("user")
    @classmethod
    def _is_user(cls, value: str | None) -> str | None:
        if value is not None and not _USER.fullmatch(value):
            raise ValueError("is not the name of a user")
        return value


class HostEstate(Section):
    """A machine that is watched: this one, or with `ssh` another."""

    kind: Literal["host"]
    id: str = Field(pattern=NAME, description="Its name in every finding and message.")
    ssh: SshSettings | None = Field(default=None, description="How it is reached. Default: it is the machine on which Stead runs.")
    sudo: tuple[str, ...] = Field(
        default=(), description="Programs that are run there by `sudo -n`, as `smartctl`; its sudoers must allow them without a password."
    )
    acts: ActSettings | None = Field(default=None, description="Who may change something there. Default: nobody.")
    certificates: tuple[str, ...] = Field(
        default=(), description="PEM files there whose end is watched, with `*`, beside those of Let's Encrypt, k3s and kubeadm."
    )
    listeners: tuple[str, ...] | None = Field(
        default=None, description="What may listen there beyond loopback, as `tcp/22`; anything else is a finding. Default: not judged."
    )

    @field_validator("sudo")
    @classmethod
    def _are_programs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not _PROGRAM.fullmatch(each) for each in value):
            raise ValueError("holds what is not the name of a program; write smartctl, without a path")
        return value

    @field_validator("certificates")
    @classmethod
    def _are_paths(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not path.startswith("/") or not path.isprintable() for path in value):
            raise ValueError("holds what is not an absolute path")
        return value

    @field_validator("listeners")
    @classmethod
    def _are_listeners(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if any(not _LISTENER.fullmatch(each) for each in value or ()):
            raise ValueError("holds what is not a protocol and port; write tcp/22 or udp/53")
        return value


EstateSettings = Annotated[KubernetesEstate | HostEstate | ProbesEstate, Field(discriminator="kind")]
