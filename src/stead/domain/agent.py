"""An agent: its character and rules, the tools that it may have, and the goals that it serves. Plain values.

Promise: what no list of a policy names is not allowed, and `forbidden` is stronger than every other list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

EVERY = "*"
"""In a list of toolsets: all that no other list names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolPolicy:
    """Which toolsets an agent has. `enforced` cannot be switched off, `default_enabled` can, `optional` must be switched on."""

    enforced: tuple[str, ...] = ()
    default_enabled: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()

    def allows(self, toolset: str) -> bool:
        """Whether the agent may ever have it."""
        return toolset not in self.forbidden and bool({toolset, EVERY} & {*self.enforced, *self.default_enabled, *self.optional})

    def offers(self, toolset: str) -> bool:
        """Whether the agent has it now."""
        on = {*self.enforced, *self.default_enabled}
        return self.allows(toolset) and (toolset in on or (EVERY in on and toolset not in self.optional))

    def chosen(self, enable: Iterable[str], disable: Iterable[str]) -> ToolPolicy:
        """With these switched on and those off. ValueError for what the policy does not leave to choose."""
        for name in enable:
            if not self.allows(name):
                raise ValueError(f"cannot have `{name}`: its manifest {'forbids' if name in self.forbidden else 'does not name'} it")
        for name in disable:
            if name in self.enforced or (EVERY in self.enforced and not {name} & {*self.default_enabled, *self.optional}):
                raise ValueError(f"cannot do without `{name}`: its manifest enforces it")
        on = [name for name in dict.fromkeys((*self.default_enabled, *enable)) if name not in set(disable) and name not in self.enforced]
        off = [name for name in dict.fromkeys((*self.optional, *disable)) if name not in on]
        return replace(self, default_enabled=tuple(on), optional=tuple(off))


ANY_TOOL = ToolPolicy(default_enabled=(EVERY,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Soul:
    """An agent as its folder tells it. `slug` is what people and the configuration call it, `id` what stays when that changes.

    `text` is what its model is told first; `goals` are those that it serves; `folder` is None for one that Stead ships.
    """

    id: str
    slug: str
    name: str
    description: str
    text: str
    toolsets: ToolPolicy
    goals: tuple[str, ...] = ()
    folder: Path | None = None
