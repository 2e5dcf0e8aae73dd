"""Whether a label selector means an object, by the API reference (LabelSelector, LabelSelectorRequirement)."""

from __future__ import annotations

from collections.abc import Mapping

from stead.estate.kubernetes.slices.meta import Expression, LabelSelector


def selects(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Every part must hold; an empty selector means everything. An operator that is not known means nothing."""
    same = all(labels.get(key) == value for key, value in selector.match_labels.items())
    return same and all(_holds(one, labels) for one in selector.match_expressions)


def is_understood(selector: LabelSelector) -> bool:
    """Whether every operator in it is one that the API reference names today: only then does choosing nothing say anything."""
    return all(one.operator in ("In", "NotIn", "Exists", "DoesNotExist") for one in selector.match_expressions)


def _holds(one: Expression, labels: Mapping[str, str]) -> bool:
    there = one.key in labels
    match one.operator:
        case "In":
            return there and labels[one.key] in one.values
        case "NotIn":
            return not there or labels[one.key] not in one.values
        case "Exists":
            return there
        case "DoesNotExist":
            return not there
        case _:
            return False
