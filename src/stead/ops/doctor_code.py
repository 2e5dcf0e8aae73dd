"""The forges that drafts are opened on: does it answer, is the token known there, and may it do what it is for, and no more?

Source: Gitea's repoGet, whose `permissions` are those of whoever asks (`/swagger.v1.json`).
"""

from __future__ import annotations

from pathlib import Path

from stead.app.repository_settings import RepositorySettings
from stead.domain.errors import BlindError
from stead.estate.kubernetes.live import at
from stead.estate.rest import AbsentAnswerError, path_of
from stead.ops.doctor import Line, fail, ok, warn


async def examine_repository(settings: RepositorySettings, folder: Path) -> Line:
    """One line. A GET is all that is sent."""
    about, repository = f"repository {settings.name}", settings.repository(folder)
    if repository.token is None:
        return fail(about, "no token is named: nothing can be pushed, and no draft opened", "give it a `token` by reference")
    try:
        found = await repository.forge.json(path_of("api/v1/repos", repository.slug))
    except AbsentAnswerError:
        return fail(
            about, f"its forge has no {repository.slug} that this token may see", "look at `forge.repository` and the token's scopes"
        )
    except BlindError as error:
        hint = "make a new token there, and put it where `token` points" if error.reason == "Unauthorized" else error.command
        return fail(about, str(error), hint)
    if at(found, "archived") is True:
        return fail(about, f"{repository.slug} is archived: nobody may push there", "name another one")
    if at(found, "permissions", "push") is not True:
        return fail(about, f"its token may not push branches to {repository.slug}", "let its user write there, and its token too")
    if at(found, "permissions", "admin") is True:
        return warn(about, f"its token may administer {repository.slug}, which is more than a draft needs", "use a user who may only write")
    return ok(about, f"{repository.slug} answers, and its token may push branches there")
