"""What would open a door is hidden, in whatever shape it stands; what an operator needs to read is left."""

import base64
import json
import random
import string
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.redaction import MARK, Redactor, redact

DICE = random.Random(5)
LETTERS = string.ascii_letters + string.digits


def word(length: int, alphabet: str = LETTERS) -> str:
    """As random as a token is; with a digit, as nearly all have."""
    return "".join(DICE.choice(alphabet) for _ in range(length - 1)) + "7"


def hexes(length: int) -> str:
    return word(length, "0123456789abcdef")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PASSWORD = "Tr0ub4dor&" + word(6)
PEM = "\n".join(word(64) for _ in range(3))
BEGIN, END = "-----BEGIN RSA PRIVATE" + " KEY-----", "-----END RSA PRIVATE" + " KEY-----"

PLANTED: dict[str, tuple[str, str]] = {
    # by form
    "aws key": ("found AK" + "IA{} in the environment", word(16, string.ascii_uppercase + "234567")),
    "github": ("using gh" + "p_{}", word(36)),
    "github, fine-grained": ("using github" + "_pat_{}", word(22) + "_" + word(59)),
    "gitlab": ("cloning with gl" + "pat-{}", word(20)),
    "slack": ("posting as xox" + "b-{}", "123456789012-1234567890123-" + word(24)),
    "slack webhook": ("POST https://hooks.slack.com/{} 404", "services/T0123/B0123/" + word(24)),
    "discord": ("logging in with {}", b64("100000000000000001").rstrip("=") + "." + word(6) + "." + word(38)),
    "discord webhook": ("POST https://discord.com/api/webhooks/{}", "1234567890/" + word(60)),
    "telegram": ("POST https://api.telegram.org/bot{}/sendMessage", "7123456789:AA" + word(33)),
    "openai": ("using sk-" + "proj-{}", word(48)),
    "anthropic": ("using sk-" + "ant-api03-{}", word(93) + "AA"),
    "jwt": ("got ey" + "J{}", word(20) + ".ey" + "J" + word(40) + "." + word(43)),
    "vault": ("login as hvs" + ".{}", word(90)),
    "age": ("AGE-SECRET-" + "KEY-1{}", word(58, string.ascii_uppercase + "234567")),
    "npm": ("np" + "m_{}", word(36)),
    "google": ("AI" + "za{}", word(35)),
    "stripe": ("sk_" + "live_{}", word(24)),
    "tailscale": ("tskey-" + "auth-{}", word(12) + "CNTRL-" + word(32)),
    "ntfy": ("tk_{}", word(29, string.ascii_lowercase + string.digits)),
    "pem": (f"{BEGIN}\n{{}}\n{END}", PEM),
    "pem without its end": (f"{BEGIN}\n{{}}", PEM),
    "pem in one line of JSON": (f'{{{{"x": "{BEGIN}\\n{{}}\\n{END}\\n"}}}}', PEM.replace("\n", "\\n")),
    "pem in base64": ("tls.crt and {}", b64(BEGIN + "\n" + PEM)),
    # in URLs and headers
    "url": ("dial postgres://app:{}@db:5432/x: refused", PASSWORD),
    "url without a user": ("redis://:{}@cache:6379/0", PASSWORD),
    "url with a slash in it": ("amqp://app:{}@mq/vhost", "pa/ss" + word(8)),
    "url with a token alone": ("git clone https://{}@git.example.org/x.git", word(40)),
    "query": ("GET /api?access_token={}&page=2", word(20)),
    "bearer": ("Authorization: Bearer {}", word(22)),
    "bearer in curl": ("curl -H 'Authorization: Bearer {}' https://x", word(30)),
    "basic": ("Authorization: Basic {}", b64("roger:" + PASSWORD)),
    "cookie": ("Set-Cookie: session={}; HttpOnly", word(43)),
    "api key header": ("X-Api-Key: {}", word(32)),
    # by name
    "environment": ("DB_PASSWORD={}", PASSWORD + "x"),
    "exported": ("export GITEA_TOKEN={}", hexes(40)),
    "yaml": ("password: '{}'", "correct horse battery"),
    "yaml, plain": ("  admin-password: {}", "hunter-" + word(4)),
    "yaml, plain words": ("  session_secret: {}\n  next: line", "keyboard cat sat"),
    "yaml, very long": ("  client-key-data: {}\n  next: line", word(5000)),
    "environment, very long": ("API_KEY={} x", word(3000)),
    "rails": ("secret_key_base={}", hexes(128)),
    "yaml block": ("  password: |\n    {}\n  user: x", "line one is long"),
    "json": ('{{"user":"app","password":"{}"}}', "it's \\\" odd"),
    "json in json": ('{{"body":"{{\\"apiKey\\":\\"{}\\"}}"}}', word(20)),
    "logfmt": ("level=info msg=connected password={} user=app", "swordfish"),
    "python": ("{{'password': '{}', 'user': 'app'}}", "swordfish"),
    "in a sentence": ("connecting with password: {} as app", "hunter2hunter"),
    "aws secret": ("aws_secret_access_key = {}", word(40)),
    "wireguard": ("PrivateKey = {}", b64(word(32))),
    "connection string": ("Server=db;User Id=sa;Password={};Encrypt=yes", PASSWORD.replace("&", "")),
    "azure": ("DefaultEndpointsProtocol=https;AccountKey={}", b64(word(64))),
    "xml": ("<user>a</user><password>{}</password>", "swordfish"),
    "kubeconfig": ("    client-key-data: {}", b64(word(120))),
    "name and value": ("- name: DB_PASSWORD\n  value: {}\n", "swordfish"),
    "name and value in JSON": ('{{"name":"API_TOKEN","value":"{}"}}', "swordfish"),
    "value and name in JSON": ('{{"value":"{}","name":"API_TOKEN"}}', "swordfish"),
    "secret, json": ('{{"kind":"Secret","data":{{"a.b":"MQ==","user":"{}"}}}}', b64(PASSWORD)),
    "secret, pretty json": ('{{\n  "data": {{\n    "x": "{}"\n  }},\n  "kind": "Secret"\n}}', b64(PASSWORD)),
    "secret, yaml": ("kind: Secret\ndata:\n  first: MQ==\n  other: {}\ntype: Opaque\n", b64(PASSWORD)),
    "secret, last applied": ('"{{\\"data\\":{{\\"x\\":\\"{}\\"}},\\"kind\\":\\"Secret\\"}}"', b64(PASSWORD)),
    "docker config": ('{{"auths":{{"r.example.org":{{"auth":"{}"}}}}}}', b64("roger:" + PASSWORD)),
    # as an argument
    "flag": ("exec /app --password {} --verbose", "swordfish"),
    "flag with =": ("exec /app --api-key={}", "swordfish"),
    "flags in JSON": ('["/app","--token","{}"]', word(20)),
    "flags in YAML": ("args:\n- --password\n- {}\n", "swordfish"),
    "curl": ("curl -sS -u admin:{} https://x", "swordfish"),
    "curl in JSON": ('["curl","--user","admin:{}","https://x"]', "swordfish"),
    "mysql": ("mysql -u root -p{}", "swordfish"),
    "sshpass": ("sshpass -p {} ssh x", "swordfish"),
    "sql": ("CREATE USER app IDENTIFIED BY '{}'", "swordfish"),
    "netrc": ("machine git.example.org login roger password {}", "swordfish"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_secret_is_hidden(name: str) -> None:
    template, secret = PLANTED[name]
    text = "2026-01-05 before\n" + template.format(secret) + "\nafter it goes on\n"
    shown = redact(text)
    assert MARK in shown
    for line in secret.replace("\\n", "\n").split("\n"):
        assert [piece for at in range(max(1, len(line) - 7)) if (piece := line[at : at + 8]) in shown] == []
    assert shown.startswith("2026-01-05 before\n")
    assert "after it goes on" in shown


ORDINARY = """\
Nov 20 09:12:01 merry kubelet[812]: I1120 reconciler.go:224] started for volume "pvc-0a1b2c3d" (UniqueName: "kubernetes.io/secret/4f")
MountVolume.SetUp failed for volume "tls" : secret "db-credentials" not found
MountVolume.SetUp failed for volume "x" : references non-existent secret key: tls.key
couldn't find key API_TOKEN in Secret payments/api-secrets
Error: secret "api" not found
10.42.0.7 - - "GET /api/v1/pods?limit=500&continue=abc HTTP/1.1" 200 97
sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0 library/nginx:1.27
uid: 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9
password authentication failed for user "app"
invalid token: expired
error validating token: token expired at 2026-01-05T09:00:00Z
SyntaxError: Unexpected token '<', "<!DOCTYPE "... is not valid JSON
{"level":"info","msg":"synced","secret":"payments/db-tls","key":"payments/api","tokens":512,"max_tokens":4096}
level=info msg="loading" key=payments/api secretName=db-credentials token_type=bearer tokenExpirationSeconds=3607
      secretKeyRef:
        name: api-secrets
        key: password
  secretName: db-credentials
  imagePullSecrets:
  - name: registry
  existingSecret: db-credentials
  automountServiceAccountToken: false
  - name: PASSWORD_FILE
    value: /run/secrets/password
  - name: DB_PASSWORD
    valueFrom:
password:  8 bytes
usage: app --token string   Bearer token for the API
--token-file=/var/run/token --tls-private-key-file=/etc/tls.key --password-file /run/p
pass: 10 fail: 0 bypass=true compass=north
Authorization mode: Node,RBAC
dial tcp 10.0.0.1:5432: connect: connection refused
fetching http://cache:8080/icons/a@2x.png
http://[::1]:8080/a@b took 3 ms
user git@example.org cloned ssh://git@example.org/x.git
docker run -u 1000:1000 app
password: ${DB_PASSWORD} token: $(cat /x) secret: <unset>
panic: runtime error: invalid memory address or nil pointer dereference
goroutine 1 [running]: main.(*Server).authorize(0xc000010000) /app/auth/token.go:42 +0x1d
Traceback (most recent call last): File "/app/passwords.py", line 3, in check_password
author: Ada Lovelace, authority: none, monkey=banana keyboard: us
disk-usage-monitor-2026-01-05 task-scheduler-abcdefghij-0123456789
-----BEGIN CERTIFICATE----- is not shown
"""


@pytest.mark.parametrize("line", ORDINARY.splitlines())
def test_an_ordinary_line_is_left_as_it_is(line: str) -> None:
    assert redact(line) == line


def test_ordinary_lines_together_are_left_as_they_are() -> None:
    assert redact(ORDINARY) == ORDINARY


SHAPES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in a URL": lambda v: quote(v, safe=""),
    "in JSON": lambda v: json.dumps({"x": v}),
    "in JSON in JSON": lambda v: json.dumps(json.dumps({"x": v})),
    "in base64": b64,
    "inside of base64": lambda v: b64("x" + v + "yy"),
    "at the end of base64": lambda v: b64("xx" + v),
    "in base64 for URLs": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "in hexadecimal": lambda v: v.encode().hex(),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_known_value_is_hidden_in_every_form(shape: str) -> None:
    shaped = SHAPES[shape]('Zürich "und"\\ süß?>')
    shown = Redactor(['Zürich "und"\\ süß?>'])(f"before {shaped} after")
    assert MARK in shown
    assert shaped[8:-8] not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


def test_a_known_value_that_is_too_short_shreds_no_text() -> None:
    assert Redactor(["a", ""])("a banana") == "a banana"


def test_an_object_is_shown_without_its_secrets() -> None:
    given = {
        "kind": "List",
        "items": [
            {"kind": "Secret", "metadata": {"name": "db"}, "data": {"user": "YXBw"}, "stringData": {"x": "y"}},
            {
                "kind": "Pod",
                "spec": {"containers": [{"name": "app", "env": [{"name": "DB_PASSWORD", "value": "x"}, {"name": "A", "value": "b"}]}]},
            },
            {"kind": "Pod", "spec": {"volumes": [{"secret": {"secretName": "db"}}], "args": ["--token=" + word(9)], "replicas": 3}},
        ],
    }
    secret, pod, other = redact.object(given)["items"]
    assert secret == {"kind": "Secret", "metadata": {"name": "db"}, "data": {"user": MARK}, "stringData": {"x": MARK}}
    assert pod["spec"]["containers"][0]["env"] == [{"name": "DB_PASSWORD", "value": MARK}, {"name": "A", "value": "b"}]
    assert other["spec"] == {"volumes": [{"secret": {"secretName": "db"}}], "args": ["--token=" + MARK], "replicas": 3}


def test_an_object_that_is_nested_without_end_is_hidden_there() -> None:
    given: object = "deep"
    for _ in range(5000):
        given = {"x": given}
    assert "deep" not in str(redact.object(given))


PIECES = [
    "password",
    "token",
    "name: ",
    "value: ",
    "Secret",
    "data:",
    "'",
    '"',
    "\\",
    ": ",
    "=",
    "\n",
    "  ",
    "- ",
    "--",
    "://",
    ":",
    "@",
    ".",
]
MORE = ["curl -u ", "|", "İ", "\x1b[0m", "\ud800", "bearer ", "kind: Secret\ndata:\n", "ey" + "J", "-----BEGIN PRIVATE" + " KEY-----"]


@given(st.lists(st.one_of(st.sampled_from(PIECES + MORE), st.text(max_size=12)), max_size=40).map("".join))
def test_any_text_can_be_redacted_and_twice_is_once(text: str) -> None:
    shown = redact(text)
    assert redact(shown) == shown


@given(st.text(min_size=6, max_size=40), st.text(max_size=30), st.text(max_size=30))
def test_a_known_value_never_survives(known: str, before: str, after: str) -> None:
    assert known not in Redactor([known])(before + known + after).replace(MARK, "\x00")


HOSTILE = [
    *PIECES,
    *MORE,
    'password="',
    "password=\\",
    "password: |\n",
    "token=/etc/",
    "://a:",
    "a://b:c",
    '"name":"password","value":',
    'data:\n "a":',
    "ey" + "J-",
    "curl ",
    "curl\n- -u\n",
    "mysql ",
    "value: a name: ",
    "machine a login ",
    "- --password\n",
    "MNO-",
    "<password>",
    "SG." + "a" * 16,
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    """A quadratic rule needs minutes for this."""
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 10
