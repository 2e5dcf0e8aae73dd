"""Starts a new check: its file, its test and its page, which already pass.

Promise: all three are written or none, and nothing that exists is overwritten.
"""

from __future__ import annotations

import contextlib
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from stead.domain.errors import UserError

LONGEST = 40
"""Characters of a name: it is a file, a function, a heading and a column of a table."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Scaffold:
    """What was written, in the order in which a person reads it. `root` is the folder that the paths are in."""

    root: Path
    check: Path
    test: Path
    page: Path


def new_check(name: str, start: Path, folder: Path | None = None) -> Scaffold:
    """Write the three files of the check `name`: in the checkout around `start`, or in a visitor's own `folder`.

    UserError for a name that cannot be one, a file that exists, a place that is no checkout or cannot be written.
    """
    _be_a_name(name)
    scaffold = _in_folder(name, folder) if folder is not None else _in_checkout(name, start)
    words = {"name": name, "title": name.replace("_", " ").capitalize(), "label": name.replace("_", "-")}
    words |= _from_checkout(name) if folder is None else _from_folder(name)
    write_all({scaffold.check: "check.py", scaffold.test: "test_check.py", scaffold.page: "page.md"}, words)
    return scaffold


def new_program(name: str, folder: Path) -> Path:
    """Write the check `name` as a script into `folder`, ready to be run. UserError as for `new_check`."""
    _be_a_name(name)
    path = folder / f"{name}.sh"
    write_all({path: "check.sh"}, {"name": name, "label": name.replace("_", " ").upper()})
    path.chmod(0o755)
    return path


def _be_a_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > LONGEST or keyword.iskeyword(name):
        near = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_0123456789")[:LONGEST].rstrip("_")
        fits = bool(_NAME.fullmatch(near)) and not keyword.iskeyword(near)
        raise UserError(
            f"`{name}` cannot be the name of a check: it is lower-case words joined by `_`, at most {LONGEST} characters, as `volume_full`",
            hint=f"`stead new check {near}` would do" if fits else "choose what is wrong as its name",
        )


def _in_checkout(name: str, start: Path) -> Scaffold:
    for root in (start, *start.parents):
        if (root / "pyproject.toml").is_file() and (root / "src/stead/checks/kubernetes").is_dir():
            return Scaffold(
                root=root,
                check=root / f"src/stead/checks/kubernetes/{name}.py",
                test=root / f"tests/checks/kubernetes/test_{name}.py",
                page=root / f"docs/checks/{name}.md",
            )
    raise UserError(
        f"`{start}` is not inside a checkout of Stead",
        hint=f"`stead new check {name} --folder FOLDER` writes the check into a folder of your own",
    )


def _in_folder(name: str, folder: Path) -> Scaffold:
    """Only the check itself lies in `folder`: every Python file there is a check to the service that is given it."""
    return Scaffold(root=folder, check=folder / f"{name}.py", test=folder / f"tests/test_{name}.py", page=folder / f"docs/{name}.md")


def _from_checkout(name: str) -> dict[str, str]:
    return {"path_import": "", "check_import": f"from stead.checks.kubernetes.{name} import {name}\n", "helpers": "judge", "load": ""}


def _from_folder(name: str) -> dict[str, str]:
    return {
        "path_import": "from pathlib import Path\n",
        "check_import": "",
        "helpers": "judge, load",
        "load": f'{name} = load(Path(__file__).parents[1] / "{name}.py")\n',
    }


def write_all(templates: Mapping[Path, str], words: Mapping[str, str]) -> None:
    """Each path from its template, all or none. UserError for one that exists, or cannot be written."""
    if there := next((path for path in templates if path.exists()), None):
        raise UserError(f"`{there}` exists, and is left as it is", hint="choose another name, or move it away")
    written: list[Path] = []
    for path, template in templates.items():
        text = Template(files("stead.ops").joinpath("templates", f"{template}.template").read_text(encoding="utf-8")).substitute(words)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
        except OSError as error:
            for half in written:
                with contextlib.suppress(OSError):
                    half.unlink()
            raise UserError(
                f"`{path}` cannot be written ({error.strerror or error}); nothing was",
                hint="see to the folder, or name another with --folder",
            ) from error
