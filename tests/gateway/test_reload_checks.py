"""Checks in a folder of one's own that come, change, break and go while the service runs."""

from __future__ import annotations

from typing import Any

CHECK = '''
from datetime import timedelta
from stead.declare import host_check
from stead.domain.finding import Finding
from stead.domain.subject import Subject


@host_check(every=timedelta(seconds=10))
async def {name}(commands, estate, now):
    """The {name} is not as it should be."""
    subject = Subject(estate=estate, api_version="host.stead/v1", kind="Host", name=estate)
    return [Finding(check="{name}", subject=subject, reason="Wrong", summary="{summary}")]
'''


async def last(service: Any) -> int:
    events = await service.stead.events()
    return events[-1]["seq"] if events else 0


async def test_a_check_that_is_dropped_in_works_and_one_that_is_taken_out_is_gone(service: Any) -> None:
    file = service.door.parent / "own" / "cellar.py"
    file.write_text(CHECK.format(name="cellar", summary="there is water in the cellar"))
    opened = await service.happens("finding.opened", await last(service))
    assert "water in the cellar" in str(opened)
    file.unlink()
    await service.happens("finding.closed", opened["seq"])


async def test_a_file_that_breaks_is_told_and_stops_nothing(service: Any) -> None:
    own = service.door.parent / "own"
    (own / "cellar.py").write_text("def cellar(:\n")
    opened = await service.happens("finding.opened", await last(service))
    assert "cellar.py failed to load: SyntaxError" in str(opened)
    assert service.stead.ready
    service.door.touch()
    service.door.write_text("open")
    assert "front door" in str(await service.happens("finding.opened", opened["seq"]))
    (own / "cellar.py").write_text(CHECK.format(name="cellar", summary="water"))
    assert "water" in str(await service.happens("finding.opened", await last(service)))


async def test_a_name_that_is_taken_is_told_and_the_first_stays(service: Any) -> None:
    (service.door.parent / "own" / "second.py").write_text(CHECK.format(name="disk", summary="x"))
    opened = await service.happens("finding.opened", await last(service))
    assert "`disk` is declared twice" in str(opened)


async def test_a_program_that_is_dropped_in_is_run(service: Any) -> None:
    script = service.door.parent / "own" / "cellar.sh"
    script.write_text("#!/bin/sh\necho water in the cellar; exit 2\n")
    script.chmod(0o755)
    assert "water in the cellar" in str(await service.happens("finding.opened", await last(service)))


async def test_rules_that_cannot_be_read_are_told_and_stop_nothing(service: Any) -> None:
    (service.door.parent / "own" / "rules.yaml").write_text("kinds: [\n")
    opened = await service.happens("finding.opened", await last(service))
    assert "rules.yaml" in str(opened)
    assert service.stead.ready
