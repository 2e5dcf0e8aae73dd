"""While nothing happens nothing is done: a service that idles leaves the processor and the disk alone."""

from __future__ import annotations

from datetime import timedelta

from tests.engine.conftest import OnCall


async def test_a_service_with_nothing_to_do_writes_nothing(on_call: OnCall) -> None:
    await on_call.passes(timedelta(0))
    written: list[None] = []
    ignore = on_call.stead.store.listen(lambda: written.append(None))
    for _ in range(50):
        assert await on_call.stead.quiescent()
    ignore()
    assert len(written) <= 2, "more than a lease that is renewed"
