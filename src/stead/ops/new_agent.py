"""Starts a new agent: the two files of its folder, which already pass."""

from __future__ import annotations

import re
from pathlib import Path

from stead.app.sections import NAME
from stead.app.souls import MANIFEST, SOUL
from stead.domain.errors import UserError
from stead.ops.scaffold import write_all


def new_agent(slug: str, folder: Path) -> tuple[Path, Path]:
    """Write the agent `slug` into a folder of its own below `folder`. UserError for what cannot be a slug, exists, or cannot be written."""
    if not re.fullmatch(NAME, slug):
        near = re.sub(r"[^a-z0-9]+", "-", slug.lower()).strip("-")[:63].rstrip("-")
        raise UserError(
            f"`{slug[:60]}` cannot be the slug of an agent: it is lower-case letters, digits and dashes",
            hint=f"`stead agents new {near}` would do" if near else "choose what it is good for, like `night-watch`",
        )
    manifest, soul = folder / slug / MANIFEST, folder / slug / SOUL
    title = slug.replace("-", " ").capitalize()
    write_all({manifest: "soul.manifest.yaml", soul: "soul.md"}, {"slug": slug, "title": title, "lower": title.lower()})
    return manifest, soul
