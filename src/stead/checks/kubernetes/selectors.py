"""Label selectors, as the API reference reads them (LabelSelector)."""

from __future__ import annotations

from collections.abc import Mapping

from stead.estate.kubernetes.slices import Expression, LabelSelector


def selects(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Whether an object with these labels is chosen. An empty selector chooses all; an operator that is not known holds."""
    matched = all(labels.get(key) == value for key, value in selector.match_labels.items())
    return matched and all(_holds(one, labels) for one in selector.match_expressions)


def _holds(expression: Expression, labels: Mapping[str, str]) -> bool:
    there, value = expression.key in labels, labels.get(expression.key)
    match expression.operator:
        case "In":
            return there and value in expression.values
        case "NotIn":
            return not there or value not in expression.values
        case "Exists":
            return there
        case "DoesNotExist":
            return not there
        case _:
            return True
