"""Markdown with front matter: YAML between two lines of three dashes, and the text after it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stead.app.yaml_file import Written, parse_yaml
from stead.domain.errors import UserError

FENCE = "---"


def read_front_matter(path: Path, most: int) -> tuple[Written, str]:
    """(front matter, text) of the file. UserError when it cannot be read, is larger than `most` bytes, or has no front matter."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}", hint="check the path and who may read it"
        ) from error
    if len(raw) > most:
        raise UserError(f"{path} has {len(raw)} bytes; the most is {most}", hint="cut it")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start})", hint="save it as UTF-8") from error
    written, body = split_front_matter(text, str(path))
    if written.data is None:
        raise UserError(f"{path}:1: has no front matter", hint="begin with `---`, then `name:` and the other keys, then `---`")
    return written, body


def split_front_matter(text: str, name: str) -> tuple[Written, str]:
    """(front matter, text); its `data` is None where there is none. Lines are counted as in the whole text. UserError for broken YAML."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].strip() != FENCE or FENCE not in [line.strip() for line in lines[1:]]:
        return Written(name), text.strip()
    end = next(number for number, line in enumerate(lines) if number and line.strip() == FENCE)
    written = parse_yaml("\n".join(["", *lines[1:end]]), name)
    if not isinstance(written.data, dict):
        raise UserError(f"{name}:1: its front matter does not hold `key: value` lines", hint="write `name: …` in it")
    return replace(written), "\n".join(lines[end + 1 :]).strip()
