"""Years of service: what has ended is let go of after its time, and what is open, waits or was done stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.engine.conftest import OnCall, broken

from stead.store.tables import delivery, event, finding, incident, trigger

DAY, HOUR, SHORT = timedelta(days=1), timedelta(hours=1), timedelta(seconds=10)


async def rows(on_call: OnCall, table: sa.Table) -> int:
    return await on_call.stead.store.look(lambda c: c.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


async def after(on_call: OnCall, span: timedelta) -> None:
    """The clock steps, as a machine's that slept; what has come due is done."""
    on_call.clock.advance(span)
    await on_call.passes(HOUR)


async def test_what_is_over_is_let_go_of_after_its_time_and_what_is_open_is_not(on_call: OnCall) -> None:
    passing, lasting = broken("Pod", "passing"), broken("Pod", "lasting")
    await on_call.sees(passing, lasting, after=SHORT)
    await on_call.sees(gone=[passing], after=SHORT)
    assert await on_call.incidents() == {"passing is broken": "resolved", "lasting is broken": "open"}

    await after(on_call, 89 * DAY)
    assert len(await on_call.incidents()) == 2
    assert await rows(on_call, trigger) == 0, "what was taken is in findings and events"

    await after(on_call, 2 * DAY)
    assert await on_call.incidents() == {"lasting is broken": "open"}
    assert {row["incident"] for row in await on_call.stead.events(limit=1000)} == {1}
    assert (await rows(on_call, finding), await rows(on_call, delivery)) == (1, 1)
    kept = await on_call.incident(1)
    assert [one["summary"] for one in kept["findings"]] == ["lasting is broken"]


async def test_an_open_incident_goes_on_in_its_message_and_a_number_never_comes_back(on_call: OnCall) -> None:
    passing, lasting = broken("Pod", "passing"), broken("Pod", "lasting")
    await on_call.sees(lasting, passing, after=SHORT)
    for days in range(1, 4):
        await on_call.sees(broken("Pod", "lasting", instances=tuple(f"lasting-{n}" for n in range(days + 1))), after=timedelta(minutes=1))
    await on_call.sees(gone=[passing], after=SHORT)
    told = await rows(on_call, delivery)
    await after(on_call, 91 * DAY)
    assert await rows(on_call, delivery) == 1 < told, "of the lasting one, the message as it stands"

    await on_call.sees(gone=[lasting], after=SHORT)
    assert on_call.chat.told[-1].replaces == "m1"
    assert await on_call.incidents() == {"lasting is broken": "resolved"}
    await on_call.sees(passing, after=SHORT)
    assert (await on_call.incident(3))["title"] == "passing is broken"


@pytest.mark.parametrize("on_call", [{"timing": {"keep_records": "7d"}}], indirect=True)
async def test_it_is_kept_for_as_long_as_the_configuration_says(on_call: OnCall) -> None:
    fault = broken("Pod", "passing")
    await on_call.sees(fault, after=SHORT)
    await on_call.sees(gone=[fault], after=SHORT)
    await after(on_call, 8 * DAY)
    assert await rows(on_call, incident) == 0


async def test_a_year_of_small_faults_does_not_grow(on_call: OnCall) -> None:
    fault, sizes = broken("Pod", "one"), list[int]()
    for _ in range(2):
        await on_call.sees(fault, after=SHORT)
        await on_call.sees(gone=[fault], after=SHORT)
        await after(on_call, 91 * DAY)
        sizes.append(sum([await rows(on_call, table) for table in (event, delivery, finding, incident, trigger)]))
    assert sizes[0] == sizes[1]
