"""A job that is a report: a page of Stead's own, always sent."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from stead.domain.delivery import Message
from stead.domain.job import Job, JobState
from stead.engine import daily
from stead.engine.job_came import Came
from stead.engine.journey import Journey


async def run(journey: Journey, job: Job) -> Came:  # noqa: ARG001 - there is one report
    message = await page(journey)
    return Came(state=JobState.DONE, text=text(message), message=message)


async def page(journey: Journey, until: datetime | None = None) -> Message:
    """The daily report as it is now, or of the day that ended at `until`. On the loop on which estates live."""
    now = until or journey.now()
    outlooks = {} if until else daily.overlooked(journey)
    every = None if journey.changes is None else journey.changes(now - daily.DAY)
    changes = None if every is None else [change for change in every if change.at < now]
    return await journey.store.look(partial(daily.page, journey=journey, changes=changes, outlooks=outlooks, until=until))


def text(message: Message) -> str:
    """The page as plain lines."""
    return "\n\n".join([message.title, *(block.text for block in message.blocks)])
