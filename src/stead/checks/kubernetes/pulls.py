"""Why an image is not fetched, and whose fault that is: read from what the runtime says of it.

The words are those of containerd's resolver and of the registries' answers (OCI Distribution Specification, error codes), of Go's `net`
and `crypto/x509`. Where a registry does not answer or answers nobody, it is one fault however many images it holds.
"""

from __future__ import annotations

import re

from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import Pod
from stead.estate.kubernetes.view import View

DEFAULT_REGISTRY = "(default)"
"""Stands for where an image without a registry in its name comes from: the runtime's configuration says where (Images, image names)."""

_REGISTRY = "registry"
_ACCESS = "access"
_IMAGE = "image"
_SAYS = tuple(
    (of, re.compile(pattern, re.IGNORECASE), words)
    for of, pattern, words in (
        (_REGISTRY, r"toomanyrequests|429 too many requests|pull rate limit", "its registry {registry} allows no more pulls for now"),
        (_REGISTRY, r"x509: |tls: failed to verify", "the certificate of its registry {registry} is not trusted"),
        (_REGISTRY, r"server gave http response to https client", "its registry {registry} speaks no HTTPS"),
        (
            _REGISTRY,
            r"no such host|server misbehaving|lookup \S{1,253}(?: on \S{1,80})?: ",
            "the name of its registry {registry} is not resolved",
        ),
        (
            _REGISTRY,
            r"connection refused|i/o timeout|no route to host|network is unreachable|connection reset|context deadline exceeded"
            r"|tls handshake timeout|client\.timeout",
            "its registry {registry} does not answer",
        ),
        (_REGISTRY, r"\b50[0234]\b (?:internal|bad gateway|service unavailable|gateway time)", "its registry {registry} fails"),
        (_IMAGE, r"no match(?:ing manifest)? for (?:platform|linux|windows)", "there is none for the node's platform"),
        (_ACCESS, r"pull access denied|repository does not exist", "its registry {registry} has no such image, or does not give it out"),
        (
            _ACCESS,
            r"\b40[13]\b (?:unauthorized|forbidden)|authorization failed|authentication required|no basic auth credentials"
            r"|unauthorized: |denied: ",
            "its registry {registry} refuses access",
        ),
        (_IMAGE, r"not found|manifest unknown|name unknown|notfound", "its registry {registry} has no such image or tag"),
        (_IMAGE, r"no space left on device", "its node has no space left for it"),
    )
)
"""What it is the fault of, how that is said, and how a person would say it; the first that fits."""


def registry_of(image: str) -> str:
    """The host in an image's name: its first part, where that holds a dot or a port or is `localhost` (distribution reference grammar)."""
    first, slash, _ = image.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else DEFAULT_REGISTRY


def why_not_pulled(pod: Pod, image: str, message: str, view: View) -> tuple[str, Subject | None]:
    """In a person's words why `image` is not there, and the one thing behind it: a registry, or the Secret that opens it.

    None where the image itself is at fault, or more than one Secret could be.
    """
    registry = registry_of(image)
    for of, pattern, words in _SAYS:
        if pattern.search(message) is None:
            continue
        why = words.format(registry=registry)
        if of == _REGISTRY:
            return why, Subject(estate=view.estate_id, api_version="stead/v1", kind="Registry", name=registry)
        secrets = pod.spec.image_pull_secrets
        if of == _ACCESS and len(secrets) == 1:
            name = secrets[0].name
            secret = Subject(estate=view.estate_id, api_version="v1", kind="Secret", namespace=pod.metadata.namespace, name=name)
            return f"{why} (its pull secret is `{name}`)", secret
        return (f"{why} (it names no pull secret)" if of == _ACCESS and not secrets else why), None
    return "it cannot be pulled", None
