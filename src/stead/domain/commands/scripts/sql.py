"""SQL as a client takes it on its command line: a statement reads when its verb, each function and each relation in it are known to.

Sources: PostgreSQL's reference ("SQL Commands", "System Administration Functions", psql), MySQL's manual ("SQL Statements"), and
sqlite.org/cli.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stead.domain.commands.classes import Class, names
from stead.domain.commands.scripts.judged import Judged

_TOKEN = re.compile(
    r"(?P<blank>\s+)|(?P<comment>--[^\n]*|#[^\n]*|/\*.*?\*/)|(?P<string>'(?:[^'\\]|'')*')|(?P<quoted>\"[^\"]*\"|`[^`]*`)"
    r"|(?P<word>[A-Za-z_][\w$]*)|(?P<number>\d+(?:\.\d+)?)|(?P<cast>::)|(?P<mark>[-+*/%<>=!~|&^(),.;\[\]@])",
    re.DOTALL,
)
_READ_VERBS = frozenset("select show explain with values table describe desc".split())  # noqa: SIM905
_WRITES = names(
    "insert update delete merge truncate drop create alter grant revoke vacuum analyze reindex cluster copy lock comment security "
    "refresh import load set reset notify discard reassign checkpoint rename replace kill flush optimize repair purge shutdown "
    "install uninstall into outfile dumpfile attach detach commit"
)
_KEYWORDS = names(
    "and or not in on as from join where select values exists any all some case when then else end over filter using union except "
    "intersect limit offset by having distinct interval between like ilike is null with recursive lateral left right inner outer "
    "full cross within group order partition materialized explain analyze"
)
_FUNCTIONS = names(
    "count sum avg min max coalesce nullif greatest least now age date time datetime strftime extract date_trunc to_char "
    "to_timestamp concat concat_ws string_agg array_agg json_agg jsonb_agg group_concat length char_length octet_length lower "
    "upper substr substring left right trim ltrim rtrim split_part position round abs ceil floor cast row_number rank dense_rank "
    "lag lead percentile_cont current_database current_schema version clock_timestamp pg_size_pretty pg_database_size "
    "pg_total_relation_size pg_relation_size pg_table_size pg_indexes_size pg_tablespace_size pg_postmaster_start_time "
    "pg_is_in_recovery pg_last_xact_replay_timestamp pg_wal_lsn_diff pg_current_wal_lsn pg_last_wal_receive_lsn "
    "pg_last_wal_replay_lsn pg_blocking_pids pg_get_indexdef pg_conf_load_time format_type obj_description timestampdiff "
    "unix_timestamp from_unixtime ifnull iif julianday pg_table_is_visible"
)
_SECRET = names(
    "pg_shadow pg_authid pg_user_mapping pg_user_mappings pg_largeobject rolpassword authentication_string pg_read_file "
    "pg_read_binary_file pg_ls_dir pg_stat_file load_file readfile primary_conninfo global_priv pg_hba_file_rules pg_subscription "
    "subconninfo"
)
_META = re.compile(r"\\(?:d[a-zA-Z]{0,3}[+S]*|l\+?|conninfo|encoding|z|sf|sv)(?:[ \t]+[\w.*?\"-]+)*\s*")
"""psql's commands that describe; all others reach out."""
_DOT = re.compile(r"\.(?:tables|schema|indexes|indices|databases|dbinfo|fullschema|version)(?: [\w%*]+)?")


def psql(words: Sequence[str], rule: str) -> Judged:
    judged = Judged(rule)
    for word in words:
        if word.lstrip().startswith("\\"):
            if not _META.fullmatch(word.strip()):
                judged.say(Class.UNKNOWN, f"`{word[:40]}` is not known to describe only")
        elif re.search(r"(?<!:):(?!:)[\w'\"{]", re.sub(r"'[^']*'", "", word)):
            judged.say(Class.UNKNOWN, "it holds a variable of psql's")
        else:
            _statements(word, judged)
    return judged


def mysql(words: Sequence[str], rule: str) -> Judged:
    judged = Judged(rule)
    for word in words:
        if re.search(r"\bmysql\s*\.\s*`?user\b", word, re.IGNORECASE):
            judged.say(Class.SECRET, "it reads the table of passwords")
        _statements(re.sub(r"\\G\s*$", "", word), judged)
    return judged


def sqlite(words: Sequence[str], rule: str) -> Judged:
    """The first word is the database."""
    judged = Judged(rule)
    if len(words) < 2:
        judged.say(Class.UNKNOWN, "it asks for statements")
    for word in words[1:]:
        if not word.lstrip().startswith("."):
            _statements(word, judged)
        elif word.startswith((".restore", ".import", ".backup", ".save", ".clone", ".recover")):
            judged.say(Class.WRITE, f"`{word[:40]}` writes")
        elif not _DOT.fullmatch(word.strip()):
            judged.say(Class.UNKNOWN, f"`{word[:40]}` is not known to read only")
    return judged


def _statements(text: str, judged: Judged) -> None:
    statement: list[str] = []
    at, said = 0, len(judged.reasons)
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            judged.say(Class.UNKNOWN, f"its SQL is not understood at `{text[at : at + 20]}`")
            at += 1
            continue
        at, kind, word = token.end(), token.lastgroup, token.group()
        if kind == "comment":
            judged.say(Class.UNKNOWN, "its SQL holds a comment, which may be none to the server")
        elif word == ";":
            _statement(statement, judged)
            statement = []
        elif kind != "blank":
            statement.append({"string": "''", "quoted": '""'}.get(kind or "", word.casefold()))
    if statement or (not text.strip(" ;\n\t") and len(judged.reasons) == said):
        _statement(statement, judged)


def _statement(tokens: list[str], judged: Judged) -> None:
    if not tokens:
        return
    verb = tokens[0]
    if verb in _WRITES:
        judged.say(Class.WRITE, f"`{verb}` writes")
    elif verb not in _READ_VERBS and verb != "(":
        judged.say(Class.UNKNOWN, f"the statement `{verb[:30]}` is not known to read only")
    _words(tokens[1:] if verb in ("explain", "describe", "desc") else tokens, judged)


def _words(tokens: list[str], judged: Judged) -> None:
    shows = tokens[0] == "show" if tokens else False
    if tokens[:2] == ["show", "all"] or tokens[:3] == ["show", "create", "user"]:
        judged.say(Class.SECRET, f"`{' '.join(tokens[:3])}` shows what is secret")
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        if token in _SECRET:
            judged.say(Class.SECRET, f"`{token}` shows what is secret")
        elif token in ("execute", "call", "do") and before != ".":
            judged.say(Class.UNKNOWN, f"`{token}` runs what cannot be seen here")
        elif before == "for" and token in ("update", "share", "no", "key"):
            judged.say(Class.UNKNOWN, "it locks what it reads")
        elif (
            token in _WRITES
            and before != "."
            and not shows
            and token not in ("analyze", "comment", "replace", "load", "reset", "set", "lock")
        ):
            judged.say(Class.WRITE, f"`{token}` writes")
        elif after == "(" and token == '""':
            judged.say(Class.UNKNOWN, "it calls a function that is not known to read only")
        elif after == "(" and token[:1].isalpha() | (token[:1] == "_") and token not in _KEYWORDS | _FUNCTIONS:
            judged.say(Class.UNKNOWN, f"`{token[:40]}()` is not known to read only")
