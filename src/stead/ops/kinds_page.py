"""The page that lists the custom kinds with rules of their own, made from the rules: `python -m stead.ops.kinds_page` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from stead.checks.custom.rules import Family, Phase, Rule, families

MADE = "<!-- Made from the rules by `python -m stead.ops.kinds_page > docs/reference/custom-kinds.md`; edit those instead. -->"

_OPENING = """\
The check [custom_resource](../checks/custom_resource.md) looks at every custom resource. Of the kinds on this page it knows exactly what
their fields mean; all others are judged by Kubernetes' conventions. *Bad* conditions are faults while they are True; *phases* are
the words that are faults. The sources are the documents that each family names."""


def page() -> str:
    """The whole page, the same text each time."""
    every = list(families())
    count = sum(len(kinds) for family in every for kinds in family.groups.values())
    lines = ["# Custom kinds", "", MADE, "", *_OPENING.splitlines(), "", f"{count} kinds of {len(every)} families.", ""]
    for family in sorted(every, key=lambda family: family.title.lower()):
        lines += [*_family(family), ""]
    return "\n".join(lines).rstrip() + "\n"


def _family(family: Family) -> Iterator[str]:
    yield from (f"## {family.title}", "")
    yield from ("Sources: " + ", ".join(f"<{link}>" for link in family.docs), "")
    yield from ("| kind | what is judged | given |", "|---|---|---|")
    for group, kinds in family.groups.items():
        for kind in kinds:
            rule = family.rule(group, kind)
            yield f"| `{kind}.{group}` | {_judged(rule)} | {'' if rule.record else rule.wait or '15m'} |"


def _judged(rule: Rule) -> str:
    said = [rule.note] if rule.note else []
    if rule.record:
        return " ".join([*said, "Not judged."])
    if rule.good:
        said.append(f"Good: {_names(rule.good)}.")
    if rule.bad:
        said.append(f"Bad: {_names(rule.bad)}.")
    said += [f"`{nested.at}`: {_names((*nested.good, *nested.minor, *nested.bad))}." for nested in rule.nested]
    said += [_phase(phase) for phase in rule.phases if phase.degraded]
    if rule.tests:
        told = dict.fromkeys(test.reason for test in rule.tests if test.health in ("degraded", "progressing"))
        said += [f"Reasons: {_names(tuple(told))}."] if told else []
    return " ".join(said) or "Its conditions, by the conventions."


def _phase(phase: Phase) -> str:
    return f"`{phase.at}`: {_names(phase.degraded)}."


def _names(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    sys.stdout.write(page())
