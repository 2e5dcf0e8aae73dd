"""A job that is a program: what its end means.

Exit code 0: what it said is told, and nothing is when it said nothing or `[SILENT]`. Any other code: it failed, and that is told with what
it said. One that could not be started, or did not end in time, saw nothing: it is blind, and that is told.
"""

from __future__ import annotations

from stead.domain.errors import BlindError
from stead.domain.job import SILENT, Job, JobState
from stead.engine.job_came import Came
from stead.engine.journey import Journey


async def run(journey: Journey, job: Job) -> Came:
    """BlindError when it could not be run to its end."""
    if journey.run_script is None:
        raise BlindError("no folder of jobs is configured: name one under `jobs.folders`", reason="NoFolder")
    done = await journey.run_script(job)
    said, complaint = done.stdout.strip(), done.stderr.strip()
    if done.code:
        words = "\n".join(part for part in (f"exit code {done.code}", said, complaint) if part)
        return Came(state=JobState.FAILED, text=words, exit=done.code, tainted=True)
    if said in ("", SILENT):
        why = f"it says {SILENT}" if said else "it ended well and says nothing"
        return Came(state=JobState.DONE, text=said, silent=why, exit=0, tainted=True)
    return Came(state=JobState.DONE, text=said, exit=0, tainted=True)
