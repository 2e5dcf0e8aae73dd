"""Resume a suspended CronJob: its next run begins when its schedule says so.

Runs that were missed meanwhile are made up for only within `startingDeadlineSeconds`. Its undo is `suspend_cronjob`.
"""

from __future__ import annotations

from stead.actions.switch import switch
from stead.declare import Rbac
from stead.domain.action import Risk
from stead.estate.kubernetes.live import kubectl

resume_cronjob = switch(
    name="resume_cronjob",
    back="suspend_cronjob",
    field="suspend",
    to=False,
    already="it is not suspended",
    note="runs again as scheduled",
    doing="resuming it",
    lines=(
        lambda subject: kubectl(subject, "patch", "cronjob", subject.name, "-p", '{"spec":{"suspend":false}}'),
        lambda subject: kubectl(subject, "patch", "cronjob", subject.name, "-p", '{"spec":{"suspend":true}}'),
    ),
    risk=Risk.LOW,
    kinds=("CronJob",),
    rbac=(Rbac(group="batch", resource="cronjobs", verbs=("patch",)),),
    page=__doc__,
    api_version="batch/v1",
)
