"""Resume one of Flux' objects that is suspended: its controller reconciles it at once.

Its undo is `flux_suspend`.
"""

from __future__ import annotations

from functools import partial

from stead.actions.switch import switch
from stead.declare import Rbac
from stead.domain.action import Risk
from stead.estate.kubernetes.flux import KINDS, PLURALS, flux, is_flux

flux_resume = switch(
    name="flux_resume",
    back="flux_suspend",
    field="suspend",
    to=False,
    already="it is not suspended",
    note="is reconciled again",
    doing="resuming it",
    lines=(partial(flux, "resume"), partial(flux, "suspend")),
    risk=Risk.MEDIUM,
    kinds=KINDS,
    rbac=tuple(Rbac(group=group, resource=plural, verbs=("patch",)) for group, plurals in PLURALS.items() for plural in plurals),
    page=__doc__,
    fits=lambda subject: "" if is_flux(subject) else "it is none of Flux' own kinds",
)
