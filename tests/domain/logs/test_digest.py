"""A log is told by the error that ended it, whatever the language, and by how often it was said."""

import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.logs.digest import digest
from stead.domain.logs.lines import lines_of
from stead.domain.logs.templates import template

CHATTER = "\n".join(f"2026-01-05T09:00:{n % 60:02d}Z INFO handled request {n} in {n * 3} ms" for n in range(40)) + "\n"

PYTHON = """\
Traceback (most recent call last):
  File "/app/config.py", line 12, in load
    return os.environ["DATABASE_URL"]
           ~~~~~~~~~~^^^^^^^^^^^^^^^^
  File "<frozen os>", line 679, in __getitem__
KeyError: 'DATABASE_URL'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/main.py", line 3, in <module>
    config.load()
app.errors.ConfigError: the service is not configured
"""
JAVA = """\
Exception in thread "main" org.springframework.beans.factory.BeanCreationException: Error creating bean 'pool'
\tat org.springframework.boot.SpringApplication.run(SpringApplication.java:300)
\tat com.example.api.Main.main(Main.java:12)
Caused by: com.example.api.PoolException: no connection
\tat com.example.api.Pool.open(Pool.java:40)
\t... 12 more
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.connect0(Native Method)
\tat com.example.api.Socket.open(Socket.java:7)
\t... 14 common frames omitted
"""
GO = """\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a1b2c]

goroutine 1 [running]:
runtime.panicmem()
\t/usr/local/go/src/runtime/panic.go:262 +0x5e
main.(*Server).authorize(0xc000010000, {0x1, 0x2})
\t/app/auth/server.go:42 +0x1d
main.main()
\t/app/main.go:11 +0x25
exit status 2
"""
NODE = """\
/app/db.js:10
    throw new Error('no database');
    ^

Error: no database
    at connect (/app/db.js:10:11)
    at Module._compile (node:internal/modules/cjs/loader:1364:14)
    at Object.<anonymous> (/app/index.js:3:1) {
  [cause]: TypeError: fetch failed
      at fetch (/app/net.js:5:1)
}

Node.js v20.11.0
"""
RUST = """\
thread 'main' panicked at src/main.rs:4:40:
called `Option::unwrap()` on a `None` value
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:645:5
   1: api::config::load
             at ./src/config.rs:17:9
note: Some details are omitted
"""
OLD_RUST = "thread 'main' panicked at 'no database', src/main.rs:4:5\nnote: run with `RUST_BACKTRACE=1`\n"
DOTNET = """\
Unhandled exception. System.InvalidOperationException: cannot start
 ---> System.Net.Sockets.SocketException (111): Connection refused
   at Api.Db.Open() in /src/Db.cs:line 12
   --- End of inner exception stack trace ---
   at Api.Program.Main(String[] args) in /src/Program.cs:line 4
"""
RUBY = """\
/app/config.rb:12:in `fetch': key not found: "DATABASE_URL" (KeyError)
\tfrom /app/config.rb:12:in `load'
\tfrom /app/main.rb:3:in `<main>'
"""
PHP = """\
PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused in /app/db.php:7
Stack trace:
#0 /app/db.php(7): PDO->__construct()
#1 /app/index.php(3): connect()
#2 {main}
  thrown in /app/db.php on line 7
"""

SAID = {
    "python": (PYTHON, "app.errors.ConfigError: the service is not configured", "KeyError: 'DATABASE_URL'", "/app/main.py:3"),
    "java": (
        JAVA,
        "org.springframework.beans.factory.BeanCreationException: ",
        "java.net.ConnectException: Connection refused",
        "com.example.api.Socket.open",
    ),
    "go": (GO, "panic: runtime error: invalid memory address", "", "main.(*Server).authorize"),
    "node": (NODE, "Error: no database", "TypeError: fetch failed", "/app/net.js:5:1"),
    "rust": (RUST, "panicked: called `Option::unwrap()` on a `None` value", "", "src/main.rs:4:40"),
    "rust before 1.73": (OLD_RUST, "panicked: no database", "", "src/main.rs:4:5"),
    ".net": (
        DOTNET,
        "System.InvalidOperationException: cannot start",
        "System.Net.Sockets.SocketException (111): Connection refused",
        "Api.Db.Open()",
    ),
    "ruby": (RUBY, 'KeyError: key not found: "DATABASE_URL"', "", "/app/config.rb:12"),
    "php": (PHP, "PDOException: SQLSTATE[HY000] [2002] Connection refused", "", "/app/db.php(7)"),
}


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_stack_trace_is_told_by_its_error_its_first_cause_and_its_own_code(language: str, newline: str) -> None:
    log, error, cause, frame = SAID[language]
    found = digest((CHATTER + log).replace("\n", newline).encode())
    ((trace, count),) = found.traces
    assert count == 1
    assert trace.error.startswith(error)
    assert trace.cause == cause
    assert frame in trace.frames[0]
    assert found.first_cause.startswith(cause or error)
    first, second, *_ = found.told().splitlines()
    assert error in first
    assert second.startswith(f"  caused by {cause}" if cause else "  at ")


def test_the_same_trace_again_and_again_is_one_with_a_count() -> None:
    ((trace, count),) = digest((PYTHON + CHATTER).encode() * 30).traces
    assert (trace.cause, count) == ("KeyError: 'DATABASE_URL'", 30)


def test_errors_that_differ_in_numbers_only_are_one() -> None:
    log = "".join(f"2026-01-05 09:00:{n:02d},123 ERROR dial tcp 10.0.0.{n}:5432: i/o timeout after {n}s\n" for n in range(40))
    told = digest((CHATTER + log + "2026-01-05 09:01:00,000 FATAL giving up\n").encode()).told()
    assert told.splitlines()[:2] == ["fatal: giving up", "error: dial tcp 10.0.0.39:5432: i/o timeout after 39s (×40)"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"level":"error","ts":1.5,"msg":"cannot sync","error":"no route to host","n":1}', "error: cannot sync: no route to host"),
        ('{"severity":"ERROR","message":"boom","httpRequest":{"status":500}}', "error: boom"),
        ('{"level":50,"msg":"boom","err":{"type":"TypeError","message":"x is null","stack":"TypeError: x"}}', "TypeError: x"),
        ('{"@t":"2026","@l":"Fatal","@mt":"boom"}', "fatal: boom"),
        ('time="2026-01-05T09:00:00Z" level=error msg="cannot sync" err="no \\"route\\""', 'error: cannot sync: no "route"'),
        ("ts=2026-01-05 lvl=eror caller=x.go:1 msg=boom error=refused", "error: boom: refused"),
        ("E0105 09:00:00.000000       1 leaderelection.go:330] lost the lease", "error: lost the lease"),
        ("[2026-01-05 09:00:00 +0000] [7] [ERROR] Worker failed to boot.", "Worker failed to boot."),
        ("2026/01/05 09:00:00 [error] 7#7: *1 connect() failed", "error: 7#7: *1 connect() failed"),
    ],
)
def test_a_line_is_told_by_its_message_and_its_error(line: str, shown: str) -> None:
    assert shown in digest((CHATTER + line).encode()).told().splitlines()[0]


def test_a_trace_inside_of_a_json_line_is_found() -> None:
    line = json.dumps({"level": "error", "message": "unhandled", "stack_trace": JAVA})
    assert digest((CHATTER + line).encode()).first_cause == "java.net.ConnectException: Connection refused"


def test_a_few_lines_are_shown_as_they_are() -> None:
    assert digest(b"starting\n\x1b[31mpanic: no DEPLOY_ENV\x1b[0m\r\n").told() == "starting\npanic: no DEPLOY_ENV"
    assert digest(b"").told() == ""


def test_a_log_without_an_error_is_told_by_its_end() -> None:
    found = digest((CHATTER + "0 errors, listening on 8080\nbye").encode())
    assert (found.errors, found.first_cause) == ((), "")
    assert found.told().splitlines()[-1] == "bye"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x00\x01\x02\x03\xff\xfe" * 40, "(240 characters that are no text)"),
        ("\u202eevil\u200b\x07 \x1b]0;title\x07end".encode(), "evil end"),
        (b"progress 1%\rprogress 2%\rdone", "progress 1%\nprogress 2%\ndone"),
        (b"x" * 5_000_000, "x" * 299 + "…"),
    ],
)
def test_odd_bytes_become_lines_that_can_be_shown(raw: bytes, shown: str) -> None:
    assert digest(raw).told(300) == shown


HARD = [CHATTER, PYTHON, JAVA, GO, NODE, RUST, DOTNET, RUBY, PHP, "\x1b[", "\x1b]0;", "\r", "\x00", "\u202e", "{", '{"msg":', "    at "]
ANY_TEXT = st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
ANY_LOG = st.lists(st.one_of(st.sampled_from(HARD).map(str.encode), st.binary(max_size=60), ANY_TEXT), max_size=12).map(b"".join)


@given(ANY_LOG, st.integers(50, 1200))
def test_any_bytes_have_a_digest_that_is_short_and_shows_what_it_says(raw: bytes, most: int) -> None:
    told = digest(raw).told(most)
    assert len(told) <= most
    assert not [c for c in told if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c != "\n"]


@given(st.binary(max_size=400))
def test_a_line_is_never_longer_than_it_may_be(raw: bytes) -> None:
    assert all(0 < len(line) <= 2000 for line in lines_of(raw * 40))


HOSTILE = [
    "Traceback (most recent call last):\n",
    '  File "a", line 1\n',
    "Error: x\n    at y\n",
    "panic: x\n",
    "a(b)\n",
    '{"msg":',
    "[" * 50,
]
MORE_HOSTILE = ["java.lang.Error: x\n\tat a.b(c)\n", "a=", "error ", "\x1b[", "\x1b]0;", "1.", "0x", "Fatal error: x\n", "'", "A.", "ab:"]


@pytest.mark.parametrize("piece", HOSTILE + MORE_HOSTILE)
def test_hostile_logs_cost_no_more_than_their_length(piece: str) -> None:
    """A quadratic rule needs minutes for this."""
    raw = (piece * (2_000_000 // len(piece))).encode()
    began = time.process_time()
    digest(raw)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("timeout after 30s", "timeout after 31s"),
        ("dial 10.0.0.1:5432", "dial 10.42.7.9:6"),
        ("trace 4bf92f3577b34da6a3ce929d0e0e4736", "trace 00f067aa0ba902b7aaaaaaaaaaaaaaa1"),
        ("pod 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 gone", "pod ffffffff-4e5f-6071-8293-a4b5c6d7e8f9 gone"),
        ("at 2026-01-05T09:00:00.123Z", "at 2026-01-06T10:11:12+01:00"),
    ],
)
def test_what_varies_does_not_tell_messages_apart(one: str, other: str) -> None:
    assert template(one) == template(other)


def test_words_tell_messages_apart() -> None:
    assert template("no such table orders") != template("no such table users")
