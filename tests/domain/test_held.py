"""A secret that was read is hidden everywhere from then on, in whatever form it appears."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.cleaning import clean
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.domain.held import MOST, held, hold, let_go
from stead.domain.redaction import redact
from stead.domain.subject import Subject
from stead.estate.kubernetes.credentials import bearer
from stead.secrets import SecretRef

WORD = "correct horse battery staple"


def test_a_reference_that_is_resolved_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", WORD)
    line = f"the job said {WORD} and {base64.b64encode(WORD.encode()).decode()}"
    assert redact(line) == line
    SecretRef("env:HOOK").resolve()
    assert redact(line) == "the job said [redacted] and [redacted]"
    file = tmp_path / "token"
    file.write_text("another plain word\n")
    file.chmod(0o600)
    SecretRef(f"file:{file}").resolve()
    assert redact("it is another plain word now") == "it is [redacted] now"


def test_what_a_cluster_is_logged_into_with_is_hidden() -> None:
    bearer("plain-cluster-token")
    assert redact("user system:plain-cluster-token:x said plain-cluster-token") == "user system:[redacted]:x said [redacted]"


def test_of_an_address_the_parts_that_give_access_are_hidden_and_the_host_is_not() -> None:
    hold("https://sam:quiet-please@hooks.example.com/services/T024BE7LD88ZZX9K/general")
    said = redact("POST hooks.example.com/services/general with quiet-please failed for T024BE7LD88ZZX9K")
    assert said == "POST hooks.example.com/services/general with [redacted] failed for [redacted]"


def test_old_values_make_room_for_new_ones() -> None:
    for number in range(MOST + 10):
        hold(f"renewed-token-{number}")
    assert len(held()) == MOST
    assert redact(f"renewed-token-{MOST + 9}") == "[redacted]"


@given(st.lists(st.text(max_size=40), max_size=20), st.text(max_size=200))
def test_whatever_is_held_and_whatever_is_said_there_is_an_answer(values: list[str], text: str) -> None:
    let_go()
    for value in values:
        hold(value)
    said = redact(text)
    assert not [value for value in values if len(value) >= 6 and value in said and value not in "[redacted]"]
    let_go()


def fault(*evidence: Evidence) -> Finding:
    subject = Subject(estate="own-checks", api_version="stead/v1", kind="OwnCheck", name="db.sh")
    return Finding(check="db.sh", subject=subject, reason="OwnCheckFails", summary=f"db.sh: login with {WORD} failed", evidence=evidence)


def test_what_a_stranger_said_is_cleaned_and_the_summary_that_repeats_it() -> None:
    hold(WORD)
    cleaned = clean(fault(Evidence(what="it says", value=f"login with {WORD} failed", tainted=True)), redact)
    assert (cleaned.summary, cleaned.evidence[0].value) == ("db.sh: login with [redacted] failed", "login with [redacted] failed")
    plain = fault(Evidence(what="it says", value="nothing", tainted=True))
    assert clean(plain, redact) is plain
