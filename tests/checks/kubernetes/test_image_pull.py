"""Images that cannot be had."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.image_pull import image_pull
from stead.checks.kubernetes.pulls import registry_of
from stead.domain.finding import FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, ago, condition, pod, waiting

YOUNG = [condition("PodScheduled", since=ago(seconds=20)), condition("Ready", "False", ago(seconds=20))]


@pytest.mark.parametrize(
    ("waits", "reason"),
    [
        ("ErrImagePull", "ImagePullFailed"),
        ("ImagePullBackOff", "ImagePullFailed"),
        ("RegistryUnavailable", "ImagePullFailed"),
        ("InvalidImageName", "InvalidImageName"),
        ("ErrImageNeverPull", "ErrImageNeverPull"),
    ],
)
def test_an_image_that_cannot_be_had_is_named(waits: str, reason: str) -> None:
    (found,) = judge(image_pull, pod(phase="Pending", statuses=[waiting(waits, "not found")]), now=NOW)
    assert (found.state, found.reason) == (FindingState.FIRING, reason)
    assert "example.com/api:12" in found.summary


def test_a_first_failure_is_given_a_minute_unless_it_is_hopeless() -> None:
    def state(waits: str) -> FindingState:
        return judge(image_pull, pod(statuses=[waiting(waits)], conditions=YOUNG), now=NOW)[0].state

    assert state("ErrImagePull") is FindingState.PROGRESSING
    assert state("InvalidImageName") is FindingState.FIRING


@pytest.mark.parametrize("waits", ["ContainerCreating", "PodInitializing", "CrashLoopBackOff", ""])
def test_other_waits_are_no_business_of_its(waits: str) -> None:
    assert judge(image_pull, pod(statuses=[waiting(waits)]), now=NOW) == []
    assert judge(image_pull, pod(meta={"deletionTimestamp": ago(minutes=1)}, statuses=[waiting("ErrImagePull")]), now=NOW) == []


def test_the_line_to_paste_finds_the_image_of_an_init_container_too() -> None:
    sick = pod(phase="Pending", spec={"initContainers": [{"name": "app", "image": "example.com/init:1"}], "containers": []})
    sick["status"] |= {"initContainerStatuses": [waiting("ImagePullBackOff")], "containerStatuses": []}
    (found,) = judge(image_pull, sick, now=NOW)
    assert found.evidence[0].value == "example.com/init:1"
    assert '.spec.initContainers[?(@.name=="app")].image' in found.evidence[0].command


RESOLVING = 'failed to resolve reference "registry.example.com/api:12": failed to do request: Head "https://registry.example.com/v2/": '


@pytest.mark.parametrize(
    ("message", "words", "behind"),
    [
        (RESOLVING + "dial tcp 192.0.2.7:443: connect: connection refused", "does not answer", "Registry registry.example.com"),
        (RESOLVING + "dial tcp 192.0.2.7:443: i/o timeout", "does not answer", "Registry registry.example.com"),
        (RESOLVING + "dial tcp: lookup registry.example.com: no such host", "is not resolved", "Registry registry.example.com"),
        (RESOLVING + "tls: failed to verify certificate: x509: certificate has expired", "not trusted", "Registry registry.example.com"),
        (RESOLVING + "http: server gave HTTP response to HTTPS client", "speaks no HTTPS", "Registry registry.example.com"),
        ("unexpected status code: 429 Too Many Requests - toomanyrequests: rate limit", "no more pulls", "Registry registry.example.com"),
        ("unexpected status from HEAD request: 503 Service Unavailable", "fails", "Registry registry.example.com"),
        ("failed to authorize: failed to fetch anonymous token: 401 Unauthorized", "refuses access (it names no pull secret)", ""),
        ("pull access denied, repository does not exist or may require authorization", "no such image, or does not give it out", ""),
        ("registry.example.com/api:12: not found", "no such image or tag", ""),
        ("no match for platform in manifest: not found", "none for the node's platform", ""),
        ('Back-off pulling image "registry.example.com/api:12"', "it cannot be pulled", ""),
        ("", "it cannot be pulled", ""),
    ],
)
def test_why_it_is_not_fetched_is_said_and_a_registry_is_blamed_for_all_its_images(message: str, words: str, behind: str) -> None:
    spec = {"containers": [{"name": "app", "image": "registry.example.com/api:12"}]}
    (found,) = judge(image_pull, pod(phase="Pending", spec=spec, statuses=[waiting("ErrImagePull", message)]), now=NOW)
    assert words in found.summary
    assert (str(found.blames) if found.blames else "") == behind


@pytest.mark.parametrize(("secrets", "behind"), [(["reg"], "Secret payments/reg"), (["a", "b"], ""), ([], "")])
def test_access_that_is_refused_leads_to_the_one_pull_secret(secrets: list[str], behind: str) -> None:
    spec = {"imagePullSecrets": [{"name": name} for name in secrets]}
    (found,) = judge(image_pull, pod(phase="Pending", spec=spec, statuses=[waiting("ErrImagePull", "401 Unauthorized")]), now=NOW)
    assert (str(found.blames) if found.blames else "") == behind


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("redis:7", "(default)"),
        ("library/redis", "(default)"),
        ("registry.example.com/acme/api@sha256:ab", "registry.example.com"),
        ("nas:5000/api", "nas:5000"),
        ("localhost/api", "localhost"),
        ("", "(default)"),
    ],
)
def test_the_registry_is_read_from_the_name_of_the_image(image: str, registry: str) -> None:
    assert registry_of(image) == registry
