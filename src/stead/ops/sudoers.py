"""The lines that a host's sudoers need so that Stead may act there: what the verbs run, word for word, and nothing else.

`python -m stead.ops.sudoers [USER]` prints them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from stead.ops.rbac import built_in_verbs


def sudoers(user: str) -> str:
    """One line a program. A command that takes a name of the host's own (a unit, a container) ends in `-- *`."""
    lines: set[str] = set()
    for verb in built_in_verbs():
        for line in verb.programs:
            program, *words = line.split()
            whole = verb.kinds == ("Host",)
            lines.add(f"{user} ALL=(root) NOPASSWD: /usr/bin/{program} {' '.join(words)}" + ("" if whole else " -- *"))
    return "".join(f"{line}\n" for line in sorted(lines))


def main(arguments: Sequence[str]) -> int:
    """Print them; 2 for more than one word."""
    if len(arguments) > 1:
        sys.stderr.write("usage: python -m stead.ops.sudoers [USER]\n")
        return 2
    sys.stdout.write(sudoers(arguments[0] if arguments else "stead"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
