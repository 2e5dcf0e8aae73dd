"""Whom a program's complaint leads to: the words choose where to look, and only what is really wrong there is blamed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.enrich.learned import learned
from stead.estate.kubernetes.kinds import kind_named
from stead.estate.kubernetes.reach.blame import blame
from stead.estate.kubernetes.reach.unreached import How, Unreached, unreached
from stead.estate.kubernetes.selecting import selects
from stead.estate.kubernetes.slices import Deployment, EndpointSlice, Namespace, NetworkPolicy, Pod, Service
from stead.estate.kubernetes.slices.meta import Expression, LabelSelector
from stead.estate.kubernetes.view import View
from stead.testing.objects import NOW, Json


@pytest.mark.parametrize(
    ("line", "host", "port", "how"),
    [
        ("dial tcp: lookup rates.payments on 10.96.0.10:53: no such host", "rates.payments", 0, How.NO_NAME),
        ("lookup db.data on 10.96.0.10:53: read udp 10.0.0.7:4->10.96.0.10:53: i/o timeout", "db.data", 0, How.NO_NAME),
        ("dial tcp 10.96.4.2:5432: connect: connection refused", "10.96.4.2", 5432, How.REFUSED),
        ("dial tcp 10.96.4.2:5432: i/o timeout", "10.96.4.2", 5432, How.SILENT),
        ("dial tcp 10.96.4.2:5432: connect: no route to host", "10.96.4.2", 5432, How.SILENT),
        ('psycopg2.OperationalError: could not translate host name "db" to address: Name or service not known', "db", 0, How.NO_NAME),
        ('connection to server at "db" (10.96.3.4), port 5432 failed: Connection refused', "db", 5432, How.REFUSED),
        ('connection to server at "db.data.svc", port 5432 failed: timeout expired', "db.data.svc", 5432, How.SILENT),
        (
            'could not connect to server: Connection refused\n\tIs the server running on host "db" (10.96.3.4) and accepting\n\tTCP/IP '
            "connections on port 5432?", "db", 5432, How.REFUSED,
        ),
        ("Can't connect to MySQL server on 'db.data:3306' (111)", "db.data", 3306, How.REFUSED),
        ("(2003, \"Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)\")", "db", 0, How.REFUSED),
        ("ERROR 2005 (HY000): Unknown MySQL server host 'db' (-2)", "db", 0, How.NO_NAME),
        ("redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.", "redis", 6379, How.REFUSED),
        ("redis.exceptions.ConnectionError: Error -3 connecting to redis.cache:6379. Try again.", "redis.cache", 0, How.NO_NAME),
        ("PSQLException: Connection to db.data:5432 refused. Check that the hostname", "db.data", 5432, How.REFUSED),
        ("Error: getaddrinfo ENOTFOUND redis.cache", "redis.cache", 0, How.NO_NAME),
        ("Error: connect ECONNREFUSED 10.96.0.5:6379", "10.96.0.5", 6379, How.REFUSED),
        ("Error: connect ETIMEDOUT 10.96.0.5:6379", "10.96.0.5", 6379, How.SILENT),
        ("java.net.UnknownHostException: kafka.queue: Name or service not known", "kafka.queue", 0, How.NO_NAME),
        ("java.net.ConnectException: Connection refused: kafka/10.1.2.3:9092", "10.1.2.3", 9092, How.REFUSED),
        ("curl: (6) Could not resolve host: rates.payments.svc.cluster.local", "rates.payments.svc.cluster.local", 0, How.NO_NAME),
        ("curl: (7) Failed to connect to rates port 80 after 2 ms: Connection refused", "rates", 80, How.REFUSED),
        ('nginx: [emerg] host not found in upstream "api.shop" in /etc/nginx/nginx.conf:12', "api.shop", 0, How.NO_NAME),
        (
            "HTTPConnectionPool(host='rates', port=80): Max retries exceeded with url: / (Caused by NewConnectionError('[Errno 111] "
            "Connection refused'))", "rates", 80, How.REFUSED,
        ),
    ],
)  # fmt: skip
def test_the_usual_clients_are_understood(line: str, host: str, port: int, how: How) -> None:
    assert unreached(f"starting\n{line}\nbye") == Unreached(host, port, how)


def test_the_last_complaint_counts_and_other_words_are_none() -> None:
    assert unreached("dial tcp 10.0.0.1:80: i/o timeout\nconnect ECONNREFUSED 10.0.0.2:81") == Unreached("10.0.0.2", 81, How.REFUSED)
    assert unreached("listening on :8080\nconnection from 10.0.0.9 refused by policy\nlookup table rebuilt") is None


@given(st.text(max_size=400))
def test_no_log_is_too_odd(text: str) -> None:
    for said in (text, f"dial tcp {text}: connection refused"):
        found = unreached(said)
        assert found is None or found.host in said.lower(), "it names only what was said"


def made(kind: str, name: str, namespace: str = "payments", labels: Json | None = None, **more: Any) -> Json:
    version = {"NetworkPolicy": "networking.k8s.io/v1", "Deployment": "apps/v1", "EndpointSlice": "discovery.k8s.io/v1"}.get(kind, "v1")
    meta = {"name": name, "labels": labels or {}} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": meta, **more}


def service(name: str, namespace: str = "payments", **port: Any) -> Json:
    ports = [{"port": 80, "targetPort": 8080} | port]
    return made("Service", name, namespace, spec={"clusterIP": "10.96.4.2", "selector": {"app": name}, "ports": ports})


def endpoints(name: str, namespace: str = "payments", addresses: tuple[str, ...] = ("10.244.1.2",)) -> Json:
    ready = [{"addresses": list(addresses), "conditions": {"ready": True}}] if addresses else []
    return made("EndpointSlice", f"{name}-1", namespace, {"kubernetes.io/service-name": name}, endpoints=ready)


def a_pod(name: str, namespace: str = "payments") -> Json:
    return made(
        "Pod", f"{name}-1", namespace, {"app": name}, spec={"containers": [{"name": name, "image": "x"}]}, status={"phase": "Running"}
    )


def policy(name: str, namespace: str = "payments", **spec: Any) -> Json:
    return made("NetworkPolicy", name, namespace, spec={"podSelector": {}, **spec})


DNS = (service("kube-dns", "kube-system", port=53, targetPort=53, protocol="UDP"), endpoints("kube-dns", "kube-system"))
DNS_POD = made("Pod", "coredns-1", "kube-system", {"app": "kube-dns"}, spec={"containers": [{"name": "dns", "image": "x"}]})
RATES = (service("rates"), endpoints("rates"), a_pod("rates"))
TEMPLATE = {"metadata": {"labels": {"app": "kube-dns"}}}
ASLEEP = made("Deployment", "coredns", "kube-system", spec={"replicas": 0, "template": TEMPLATE})
FROM_WEB = [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]
THE_SERVICE = "Service payments/rates: service payments/rates, which it asks for,"
NAMESPACES = (made("Namespace", "payments", ""), made("Namespace", "data", "", {"kubernetes.io/metadata.name": "data"}))
KINDS = (Pod, Service, EndpointSlice, NetworkPolicy, Namespace, Deployment)


def seen(*objects: Json) -> View:
    """These, the pod payments/api-1, and its namespaces; all kinds are known."""
    view = View("home")
    for struct in KINDS:
        view.mark_known(struct)
    for obj in (*NAMESPACES, a_pod("api"), *objects):
        kind = kind_named(obj["apiVersion"], obj["kind"])
        assert kind is not None
        view.put(convert_object(kind.struct, obj))
    return view


def said(complaint: Unreached, *objects: Json) -> str:
    """Whom it blames, and why; "" for nobody."""
    view = seen(*objects)
    pod = view.get(Pod, "payments", "api-1")
    assert pod is not None
    found = blame(complaint, pod, view)
    return "" if found is None else f"{found.subject}: {found.words}"


NO_NAME = Unreached("rates.payments", 0, How.NO_NAME)
SILENT = Unreached("rates.payments", 80, How.SILENT)
REFUSED = Unreached("10.96.4.2", 80, How.REFUSED)
ONLY_DATA: Json = {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "data"}}}]}
DNS_TOO: Json = {"to": [{"namespaceSelector": {}}], "ports": [{"port": 53, "protocol": "UDP"}]}


@pytest.mark.parametrize(
    ("complaint", "objects", "blamed"),
    [
        (NO_NAME, DNS, "Service payments/rates: service payments/rates, which it asks for, does not exist"),
        (Unreached("rates", 0, How.NO_NAME), DNS, "Service payments/rates: "),
        (Unreached("rates.payments.svc.cluster.local", 0, How.NO_NAME), DNS, "Service payments/rates: "),
        (NO_NAME, (*DNS, *RATES), ""),
        (Unreached("www.example.com", 0, How.NO_NAME), DNS, ""),
        (Unreached("mail-0.mail.payments.svc", 0, How.NO_NAME), DNS, ""),
        (NO_NAME, (DNS[0], endpoints("kube-dns", "kube-system", ()), *RATES), "Service kube-system/kube-dns: cluster DNS"),
        (
            NO_NAME, (DNS[0], *RATES, ASLEEP),
            "Deployment kube-system/coredns: cluster DNS (service kube-system/kube-dns) has no ready endpoint, "
            "since Deployment kube-system/coredns is scaled to zero",
        ),
        (NO_NAME, (*DNS, DNS_POD, *RATES, policy("closed", policyTypes=["Egress"], egress=[ONLY_DATA])), "NetworkPolicy payments/closed: "),
        (NO_NAME, (*DNS, DNS_POD, *RATES, policy("closed", policyTypes=["Egress"], egress=[ONLY_DATA, DNS_TOO])), ""),
        (SILENT, (*RATES, policy("deny")), "NetworkPolicy payments/deny: network policy payments/deny keeps it from service payments"),
        (SILENT, (*RATES, policy("here", ingress=[{"from": [{"podSelector": {}}]}])), ""),
        (SILENT, (*RATES, policy("other", ingress=FROM_WEB)), "NetworkPolicy payments/other"),
        (SILENT, (*RATES, policy("port", ingress=[{"ports": [{"port": 9090}]}])), "NetworkPolicy payments/port"),
        (SILENT, (*RATES, policy("range", ingress=[{"ports": [{"port": 8000, "endPort": 8999}]}])), ""),
        (SILENT, (*RATES, policy("block", ingress=[{"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}])), ""),
        (SILENT, (*RATES, policy("deny"), policy("allow", ingress=[{}])), ""),
        (SILENT, (*RATES, policy("out", policyTypes=["Egress"])), "NetworkPolicy payments/out"),
        (SILENT, RATES, ""),
        (REFUSED, RATES, f"{THE_SERVICE} sends port 80 to port 8080 of its pods"),
        (REFUSED, (service("rates"), endpoints("rates", addresses=())), f"{THE_SERVICE} has no ready"),
        (Unreached("rates", 81, How.REFUSED), RATES, f"{THE_SERVICE} has no port 81 (it has 80)"),
        (Unreached("203.0.113.7", 443, How.SILENT), (*RATES, policy("deny")), ""),
    ],
)  # fmt: skip
def test_what_is_really_wrong_is_blamed(complaint: Unreached, objects: tuple[Json, ...], blamed: str) -> None:
    told = said(complaint, *objects)
    assert told.startswith(blamed) if blamed else told == ""


def test_what_was_not_read_is_not_missing() -> None:
    view = View("home")
    view.put(convert_object(Pod, a_pod("api")))
    pod = view.get(Pod, "payments", "api-1")
    assert pod is not None
    assert blame(NO_NAME, pod, view) is None


@pytest.mark.parametrize(
    ("operator", "values", "labels", "means"),
    [
        ("In", ("a", "b"), {"tier": "a"}, True),
        ("In", ("a",), {}, False),
        ("NotIn", ("a",), {"tier": "a"}, False),
        ("NotIn", ("a",), {}, True),
        ("Exists", (), {"tier": ""}, True),
        ("DoesNotExist", (), {"tier": ""}, False),
        ("Gt", ("1",), {"tier": "2"}, False),
    ],
)
def test_selectors_mean_what_the_reference_says(operator: str, values: tuple[str, ...], labels: dict[str, str], means: bool) -> None:
    assert selects(LabelSelector(match_expressions=(Expression("tier", operator, values),)), labels) is means
    assert selects(LabelSelector(), labels)
    assert not selects(LabelSelector(match_labels={"tier": "z"}), labels)


LOG = (Evidence(what="the log of container api", value="dial tcp: lookup rates.payments on 10.96.0.10:53: no such host", tainted=True),)


def crash(view: View, **more: Any) -> Finding:
    pod = view.get(Pod, "payments", "api-1")
    assert pod is not None
    return view.finding(pod, reason="CrashLooping", summary="container `api` of payments/api crash-loops", container="api", **more)


def test_a_finding_blames_what_its_log_leads_to() -> None:
    view = seen(*DNS)
    told = learned(crash(view), NOW, view, None, (), LOG).to(crash(view))

    assert told.blames is not None and str(told.blames) == "Service payments/rates"
    assert told.depends_on == (told.blames,) and told.evidence == LOG
    assert told.summary.endswith("crash-loops; service payments/rates, which it asks for, does not exist")
    assert told.fingerprint == crash(view).fingerprint


def test_a_cause_that_the_check_found_is_not_put_aside_for_words() -> None:
    view = seen(*DNS)
    lost = crash(view, depends_on=[view.named(Namespace, "", "payments")])
    assert learned(lost, NOW, view, None, (), LOG).to(lost).blames is None
    well = seen(*DNS, *RATES)
    assert learned(crash(well), NOW, well, None, (), LOG).to(crash(well)).blames is None, "the log lies, or is old"


def test_the_last_words_of_a_container_lead_as_its_log_does() -> None:
    view = seen(*DNS)
    words = Evidence(what="termination message", value=LOG[0].value, tainted=True)
    told = learned(crash(view, evidence=[words]), NOW, view, None, (), ()).to(crash(view, evidence=[words]))
    assert str(told.blames) == "Service payments/rates" and told.evidence == (words,)
