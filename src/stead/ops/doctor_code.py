"""The forges that drafts are opened on: does it answer, is the token known there, and may it do what it is for, and no more?

Source: Gitea's repoGet, whose `permissions` are those of whoever asks (`/swagger.v1.json`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from stead.app.coder_settings import CoderSettings
from stead.app.discover import shelves
from stead.app.model_settings import ModelSettings
from stead.app.repository_settings import RepositorySettings
from stead.domain.errors import BlindError, UserError
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


async def examine_coder(name: str, settings: CoderSettings, models: Sequence[ModelSettings]) -> Line:
    """Whether the coding program of the repository can be started here, in the sandbox. No model is asked."""
    about, coder = f"coder of {name}", settings.coder(models, shelves().models, os.environ)
    try:
        why = await coder.trouble() or ("" if coder.spec.base_url or coder.spec.key() else f"the model {coder.spec.name} has no key")
    except UserError as error:
        why = f"the key of the model {coder.spec.name} cannot be read: {error.what}"
    except BlindError as error:
        why = str(error)
    if why:
        return fail(about, why, "until then tasks are refused, and exact edits go on")
    return ok(about, f"{settings.command[0]} is there, and the model {coder.spec.name} has a key")
