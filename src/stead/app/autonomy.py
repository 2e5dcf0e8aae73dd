"""`agents.autonomy` → levels by verb. One level for all, or a map of verbs to levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from stead.app.config_errors import nearest
from stead.domain.autonomy import Levels
from stead.domain.errors import UserError
from stead.domain.policy import Autonomy


def levels_of(written: str | Mapping[str, str], verbs: Iterable[str]) -> Levels:
    """The levels that were written. UserError for a class that no verb of the catalogue is in: it would hold nothing back."""
    if isinstance(written, str):
        return Levels(written={"*": Autonomy(written)})
    known = sorted(verbs)
    for pattern in written:
        if not any(fnmatchcase(verb, pattern) for verb in known):
            meant = nearest(pattern, known)
            raise UserError(
                f"`agents.autonomy` names `{pattern[:60]}`, and there is no such action",
                hint=f"did you mean `{meant}`?" if meant else "`stead autonomy` lists them",
            )
    return Levels(written={pattern: Autonomy(level) for pattern, level in written.items()})
