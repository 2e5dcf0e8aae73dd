"""The `stead` command. `--version` answers before anything is imported: scripts and prompts ask it often."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line of this process and end it with the right exit code."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from stead import __version__

        try:
            print(f"stead {__version__}", flush=True)
        except OSError:
            os._exit(1)  # nobody can be told; the interpreter's own end would try once more
        return
    from stead.cli.run import run

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
