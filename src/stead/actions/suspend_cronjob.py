"""Suspend a CronJob: no run begins until it is resumed. What runs already goes on.

Its undo is `resume_cronjob`.
"""

from __future__ import annotations

from stead.actions.switch import switch
from stead.declare import Rbac
from stead.domain.action import Risk
from stead.estate.kubernetes.live import kubectl

suspend_cronjob = switch(
    name="suspend_cronjob",
    back="resume_cronjob",
    field="suspend",
    to=True,
    already="it is suspended already",
    note="is suspended",
    doing="suspending it",
    lines=(
        lambda subject: kubectl(subject, "patch", "cronjob", subject.name, "-p", '{"spec":{"suspend":true}}'),
        lambda subject: kubectl(subject, "patch", "cronjob", subject.name, "-p", '{"spec":{"suspend":false}}'),
    ),
    risk=Risk.LOW,
    kinds=("CronJob",),
    rbac=(Rbac(group="batch", resource="cronjobs", verbs=("patch",)),),
    page=__doc__,
    api_version="batch/v1",
)
