"""The sentence of FailedScheduling. Source: `pkg/scheduler/framework/types.go` (FitError), `framework/preemption`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stead.practice.scheduler.room import Misfit

_NO_VICTIMS = "No preemption victims found for incoming pod"
_NO_HELP = "Preemption is not helpful for scheduling"
NEVER = "not eligible due to preemptionPolicy=Never."


def of_pod(why: str, nodes: int) -> str:
    """One reason for the pod, not one a node. (`not found` is what the plugin for resource claims says, which was not asked before.)"""
    return f"0/{nodes} nodes are available: {why}. not found"


def of_nodes(found: Sequence[Sequence[Misfit]], preemption: str = "") -> str:
    """The reasons by count, then what came of preemption; it is left out when room was made."""
    if not found:
        return "no nodes available to schedule pods"
    tried = f" no new claims to deallocate, preemption: {preemption}" if preemption else ""
    return f"0/{len(found)} nodes are available: {_counted([m.reason for node in found for m in node])}.{tried}"


def no_victims(found: Sequence[Sequence[Misfit]], remaining: Sequence[Sequence[Misfit]]) -> str:
    """`remaining` are the reasons of nodes that would not do even without every pod of less priority."""
    hopeless = sum(1 for node in found if any(misfit.hopeless for misfit in node))
    reasons = [_NO_HELP] * hopeless + [misfit.reason for node in remaining for misfit in node]
    reasons += [_NO_VICTIMS] * (len(found) - hopeless - len(remaining))
    return f"0/{len(found)} nodes are available: {_counted(reasons)}."


def _counted(reasons: list[str]) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in Counter(reasons).items()))
