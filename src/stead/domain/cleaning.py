"""What somebody else said, without the secrets in it: nothing is stored, told or shown of a finding that has not passed through here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from stead.domain.evidence import Evidence
from stead.domain.finding import Finding


def clean(finding: Finding, redact: Callable[[str], str]) -> Finding:
    """The finding with the secrets in tainted evidence hidden, and in its summary where that repeats one; itself where there are none."""
    evidence = tuple(_hidden(one, redact) for one in finding.evidence)
    if evidence == finding.evidence:
        return finding
    return replace(finding, evidence=evidence, summary=redact(finding.summary))


def _hidden(one: Evidence, redact: Callable[[str], str]) -> Evidence:
    return replace(one, value=redact(one.value)) if one.tainted else one
