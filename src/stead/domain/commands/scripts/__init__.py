"""Languages that a command may carry in a word: each file judges one. `JUDGES` name → judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from stead.domain.commands.scripts.awk import awk
from stead.domain.commands.scripts.find import find
from stead.domain.commands.scripts.ip import ip
from stead.domain.commands.scripts.judged import Judged
from stead.domain.commands.scripts.queries import jq, yq
from stead.domain.commands.scripts.sed import sed
from stead.domain.commands.scripts.sql import mysql, psql, sqlite
from stead.domain.commands.scripts.templates import template
from stead.domain.commands.scripts.words import ps, tar, url

Judge = Callable[[Sequence[str], str], Judged]

JUDGES: Mapping[str, Judge] = {judge.__name__: judge for judge in (awk, find, ip, jq, yq, sed, mysql, psql, sqlite, template, ps, tar, url)}
