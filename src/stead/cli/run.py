"""Runs one command and turns whatever happens into an exit code and at most two lines on stderr."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Sequence

from stead.domain.errors import Exit, SteadError, UserError

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
PIPE_CLOSED = 141
"""128 + SIGPIPE: the reader of our output has gone, which is its right."""


def run(arguments: Sequence[str]) -> int:
    """The exit code of `stead ARGUMENTS`. Never raises."""
    if sys.stdout is None:  # closed by whoever started us (`>&-`): nobody listens, and the exit code still tells
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - for as long as the process lives
    try:
        code = _invoke(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        return _pipe_closed()
    except KeyboardInterrupt:
        return INTERRUPTED
    except UserError as error:
        return say(error.what, error.hint, error.code)
    except SteadError as error:
        return say(str(error), "", Exit.NEGATIVE)
    except OSError as error:
        if error.errno == errno.EPIPE:
            return _pipe_closed()
        if error.errno in _FULL:
            _forget_output()
            return say(f"the answer could not be written: {os.strerror(error.errno).lower()}", "free some space", Exit.NEGATIVE)
        return _unexpected(error, arguments)
    except Exception as error:
        return _unexpected(error, arguments)
    return code


def say(what: str, hint: str, code: int) -> int:
    """One sentence and the next step on stderr; `code` back."""
    from stead.cli.output import clean, stderr_colour

    red, blue, off = stderr_colour()
    with contextlib.suppress(OSError):
        print(f"{red}error:{off} {clean(what)}", file=sys.stderr)
        if hint:
            print(f"{blue}hint:{off} {clean(hint)}", file=sys.stderr)
    return int(code)


def _invoke(arguments: Sequence[str]) -> int:
    if list(arguments) == ["status"]:
        # Prompts and status bars ask this often, and Typer is half of what it would cost.
        from stead.cli.standing import tell

        tell(os.environ.get("STEAD_URL"), os.environ.get("STEAD_TOKEN"))
        return Exit.DONE
    import typer

    from stead.cli.commands import COMPLETING, build

    app = build(arguments)
    try:
        answer = app(args=list(arguments), prog_name="stead", standalone_mode=False)
    except typer.Abort:
        return INTERRUPTED
    except SystemExit as end:
        # Typer ends the process by itself in two cases: it completed words for a shell, or the reader of our output has gone.
        return PIPE_CLOSED if end.code == 1 and COMPLETING not in os.environ else Exit.DONE
    except typer.TyperException as error:
        return _misused(error, error.format_message())
    return answer if isinstance(answer, int) else Exit.DONE


def _misused(error: Exception, text: str) -> int:
    """Typer's complaint in our words. A group without a command shows its help."""
    from stead.cli.commands import suggestion

    if text.startswith("Usage:"):
        print(text, file=sys.stderr)
        return Exit.USAGE
    command = getattr(getattr(error, "ctx", None), "command_path", "stead")
    what = text.partition(" Did you mean")[0].replace("Value error, ", "").rstrip(".")
    return say(what[:1].lower() + what[1:], suggestion(error) or f"{command} --help shows how", Exit.USAGE)


def _pipe_closed() -> int:
    _forget_output()
    return PIPE_CLOSED


def _forget_output() -> None:
    """Python flushes stdout once more at exit, and would complain."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unexpected(error: Exception, arguments: Sequence[str]) -> int:
    """A mistake of ours: one sentence, and the details in a file for a report. A check that failed has seen nothing: it is blind."""
    code = Exit.BLIND if arguments[:1] == ["check"] else Exit.NEGATIVE
    if os.environ.get("STEAD_DEBUG") == "1":
        traceback.print_exception(error)
        return code
    where = _written_down(error)
    kept = f"the details are in {where}" if where else "set STEAD_DEBUG=1 to see the details"
    return say(f"something unexpected happened ({type(error).__name__})", f"{kept}; please report them", code)


def _written_down(error: Exception) -> str:
    import tempfile

    from stead import __version__
    from stead.clocks import SystemClock

    try:
        descriptor, path = tempfile.mkstemp(prefix="stead-error-", suffix=".txt")
        with os.fdopen(descriptor, "w") as file:
            file.write(f"stead {__version__}, Python {sys.version}, {SystemClock().now().isoformat()}\n")
            traceback.print_exception(error, file=file)
    except OSError:
        return ""
    return path
