"""What a person reads, and that nobody else's words can do more than be read."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from stead.channels.splitting import SMALLEST, split
from stead.channels.text import disarm, headline, render
from stead.domain.delivery import Block, BlockKind
from stead.testing.channel_conformance import a_message

anything = st.text(st.characters(exclude_categories=()), max_size=400)


def test_a_message_at_three_in_the_morning():
    assert (
        render(a_message())
        == """\
CRITICAL I-41: Deployment payments/api: revision 12 does not become ready

Began with revision 12, 4 minutes ago.

Seen:
- image cannot be pulled
  $ kubectl -n payments get pods

What Stead did:
- Nothing yet: rule `ask-before-rollback` wants a person

You can:
- do it by hand
  $ kubectl -n payments rollout undo deployment/api

To answer:
  stead approve A-17    (Roll back)
  stead deny A-17    (Leave it)

State: awaiting approval. More: stead show I-41"""
    )


def test_when_it_is_over_nothing_is_asked():
    text = render(a_message(resolved=True, state="resolved"))
    assert text.startswith("RESOLVED I-41")
    assert "To answer" not in text


def test_how_to_answer_is_said_once():
    """What Stead asks says it among the things that one can do, with its time; not each message that has buttons does."""
    asked = Block(kind=BlockKind.COMMAND, text="answer A-17 until 16:55 UTC", command="stead approve A-17    # or: stead deny A-17")
    text = render(a_message(blocks=(asked,)))
    assert text.count("stead approve A-17") == 1
    assert "To answer" not in text


def test_a_title_stays_one_line():
    assert headline(a_message(title="one\r\ntwo\u2028three")) == "CRITICAL I-41: one two three"


def test_an_address_with_an_at_sign_stays_as_it_is():
    assert disarm("ssh root@node-3.example.com") == "ssh root@node-3.example.com"


@given(anything)
def test_nothing_that_moves_a_cursor_or_reorders_text_is_left(text: str):
    left = disarm(text)
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") for c in left)
    assert not set(left) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert disarm(left) == left
    left.encode()


@given(anything)
def test_any_words_make_a_message(text: str):
    blocks = tuple(Block(kind=kind, text=text, command=text) for kind in BlockKind)
    assert render(a_message(title=text, blocks=blocks)).startswith("CRITICAL I-41: ")


@given(st.text(st.sampled_from("ab \n"), max_size=2000), st.integers(SMALLEST, 300))
def test_parts_hold_all_the_words_and_no_part_is_too_long(text: str, limit: int):
    parts = split(text, limit)
    assert all(len(part) <= limit for part in parts)
    if len(parts) > 1:
        parts = [part.rpartition("\n(")[0] for part in parts]
    assert "".join("".join(parts).split()) == "".join(text.split())
