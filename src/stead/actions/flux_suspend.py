"""Suspend one of Flux' objects: nothing is reconciled from it until it is resumed. What runs stays as it is.

Its undo is `flux_resume`.
"""

from __future__ import annotations

from functools import partial

from stead.actions.switch import switch
from stead.declare import Rbac
from stead.domain.action import Risk
from stead.estate.kubernetes.flux import KINDS, PLURALS, flux, is_flux

flux_suspend = switch(
    name="flux_suspend",
    back="flux_resume",
    field="suspend",
    to=True,
    already="it is suspended already",
    note="is suspended",
    doing="suspending it",
    lines=(partial(flux, "suspend"), partial(flux, "resume")),
    risk=Risk.LOW,
    kinds=KINDS,
    rbac=tuple(Rbac(group=group, resource=plural, verbs=("patch",)) for group, plurals in PLURALS.items() for plural in plurals),
    page=__doc__,
    fits=lambda subject: "" if is_flux(subject) else "it is none of Flux' own kinds",
)
