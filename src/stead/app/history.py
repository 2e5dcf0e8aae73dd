"""The history of what changed: opened with the service, read by `stead changes`."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from stead.app.shown import change
from stead.domain.change import Change
from stead.domain.errors import UserError
from stead.domain.push import Push, change_of
from stead.engine.hearing import OUTSIDE
from stead.estate.history.book import Book
from stead.estate.history.kept import Keeper
from stead.ports import Estate

FILE, KEY = "history.db", "installation.key"
"""In the state folder. The key makes digests of values that nobody without it can try values against."""
_KEY_BYTES = 32
MOST = 2_000
"""Changes that are looked through for an answer."""


def open_history(folder: Path, estates: Collection[Estate]) -> Book:
    """Open the history of this installation, and let the estates that have one write into it. UserError when it cannot be opened."""
    from stead.estate.kubernetes.estate import KubernetesEstate

    keeper = Keeper(installation_key(folder))
    book = Book(folder / FILE)
    for estate in estates:
        if isinstance(estate, KubernetesEstate):
            estate.remember(book, keeper)
    return book


def installation_key(folder: Path) -> bytes:
    """The key of this installation, made when it is first asked for. UserError when it can be neither read nor written."""
    path = folder / KEY
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            found = path.read_bytes()
        else:
            found = secrets.token_bytes(_KEY_BYTES)
            with os.fdopen(descriptor, "wb") as file:
                file.write(found)
    except OSError as error:
        raise UserError(
            f"the installation's key {path} cannot be had: {error.strerror or error}", hint="check who may write there"
        ) from error
    if len(found) < _KEY_BYTES:
        raise UserError(f"the installation's key {path} is cut off", hint="delete it: a new one is made, and one change may be told twice")
    return found


def note_push(book: Book, estates: Collection[Estate], push: Push, only: str, at: datetime) -> None:
    """Note the push in the history of each cluster, where something may be made from the repository, or of `only` one estate.

    The same push once more changes nothing.
    """
    from stead.estate.kubernetes.estate import KubernetesEstate

    told = [estate for estate in estates if isinstance(estate, KubernetesEstate) and only in ("", estate.id)]
    for estate in told:
        estate.pushed(change_of(push, estate.id, at))
    if not told:
        change = change_of(push, only or next((estate.id for estate in estates), OUTSIDE), at)
        place = (change.subject.kind, "", change.subject.name)
        if all(replace(one, at=at) != change for one in book.of_one(change.subject.estate, place)):
            book.add(place, change)
            book.commit()


def change_list(book: Book, about: str, since: datetime, most: int) -> list[dict[str, Any]]:
    """Changes since then, newest first, of what `about` names in words ("" for all)."""
    found = [one for one in book.changes(since=since, most=MOST) if is_about(one, about)]
    return [change(one) for one in found[:most]]


def is_about(one: Change, words: str) -> bool:
    """Whether each word names the object: its kind, namespace or name (`payments/api`, `deployment payments/api`, `Deployment api`)."""
    subject = one.subject
    names = {subject.kind.lower(), f"{subject.kind.lower()}s", subject.namespace, subject.name, subject.estate}
    return all(word in names or word.lower() in names for word in re.split(r"[\s/]+", words.strip()) if word)


def changes_since(book: Book, moment: datetime) -> list[Change]:
    """Of all estates, newest first."""
    return book.changes(since=moment, most=MOST)
