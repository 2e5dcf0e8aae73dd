"""The packer: the best of every part is told, nothing pushes another out, and all of it stays within its bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stead.engine.packing import Part, pack, weight


def part(heading: str, items: list[str], share: float) -> Part:
    return Part(heading=heading, items=items, share=share, rest=lambda n: f"… and {n} more")


def test_a_storm_does_not_push_out_the_runbook_nor_a_runbook_the_cause() -> None:
    findings = part("Found:", [f"pod {number} fails" for number in range(200)], 0.5)
    runbook = part("Known:", ["x" * 300, "y" * 300], 0.2)
    packed = pack([part("", ["Goal."], 0.0), findings, runbook], 1000)
    assert packed.text.startswith("Goal.\n\nFound:\npod 0 fails\npod 1 fails")
    assert "x" * 300 in packed.text
    assert "y" not in packed.text
    assert f"… and {200 - packed.kept[1]} more\n\nKnown:" in packed.text
    assert 900 < weight(packed.text) <= 1000


def test_what_a_part_does_not_need_goes_to_the_others() -> None:
    packed = pack([part("A:", ["a" * 90] * 9, 0.1), part("B:", ["b"], 0.8), part("C:", [], 0.1)], 1000)
    assert packed.kept == (9, 1, 0)
    assert "C:" not in packed.text


TEXTS = st.lists(st.text(alphabet='abc\n"é', max_size=80), max_size=12)


@given(parts=st.lists(st.tuples(TEXTS, st.floats(0, 0.4)), min_size=1, max_size=6), room=st.integers(0, 3000))
def test_the_best_of_each_is_told_and_the_room_is_kept(parts: list[tuple[list[str], float]], room: int) -> None:
    made = [part(f"{number}:", items, share) for number, (items, share) in enumerate(parts)]
    packed = pack(made, room)
    assert [count > 0 for count in packed.kept] == [bool(items) for items, _ in parts]
    best = sum(weight(f"{one.heading}{one.items[0]}{one.rest(len(one.items) - 1)}") + 10 for one in made if one.items)
    assert weight(packed.text) <= max(room, best)
