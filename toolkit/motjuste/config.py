"""The policy file: text of motjuste.toml in, Config out. Reads no file itself; cli/policy.py finds it.

Every value has one order of precedence: flag > environment > file > default.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any, get_args

from motjuste.errors import ConfigError
from motjuste.files.lines import Path, line_of, lines
from motjuste.model import ELEMENTS, Change, Column, Level, Mode, inside

MODES: tuple[str, ...] = get_args(Mode)
LEVELS: tuple[str, ...] = get_args(Level)
# what becomes of a finding, and how long it is kept then unless the policy says otherwise; sql/20_tables.sql says the same
KEPT = {
    "open": "2 years", "accepted": "2 years", "dismissed": "2 years", "tolerated": "2 years",
    "corrected": "90 days", "redacted": "90 days",
}  # fmt: skip
MAX_NOTE = 1 << 20  # bytes
AT_ONCE, DEFERRED = "at once", "deferred"  # when a note is read
_UNITS = {"B": 1, "kB": 1 << 10, "MB": 1 << 20}
_SPANS = {"d": "days", "w": "weeks", "m": "months", "y": "years"}


@dataclass(frozen=True)
class Watch:
    """A column that `motjuste install` attaches. `relation` is written as in SQL: crm.client, crm."Bloc;Note".

    A note is kept for `retain` ("24 months") after the day in the column `dated`, '' for ever. `trust_owner`: it is
    watched also where the triggers have a superuser's rights and the table's owner has not. `check`: "at once" or "deferred",
    '' as it is.
    """

    relation: str
    column: str
    json_key: str = ""
    mode: str = ""
    author: str = ""
    subject: str = ""
    dated: str = ""
    retain: str = ""
    trust_owner: bool = False
    check: str = ""

    @property
    def deferred(self) -> bool:
        """Whether the policy has its notes read by `motjuste work`."""
        return self.check == DEFERRED

    @property
    def label(self) -> str:
        """The name a person reads: schema.table.column or schema.table.column->>key."""
        return f"{self.relation}.{self.column}{inside(self.json_key)}"


@dataclass(frozen=True)
class Exempt:
    """A comment-like column that is left unwatched on purpose, by whom and until when."""

    column: str
    reason: str
    owner: str
    until: date


@dataclass(frozen=True)
class Team:
    """Where the team of an author is: a table with the author as notes name it, and the name of the team.

    Reports and samples speak of teams, not of persons.
    """

    relation: str
    author: str
    name: str


@dataclass(frozen=True)
class Undecided:
    """A column that may hold notes, of which a person has not yet decided; `why` it is here."""

    column: str
    why: str


@dataclass(frozen=True)
class Link:
    """A key that the database does not declare: the columns of one table that name the row of another.

    Each is schema.table.column, or schema.table.column->>key in jsonb; `where` is where the policy says so.
    """

    columns: tuple[str, ...]
    targets: tuple[str, ...]
    where: str = field(default="", compare=False)


@dataclass(frozen=True)
class Check:
    """What `motjuste check` does unless a flag says otherwise; None and '' leave it to the command.

    `exclude` are patterns of files that it does not read; `variables` the values of what the files leave open: `:schema`
    of psql, `${schema}`, `{{ schema }}`.
    """

    min_score: int | None = None
    tool: str = ""
    exclude: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Config:
    """The whole policy. `schemas` empty means all but the system's; `mode` is that of a watch without its own.

    `rule_files` are globs of a user's own rule files, from the folder of `source`, the policy file; `changes`
    the levels set for rules and categories, then those switched off; `migrations` what `motjuste check` reads, `check` how.
    `retention` is how long findings of a status are kept, as PostgreSQL reads it, for each status that the policy names;
    a note of more than `max_note` bytes is not read.
    """

    language: str = "fr"
    profile: str = ""
    schemas: tuple[str, ...] = ()
    mode: str = "flag"
    watches: tuple[Watch, ...] = ()
    exempts: tuple[Exempt, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    rule_files: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    team: Team | None = None
    links: tuple[Link, ...] = ()
    migrations: tuple[str, ...] = ()
    check: Check = Check()
    retention: tuple[tuple[str, str], ...] = ()
    max_note: int = MAX_NOTE
    source: str = field(default="", compare=False)
    profile_from: str = field(default="", compare=False)

    def migrations_from(self) -> tuple[str, ...]:
        """The paths of `migrations`, seen from the folder of the policy file."""
        folder = PurePath(self.source).parent
        return tuple(str(folder / path) for path in self.migrations)

    def mode_of(self, watch: Watch) -> str:
        """The mode of a watched column: its own, else the default."""
        return watch.mode or self.mode


def parse(text: str, source: str) -> Config:
    """The policy in the text of `source`, a motjuste.toml or a pyproject.toml. Raises ConfigError with the place."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{source}: not valid TOML: {exc}", hint="mend the line named above") from exc
    except (RecursionError, ValueError) as exc:  # lists in lists without end, a number of thousands of digits
        raise ConfigError(f"{source}: no policy is written so", hint="look at who wrote the file") from exc
    if _is_pyproject(source):
        table = table.get("tool", {}).get("motjuste", {})
        if not isinstance(table, dict):
            raise ConfigError(
                f"{source}: `tool.motjuste` must be a table", hint="start it with [tool.motjuste]"
            )
    _known(
        table,
        (
            "language",
            "profile",
            "schemas",
            "mode",
            "watch",
            "exempt",
            "undecided",
            "rules",
            "team",
            "link",
            "migrations",
            "check",
            "retention",
            "max_note",
        ),
        source,
    )
    section = _Section(source, lines(text), ("tool", "motjuste") if _is_pyproject(source) else ())
    rules = _rules(table.get("rules", {}), section)
    profile = _text(table, "profile", source)
    if profile and rules.profile:
        raise ConfigError(
            f"{rules.profile_from}: the profile is set twice", hint="keep `profile` or `rules.profile`"
        )
    watches = tuple(
        _watch(t, f"{source}: watch {n}") for n, t in enumerate(_tables(table, "watch", source), 1)
    )
    _refuse_twice(watches, source)
    return Config(
        language=_text(table, "language", source) or "fr",
        profile=profile or rules.profile,
        schemas=_names(table, "schemas", source),
        mode=_mode(table, source) or "flag",
        watches=watches,
        exempts=tuple(
            _exempt(t, f"{source}: exempt {n}") for n, t in enumerate(_tables(table, "exempt", source), 1)
        ),
        undecided=tuple(
            _undecided(t, f"{source}: undecided {n}")
            for n, t in enumerate(_tables(table, "undecided", source), 1)
        ),
        rule_files=rules.rule_files,
        changes=rules.changes,
        team=_team(table["team"], f"{source}: team") if "team" in table else None,
        links=tuple(_link(t, f"{source}: link {n}") for n, t in enumerate(_tables(table, "link", source), 1)),
        migrations=_names(table, "migrations", source),
        check=_check(table.get("check", {}), section),
        retention=_retention(table.get("retention", {}), section),
        max_note=_max_note(table, section),
        source=source,
        profile_from=rules.profile_from or section.place("profile"),
    )


def override(
    config: Config,
    environ: Mapping[str, str],
    *,
    language: str | None = None,
    profile: str | None = None,
    schemas: Collection[str] = (),
    mode: str | None = None,
) -> Config:
    """The policy with what the environment (MOTJUSTE_LANGUAGE, _PROFILE, _SCHEMAS, _MODE), then the flags, say."""
    listed = tuple(s.strip() for s in environ.get("MOTJUSTE_SCHEMAS", "").split(",") if s.strip())
    chosen = mode or _mode({"mode": environ.get("MOTJUSTE_MODE", "")}, "MOTJUSTE_MODE")
    named = environ.get("MOTJUSTE_PROFILE", "")
    return replace(
        config,
        language=language or environ.get("MOTJUSTE_LANGUAGE") or config.language,
        profile=profile or named or config.profile,
        profile_from="--trade" if profile else "MOTJUSTE_PROFILE" if named else config.profile_from,
        schemas=tuple(schemas) or listed or config.schemas,
        mode=chosen or config.mode,
    )


def is_exempt(config: Config, column: Column) -> bool:
    """Whether the policy exempts this column, under the name that a person reads or the one that SQL reads."""
    return any(_is_name_of(e.column, column) for e in config.exempts)


def is_undecided(config: Config, column: Column) -> bool:
    """Whether the policy lists this column as one to decide of."""
    return any(_is_name_of(u.column, column) for u in config.undecided)


def is_watched(config: Config, column: Column) -> bool:
    """Whether the policy watches this column."""
    # triggers read a list of texts as one note
    table, place = (column.schema, column.table), (column.name, column.json_key.removeprefix(ELEMENTS))
    return any((w.column, w.json_key) == place and _spelt(w.relation) == table for w in config.watches)


def _spelt(relation: str) -> tuple[str, ...]:
    """The parts of a name as SQL reads it: as they are between quotes, else in lower case."""
    parts = re.findall(r'"((?:[^"]|"")*)"|([^".]+)', relation)
    return tuple(bare.strip().lower() or quoted.replace('""', '"') for quoted, bare in parts)


def _is_name_of(label: str, column: Column) -> bool:
    """Whether a label is this column's, quoted as much as SQL needs, more, or not at all."""
    bare = re.sub(r'"((?:[^"]|"")*)"', lambda m: m[1].replace('""', '"'), label)
    return column.label in (label, bare) or watch(column).label == label


# -- writing ---------------------------------------------------------------------------------------


def watch(column: Column) -> Watch:
    """The watch of a column found in the catalog."""
    return Watch(f"{_quoted(column.schema)}.{_quoted(column.table)}", column.name, column.json_key)


def add(
    text: str,
    source: str,
    watches: Iterable[Watch] = (),
    exempts: Iterable[Exempt] = (),
    undecided: Iterable[Undecided] = (),
) -> str:
    """The text of a policy file with these blocks at its end; what was there stays to the byte."""
    listed = [_block(source, "watch", _fields(w)) for w in watches]
    listed += [_block(source, "exempt", _fields(e)) for e in exempts]
    listed += [_block(source, "undecided", _fields(u)) for u in undecided]
    blocks = "".join(listed)
    if "\r\n" in text:
        blocks = blocks.replace("\n", "\r\n")
    added = text + ("" if not text or text.endswith("\n") else "\n") + blocks
    parse(added, source)  # `watch = []` in the file would make the blocks invalid: better said now
    return added


def _fields(entry: Watch | Exempt | Undecided) -> dict[str, Any]:
    return {f.name: getattr(entry, f.name) for f in fields(entry)}


def _block(source: str, kind: str, values: dict[str, Any]) -> str:
    header = f"[[tool.motjuste.{kind}]]" if _is_pyproject(source) else f"[[{kind}]]"
    lines = [f"{k} = {_toml(v) if isinstance(v, str) else v}" for k, v in values.items() if v]
    return "\n".join(["", header, *lines, ""])


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def _toml(value: str) -> str:
    # A JSON string is a TOML string, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


# -- reading ---------------------------------------------------------------------------------------


def _is_pyproject(source: str) -> bool:
    return source.endswith("pyproject.toml")


def _watch(table: dict[str, Any], where: str) -> Watch:
    _known(
        table,
        (
            "relation",
            "column",
            "json_key",
            "mode",
            "author",
            "subject",
            "dated",
            "retain",
            "trust_owner",
            "check",
        ),
        where,
    )
    check = _text(table, "check", where)
    if check not in ("", AT_ONCE, DEFERRED):
        raise ConfigError(f"{where}: no check {check!r}", hint=f'write check = "{DEFERRED}", or "{AT_ONCE}"')
    if check == DEFERRED and _mode(table, where) == "warn":
        raise ConfigError(
            f"{where}: mode warn tells at once, nothing of it can be deferred",
            hint='defer "flag", "block" or "mask"',
        )
    trust_owner = table.get("trust_owner", False)
    if not isinstance(trust_owner, bool):
        raise ConfigError(f"{where}: `trust_owner` must be true or false", hint="write trust_owner = true")
    dated, retain = _text(table, "dated", where), _text(table, "retain", where)
    if bool(dated) != bool(retain) or not re.fullmatch(r"|[1-9]\d{0,3} (day|week|month|year)s?", retain):
        raise ConfigError(
            f"{where}: `retain` and `dated` go together: how long, and by which date column",
            hint='for instance: dated = "created_at" and retain = "24 months"',
        )
    return Watch(
        relation=_needed(table, "relation", where),
        column=_needed(table, "column", where),
        json_key=_text(table, "json_key", where),
        mode=_mode(table, where),
        author=_text(table, "author", where),
        subject=_text(table, "subject", where),
        dated=dated,
        retain=retain,
        trust_owner=trust_owner,
        check=check,
    )


def _refuse_twice(watches: Iterable[Watch], source: str) -> None:
    """Raises ConfigError where two blocks watch one column: the mode of which would count?"""
    first: dict[tuple[tuple[str, ...], str, str], int] = {}
    for n, watch in enumerate(watches, 1):
        known = first.setdefault((_spelt(watch.relation), watch.column, watch.json_key), n)
        if known != n:
            raise ConfigError(
                f"{source}: watch {n}: {watch.label} is watched by watch {known} already",
                hint="keep one of them",
            )


def _retention(table: Any, section: _Section) -> tuple[tuple[str, str], ...]:
    """How long findings are kept, by status: "90d", "6 months", "2y"."""
    if not isinstance(table, dict):
        where = section.place("retention")
        raise ConfigError(f"{where}: `retention` must be a table", hint="start it with [retention]")
    _known(table, tuple(KEPT), section.place("retention"))
    found = []
    for status, value in table.items():
        m = isinstance(value, str) and re.fullmatch(r"(\d{1,4}) ?(?:([dwmy])|(day|week|month|year)s?)", value)
        if not m:
            raise ConfigError(
                f"{section.place('retention', status)}: {value!r} is no length of time",
                hint=f'for instance: {status} = "90d", or "6 months", or "2y"',
            )
        found.append((status, f"{m[1]} {_SPANS[m[2]] if m[2] else m[3] + 's'}"))
    return tuple(found)


def _check(table: Any, section: _Section) -> Check:
    where = section.place("check")
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: `check` must be a table", hint="start it with [check]")
    _known(table, ("min_score", "tool", "exclude", "variables"), where)
    score, variables = table.get("min_score"), table.get("variables", {})
    if score is not None and not (type(score) is int and 0 <= score <= 100):
        place = section.place("check", "min_score")
        raise ConfigError(f"{place}: `min_score` is a number from 0 to 100", hint="write min_score = 70")
    if not isinstance(variables, dict) or not all(isinstance(v, str) for v in variables.values()):
        raise ConfigError(
            f"{section.place('check', 'variables')}: `variables` must be names with texts",
            hint='write under [check.variables] a line for each: schema = "crm"',
        )
    return Check(
        score, _text(table, "tool", where), _names(table, "exclude", where), tuple(variables.items())
    )


def _max_note(table: dict[str, Any], section: _Section) -> int:
    value = table.get("max_note", "1MB")
    m = isinstance(value, str) and re.fullmatch(r"([1-9]\d{0,8}) ?(B|kB|MB)", value)
    size = int(m[1]) * _UNITS[m[2]] if m else 0
    if not _UNITS["kB"] <= size <= 256 * _UNITS["MB"]:
        raise ConfigError(
            f"{section.place('max_note')}: `max_note` is from 1kB to 256MB, not {value!r}",
            hint='for instance: max_note = "1MB"; a longer note is not read',
        )
    return size


def _undecided(table: dict[str, Any], where: str) -> Undecided:
    _known(table, ("column", "why"), where)
    return Undecided(_needed(table, "column", where), _text(table, "why", where))


def _exempt(table: dict[str, Any], where: str) -> Exempt:
    _known(table, ("column", "reason", "owner", "until"), where)
    until = table.get("until")
    if type(until) is not date:
        raise ConfigError(f"{where}: `until` must be a date", hint="write until = 2027-06-30, without quotes")
    return Exempt(
        column=_needed(table, "column", where),
        reason=_needed(table, "reason", where),
        owner=_needed(table, "owner", where),
        until=until,
    )


def _link(table: dict[str, Any], where: str) -> Link:
    _known(table, ("from", "to"), where)
    sides = []
    for name in ("from", "to"):
        value = table.get(name, "")
        sides.append((value,) if isinstance(value, str) else _names(table, name, where))
        if not sides[-1] or not all(c.strip() for c in sides[-1]):
            raise ConfigError(f"{where}: `{name}` is missing", hint=f'add {name} = "schema.table.column"')
    if len(sides[0]) != len(sides[1]):
        raise ConfigError(
            f"{where}: `from` has {len(sides[0])} columns, `to` {len(sides[1])}",
            hint="name as many on both sides",
        )
    return Link(sides[0], sides[1], where)


def _team(table: Any, where: str) -> Team:
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: `team` must be a table", hint="start it with [team]")
    _known(table, ("relation", "author", "name"), where)
    return Team(*(_needed(table, name, where) for name in ("relation", "author", "name")))


@dataclass(frozen=True)
class _Section:
    """Where the policy stands in its file, to name the line of what is wrong."""

    source: str
    places: dict[Path, int]
    prefix: Path

    def place(self, *path: str | int) -> str:
        return f"{self.source}:{line_of(self.places, (*self.prefix, *path))}"


def _rules(table: Any, section: _Section) -> Config:
    """The [rules] of a policy: own files, profile, levels, rules switched off. Names are checked with the pack."""
    if not isinstance(table, dict):
        raise ConfigError(f"{section.place('rules')}: `rules` must be a table", hint="start it with [rules]")
    _known(table, ("files", "profile", "disable", "levels"), section.place("rules"))
    levels, disabled = table.get("levels", {}), table.get("disable", [])
    changes = []
    if not isinstance(levels, dict):
        raise ConfigError(
            f"{section.place('rules', 'levels')}: `levels` must be a table",
            hint='write levels = { sante = "watch" }',
        )
    for target, level in levels.items():
        where = section.place("rules", "levels", target)
        if level not in LEVELS:
            hint = f"choose one of {', '.join(LEVELS)}; to switch a rule off, name it in `disable`"
            raise ConfigError(f"{where}: no level {level!r}", hint=hint)
        changes.append(Change(target, level, where=where))
    for n, entry in enumerate(disabled if isinstance(disabled, list) else [disabled]):
        where = section.place("rules", "disable", n)
        if not isinstance(entry, dict):
            raise ConfigError(
                f"{where}: a rule is switched off with a reason",
                hint='write disable = [{ rule = "rule-id", reason = "..." }]',
            )
        _known(entry, ("rule", "reason"), where)
        reason = _needed(entry, "reason", where)
        changes.append(Change(_needed(entry, "rule", where), "off", reason, where=where))
    profile = _text(table, "profile", section.place("rules"))
    return Config(
        profile=profile,
        profile_from=section.place("rules", "profile") if profile else "",
        rule_files=_names(table, "files", section.place("rules")),
        changes=tuple(changes),
    )


def _known(table: dict[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in table:
        if name not in names:
            close = get_close_matches(name, names, 1)
            hint = f"did you mean `{close[0]}`?" if close else f"known settings: {', '.join(names)}"
            raise ConfigError(f"{where}: unknown setting `{name}`", hint=hint)


def _text(table: dict[str, Any], name: str, where: str) -> str:
    value = table.get(name, "")
    if not isinstance(value, str):
        raise ConfigError(f"{where}: `{name}` must be a text", hint=f'write {name} = "..."')
    return value


def _needed(table: dict[str, Any], name: str, where: str) -> str:
    value = _text(table, name, where)
    if not value.strip():
        raise ConfigError(f"{where}: `{name}` is missing", hint=f'add {name} = "..."')
    return value


def _mode(table: dict[str, Any], where: str) -> str:
    value = _text(table, "mode", where)
    if value and value not in MODES:
        raise ConfigError(f"{where}: no mode {value!r}", hint=f"choose one of {', '.join(MODES)}")
    return value


def _names(table: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = table.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ConfigError(
            f"{where}: `{name}` must be a list of names", hint=f'write it between [ and ]: {name} = ["..."]'
        )
    return tuple(value)


def _tables(table: dict[str, Any], name: str, where: str) -> list[dict[str, Any]]:
    value = table.get(name, [])
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise ConfigError(f"{where}: `{name}` must be tables", hint=f"start each with a line [[{name}]]")
    return value


TEMPLATE = """\
# The policy of this database: which free-comment columns are watched, and how.
# A flag of a command wins over an environment variable (MOTJUSTE_...), which wins over this file.

# The language of the rules and of what agents read.
language = "fr"

# The trade, whose law may allow what is forbidden elsewhere: bank, landlord, insurer, employer, retail...
# profile = "bank"

# The schemas to look at; all but the system's when empty.
schemas = []

# What happens when a note holds something it may not, in columns that do not say otherwise:
#   flag   record the finding; nobody notices
#   warn   record it and send a warning to the client
#   block  refuse what no file ever needs, record the rest
#   mask   replace card and social-security numbers before they are stored, record
mode = "flag"

# The longest note that is read, from "1kB" to "256MB": `block` refuses a longer one, the others record that it was not read.
# max_note = "1MB"

# What `motjuste check` reads, from the folder of this file: migration files, folders or patterns.
# migrations = ["db/migrations"]

# How it reads them, where its flags do not say otherwise; `exclude` are files that no database runs, from the folder of this file.
# [check]
# min_score = 70         # columns that reach this score must be watched or exempt
# tool = "flyway"
# exclude = ["db/migrations/seeds/*"]
# [check.variables]      # of psql, and what the files leave open: :schema, ${schema}, {{ schema }}, {{ .Schema }}
# schema = "crm"

# How long findings are kept, by what became of them: "90d", "6 months", "2y"; `motjuste purge` drops older ones.
# [retention]
# open = "2y"            # since they were found; and accepted, dismissed, tolerated: found, decided, due
# corrected = "90d"      # since the note was, without rule, category and author; and redacted

# The rules: files of your own beside the shipped ones (format: rules/README.md), other levels for rules or whole
# categories, rules switched off, each with its reason. `motjuste rules test` checks them.
# [rules]
# files = ["rules/*.toml"]
# levels = { "jugement-bete" = "block", situation_sociale = "watch" }
# disable = [{ rule = "ss-decouvert", reason = "..." }]

# A watched column, one block for each. `motjuste discover --write` adds those it is sure of.
# [[watch]]
# relation = "crm.client"
# column = "commentaire"
# json_key = ""          # the key, where the column is jsonb
# mode = "block"         # this column's own mode
# check = "deferred"     # what refuses nothing is read seconds later by `motjuste work`: writes pay for a row in a queue
# author = "agent"       # the column that says who wrote the note
# subject = "client_id"  # the column that says about whom, where no foreign key does (motjuste access)
# dated = "created_at"   # the day of the note, and how long notes are kept after it: `motjuste review purge`
# retain = "24 months"
# trust_owner = true     # watch it though a superuser installed motjuste and the table's owner is none (`motjuste attach --help`)

# Which team an author is of, for reports and samples, which speak of teams and not of persons.
# [team]
# relation = "crm.agent"
# author = "login"       # as in the `author` column of a watch
# name = "agence"

# A key that the database does not declare: needed to find all notes of a person (motjuste access).
# [[link]]
# from = "crm.relance.client_id"   # lists where the key has several columns; "log.trace.details->>client" in jsonb
# to = "crm.client.id"

# A comment-like column left unwatched on purpose: why, who answers for it, until when.
# [[exempt]]
# column = "crm.produit.description"
# reason = "catalogue text, written by marketing, about things"
# owner = "dpo@example.org"
# until = 2027-12-31

# A column that may hold notes: `motjuste discover --write` lists what it is not sure of, for you to watch or exempt.
# [[undecided]]
# column = "crm.ticket.description"
# why = "perhaps a note: `description`"
"""
