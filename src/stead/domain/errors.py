"""What can go wrong, in the two families that decide what happens next, and the errors that a person reads.

`TemporaryError`: come back later. `PermanentError`: stop. `UserError`: one sentence of what, where, and what next.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command. `check` alone also uses FINDINGS for 1 and BLIND for 3."""

    DONE = 0
    NEGATIVE = 1
    USAGE = 2
    BLIND = 3
    UNREACHABLE = 4
    REFUSED = 5


class SteadError(Exception):
    """Anything that Stead raises on purpose."""


class TemporaryError(SteadError):
    """It may work later. `retry_after` is in seconds, None when nobody said."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermanentError(SteadError):
    """Trying again changes nothing."""


class MalformedError(SteadError):
    """What came in cannot be read. The message says what is wrong with it, and repeats none of it."""


class ConflictError(SteadError):
    """The world moved: the object's uid, generation or resourceVersion is not the one that was asked for (HTTP 409)."""


class BlindError(SteadError):
    """A look that could not be made. `reason` is a stable CamelCase code: Forbidden, Unauthorized, Unreachable, Timeout, Malformed.

    Never to be mistaken for having looked and seen nothing.
    """

    def __init__(self, message: str, *, reason: str, command: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.command = command


class UnreachableError(BlindError):
    """What is to be looked at cannot be reached at all, so every look fails for this one reason: one blindness, not many."""


class UserError(SteadError):
    """A mistake or a circumstance that a person can mend.

    `what` happened, with the place in it, as one sentence without a full stop; `hint` is the next step; `code` the exit code.
    """

    def __init__(self, what: str, *, hint: str = "", code: Exit = Exit.USAGE) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.code = code


class StorageError(UserError):
    """What Stead knows cannot be written or read at this moment (a full disk, a database that does not answer). Nothing was changed."""
