"""The daily report is always sent: what could not be seen first, what happened, what will, and a chart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.engine.conftest import OnCall, broken

from stead.domain.finding import FindingState
from stead.domain.job import Job, JobKind
from stead.domain.people import SYSTEM
from stead.engine import scheduling


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def test_a_page_for_the_morning(on_call: OnCall) -> None:
    at = on_call.clock.now() + timedelta(minutes=30)
    report = Job(name="daily-report", kind=JobKind.REPORT, schedule=f"every 1d at {at:%H:%M}", report="daily")
    lost = Job(name="lost", kind=JobKind.SCRIPT, schedule="every 1h", script="nowhere")
    await on_call.stead.change(scheduling.apply, [report, lost], by=SYSTEM)
    await on_call.stead.change(scheduling.run_now, "lost", by=SYSTEM)
    await on_call.sees(complete=True)
    blind = broken("Pod", "dark", check="estate", state=FindingState.BLIND, summary="pods cannot be seen")
    filling = broken("PersistentVolumeClaim", "data", check="volume_filling", summary="data is full in 5 hours")
    gone = broken("Deployment", "api", summary="api is broken")
    await on_call.sees(blind, filling, gone, after=timedelta(minutes=5))
    await on_call.sees(gone=[gone], after=timedelta(minutes=26))
    page = next(delivery for delivery in on_call.chat.messages if delivery.message.title.startswith("Daily report"))
    sections = [block.text for block in page.message.blocks]
    assert page.message.title.endswith(": 2 open, 1 blind")
    assert sections[0] == "Could not be seen:\n- pods cannot be seen"
    assert sections[1].startswith("The day:\n- 3 incidents opened (3 warning), 1 resolved, 2 open\n- time to resolve: ")
    assert any(text.startswith("Ahead:\n- data is full in 5 hours") for text in sections)
    assert sections[-1] == "Jobs in trouble:\n- lost: blind (`stead jobs history lost`)"
    (chart,) = page.message.attachments
    assert chart.picture
    assert chart.data.startswith(b"\x89PNG")
